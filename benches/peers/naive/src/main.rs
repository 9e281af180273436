//! The model as one would write it in an afternoon: trial by trial, step by step as the definition says, a `Vec` for
//! everything, the thread's generator, all results kept and sorted in the end.
//!
//! ```text
//! naive MODEL.json TRIALS SEED OUTPUT.json [LEVELS]
//! ```
//! (The seed is not used: the thread's generator has none.)

use std::collections::BTreeMap;

use rand::RngExt;
use rand_distr::{Beta, Distribution, Exp, Exp1, Gamma, LogNormal, StandardNormal};
use serde::Deserialize;

/// By stage and market.
type Table = Vec<Vec<f64>>;

#[derive(Deserialize)]
struct Model {
    months: usize,
    markets: Vec<String>,
    stages: Vec<String>,
    countries: Vec<String>,
    feeds: Vec<Feed>,
    price: Vec<Option<(usize, usize, f64)>>,
    inputs: Vec<Input>,
    factors: usize,
    capacities: Vec<Capacity>,
    curves: Vec<Vec<(f64, f64)>>,
    projects: Vec<Project>,
    investments: Vec<Investment>,
    demands: Vec<Demand>,
    finals: Vec<usize>,
    responses: Vec<Option<[usize; 3]>>,
    stockpiles: Vec<Stockpile>,
    disruptions: Vec<Disruption>,
    cuts: Vec<Cut>,
    series: Vec<Series>,
    milestones: Vec<Milestone>,
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Feed {
    from: usize,
    to: usize,
    ratio: usize,
}

#[derive(Deserialize)]
struct Input {
    kind: String,
    params: Vec<f64>,
    factor: i64,
    loading: f64,
}

#[derive(Deserialize)]
struct Capacity {
    place: usize,
    country: i64,
    outages: Vec<usize>,
    known: Vec<(f64, f64)>,
    uncertain: Vec<(usize, usize)>,
}

#[derive(Deserialize)]
struct Project {
    leads: Vec<usize>,
    gates: Vec<(usize, i64, f64)>,
    requires: Vec<usize>,
    yields: Vec<Yield>,
    utilisation: usize,
    ramp: usize,
    shapes: Vec<(usize, f64)>,
    closure: usize,
    life: i64,
}

#[derive(Deserialize)]
struct Investment {
    rate: usize,
    signal: i64,
    memory: usize,
    response: Vec<(f64, f64)>,
    at_most: usize,
    plant: Project,
}

#[derive(Deserialize)]
struct Yield {
    place: usize,
    country: i64,
    outages: Vec<usize>,
    tonnes: usize,
}

#[derive(Deserialize)]
struct Demand {
    place: usize,
    tonnes: usize,
    growth: usize,
    volatility: usize,
    loss: i64,
    embedded: i64,
    surges: Vec<usize>,
}

#[derive(Deserialize)]
struct Stockpile {
    place: usize,
    target: [usize; 2],
    initial: Option<[usize; 2]>,
    fill: usize,
    release: usize,
}

#[derive(Deserialize)]
struct Disruption {
    rate: usize,
    duration: usize,
    remaining: usize,
    severity: usize,
    leakage: usize,
    active: usize,
    not_before: f64,
    linear: bool,
    surge: bool,
    windows: Vec<(f64, usize, usize)>,
    raised_by: i64,
    raised_factor: i64,
}

#[derive(Deserialize)]
struct Cut {
    stage: usize,
    from: usize,
    to: usize,
    by: Vec<usize>,
}

#[derive(Deserialize)]
struct Series {
    name: String,
    kind: String,
    stage: usize,
    market: usize,
    country: i64,
    demand: i64,
}

#[derive(Deserialize)]
struct Milestone {
    series: usize,
    at_least: f64,
    at_most: f64,
    for_months: usize,
}

#[derive(Deserialize)]
struct Outcome {
    name: String,
    kind: String,
    of: usize,
}

#[derive(Clone)]
struct Episode {
    begin: f64,
    end: f64,
    /// As drawn, whatever ends it early.
    duration: f64,
    severity: f64,
}

/// A stockpile in a trial.
struct Stock {
    held: f64,
    /// Tonnes, and months of normal wants.
    target: [f64; 2],
    initial: [f64; 2],
    fill: f64,
    release: f64,
    room: f64,
    released_as_feed: f64,
}

/// What plants can make in a trial.
struct Output<'a> {
    model: &'a Model,
    common: &'a [f64],
    effect: &'a [Vec<f64>],
    /// By month: after outages, and as it would be without them.
    capacity: Vec<Table>,
    undisturbed: Vec<Table>,
    /// By country, stage and month.
    country: Vec<Vec<Vec<f64>>>,
}

