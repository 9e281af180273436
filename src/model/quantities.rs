//! Quantities of a config turned into known numbers, drawn inputs and distributions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::{DrawnInput, Factor, Input, Inputs};
use crate::config::fault::{Fault, help_for_name};
use crate::config::set::{self, Path};
use crate::config::{Correlation, Named, Quantity, Spread};
use crate::distribution::{Distribution, Shape};
use crate::random::Key;

/// The values an input may take.
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    min: f64,
    max: f64,
    what: &'static str,
}

impl Domain {
    /// From `min` to `max`; `what` says so in words.
    pub const fn new(min: f64, max: f64, what: &'static str) -> Self {
        Domain { min, max, what }
    }
}

/// Any finite number.
pub const ANY: Domain = Domain { min: f64::NEG_INFINITY, max: f64::INFINITY, what: "a number from -1e12" };
/// Tonnes, months, rates of change and the like.
pub const NOT_NEGATIVE: Domain = Domain { min: 0.0, max: f64::INFINITY, what: "0 or more" };
/// Fractions and probabilities.
pub const FRACTION: Domain = Domain { min: 0.0, max: 1.0, what: "between 0 and 1" };
/// Growth per year.
pub const GROWTH: Domain = Domain { min: -0.99, max: 10.0, what: "between -0.99 and 10" };
/// Onsets per year.
pub const RATE: Domain = Domain { min: 0.0, max: f64::INFINITY, what: "0 or more" };

/// Largest known tonnage, duration or rate: what is above is a slip of the pen, and would strain the arithmetic.
const LARGEST: f64 = 1e12;

/// Distributions by what was written of them. Equal ones are made once: their tables take time and memory.
pub type Distributions = BTreeMap<String, Arc<Distribution>>;

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
        if let Quantity::Number(value) = quantity {
            if !(*value >= domain.min.max(-LARGEST) && *value <= domain.max.min(LARGEST)) {
                faults.push(outside(path, *value, domain));
            }
            self.known.push(name.into());
            return Input::Known(*value);
        }
        let Some(distribution) = self.distribution(path, quantity, domain, faults) else { return Input::Known(0.0) };
        match distribution.constant() {
            Some(value) => {
                self.known.push(name.into());
                Input::Known(value)
            }
            None => self.draw(name, Some(distribution)),
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

    /// A distribution to draw from again and again.
    pub fn distribution(
        &mut self,
        path: &Path,
        quantity: &Quantity,
        domain: Domain,
        faults: &mut Vec<Fault>,
    ) -> Option<Arc<Distribution>> {
        let signature = format!("{quantity:?}");
        let distribution = match self.kept.get(&signature) {
            Some(distribution) => distribution.clone(),
            None => match build(quantity) {
                Ok(distribution) => {
                    let distribution = Arc::new(distribution);
                    self.kept.insert(signature, distribution.clone());
                    distribution
                }
                Err(message) => {
                    faults.push(Fault::new(path.clone(), message));
                    return None;
                }
            },
        };
        let (low, high) = distribution.bounds();
        if !(low >= domain.min && high <= domain.max) {
            let value = if low >= domain.min { high } else { low };
            let bound =
                if low >= domain.min { format!("max = {}", domain.max) } else { format!("min = {}", domain.min) };
            faults.push(
                outside(path, value, domain).help(format!("cut it off there: add `{bound}` to the distribution")),
            );
            return None;
        }
        Some(distribution)
    }

    /// All uncertain inputs, with their correlations; `of_projects` are the slots that only projects use.
    pub fn finish(
        self,
        of_projects: Range<usize>,
        correlations: &Named<Correlation>,
        faults: &mut Vec<Fault>,
    ) -> Inputs {
        let mut drawn = self.drawn;
        let mut factors = Vec::new();
        for (id, correlation) in correlations {
            let here =
                |keys: &[&str]| ["correlations", id].iter().chain(keys).map(|key| key.to_string()).collect::<Path>();
            if !(correlation.rho >= 0.0 && correlation.rho <= 1.0) {
                let fault = Fault::new(here(&["rho"]), "a correlation lies between 0 and 1");
                faults.push(fault.label(format!("{} does not", correlation.rho)));
                continue;
            }
            for (position, pattern) in correlation.inputs.iter().enumerate() {
                let path = here(&["inputs", &position.to_string()]);
                correlate(&mut drawn, &self.known, pattern, factors.len(), path, faults);
            }
            let key = Key::new(self.seed, &format!("correlations.{id}"));
            factors.push(Factor { key, common: correlation.rho.sqrt(), own: (1.0 - correlation.rho).sqrt() });
        }
        Inputs { drawn, of_projects, factors }
    }
}

