//! How tonnes per year go on: with a growth per year, or along a path by date; and how a year of demand is divided among its
//! months.

use std::ops::{Add, Mul, Sub};

use super::context::Context;
use super::limits::LIMITS;
use super::names::path;
use super::quantities::{GROWTH, NOT_NEGATIVE};
use super::{Input, Inputs};
use crate::config::fault::Fault;
use crate::config::{self, Month, Quantity, TonnesPerYear};
use crate::text::number;

/// How tonnes per year go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Trend {
    /// With a growth per year.
    Growing {
        /// At the start.
        tonnes_per_year: Input,
        /// Fraction per year.
        growth: Input,
    },
    /// Along a path.
    Path(DatedPath),
}

/// A path by date, linear between its dates and flat outside.
#[derive(Clone, Debug, PartialEq)]
pub struct DatedPath {
    /// Tonnes per year at the dates, in order of time.
    values: Vec<Input>,
    /// By month: the value at or before its start (the first, if there is none), and how much of the way to the next one
    /// has been gone by then.
    months: Vec<(usize, f64)>,
    /// Factor on all of it.
    times: Input,
}

impl Trend {
    /// Mean at the start, tonnes per year.
    pub fn mean_at_start(&self, inputs: &Inputs) -> f64 {
        match self {
            Trend::Growing { tonnes_per_year, .. } => inputs.mean(*tonnes_per_year),
            Trend::Path(path) => path.mean_at_start(inputs),
        }
    }

    /// Growth per year of what is multiplied by a path, if there is one.
    pub fn growth(&self) -> Input {
        match self {
            Trend::Growing { growth, .. } => *growth,
            Trend::Path(_) => Input::Known(0.0),
        }
    }
}

impl DatedPath {
    /// What decides the value at the start of a month: the values before and after it, the part of the way that has been
    /// gone between them, and the factor.
    #[inline(always)]
    pub fn around(&self, month: usize) -> [Input; 4] {
        let (index, part) = self.months[month];
        [self.values[index], self.values[(index + 1).min(self.values.len() - 1)], Input::Known(part), self.times]
    }

    /// Tonnes per year at the start of a month, of what [`around`](Self::around) tells.
    #[inline(always)]
    pub fn value<N>([from, to, part, times]: [N; 4]) -> N
    where
        N: Copy + Add<Output = N> + Sub<Output = N> + Mul<Output = N>,
    {
        (from + (to - from) * part) * times
    }

    /// By month, t/month, if all of it is known.
    pub fn known(&self) -> Option<Vec<f64>> {
        let mut inputs = self.values.iter().chain([&self.times]);
        let value = |input: Input| if let Input::Known(value) = input { value } else { f64::NAN };
        let known = inputs.all(|input| matches!(input, Input::Known(_)));
        known.then(|| (0..self.months.len()).map(|month| Self::value(self.around(month).map(value)) / 12.0).collect())
    }

    /// Mean at the start, tonnes per year.
    pub fn mean_at_start(&self, inputs: &Inputs) -> f64 {
        Self::value(self.around(0).map(|input| inputs.mean(input)))
    }

    /// The largest it can be, tonnes per year, where `of` is the largest that an input can be.
    pub fn largest(&self, of: impl Fn(Input) -> f64) -> f64 {
        self.values.iter().map(|value| of(*value)).fold(0.0, f64::max) * of(self.times)
    }
}

/// The trend of the entry `id` of a table.
pub fn read(context: &mut Context<'_>, [table, id]: [&str; 2], tonnes: &TonnesPerYear, growth: &Quantity) -> Trend {
    let key = "tonnes_per_year";
    match tonnes {
        TonnesPerYear::AtStart(tonnes) => {
            let mut input = |key: &str, quantity, domain| {
                context.input(&format!("{table}.{id}.{key}"), &path(&[table, id, key]), quantity, domain)
            };
            let tonnes_per_year = input(key, tonnes, NOT_NEGATIVE);
            Trend::Growing { tonnes_per_year, growth: input("growth_per_year", growth, GROWTH) }
        }
        TonnesPerYear::Path(dated) => {
            if *growth != Quantity::Number(0.0) {
                let here = path(&[table, id, "growth_per_year"]);
                let fault = Fault::new(here, "`growth_per_year` has no meaning beside a path by date").at_key();
                context.faults.push(fault.help("leave it out, or set it to 0: the path says how the amount grows"));
            }
            Trend::Path(dated_path(context, [table, id, key], dated))
        }
    }
}