impl Output<'_> {
    fn add(&mut self, place: usize, of: i64, outages: &[usize], month: usize, tonnes: f64) {
        let markets = self.model.markets.len();
        let left = outages.iter().fold(tonnes, |left, &outage| left * (1.0 - self.effect[outage][month]));
        self.capacity[month][place / markets][place % markets] += left;
        self.undisturbed[month][place / markets][place % markets] += tonnes;
        if of >= 0 {
            self.country[of as usize][place / markets][month] += left;
        }
    }

    /// What a plant makes that starts and succeeds.
    fn build(&mut self, project: &Project, start: f64) {
        let (mut rng, months) = (rand::rng(), self.model.months);
        let draw = |index: usize| draw(self.model, self.common, index);
        let mut closure = start + 12.0 * Distribution::<f64>::sample(&Exp1, &mut rng) / draw(project.closure);
        if project.life >= 0 {
            closure = closure.min(start + 12.0 * draw(project.life as usize));
        }
        let (utilisation, length) = (draw(project.utilisation), draw(project.ramp));
        let pick: f64 = rng.random();
        let shape = project.shapes.iter().find(|(_, share)| pick < *share).or(project.shapes.last()).unwrap();
        for product in &project.yields {
            let full = draw(product.tonnes) / 12.0 * utilisation;
            for month in 0..months {
                let middle = month as f64 + 0.5;
                if middle >= start && middle <= closure {
                    let ramped =
                        if length > 0.0 { height(&self.model.curves[shape.0], (middle - start) / length) } else { 1.0 };
                    self.add(product.place, product.country, &product.outages, month, full * ramped);
                }
            }
        }
    }
}

/// All results of one trial.
struct Results {
    series: Vec<Vec<f64>>,
    outcomes: Vec<f64>,
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2f64.sqrt())
}

/// A standard normal that shares the common factor of its correlation.
fn mixed(common: &[f64], factor: i64, loading: f64) -> f64 {
    let own: f64 = StandardNormal.sample(&mut rand::rng());
    if factor < 0 {
        return own;
    }
    loading * common[factor as usize] + (1.0 - loading * loading).sqrt() * own
}

fn draw(model: &Model, common: &[f64], index: usize) -> f64 {
    let mut rng = rand::rng();
    let input = &model.inputs[index];
    let p = &input.params;
    let normal = || mixed(common, input.factor, input.loading);
    let uniform = || if input.factor >= 0 { normal_cdf(normal()) } else { rand::rng().random::<f64>() };
    let pick = |u: f64| p.chunks(2).find(|pair| u < pair[0]).unwrap_or(&p[p.len() - 2..])[1];
    match input.kind.as_str() {
        "constant" => p[0],
        "uniform" => p[0] + (p[1] - p[0]) * uniform(),
        "triangular" => {
            let (u, low, mode, high) = (uniform(), p[0], p[1], p[2]);
            if u < (mode - low) / (high - low) {
                low + (u * (high - low) * (mode - low)).sqrt()
            } else {
                high - ((1.0 - u) * (high - low) * (high - mode)).sqrt()
            }
        }
        "lognormal" if input.factor >= 0 => (p[0] + p[1] * normal()).exp(),
        "lognormal" => LogNormal::new(p[0], p[1]).unwrap().sample(&mut rng),
        "gamma" => Gamma::new(p[0], p[1]).unwrap().sample(&mut rng),
        "beta" => p[2] + p[3] * Beta::new(p[0], p[1]).unwrap().sample(&mut rng),
        "exponential" => Exp::new(1.0 / p[0]).unwrap().sample(&mut rng),
        "discrete" => pick(uniform()),
        "mixture" => draw(model, common, pick(uniform()) as usize),
        // Quantiles at normal scores from -5 to 5 in hundredths.
        "scores" => {
            let place = (100.0 * (normal() + 5.0)).clamp(0.0, 999.999);
            let at = place as usize;
            p[at] + (p[at + 1] - p[at]) * (place - at as f64)
        }
        other => panic!("no such distribution: {other}"),
    }
}

fn episodes(model: &Model, common: &[f64], shock: &Disruption, raiser: &[Episode]) -> Vec<Episode> {
    let mut rng = rand::rng();
    let draw = |index: usize| draw(model, common, index);
    let horizon = model.months as f64;
    let rate = draw(shock.rate) / 12.0;
    let factor = if shock.raised_by >= 0 { draw(shock.raised_factor as usize) } else { 1.0 };
    // Scheduled episodes; each ends where the next begins.
    let mut windows: Vec<Episode> = Vec::new();
    for &(begin, months, severity) in &shock.windows {
        let (duration, severity) = (draw(months), draw(severity));
        if duration > 0.0 {
            if let Some(last) = windows.last_mut() {
                last.end = last.end.min(begin);
            }
            windows.push(Episode { begin, end: begin + duration, duration, severity });
        }
    }
    windows.retain(|window| window.end > 0.0);
    let mut found: Vec<Episode> = Vec::new();
    let mut now = shock.not_before;
    if rng.random::<f64>() < draw(shock.active) && !windows.first().is_some_and(|window| window.begin <= 0.0) {
        let duration = draw(shock.remaining);
        if duration > 0.0 {
            found.push(Episode { begin: 0.0, end: duration, duration, severity: draw(shock.severity) });
            now = f64::max(now, duration);
        }
    }
    let ends: Vec<f64> = windows.iter().map(|window| window.begin).chain([horizon]).collect();
    for (number, &until) in ends.iter().enumerate() {
        // Chance, up to the next window.
        loop {
            let mut wait = Distribution::<f64>::sample(&Exp1, &mut rng) / rate;
            // Time passes faster while the other disruption runs.
            for other in raiser {
                let idle = wait.min((other.begin - now).max(0.0));
                now += idle;
                wait -= idle;
                if wait == 0.0 {
                    break;
                }
                let raised = wait.min((other.end - now.max(other.begin)).max(0.0) * factor);
                now += if factor > 0.0 { raised / factor } else { (other.end - now).max(0.0) };
                wait -= raised;
            }
            now += wait;
            if now >= until {
                break;
            }
            let duration = draw(shock.duration);
            if duration > 0.0 {
                found.push(Episode { begin: now, end: now + duration, duration, severity: draw(shock.severity) });
            }
            now = (now + duration).max(shock.not_before);
        }
        // The window ends what still runs.
        if let Some(window) = windows.get(number).filter(|window| window.begin < horizon) {
            if let Some(last) = found.last_mut() {
                last.end = last.end.min(window.begin);
            }
            found.push(window.clone());
            now = window.end.max(shock.not_before);
        }
    }
    found.retain(|episode| episode.end > episode.begin);
    found
}

