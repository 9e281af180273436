//! `{ observed = [..] }`: values that were observed, in place of a distribution. What stands for them is worked out when a config is
//! read, so that the config as run says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::fault::Fault;
use super::set::Path;
use crate::statistics::fit::{self, FEWEST_TO_TEST};
use crate::text::number;

/// What stands for observed values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// The values themselves, each equally likely.
    #[default]
    Empirical,
    /// The lognormal distribution with the mean and the variance of their logarithms.
    Lognormal,
}

/// What was worked out of observations, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The value that it is.
    pub path: Path,
    /// What it is, and how it was found.
    pub words: String,
}

/// The probability below which a fit is called bad.
const BAD: f64 = 0.05;

/// Puts distributions in the place of observed values, wherever there are some; tells what they are, and which there are none of.
pub fn freeze(config: &mut Table) -> (Vec<Fitted>, Vec<Fault>) {
    let (mut fitted, mut faults) = (Vec::new(), Vec::new());
    within(config, &mut Path::new(), &mut fitted, &mut faults);
    (fitted, faults)
}

fn within(table: &mut Table, here: &mut Path, fitted: &mut Vec<Fitted>, faults: &mut Vec<Fault>) {
    for (key, value) in table.iter_mut() {
        here.push(key.to_string());
        of_value(value, here, fitted, faults);
        here.pop();
    }
}

fn of_value(value: &mut Value, here: &mut Path, fitted: &mut Vec<Fitted>, faults: &mut Vec<Fault>) {
    match value {
        Value::Table(table) => match observed(table) {
            Some(values) => match distribution(table, &values) {
                Ok(words) => fitted.push(Fitted { path: here.clone(), words }),
                Err(why) => faults
                    .push(Fault::new(here.clone(), why).help("leave out `fit` to draw from the values themselves")),
            },
            None => within(table, here, fitted, faults),
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                here.push(index.to_string());
                of_value(item, here, fitted, faults);
                here.pop();
            }
        }
        _ => {}
    }
}

/// The values, if a table is a distribution by observed values. What is spelt otherwise is told where the schema is looked at.
fn observed(table: &Table) -> Option<Vec<f64>> {
    let is_alone = table.keys().all(|key| ["observed", "fit", "min", "max"].contains(&key.as_str()));
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
    table.get("observed").filter(|_| is_alone)?.as_array()?.iter().map(number).collect()
}

/// Puts the distribution into the table; returns what it is.
fn distribution(table: &mut Table, values: &[f64]) -> Result<String, String> {
    let ends = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    let [low, high] = [ends.0, ends.1].map(|end| number((1000.0 * end).round() / 1000.0));
    let of = format!("{} observed values, {low} to {high}", values.len());
    let fit = table.get("fit").and_then(|fit| Fit::deserialize(fit.clone()).ok()).unwrap_or_default();
    let (kind, law, words) = match fit {
        Fit::Empirical => ("empirical", table["observed"].clone(), format!("{of}, each equally likely")),
        Fit::Lognormal => {
            let fit::Lognormal { median, sigma, test } = fit::lognormal(values)?;
            let mut law = Table::new();
            law.insert("median".into(), median.into());
            law.insert("sigma".into(), sigma.into());
            let test = match test {
                Some(test) => {
                    let verdict = if test.p < BAD { "it fits badly" } else { "nothing speaks against it" };
                    format!("Anderson-Darling A* = {:.2}, P = {}: {verdict}", test.statistic, probability(test.p))
                }
                None => format!("fewer than {FEWEST_TO_TEST} values do not tell whether it fits"),
            };
            let words = format!("lognormal with median {median:.3} and sigma {sigma:.3} through {of}; {test}");
            ("lognormal", law.into(), words)
        }
    };
    table.retain(|key, _| ["min", "max"].contains(&key));
    table.insert(kind.into(), law);
    Ok(words)
}

/// A probability of the test, in as many digits as its table has meaning.
fn probability(p: f64) -> String {
    if p < 0.001 { "<0.001".into() } else { format!("{p:.2}").replace("0.00", "<0.01") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen(text: &str) -> (String, Vec<String>, Vec<String>) {
        let mut table: Table = text.parse().expect("TOML");
        let (fitted, faults) = freeze(&mut table);
        let told = fitted.into_iter().map(|one| format!("{}: {}", one.path.join("."), one.words)).collect();
        (Value::Table(table).to_string(), told, faults.into_iter().map(|fault| fault.message).collect())
    }

    #[test]
    fn observed_values_are_drawn_or_fitted() {
        let (config, told, faults) = frozen("a.b = [{ of = { observed = [3, 1.5], min = 1 } }]");
        assert_eq!(config, "{ a = { b = [{ of = { min = 1, empirical = [3, 1.5] } }] } }");
        assert_eq!(
            (told, faults),
            (vec!["a.b.0.of: 2 observed values, 1.5 to 3, each equally likely".to_string()], vec![])
        );
        // The logarithms 0, 1 and 2 in units of ln 10: median 10, sigma ln 10.
        let (config, told, _) = frozen("a = { observed = [1, 10, 100], fit = 'lognormal' }");
        let law = config.parse::<Table>().ok();
        assert!(law.is_none() && config.contains("lognormal"), "{config}");
        assert!(
            told[0].starts_with(
                "a: lognormal with median 10.000 and sigma 2.303 through 3 observed values, 1 to 100; fewer"
            ),
            "{told:?}"
        );
    }

    #[test]
    fn an_entry_may_be_called_observed() {
        let text = "stages.observed.title = 'x'\nmarkets.observed.countries = ['a']";
        assert!(frozen(text).1.is_empty());
    }

    #[test]
    fn what_cannot_be_fitted_is_told() {
        for values in ["[1, 2]", "[1, 0, 2]", "[2, 2, 2]", "[-1, 2, 3]"] {
            let (_, told, faults) = frozen(&format!("a = {{ observed = {values}, fit = 'lognormal' }}"));
            assert!(told.is_empty() && faults.len() == 1 && faults[0].contains("lognormal"), "{values}: {faults:?}");
        }
    }
}
