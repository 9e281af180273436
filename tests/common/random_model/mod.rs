//! The text of models made at random, most of them sound: every number of markets with every number of stages, and every table.

mod plants;

use std::collections::BTreeSet;
use std::fmt::Write;

use super::random::{self, Key, Stream};

/// Number of sizes that models come in.
pub const SIZES: u64 = 24;

/// A config on its way, and the numbers that decide it.
pub struct Draw {
    stream: Stream,
    text: String,
    markets: usize,
    stages: usize,
    /// What an outage can hit.
    targets: Vec<String>,
}

impl Draw {
    /// The text of config number `number`. The six numbers of markets and the four of stages come in turn.
    pub fn config(number: u64) -> String {
        let stream = Key::new(1, "random models").stream(number);
        let (markets, stages) = (1 + number as usize % 6, 1 + number as usize / 6 % 4);
        let mut draw = Draw { stream, text: String::new(), markets, stages, targets: Vec::new() };
        let years = draw.one_of(&["1", "1.25", "2", "3"]);
        draw.say(format!("title = \"random\"\nstart = \"2026-01\"\nhorizon_years = {years}\nrun.seed = {number}"));
        let steps = draw.one_of(&["1", "1", "2", "5"]);
        draw.say(format!("steps_per_month = {steps}"));
        draw.chain();
        draw.projects();
        draw.investment();
        draw.demand();
        draw.stocks();
        draw.disruptions();
        draw.questions();
        draw.text
    }

    fn say(&mut self, line: String) {
        self.text += &line;
        self.text.push('\n');
    }

    fn below(&mut self, count: usize) -> usize {
        (random::uniform(&mut self.stream) * count as f64) as usize
    }