/// Average effect in every month.
fn effects(months: usize, shock: &Disruption, episodes: &[Episode]) -> Vec<f64> {
    let most = if shock.surge { f64::INFINITY } else { 1.0 };
    let overlap = |month: usize, episode: &Episode| {
        let (from, to) = (episode.begin.max(month as f64), episode.end.min(month as f64 + 1.0));
        let age = 0.5 * (from + to) - episode.begin;
        (to - from).max(0.0) * if shock.linear { 1.0 - age / episode.duration } else { 1.0 }
    };
    (0..months).map(|month| episodes.iter().map(|e| e.severity * overlap(month, e)).sum::<f64>().min(most)).collect()
}

fn height(points: &[(f64, f64)], x: f64) -> f64 {
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if x < x1 {
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
        }
    }
    1.0
}

/// The factor on the rate of decisions at a signal: straight lines, flat outside.
fn answer(points: &[(f64, f64)], signal: f64) -> f64 {
    if signal <= points[0].0 {
        return points[0].1;
    }
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if signal < x1 {
            return y0 + (y1 - y0) * (signal - x0) / (x1 - x0);
        }
    }
    points[points.len() - 1].1
}

/// Clears rounding.
fn clean(difference: f64, of: f64) -> f64 {
    if difference > 1e-12 * of { difference } else { 0.0 }
}

/// What every market gets, and what nobody buys: own use first, then trade, then a second round where it is free.
fn exchange(made: &[f64], wanted: &[f64], factors: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let n = made.len();
    let mut got: Vec<f64> = made.iter().zip(wanted).map(|(made, wanted)| made.min(*wanted)).collect();
    let mut supply: Vec<f64> = made.iter().zip(&got).map(|(made, own)| made - own).collect();
    let mut need: Vec<f64> = wanted.iter().zip(&got).map(|(wanted, own)| wanted - own).collect();
    let (all_supply, all_need) = (supply.iter().sum::<f64>(), need.iter().sum::<f64>());
    if all_supply <= 0.0 || all_need <= 0.0 {
        return (got, supply);
    }
    if factors.iter().flatten().all(|factor| *factor == 1.0) {
        let larger = all_supply.max(all_need);
        for market in 0..n {
            got[market] += need[market] * (all_supply / larger);
            supply[market] -= supply[market] * (all_need / larger);
        }
        return (got, supply);
    }
    let larger = all_supply.max(all_need);
    let flows: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| supply[i] * need[j] / larger * factors[i][j]).collect()).collect();
    settle(&mut got, &mut supply, &mut need, &flows);
    let free = |i: usize, j: usize| if factors[i][j] == 1.0 { 1.0 } else { 0.0 };
    let may_sell: Vec<f64> = (0..n).map(|i| (0..n).map(|j| free(i, j) * need[j]).sum()).collect();
    let may_buy: Vec<f64> = (0..n).map(|j| (0..n).map(|i| free(i, j) * supply[i]).sum()).collect();
    let flows: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| {
                    let larger = may_sell[i].max(may_buy[j]);
                    if larger > 0.0 { free(i, j) * supply[i] * need[j] / larger } else { 0.0 }
                })
                .collect()
        })
        .collect();
    settle(&mut got, &mut supply, &mut need, &flows);
    (got, supply)
}

fn settle(got: &mut [f64], supply: &mut [f64], need: &mut [f64], flows: &[Vec<f64>]) {
    for i in 0..got.len() {
        let bought = flows.iter().map(|row| row[i]).sum::<f64>().min(need[i]);
        got[i] += bought;
        need[i] -= bought;
        supply[i] = (supply[i] - flows[i].iter().sum::<f64>()).max(0.0);
    }
}