fn dated_path(context: &mut Context<'_>, keys: [&str; 3], dated: &config::DatedPath) -> DatedPath {
    let name = keys.join(".");
    let here = |more: &[&str]| path(&[&keys[..], more].concat());
    let mut points: Vec<(f64, Input)> = Vec::new();
    let most = LIMITS.dates.most;
    if dated.by_date.is_empty() {
        let fault = Fault::new(here(&["by_date"]), "a path has at least one date");
        context.faults.push(fault.help("as in `by_date = { \"2025-01\" = 100, \"2030-01\" = 140 }`"));
    } else if dated.by_date.len() as u64 > most {
        let fault =
            Fault::new(here(&["by_date"]), format!("too many {}: at most {most} are allowed", LIMITS.dates.what));
        context.faults.push(fault.at_key().label(format!("{} are given", dated.by_date.len())));
    } else {
        for (date, value) in &dated.by_date {
            let at = here(&["by_date", date]);
            let value = context.input(&format!("{name}.by_date.{date}"), &at, value, NOT_NEGATIVE);
            match date.parse::<Month>() {
                Ok(month) => points.push((f64::from(month.months_since(context.config.start)), value)),
                Err(invalid) => context.faults.push(Fault::new(at, invalid.to_string()).at_key()),
            }
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let times = context.input(&format!("{name}.times"), &here(&["times"]), &dated.times, NOT_NEGATIVE);
    let months = (0..context.months).map(|month| place(&points, month as f64)).collect();
    let mut values: Vec<Input> = points.into_iter().map(|(_, value)| value).collect();
    if values.is_empty() {
        values.push(Input::Known(0.0)); // never simulated
    }
    DatedPath { values, months, times }
}

/// How far from 1 the mean of the factors of a year may be written.
const WRITTEN: f64 = 1e-6;

/// The factors of the demand `id` on the months of a year, of which the first simulated month comes first.
pub fn seasonal(context: &mut Context<'_>, id: &str, factors: &[f64]) -> Vec<f64> {
    let here = path(&["demands", id, "seasonal"]);
    let mean = factors.iter().sum::<f64>() / 12.0;
    if factors.len() != 12 {
        let fault = Fault::new(here, "`seasonal` has twelve factors, one for each month, January first");
        context.faults.push(fault.label(format!("{} are given", factors.len())));
        return Vec::new();
    }
    if let Some(position) = factors.iter().position(|factor| !(*factor >= 0.0)) {
        let here = path(&["demands", id, "seasonal", &position.to_string()]);
        context.faults.push(Fault::new(here, "a factor of `seasonal` must be 0 or more"));
    } else if !((mean - 1.0).abs() <= WRITTEN) {
        let fault =
            Fault::new(here, "the factors of `seasonal` have the mean 1, so that a year's demand stays what it is");
        let mean_written = number(mean);
        let fault = fault.label(format!("their mean is {mean_written}"));
        let help = if mean > 0.0 && mean.is_finite() {
            format!("divide each by {mean_written}")
        } else {
            "write factors around 1".into()
        };
        context.faults.push(fault.help(help));
    }
    let first = context.config.start.month() as usize - 1;
    (0..12).map(|month| factors[(first + month) % 12]).collect()
}

/// The last of the points by time that is not after `time`, and how much of the way to the next has been gone.
fn place(points: &[(f64, Input)], time: f64) -> (usize, f64) {
    let after = points.partition_point(|(date, _)| *date <= time);
    match (after.checked_sub(1), points.get(after)) {
        (Some(index), Some((next, _))) => (index, (time - points[index].0) / (next - points[index].0)),
        (index, _) => (index.unwrap_or(0), 0.0),
    }
}
