//! Projects, and what investors may decide on.

use super::Draw;

impl Draw {
    pub(super) fn projects(&mut self) {
        self.say("[ramp_shapes]\nslow.points = [[0, 0], [0.5, 0.1], [1, 1]]\nfast.points = [[0, 0.4], [1, 1]]".into());
        let mut single: Vec<usize> = Vec::new();
        for number in 0..self.below(8) {
            self.say(format!("[projects.p{number}]"));
            self.products();
            self.lead();
            self.fate();
            if !single.is_empty() && self.chance(0.4) {
                let required = single[self.below(single.len())];
                self.say(format!("requires = [\"p{required}\"]"));
            }
            if self.chance(0.3) {
                let copies = self.one_of(&["0", "3"]);
                self.say(format!("copies = {copies}"));
            } else {
                single.push(number);
            }
            self.targets.push(format!("p{number}"));
        }
    }

    /// Where a plant stands, and what it makes: one product or several.
    pub(super) fn products(&mut self) {
        let (country, stage, tonnes) = (self.country(), self.stage(), self.quantity(0.0, 200.0));
        self.say(format!("country = {country}"));
        if self.stages > 1 && self.chance(0.3) {
            let yields: Vec<String> =
                (0..self.stages).map(|stage| format!("s{stage} = {}", self.quantity(0.0, 200.0))).collect();
            let some = 1 + self.below(self.stages);
            self.say(format!("yields = {{ {} }}", yields[..some].join(", ")));
        } else {
            self.say(format!("stage = {stage}\ntonnes_per_year = {tonnes}"));
        }
    }

    /// Whether a plant comes, how it ramps up, and when it ends.
    pub(super) fn fate(&mut self) {
        self.maybe("success_probability", 0.2, 1.0);
        self.maybe("utilisation", 0.5, 1.2);
        self.maybe("closure_rate_per_year", 0.0, 0.5);
        if self.chance(0.3) {
            let years = self.quantity(0.1, 3.0);
            self.say(format!("life_years = {years}"));
        }
        if self.chance(0.7) {
            let shape = self.one_of(&[
                r#""linear""#,
                r#""exponential""#,
                r#""s-curve""#,
                r#""slow""#,
                "{ slow = 0.6, fast = 0.4 }",
                "{ linear = 1, s-curve = 2, exponential = 3, slow = 0, fast = 1 }",
            ]);
            let months = self.quantity(0.0, 24.0);
            self.say(format!("ramp = {{ months = {months}, shape = {shape} }}"));
        }
    }

    /// Plants that nobody has announced yet, with and without a signal.
    pub(super) fn investment(&mut self) {
        for number in 0..self.below(3) {
            self.say(format!("[investment.i{number}]"));
            self.products();
            let (rate, most) = (self.quantity(0.1, 8.0), 1 + self.below(30));
            self.say(format!("decisions_per_year = {rate}\nat_most = {most}"));
            if self.chance(0.5) {
                let (months, success) = (self.quantity(0.0, 9.0), self.quantity(0.5, 1.0));
                self.say(format!("phases = [{{ name = \"a\", months = {months}, success_probability = {success} }}]"));
            } else {
                let months = self.quantity(0.0, 20.0);
                self.say(format!("lead_months = {months}"));
            }
            self.fate();
            if self.chance(0.7) {
                let kind = self.one_of(&["price_multiple", "stock_days", "shortage_fraction", "capacity", "share"]);
                let (market, stage, months) = (self.below(self.markets), self.below(self.stages), 1 + self.below(8));
                let (low, high) = (self.between(0.0, 1.0), self.between(1.0, 5.0));
                self.say(format!("signal = \"{kind}.m{market}.s{stage}\"\nmemory_months = {months}"));
                self.say(format!("response = [[{low}, {high}], [1.5, 0], [4, 6]]"));
            }
            self.targets.push(format!("i{number}"));
        }
    }

    /// When a project starts, in one of the ways there are.
    pub(super) fn lead(&mut self) {
        match self.below(4) {
            0 => {
                let months = self.quantity(-6.0, 40.0);
                self.say(format!("lead_months = {months}"));
            }
            1 => {
                let (announced, slip) = (self.month(), self.quantity(-3.0, 20.0));
                self.say(format!("announced_start = {announced}\nslip_months = {slip}"));
            }
            way => {
                let begins = if way == 2 { self.month() } else { self.quantity(-12.0, 12.0) };
                let phases: Vec<String> = (0..1 + self.below(2))
                    .map(|phase| {
                        let (months, success) = (self.quantity(0.0, 18.0), self.quantity(0.5, 1.0));
                        format!("{{ name = \"f{phase}\", months = {months}, success_probability = {success} }}")
                    })
                    .collect();
                self.say(format!("begins = {begins}\nphases = [{}]", phases.join(", ")));
            }
        }
    }
}