/// Feed that later stages want, and what plants plan to make, given final demand.
fn plan(model: &Model, ratios: &[f64], capacity: &Table, users: &Table, factors: &[Table]) -> (Table, Table) {
    let (stages, markets) = (model.stages.len(), model.markets.len());
    let (mut feed_wanted, mut planned) = (vec![vec![0.0; markets]; stages], vec![vec![0.0; markets]; stages]);
    for stage in (0..stages).rev() {
        for (feed, ratio) in model.feeds.iter().zip(ratios).filter(|(feed, _)| feed.from == stage) {
            for market in 0..markets {
                feed_wanted[stage][market] += planned[feed.to][market] * ratio;
            }
        }
        let wanted: Vec<f64> = users[stage].iter().zip(&feed_wanted[stage]).map(|(users, feed)| users + feed).collect();
        let (_, unsold) = exchange(&capacity[stage], &wanted, &factors[stage]);
        planned[stage] = capacity[stage].iter().zip(unsold).map(|(capacity, unsold)| capacity - unsold).collect();
    }
    (feed_wanted, planned)
}

/// By market: its part of what others offer, in proportion to what all want.
fn part(offered: f64, wanted: f64, by_all: f64) -> f64 {
    if by_all > 0.0 { wanted.min(offered * wanted / by_all) } else { 0.0 }
}

