//! Quantities of a config turned into known numbers, drawn inputs and distributions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::limits::LIMITS;
use super::{DrawnInput, Input, Inputs, correlations, distributions};
use crate::config::fault::Fault;
use crate::config::set::Path;
use crate::config::{Correlation, Named, Quantity};
use crate::distribution::Distribution;
use crate::random::Key;
use crate::text::number;

/// The values an input may take.
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    min: f64,
    max: f64,
    /// Whether `min` itself, and with it what comes arbitrarily near, is left out.
    is_open: bool,
    what: &'static str,
}

impl Domain {
    /// From `min` to `max`; `what` says so in words.
    pub const fn new(min: f64, max: f64, what: &'static str) -> Self {
        Domain { min, max, is_open: false, what }
    }

    fn begins_below(self, low: f64) -> bool {
        if self.is_open { low > self.min } else { low >= self.min }
    }
}

/// Any finite number.
pub const ANY: Domain = Domain::new(f64::NEG_INFINITY, f64::INFINITY, "a number from -1e12");
/// Tonnes, months, rates and the like.
pub const NOT_NEGATIVE: Domain = Domain::new(0.0, f64::INFINITY, "0 or more");
/// What something is divided by.
pub const POSITIVE: Domain = Domain { is_open: true, ..Domain::new(0.0, f64::INFINITY, "above 0") };
/// Fractions and probabilities.
pub const FRACTION: Domain = Domain::new(0.0, 1.0, "between 0 and 1");
/// Growth per year.
pub const GROWTH: Domain = Domain::new(-0.99, 10.0, "between -0.99 and 10");

/// Largest known tonnage, duration or rate: what is above is a slip of the pen, and would strain the arithmetic.
const LARGEST: f64 = 1e12;

/// Largest value that may ever be drawn: the product of several is still finite.
const LARGEST_DRAW: f64 = 1e30;

/// Distributions by what was written of them. Equal ones are made once: their tables take time and memory.
#[derive(Clone, Default)]
pub struct Distributions {
    made: BTreeMap<String, Arc<Distribution>>,
    /// Tables that were asked for.
    tables: usize,
}

/// Collects the uncertain inputs of a model while it is compiled.
pub struct Quantities {
    seed: u64,
    drawn: Vec<DrawnInput>,
    /// Names of inputs that are known: a correlation may match them, to no effect.
    known: Vec<String>,
    /// Distributions so far, of this model and others.
    kept: Distributions,
}

impl Quantities {
    /// For a model with this seed, with distributions that are there already.
    pub fn new(seed: u64, kept: Distributions) -> Self {
        Quantities { seed, drawn: Vec::new(), known: Vec::new(), kept }
    }

    /// Hands the distributions on.
    pub fn take_kept(&mut self) -> Distributions {
        std::mem::take(&mut self.kept)
    }

    /// Number of slots so far.
    pub fn slots(&self) -> usize {
        self.drawn.len()
    }

    /// Seed of the model.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// An input drawn once per trial under `name`, whose quantity stands at `path`.
    pub fn input(
        &mut self,
        name: &str,
        path: &Path,
        quantity: &Quantity,
        domain: Domain,
        faults: &mut Vec<Fault>,
    ) -> Input {
        let Some(distribution) = self.distribution(path, quantity, domain, faults) else {
            self.known.push(name.into());
            return Input::Known(1.0); // never simulated
        };
        match distribution.constant() {
            Some(value) => {
                self.known.push(name.into());
                Input::Known(value)
            }
            None => self.draw(name, Some(distribution)),
        }
    }

    /// The lower end of what an input may be.
    pub fn lowest(&self, input: Input) -> f64 {
        match input {
            Input::Known(value) => value,
            Input::Drawn(slot) => self.drawn[slot].distribution.as_ref().map_or(0.0, |law| law.bounds().0),
        }
    }

    /// A uniform number drawn once per trial under `name`.
    pub fn chance(&mut self, name: &str) -> Input {
        self.draw(name, None)
    }

    /// The same, where what it decides is certain: nothing needs to be drawn.
    pub fn no_chance(&mut self, name: &str) -> Input {
        self.known.push(name.into());
        Input::Known(0.0)
    }

    fn draw(&mut self, name: &str, distribution: Option<Arc<Distribution>>) -> Input {
        self.drawn.push(DrawnInput { name: name.into(), key: Key::new(self.seed, name), distribution, factor: None });
        Input::Drawn(self.drawn.len() - 1)
    }