fn outside(path: &Path, value: f64, domain: Domain) -> Fault {
    let key = path.iter().rev().find(|key| key.parse::<usize>().is_err()).map_or("it", String::as_str);
    let value = if value.is_finite() { format!("can be {value}") } else { "has no bound".into() };
    let what = if domain.max == f64::INFINITY {
        format!("{} and at most {LARGEST:e}", domain.what)
    } else {
        domain.what.into()
    };
    Fault::new(path.clone(), format!("`{key}` must be {what}")).label(value)
}

/// Puts the inputs that `pattern` matches into the correlation `factor`.
fn correlate(
    drawn: &mut [DrawnInput],
    known: &[String],
    pattern: &str,
    factor: usize,
    path: Path,
    faults: &mut Vec<Fault>,
) {
    let keys = set::split(pattern);
    let matched = |name: &str| {
        // The copies of a project (`id#2`) follow its id.
        let name: Path = set::split(name).into_iter().map(|key| key.split('#').next().unwrap_or("").into()).collect();
        name.len() == keys.len() && keys.iter().zip(&name).all(|(key, name)| set::matches(key, name))
    };
    let mut found = false;
    let mut taken = None;
    for input in drawn.iter_mut().filter(|input| matched(&input.name)) {
        found = true;
        match input.factor {
            Some(other) if other != factor => taken = Some(input.name.clone()),
            _ => input.factor = Some(factor),
        }
    }
    if let Some(name) = taken {
        let fault = Fault::new(path, "an input belongs to at most one correlation");
        faults.push(fault.label(format!("`{name}` belongs to another already")));
    } else if !found && !known.iter().any(|name| matched(name)) {
        let fault = Fault::new(path, format!("`{pattern}` is no input"));
        let names: Vec<&str> = drawn.iter().map(|input| input.name.as_str()).collect();
        faults.push(fault.help(help_for_name(pattern, names)));
    }
}

/// The distribution that a quantity describes.
fn build(quantity: &Quantity) -> Result<Distribution, String> {
    match quantity {
        Quantity::Number(value) => Distribution::new(Shape::Constant(*value), None, None),
        Quantity::Spread(spread) => Distribution::new(shape(spread)?, spread.min, spread.max),
    }
}