fn trial(model: &Model) -> Results {
    let mut rng = rand::rng();
    let (months, markets, stages) = (model.months, model.markets.len(), model.stages.len());
    let days_per_month = 365.0 / 12.0;
    let common: Vec<f64> = (0..model.factors).map(|_| StandardNormal.sample(&mut rng)).collect();
    let draw = |index: usize| draw(model, &common, index);

    // Disruptions: first those that raise others.
    let mut happened: Vec<Vec<Episode>> = model.disruptions.iter().map(|_| Vec::new()).collect();
    for raised in [false, true] {
        for (index, shock) in model.disruptions.iter().enumerate() {
            if (shock.raised_by >= 0) == raised {
                let raiser: &[Episode] = if raised { &happened[shock.raised_by as usize] } else { &[] };
                happened[index] = episodes(model, &common, shock, raiser);
            }
        }
    }
    let effect: Vec<Vec<f64>> =
        model.disruptions.iter().zip(&happened).map(|(shock, episodes)| effects(months, shock, episodes)).collect();

    // What plants can make by month.
    let zeros = || vec![vec![0.0; markets]; stages];
    let mut output = Output {
        model,
        common: &common,
        effect: &effect,
        capacity: (0..months).map(|_| zeros()).collect(),
        undisturbed: (0..months).map(|_| zeros()).collect(),
        country: vec![vec![vec![0.0; months]; stages]; model.countries.len()],
    };
    for row in &model.capacities {
        let uncertain = row.uncertain.iter().map(|&(tonnes, growth)| (draw(tonnes), draw(growth)));
        for (tonnes, growth) in row.known.iter().copied().chain(uncertain) {
            for month in 0..months {
                let tonnes = tonnes / 12.0 * (1.0 + growth).powf(month as f64 / 12.0);
                output.add(row.place, row.country, &row.outages, month, tonnes);
            }
        }
    }
    let succeeds = |project: &Project| {
        let mut gates = project.gates.iter();
        gates.all(|&(chance, factor, loading)| normal_cdf(mixed(&common, factor, loading)) < draw(chance))
    };
    let lead = |project: &Project| project.leads.iter().map(|&months| draw(months)).sum::<f64>();
    let mut starts = Vec::new();
    for project in &model.projects {
        let mut start = lead(project);
        for &required in &project.requires {
            start = start.max(starts[required]);
        }
        start = if succeeds(project) { start } else { f64::INFINITY };
        starts.push(start);
        if start < months as f64 {
            output.build(project, start);
        }
    }
    // Investors: the rate, and how much of it must pass until the next decision; how many came so far.
    let mut investing: Vec<(f64, f64)> =
        model.investments.iter().map(|each| (draw(each.rate) / 12.0, Exp1.sample(&mut rng))).collect();
    let mut decisions = vec![0usize; investing.len()];

    // Demand by month, and as it would be without surges.
    let mut demands = Vec::new();
    let mut demand: Vec<Table> = (0..months).map(|_| zeros()).collect();
    let mut usual = demand.clone();
    for spec in &model.demands {
        let (tonnes, growth) = (draw(spec.tonnes), draw(spec.growth));
        let step = draw(spec.volatility) / 12f64.sqrt();
        let mut walk = 1.0;
        let mut row = Vec::new();
        for month in 0..months {
            let surge: f64 = spec.surges.iter().map(|&surge| 1.0 + effect[surge][month]).product();
            let tonnes = tonnes / 12.0 * (1.0 + growth).powf(month as f64 / 12.0) * walk;
            row.push(tonnes * surge);
            if spec.embedded < 0 {
                demand[month][spec.place / markets][spec.place % markets] += tonnes * surge;
                usual[month][spec.place / markets][spec.place % markets] += tonnes;
            }
            let z: f64 = StandardNormal.sample(&mut rng);
            walk *= (-0.5 * step * step + step * z).exp();
        }
        demands.push(row);
    }

    // What holds for all months.
    let ratios: Vec<f64> = model.feeds.iter().map(|feed| draw(feed.ratio)).collect();
    let feeds_of = |stage: usize| (0..model.feeds.len()).filter(move |&feed| model.feeds[feed].to == stage);
    let uses_of = |stage: usize| (0..model.feeds.len()).filter(move |&feed| model.feeds[feed].from == stage);
    let passed: Vec<f64> = model.disruptions.iter().map(|shock| 1.0 - draw(shock.leakage)).collect();
    let level = |[tonnes, days]: [usize; 2]| [draw(tonnes), draw(days) / days_per_month];
    let mut stocks: Vec<Stock> = (model.stockpiles.iter())
        .map(|spec| {
            let target = level(spec.target);
            let initial = spec.initial.map_or(target, level);
            let (fill, release) = (draw(spec.fill), draw(spec.release));
            Stock { held: 0.0, target, initial, fill, release, room: 0.0, released_as_feed: 0.0 }
        })
        .collect();
    let piles_of =
        |place: usize| (0..model.stockpiles.len()).filter(move |&pile| model.stockpiles[pile].place == place);
    let responses: Vec<Option<[f64; 3]>> = model.responses.iter().map(|row| row.map(|row| row.map(draw))).collect();
    let elasticity: Vec<f64> =
        model.price.iter().map(|row| row.map_or(0.0, |(demand, supply, _)| draw(demand) + draw(supply))).collect();
    let losses: Vec<f64> =
        model.demands.iter().map(|spec| if spec.loss >= 0 { draw(spec.loss as usize) } else { 0.0 }).collect();

    // The months.
    let mut past_wants: Vec<Table> = Vec::new();
    let mut saved = zeros();
    let (mut deficit, mut stock_needed) = (zeros(), zeros());
    let mut series: Vec<Vec<f64>> = vec![Vec::new(); model.series.len()];
    let (mut shortages, mut fractions, mut served) = (Vec::new(), Vec::new(), Vec::new());
    let mut unserved_rows = Vec::new();
    for month in 0..months {
        // Investors look at the months before this one.
        for (index, investment) in model.investments.iter().enumerate() {
            let (usual, left) = &mut investing[index];
            let mut rate = *usual;
            if investment.signal >= 0 && month > 0 {
                let past = &series[investment.signal as usize][month.saturating_sub(investment.memory)..];
                rate *= answer(&investment.response, past.iter().sum::<f64>() / past.len() as f64);
            }
            let mut gone = 0.0;
            while gone + *left < rate && decisions[index] < investment.at_most {
                gone += *left;
                *left = Exp1.sample(&mut rng);
                decisions[index] += 1;
                let start = month as f64 + gone / rate + lead(&investment.plant);
                if succeeds(&investment.plant) && start < months as f64 {
                    output.build(&investment.plant, start);
                }
            }
            *left -= rate - gone;
        }
        let capacity = &output.capacity[month];
        let demand = &demand[month];
        let mut factors = vec![vec![vec![1.0; markets]; markets]; stages];

        // Normal wants: those of a plan without disruptions, the mean of the twelve months before.
        let (normal_feed, _) = plan(model, &ratios, &output.undisturbed[month], &usual[month], &factors);
        let mut wants = usual[month].clone();
        for (row, feed) in wants.iter_mut().zip(&normal_feed) {
            row.iter_mut().zip(feed).for_each(|(want, feed)| *want += feed);
        }
        if month == 0 {
            past_wants = vec![wants.clone(); 12];
        }
        let mut normal = zeros();
        for stage in 0..stages {
            for market in 0..markets {
                normal[stage][market] =
                    past_wants[month..].iter().map(|wants| wants[stage][market]).sum::<f64>() / 12.0;
            }
        }
        past_wants.push(wants);
        if month == 0 {
            for (stock, spec) in stocks.iter_mut().zip(&model.stockpiles) {
                stock.held = stock.initial[0] + stock.initial[1] * normal[spec.place / markets][spec.place % markets];
            }
        }

        // Plan.
        for cut in &model.cuts {
            for &by in &cut.by {
                factors[cut.stage][cut.from][cut.to] *= 1.0 - effect[by][month] * passed[by];
            }
        }
        let mut wanted = zeros();
        for stage in 0..stages {
            for market in 0..markets {
                wanted[stage][market] = demand[stage][market] * (1.0 - saved[stage][market]);
            }
        }
        let (feed_wanted, planned) = plan(model, &ratios, capacity, &wanted, &factors);

        // Make.
        let mut received: Vec<Vec<f64>> = vec![vec![0.0; markets]; model.feeds.len()];
        let (mut production, mut requirement, mut shortage) = (zeros(), zeros(), zeros());
        let (mut unmet_feed, mut unsold, mut unused) = (zeros(), zeros(), zeros());
        for stage in 0..stages {
            // Matching: feed that one market cannot use, since another feed is missing, goes where it can be used.
            for feed in feeds_of(stage).filter(|_| feeds_of(stage).count() > 1) {
                let (mut beyond, mut lacking) = (vec![0.0; markets], vec![0.0; markets]);
                for market in 0..markets {
                    let others = feeds_of(stage).filter(|other| *other != feed);
                    let makes = others.fold(capacity[stage][market], |makes, other| {
                        f64::min(makes, received[other][market] / ratios[other])
                    });
                    let (usable, held) = (makes * ratios[feed], received[feed][market]);
                    beyond[market] = clean(held - usable, held);
                    lacking[market] = clean(usable - held, usable);
                }
                let (got, left) = exchange(&beyond, &lacking, &factors[model.feeds[feed].from]);
                for market in 0..markets {
                    received[feed][market] += got[market] - (beyond[market] - left[market]);
                }
            }
            // Production.
            for market in 0..markets {
                production[stage][market] = feeds_of(stage).fold(capacity[stage][market], |makes, feed| {
                    f64::min(makes, received[feed][market] / ratios[feed])
                });
                requirement[stage][market] = wanted[stage][market] + feed_wanted[stage][market];
            }
            // Trade.
            let factors = &factors[stage];
            let (got, mut left) = exchange(&production[stage], &requirement[stage], factors);
            let traded_left = left.clone();
            // Allocation, and release of stocks.
            let mut fulfilled = vec![true; markets];
            for market in 0..markets {
                let (wanted, feed_wanted) = (wanted[stage][market], feed_wanted[stage][market]);
                let met = got[market].min(wanted);
                let mut feed = got[market] - met;
                let mut short = clean(wanted - met, wanted);
                let mut feed_short = clean(feed_wanted - feed, feed_wanted);
                fulfilled[market] = short == 0.0 && feed_short == 0.0;
                for pile in piles_of(stage * markets + market) {
                    let stock = &mut stocks[pile];
                    let to_users = stock.held.min(short).min(stock.release);
                    stock.held -= to_users;
                    short -= to_users;
                    let to_stages = stock.held.min(feed_short).min(stock.release - to_users);
                    stock.held -= to_stages;
                    feed_short -= to_stages;
                    feed += to_stages;
                    stock.released_as_feed = to_stages;
                }
                unmet_feed[stage][market] = clean(feed_short, feed_wanted);
                shortage[stage][market] =
                    if demand[stage][market] > 0.0 { clean(short, wanted) } else { unmet_feed[stage][market] };
                for use_of in uses_of(stage) {
                    let planned = planned[model.feeds[use_of].to][market] * ratios[use_of];
                    received[use_of][market] = if feed_wanted > 0.0 { feed * planned / feed_wanted } else { 0.0 };
                }
            }
            // Fill, from what nobody bought.
            let offered = |left: &[f64], market: usize| -> Vec<f64> {
                (0..markets).map(|from| factors[from][market] * left[from]).collect()
            };
            let mut claims = vec![0.0; markets];
            for market in 0..markets {
                for pile in piles_of(stage * markets + market) {
                    let stock = &mut stocks[pile];
                    let target = stock.target[0] + stock.target[1] * normal[stage][market];
                    stock.room = (target - stock.held).max(0.0).min(stock.fill);
                    claims[market] += if fulfilled[market] { stock.room } else { 0.0 };
                }
            }
            for market in 0..markets {
                let offered = offered(&traded_left, market);
                let all: f64 = offered.iter().sum();
                let mut filled = part(all, claims[market], claims.iter().sum());
                if filled > 0.0 {
                    for seller in 0..markets {
                        left[seller] = (left[seller] - offered[seller] * filled / all).max(0.0);
                    }
                    for pile in piles_of(stage * markets + market) {
                        let taken = stocks[pile].room.min(filled);
                        stocks[pile].held += taken;
                        filled -= taken;
                    }
                }
            }
            // The stock that would have been needed: what if users had never learnt to save?
            for market in model.finals.iter().filter(|place| *place / markets == stage).map(|place| place % markets) {
                let (demand, feed_wanted) = (demand[stage][market], feed_wanted[stage][market]);
                let mut wants = requirement[stage].clone();
                wants[market] = demand + feed_wanted;
                let (got, left) = exchange(&production[stage], &wants, factors);
                let met = got[market].min(demand);
                let short = clean(demand - met, demand);
                let fulfilled = short == 0.0 && clean(feed_wanted - (got[market] - met), feed_wanted) == 0.0;
                let mut claims = claims.clone();
                claims[market] = 0.0;
                if fulfilled {
                    claims[market] = deficit[stage][market];
                    let fastest: f64 = piles_of(stage * markets + market).map(|pile| stocks[pile].fill).sum();
                    if piles_of(stage * markets + market).count() > 0 {
                        claims[market] = claims[market].min(fastest);
                    }
                }
                let refill = part(offered(&left, market).iter().sum(), claims[market], claims.iter().sum());
                deficit[stage][market] = (deficit[stage][market] + short - refill).max(0.0);
                stock_needed[stage][market] = f64::max(stock_needed[stage][market], deficit[stage][market]);
            }
            // Surplus goes to plants that the plan left idle.
            let idle = |feed: usize, market: usize| {
                let (to, ratio) = (model.feeds[feed].to, ratios[feed]);
                clean(capacity[to][market] - planned[to][market], capacity[to][market]) * ratio
            };
            let need: Vec<f64> =
                (0..markets).map(|market| uses_of(stage).map(|feed| idle(feed, market)).sum()).collect();
            if need.iter().any(|need| *need > 0.0) {
                let (got, rest) = exchange(&left, &need, factors);
                for feed in uses_of(stage) {
                    for market in (0..markets).filter(|&market| need[market] > 0.0) {
                        received[feed][market] += got[market] * idle(feed, market) / need[market];
                    }
                }
                left = rest;
            }
            unsold[stage] = left;
        }
        // What was released and could not be used returns.
        for stage in 0..stages {
            for market in 0..markets {
                let mut left: f64 = uses_of(stage)
                    .map(|feed| {
                        let held = received[feed][market];
                        clean(held - production[model.feeds[feed].to][market] * ratios[feed], held)
                    })
                    .sum();
                for pile in piles_of(stage * markets + market).collect::<Vec<_>>().into_iter().rev() {
                    let returned = stocks[pile].released_as_feed.min(left);
                    stocks[pile].held += returned;
                    left -= returned;
                }
                unused[stage][market] = left;
            }
        }

        // Who goes short: the last in the order of service first.
        let mut missing = shortage.clone();
        let mut unserved = vec![0.0; model.demands.len()];
        for (index, spec) in model.demands.iter().enumerate().rev().filter(|(_, spec)| spec.embedded < 0) {
            let (stage, market) = (spec.place / markets, spec.place % markets);
            unserved[index] = missing[stage][market].min(demands[index][month] * (1.0 - saved[stage][market]));
            missing[stage][market] -= unserved[index];
        }
        let fraction = |stage: usize, market: usize| {
            let (users, feed) = (wanted[stage][market], feed_wanted[stage][market]);
            let of = if users > 0.0 { users } else { feed };
            if of > 0.0 { shortage[stage][market] / of } else { 0.0 }
        };
        for (spec, row) in model.series.iter().zip(&mut series) {
            let (stage, market) = (spec.stage, spec.market);
            let place = stage * markets + market;
            let world: f64 = production[stage].iter().sum();
            let over = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
            let held = || piles_of(place).map(|pile| stocks[pile].held).sum::<f64>();
            row.push(match spec.kind.as_str() {
                "production" => production[stage][market],
                "capacity" => capacity[stage][market],
                "requirement" => requirement[stage][market],
                "demand" => demand[stage][market],
                "thrift" => saved[stage][market] * f64::from(demand[stage][market] > 0.0),
                "shortage" => shortage[stage][market],
                "shortage_fraction" => fraction(stage, market),
                "share" if spec.country < 0 => over(production[stage][market], world),
                "share" => {
                    let own = over(output.country[spec.country as usize][stage][month], capacity[stage][market]);
                    over(production[stage][market] * own, world)
                }
                "production_outside" => world - production[stage][market],
                "unmet_feed" => unmet_feed[stage][market],
                "unsold" => unsold[stage][market],
                "unused" => unused[stage][market],
                "stock" => held(),
                "stock_days" if normal[stage][market] > 0.0 => held() / normal[stage][market] * days_per_month,
                "stock_days" => f64::INFINITY,
                "coverage_without" | "coverage_in_use_without" => {
                    let inside = |index: usize| model.demands[index].embedded == market as i64;
                    let embedded = (0..demands.len()).filter(|index| spec.kind.contains("in_use") && inside(*index));
                    let embedded = embedded.map(|index| (model.demands[index].place / markets, demands[index][month]));
                    coverage(model, &ratios, capacity, demand, &embedded.collect::<Vec<_>>(), stage, market)
                }
                "price_multiple" => model.price[stage].map_or(1.0, |(_, _, most)| {
                    let supplied = 1.0 - over(shortage[stage][market], requirement[stage][market]);
                    supplied.max(0.0).powf(-1.0 / elasticity[stage]).min(most)
                }),
                "loss_usd" => {
                    let here = (0..unserved.len()).filter(|index| model.demands[*index].place == place);
                    here.map(|index| unserved[index] * losses[index]).sum()
                }
                "unserved" => unserved[spec.demand as usize],
                other => panic!("no such series: {other}"),
            });
        }
        let of_finals = |of: &dyn Fn(usize, usize) -> f64| {
            model.finals.iter().map(|place| of(place / markets, place % markets)).collect::<Vec<f64>>()
        };
        shortages.push(of_finals(&|stage, market| shortage[stage][market]));
        fractions.push(of_finals(&fraction));
        served.push(of_finals(&|stage, market| wanted[stage][market]));
        unserved_rows.push(unserved);
        // Users learn to save, or forget.
        for stage in 0..stages {
            for market in 0..markets {
                if let Some([thrift, max, relapse]) = responses[market] {
                    let (demand, shortage, saved) =
                        (demand[stage][market], shortage[stage][market], &mut saved[stage][market]);
                    *saved = if demand > 0.0 && shortage > 0.01 * demand {
                        (*saved + thrift / 12.0).min(max)
                    } else {
                        (*saved - relapse / 12.0).max(0.0)
                    };
                }
            }
        }
    }

    // Outcomes.
    let column = |table: &Vec<Vec<f64>>, at: usize| table.iter().map(|row| row[at]).collect::<Vec<f64>>();
    let outcome = |spec: &Outcome| {
        let of = spec.of;
        let short = || column(&shortages, of);
        match spec.kind.as_str() {
            "total_shortage" => short().iter().sum(),
            "worst_month" => column(&fractions, of).into_iter().fold(0.0, f64::max),
            "first_shortage" => short().iter().position(|x| *x > 0.0).map_or(f64::INFINITY, |month| month as f64),
            "longest_shortage" => short().split(|x| *x == 0.0).map(<[f64]>::len).max().unwrap_or(0) as f64,
            "months_short" => short().iter().filter(|x| **x > 0.0).count() as f64,
            "fill_rate" => 1.0 - short().iter().sum::<f64>() / column(&served, of).iter().sum::<f64>(),
            "worst_12_months" => {
                short().windows(months.min(12)).map(|year| year.iter().sum::<f64>()).fold(0.0, f64::max)
            }
            "stock_needed" => stock_needed[model.finals[of] / markets][model.finals[of] % markets],
            "total_loss" => {
                let here = (0..demands.len()).filter(|index| model.demands[*index].place == model.finals[of]);
                here.map(|index| column(&unserved_rows, index).iter().sum::<f64>() * losses[index]).sum()
            }
            "total_unserved" => column(&unserved_rows, of).iter().sum(),
            "milestone" => {
                let milestone = &model.milestones[of];
                let met = |spell: &[f64]| spell.iter().all(|x| *x >= milestone.at_least && *x <= milestone.at_most);
                let month = series[milestone.series].windows(milestone.for_months).position(met);
                month.map_or(f64::INFINITY, |month| month as f64)
            }
            "decisions" => decisions[of] as f64,
            "episodes" => happened[of].len() as f64,
            "disrupted_months" => happened[of].iter().map(|e| e.end.min(months as f64) - e.begin.max(0.0)).sum(),
            other => panic!("no such outcome: {other}"),
        }
    };
    let outcomes = model.outcomes.iter().map(outcome).collect();
    Results { series, outcomes }
}