    fn chance(&mut self, probability: f64) -> bool {
        random::uniform(&mut self.stream) < probability
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * random::uniform(&mut self.stream)
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len())]
    }

    fn market(&mut self) -> String {
        format!("\"m{}\"", self.below(self.markets))
    }

    fn stage(&mut self) -> String {
        format!("\"s{}\"", self.below(self.stages))
    }

    fn country(&mut self) -> String {
        let market = self.below(self.markets);
        format!("\"C{market}{}\"", self.one_of(&["a", "b"]))
    }

    fn month(&mut self) -> String {
        format!("\"{}-{:02}\"", 2025 + self.below(4), 1 + self.below(12))
    }

    /// A number or a distribution within these bounds.
    fn quantity(&mut self, low: f64, high: f64) -> String {
        if self.chance(0.05) {
            return format!("{low:?}");
        }
        let middle = self.between(low + 0.3 * (high - low), low + 0.7 * (high - low));
        let (less, more) = (self.between(low, middle - 0.1 * (high - low)), self.between(middle, high));
        let (sd, mean) = (0.2 * (high - low), middle - low);
        match self.below(12) {
            0 => format!("{{ uniform = [{less}, {more}] }}"),
            1 => format!("{{ triangular = [{less}, {middle}, {more}] }}"),
            2 => format!("{{ pert = [{less}, {middle}, {more}] }}"),
            3 => format!("{{ normal = {{ mean = {middle}, sd = {sd} }}, min = {low}, max = {high} }}"),
            4 => format!("{{ discrete = {{ values = [{less}, {more}], weights = [2, 1] }} }}"),
            5 => format!("{{ empirical = [{less}, {middle}, {high:?}] }}"),
            6 => format!(
                "{{ mixture = [{{ weight = 1, of = {middle} }}, {{ weight = 2, of = {{ uniform = [{less}, {more}] }} }}] }}"
            ),
            7 => format!("{{ exponential = {{ mean = {mean} }}, min = {low}, max = {high} }}"),
            8 => format!("{{ weibull = {{ shape = 1.5, scale = {mean} }}, min = {low}, max = {high} }}"),
            _ => format!("{middle:?}"),
        }
    }

    /// `key = quantity` with probability one half.
    fn maybe(&mut self, key: &str, low: f64, high: f64) {
        if self.chance(0.5) {
            let quantity = self.quantity(low, high);
            self.say(format!("{key} = {quantity}"));
        }
    }

    /// Tonnes per year by date, all of them known or not.
    fn path(&mut self, low: f64, high: f64) {
        let known = self.chance(0.3);
        let dates: BTreeSet<String> = (0..1 + self.below(4)).map(|_| self.month()).collect();
        for date in dates {
            let value = if known { self.between(low, high).to_string() } else { self.quantity(low, high) };
            self.say(format!("tonnes_per_year.by_date.{date} = {value}"));
        }
        if !known {
            self.maybe("tonnes_per_year.times", 0.5, 1.5);
        }
    }

    /// Markets, stages, standing capacity.
    fn chain(&mut self) {
        for market in 0..self.markets {
            self.say(format!("markets.m{market}.countries = [\"C{market}a\", \"C{market}b\"]"));
        }
        for stage in 0..self.stages {
            self.say(format!("[stages.s{stage}]"));
            for feed in 0..stage {
                // Mostly a chain; at times a stage takes several feeds, and several stages take one.
                if self.chance(if feed + 1 == stage { 0.8 } else { 0.4 }) {
                    let ratio = self.quantity(0.2, 1.5);
                    self.say(format!("feeds.s{feed} = {ratio}"));
                }
            }
            if self.chance(0.5) {
                let (demand, supply) = (self.quantity(0.0, 1.0), self.quantity(0.1, 1.0));
                let most = self.one_of(&["1.0", "3.0", "10.0"]);
                self.say(format!(
                    "price = {{ demand_elasticity = {demand}, supply_elasticity = {supply}, max_multiple = {most} }}"
                ));
            }
        }
        for number in 0..1 + self.below(2 * self.markets * self.stages) {
            let (country, stage) = (self.country(), self.stage());
            self.say(format!("[capacities.c{number}]\ncountry = {country}\nstage = {stage}"));
            if self.chance(0.3) {
                self.path(0.0, 300.0);
            } else {
                let tonnes = self.quantity(0.0, 300.0);
                self.say(format!("tonnes_per_year = {tonnes}"));
                self.maybe("growth_per_year", -0.2, 0.3);
            }
            let (country, stage) = (country.trim_matches('"').to_string(), stage.trim_matches('"').to_string());
            self.targets.extend([format!("c{number}"), format!("m{}", &country[1..2]), country, stage]);
        }
    }

    /// Final demand, how users answer a shortage, and inputs that go together.
    fn demand(&mut self) {
        let count = 2 + self.below(2 * self.markets);
        for number in 0..count {
            // The last stage has the most demand, others some.
            let last = format!("\"s{}\"", self.stages - 1);
            let (market, other, tonnes) = (self.market(), self.stage(), self.between(0.0, 200.0));
            let stage = if self.chance(0.7) { last } else { other };
            let (priority, most) = (1 + self.below(3), 1.5 * tonnes + 1.0);
            self.say(format!("[demands.d{number}]\nmarket = {market}\nstage = {stage}\npriority = {priority}"));
            if self.chance(0.3) {
                self.path(tonnes, most);
            } else {
                self.say(format!("tonnes_per_year = {{ uniform = [{tonnes}, {most}] }}"));
                self.maybe("growth_per_year", -0.1, 0.2);
            }
            self.maybe("volatility_per_year", 0.0, 0.6);
            if self.chance(0.3) {
                let swing = self.between(0.0, 1.0);
                let factors: Vec<f64> = (0..12).map(|month| 1.0 + if month % 4 < 2 { swing } else { -swing }).collect();
                self.say(format!("seasonal = {factors:?}"));
            }
            if self.markets > 1 && self.chance(0.2) {
                let maker = self.market();
                self.say(format!("embedded_from = {maker}"));
            } else {
                self.maybe("loss_usd_per_tonne", 0.0, 1e6);
            }
        }
        for market in 0..self.markets {
            if self.chance(0.4) {
                let (thrift, most) = (self.quantity(0.0, 2.0), self.quantity(0.0, 1.0));
                self.say(format!("[response.m{market}]\nthrift_per_year = {thrift}\nmax = {most}"));
                self.maybe("relapse_per_year", 0.0, 1.0);
            }
        }
        if self.chance(0.5) {
            let rho = self.between(0.0, 1.0);
            let alike = format!("inputs = [\"demands.*.tonnes_per_year\"]\nrho = {rho}");
            let two = ["demands.d0.tonnes_per_year", "demands.d1.tonnes_per_year"];
            let which = self.below(3);
            self.say(match which {
                0 => format!("[correlations.k]\n{alike}"),
                1 => format!("[correlations.k.inputs]\n\"{}\" = {rho}\n\"{}\" = -0.7", two[0], two[1]),
                _ => format!("[correlations.k]\ninputs = {two:?}\nmatrix = [[1, -{rho}], [-{rho}, 1]]"),
            });
        }
    }

    fn stocks(&mut self) {
        for number in 0..self.below(2 * self.markets + 1) {
            let (market, stage, target) = (self.market(), self.stage(), self.quantity(0.0, 120.0));
            let priority = number + 1;
            self.say(format!("[stockpiles.k{number}]\nmarket = {market}\nstage = {stage}\npriority = {priority}"));
            let [target_in, initial_in] = [(); 2].map(|()| self.one_of(&["days", "days", "tonnes"]));
            self.say(format!("target_{target_in} = {target}"));
            self.maybe(&format!("initial_{initial_in}"), 0.0, 200.0);
            self.maybe("fill_tonnes_per_month", 0.0, 10.0);
            self.maybe("release_tonnes_per_month", 0.0, 10.0);
        }
    }

    fn disruptions(&mut self) {
        let count = self.below(6);
        for number in 0..count {
            self.say(format!("[disruptions.x{number}]"));
            match self.below(4) {
                0 => {
                    let target = self.below(self.targets.len());
                    let hits = format!("hits = [\"{}\", \"c*\"]", self.targets[target]);
                    self.say(format!("kind = \"outage\"\n{hits}"));
                }
                1 => {
                    let market = self.market();
                    self.say(format!("kind = \"demand-surge\"\nmarkets = [{market}]"));
                }
                // A lone market has nobody to cut off.
                _ if self.markets == 1 => self.say("kind = \"outage\"\nhits = [\"m0\"]".into()),
                _ => {
                    let from = self.below(self.markets);
                    let to = format!("\"m{}\"", (from + 1 + self.below(self.markets - 1)) % self.markets);
                    let to = if self.chance(0.5) { "\"*\"".into() } else { to };
                    self.say(format!("kind = \"export-control\"\nfrom = [\"m{from}\"]\nto = [{to}]"));
                    self.maybe("leakage", 0.0, 1.0);
                }
            }
            if self.chance(0.5) {
                let stage = self.stage();
                self.say(format!("stages = [{stage}]"));
            }
            let (rate, duration) = (self.quantity(0.0, 3.0), self.quantity(0.01, 9.0));
            self.say(format!("rate_per_year = {rate}\nduration_months = {duration}"));
            self.maybe("severity", 0.01, 1.0);
            if self.chance(0.5) {
                let chance = self.quantity(0.0, 1.0);
                self.say(format!("active_at_start = {chance}"));
                self.maybe("remaining_months", 0.01, 30.0);
            }
            let recovery = self.one_of(&["step", "linear"]);
            self.say(format!("recovery = \"{recovery}\""));
            if self.chance(0.3) {
                let month = self.month();
                self.say(format!("not_before = {month}"));
            }
            if self.chance(0.4) {
                let (one, months, other) = (self.month(), self.quantity(0.01, 12.0), self.month());
                let again = self.one_of(&["", "", ", every_months = 7"]);
                self.say(format!(
                    "scheduled = [{{ from = {one}, months = {months}, severity = 1 }}, {{ from = {other}, months = 2{again} }}]"
                ));
            }
            if self.chance(0.3) {
                let rho = self.between(-1.0, 1.0);
                self.say(format!("severity_duration_rho = {rho}"));
            }
            if count > 1 && self.chance(0.3) {
                let factor = self.quantity(0.0, 5.0);
                self.say(format!("raises.x{} = {factor}", (number + 1) % count));
            }
        }
    }

    /// Series of every kind, or of a few; milestones.
    fn questions(&mut self) {
        let mut patterns: Vec<&str> = vec![
            "production.*.*",
            "capacity.*.*",
            "requirement.*.*",
            "demand.*.*",
            "shortage.*.*",
            "shortage_fraction.*.*",
            "share.*.*",
            "production_outside.*.*",
            "stock_days.*.*",
            "stock.*.*",
            "thrift.*.*",
            "unmet_feed.*.*",
            "unsold.*.*",
            "unused.*.*",
            "price_multiple.*.*",
            "loss_usd.*.*",
            "unserved.*",
        ];
        if self.markets > 1 {
            patterns.extend(["coverage_without.*.*", "coverage_in_use_without.*.*"]);
        }
        if self.chance(0.3) {
            patterns.retain(|_| self.chance(0.3));
        }
        self.say(format!("[output]\nseries = {patterns:?}"));
        for number in 0..self.below(4) {
            let kind = self.one_of(&["shortage_fraction", "share", "production"]);
            let (market, stage) = (self.below(self.markets), self.below(self.stages));
            let (low, high) = (self.between(0.0, 0.5), self.between(0.5, 9.0));
            let months = 1 + self.below(6);
            let mut bounds = format!("at_least = {low}");
            if self.chance(0.5) {
                write!(bounds, "\nat_most = {high}").expect("text can be written");
            }
            self.say(format!("[milestones.g{number}]\nseries = \"{kind}.m{market}.s{stage}\""));
            self.say(format!("for_months = {months}\n{bounds}"));
        }
    }
}