fn shape(spread: &Spread) -> Result<Shape, String> {
    let mut shapes: Vec<Result<Shape, String>> = Vec::new();
    shapes.extend(spread.constant.map(|value| Ok(Shape::Constant(value))));
    shapes.extend(spread.uniform.map(|[min, max]| Ok(Shape::Uniform { min, max })));
    shapes.extend(spread.triangular.map(|[min, mode, max]| Ok(Shape::Triangular { min, mode, max })));
    shapes.extend(spread.pert.map(|[min, mode, max]| Ok(Shape::Pert { min, mode, max })));
    shapes.extend(spread.normal.as_ref().map(|law| Ok(Shape::Normal { mean: law.mean, sd: law.sd })));
    shapes.extend(spread.lognormal.as_ref().map(|law| lognormal(&law.0)));
    shapes.extend(spread.beta.as_ref().map(|law| match pair(&law.0, ["mean", "sd"]) {
        Some((mean, sd)) => Shape::beta_from_mean(mean, sd),
        None => match pair(&law.0, ["alpha", "beta"]) {
            Some((alpha, beta)) => Ok(Shape::Beta { alpha, beta }),
            None => Err("a beta distribution takes `mean` and `sd`, or `alpha` and `beta`".into()),
        },
    }));
    shapes.extend(spread.gamma.as_ref().map(|law| match pair(&law.0, ["mean", "sd"]) {
        Some((mean, sd)) => Shape::gamma_from_mean(mean, sd),
        None => match pair(&law.0, ["shape", "scale"]) {
            Some((shape, scale)) => Ok(Shape::Gamma { shape, scale }),
            None => Err("a gamma distribution takes `mean` and `sd`, or `shape` and `scale`".into()),
        },
    }));
    shapes.extend(spread.exponential.as_ref().map(|law| Ok(Shape::Exponential { mean: law.mean })));
    shapes.extend(spread.weibull.as_ref().map(|law| Ok(Shape::Weibull { shape: law.shape, scale: law.scale })));
    shapes.extend(
        spread
            .discrete
            .as_ref()
            .map(|law| Ok(Shape::Discrete { values: law.values.clone(), weights: law.weights.clone() })),
    );
    shapes.extend(spread.empirical.as_ref().map(|values| Ok(Shape::Empirical { values: values.clone() })));
    shapes.extend(spread.quantiles.as_ref().map(elicited));
    shapes.extend(spread.mixture.as_ref().map(|parts| {
        let parts = parts.iter().map(|part| Ok((part.weight, build(&part.of)?)));
        Ok(Shape::Mixture { parts: parts.collect::<Result<_, String>>()? })
    }));
    match shapes.len() {
        1 => shapes.remove(0),
        0 => Err("this names no distribution: write one, as in `{ triangular = [5, 10, 20] }`".into()),
        more => Err(format!("this names {more} distributions: one is wanted")),
    }
}

/// The two values of a table that has exactly these keys.
fn pair(table: &BTreeMap<String, f64>, keys: [&str; 2]) -> Option<(f64, f64)> {
    (table.len() == 2).then_some(())?;
    Some((*table.get(keys[0])?, *table.get(keys[1])?))
}

fn lognormal(table: &BTreeMap<String, f64>) -> Result<Shape, String> {
    if let Some((median, sigma)) = pair(table, ["median", "sigma"]) {
        return Shape::lognormal_from_median(median, sigma);
    }
    if let Some((mean, sd)) = pair(table, ["mean", "sd"]) {
        return Shape::lognormal_from_mean(mean, sd);
    }
    let quantiles: Option<Vec<(f64, f64)>> =
        table.iter().map(|(key, value)| Some((percentile(key)?, *value))).collect();
    match quantiles.as_deref() {
        Some(&[(p, x), (q, y)]) if p < q => Shape::lognormal_from_quantiles(p, x, q, y),
        Some(&[(p, x), (q, y)]) => Shape::lognormal_from_quantiles(q, y, p, x),
        _ => {
            Err("a lognormal takes `median` and `sigma`, or `mean` and `sd`, or two quantiles such as `p50` and `p90`"
                .into())
        }
    }
}

fn elicited(table: &BTreeMap<String, f64>) -> Result<Shape, String> {
    let mut quantiles = Vec::new();
    let (mut lower, mut upper) = (None, None);
    for (key, value) in table {
        match (key.as_str(), percentile(key)) {
            ("lower", _) => lower = Some(*value),
            ("upper", _) => upper = Some(*value),
            (_, Some(p)) => quantiles.push((p, *value)),
            _ => {
                return Err(format!(
                    "`{key}` is no quantile: write `p10`, `p50`, `p99.5`, or the bounds `lower`, `upper`"
                ));
            }
        }
    }
    quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Shape::Elicited { quantiles, lower, upper })
}

/// The probability that a key such as `p90` names.
fn percentile(key: &str) -> Option<f64> {
    let p: f64 = key.strip_prefix('p')?.parse().ok()?;
    (p > 0.0 && p < 100.0).then_some(p / 100.0)
}