/// With a market gone, the others pooled: the least, over a product and all that it is made from, of what they could make
/// over what they need.
fn coverage(
    model: &Model,
    ratios: &[f64],
    capacity: &Table,
    demand: &Table,
    embedded: &[(usize, f64)],
    asked: usize,
    without: usize,
) -> f64 {
    let pool =
        |row: &[f64]| row.iter().enumerate().filter(|(market, _)| *market != without).map(|(_, x)| x).sum::<f64>();
    let mut needed: Vec<f64> = demand.iter().map(|row| pool(row)).collect();
    for (stage, tonnes) in embedded {
        needed[*stage] += tonnes;
    }
    for stage in (0..needed.len()).rev() {
        for (feed, ratio) in model.feeds.iter().zip(ratios).filter(|(feed, _)| feed.to == stage) {
            needed[feed.from] += needed[stage] * ratio;
        }
    }
    let mut covered = Vec::new();
    for stage in 0..needed.len() {
        let own = if needed[stage] > 0.0 { pool(&capacity[stage]) / needed[stage] } else { f64::INFINITY };
        let feeds = model.feeds.iter().filter(|feed| feed.to == stage);
        covered.push(feeds.fold(own, |least: f64, feed| least.min(covered[feed.from])));
    }
    covered[asked]
}