    /// Draws the inputs in `slots` once more, under names in which `to` takes the place of `from`.
    pub fn repeat(&mut self, slots: Range<usize>, from: &str, to: &str) {
        for slot in slots {
            let name = self.drawn[slot].name.replacen(from, to, 1);
            self.draw(&name, self.drawn[slot].distribution.clone());
        }
    }

    /// A distribution to draw from again and again.
    pub fn distribution(
        &mut self,
        path: &Path,
        quantity: &Quantity,
        domain: Domain,
        faults: &mut Vec<Fault>,
    ) -> Option<Arc<Distribution>> {
        let signature = format!("{quantity:?}");
        let distribution = match self.kept.made.get(&signature) {
            Some(distribution) => distribution.clone(),
            None => {
                self.kept.tables += distributions::tables(quantity);
                if let Some(fault) = LIMITS.tables.check(path.clone(), self.kept.tables) {
                    // How many there are in all is not counted: each is told where it goes too far.
                    faults.push(
                        fault.label("").help("let several inputs have the same distribution, or triangular ones"),
                    );
                    return None;
                }
                match distributions::build(quantity) {
                    Ok(distribution) => {
                        let distribution = Arc::new(distribution);
                        self.kept.made.insert(signature, distribution.clone());
                        distribution
                    }
                    Err(refused) => {
                        faults.push(Fault::new(path.clone(), refused.to_string()));
                        return None;
                    }
                }
            }
        };
        let fault = outside(path, quantity, &distribution, domain);
        let is_good = fault.is_none();
        faults.extend(fault);
        is_good.then_some(distribution)
    }

    /// All uncertain inputs, with their correlations; `of_projects` are the slots that only projects use, and from
    /// `decisions_from` on follow those of decisions, which are events and cannot be correlated.
    pub fn finish(
        mut self,
        of_projects: Range<usize>,
        decisions_from: usize,
        correlated: &Named<Correlation>,
        faults: &mut Vec<Fault>,
    ) -> Inputs {
        let of_decisions = decisions_from..self.drawn.len();
        let decisions = self.drawn.split_off(decisions_from);
        let mut inputs = Inputs { drawn: self.drawn, of_projects, of_decisions, factors: Vec::new() };
        for (id, correlation) in correlated {
            correlations::apply(&mut inputs, &self.known, self.seed, id, correlation, faults);
        }
        inputs.drawn.extend(decisions);
        inputs
    }
}

/// What of a quantity lies outside its domain, or is too large to compute with.
fn outside(path: &Path, quantity: &Quantity, distribution: &Distribution, domain: Domain) -> Option<Fault> {
    let key = path.iter().rev().find(|key| key.parse::<usize>().is_err()).map_or("it", String::as_str);
    let (low, high) = distribution.bounds();
    let is_known = matches!(quantity, Quantity::Number(_));
    let (begins, ends) = (domain.begins_below(low), high <= domain.max);
    if !(begins && ends) || is_known && !(low.abs() <= LARGEST) {
        let value = if begins { high } else { low };
        let value = if value.is_finite() { format!("can be {}", number(value)) } else { "has no bound".into() };
        let what = if domain.max == f64::INFINITY {
            format!("{} and at most {LARGEST:e}", domain.what)
        } else {
            domain.what.into()
        };
        let fault = Fault::new(path.clone(), format!("`{key}` must be {what}")).label(value);
        return Some(match (is_known, begins, domain.is_open) {
            (true, ..) => fault,
            (false, true, _) => fault.help(format!("cut it off there: add `max = {}` to the distribution", domain.max)),
            (false, false, false) => {
                fault.help(format!("cut it off there: add `min = {}` to the distribution", domain.min))
            }
            (false, false, true) => {
                fault.help(format!("cut it off: add a `min` above {} to the distribution", domain.min))
            }
        });
    }
    let (smallest, largest) = (distribution.quantile(0.0), distribution.quantile(1.0));
    if !(largest <= LARGEST_DRAW && smallest >= -LARGEST_DRAW) {
        let (bound, value) = if largest <= LARGEST_DRAW { ("min", smallest) } else { ("max", largest) };
        let fault = Fault::new(path.clone(), format!("`{key}` must not be drawn beyond {LARGEST_DRAW:e}"));
        return Some(fault.label(format!("can be {value:.0e}")).help(format!("cut its tail off: add a `{bound}`")));
    }
    None
}