/// Percentiles of all values, by sorting them. "Never" becomes `null`.
fn percentiles(mut values: Vec<f64>, levels: &[f64]) -> BTreeMap<String, Option<f64>> {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let count = values.len();
    let mut row: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for level in levels {
        let rank = ((count as f64 * level / 100.0).ceil() as usize).max(1);
        row.insert(format!("{level}"), Some(values[rank - 1]).filter(|x| x.is_finite()));
    }
    let never = values.iter().filter(|x| x.is_infinite()).count();
    row.insert("never".into(), Some(never as f64 / count as f64));
    row
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let model: Model = serde_json::from_str(&std::fs::read_to_string(&arguments[1]).unwrap()).unwrap();
    let trials: usize = arguments[2].parse().unwrap();
    let mut levels = vec![5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0];
    if let Some(more) = arguments.get(5) {
        levels.extend(more.split(',').map(|level| level.parse::<f64>().unwrap()));
    }
    let results: Vec<Results> = (0..trials).map(|_| trial(&model)).collect();
    let mut outcomes = BTreeMap::new();
    for (index, spec) in model.outcomes.iter().enumerate() {
        outcomes.insert(&spec.name, percentiles(results.iter().map(|trial| trial.outcomes[index]).collect(), &levels));
    }
    let mut series = BTreeMap::new();
    for (index, spec) in model.series.iter().enumerate() {
        let mut by_level: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for month in 0..model.months {
            let row = percentiles(results.iter().map(|trial| trial.series[index][month]).collect(), &levels);
            for (level, value) in row {
                by_level.entry(level).or_default().push(value);
            }
        }
        series.insert(&spec.name, by_level);
    }
    let output = serde_json::json!({ "trials": trials, "outcomes": outcomes, "series": series });
    std::fs::write(&arguments[4], output.to_string()).unwrap();
}
