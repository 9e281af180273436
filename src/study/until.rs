//! When a run that looks again and again may stop.

use super::ScenarioModel;
use crate::config::fault::Fault;
use crate::config::{Config, set::Path};
use crate::model::Statistic;

/// Trials after which a run without `max_trials` looks no more.
const DEFAULT_MOST: u64 = 1_000_000;

/// What a run waits for.
///
/// A run looks at its results after `trials x 2^k` trials only, whatever the threads are at, so that where it stops depends
/// on trials `0..n` alone.
///
/// Measured by `looking_again_and_again_is_paid_for` in `tests/figures.rs`, 2000 runs each, from 100 trials in at most eight
/// looks: after a stop at 5 % the 95 % interval of a mean holds the truth in 95.8 % of the runs, that of a 95th percentile
/// in 96.1 %; with the probability at its very threshold, a verdict is given in 4.2 % of the runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// A statistic of the scenario that comes first is known well enough: half its interval is no more than this share of
    /// it. That intervals stay about right at such a stop is shown by Glynn & Whitt, "The asymptotic validity of sequential
    /// stopping rules for stochastic simulations", Annals of Applied Probability 2 (1992).
    Precision {
        /// The statistic, as written.
        text: String,
        /// Half the interval over the estimate.
        relative: f64,
    },
    /// Every claim and expectation is decided. Every look has the same part of what the verdicts may miss: the chance that
    /// any is wrong at any look is no more than without looking again and again (Bonferroni).
    Verdict,
}

/// The rule of a config, if it has one; faults if it says nothing that can be waited for.
pub(super) fn until(config: &Config, cases: &[ScenarioModel], faults: &mut Vec<Fault>) -> Option<Until> {
    let here = |key: &str| -> Path { ["run", key].map(String::from).into() };
    let Some(text) = config.run.until.as_deref().map(str::trim) else {
        if config.run.max_trials.is_some() {
            let fault = Fault::new(here("max_trials"), "`max_trials` is for runs with `until`, and there is none");
            faults.push(fault.help("`trials` (`-n`) is the number of trials; or say with `until` what to go on for"));
        }
        return None;
    };
    if let Some(most) = config.run.max_trials
        && most < config.run.trials
    {
        let fault = Fault::new(here("max_trials"), "`max_trials` lies below `trials`, where the first look is");
        faults.push(fault.label(format!("`trials` is {}", config.run.trials)));
    }
    if text == "verdict" {
        // A scenario may have claims of its own.
        let any = !config.claims.is_empty() || cases.iter().any(|case| !case.model.claims.is_empty());
        if !any && config.expect.is_empty() {
            let fault = Fault::new(here("until"), "there is no claim and no expectation to decide");
            faults.push(fault.help("as in `p95(total_shortage.allies.magnets) +- 2%`"));
        }
        return Some(Until::Verdict);
    }
    let parts = text.split_once("+-").or_else(|| text.split_once('±'));
    let percent = parts.and_then(|(_, percent)| percent.trim().strip_suffix('%')?.trim().parse::<f64>().ok());
    let (Some((statistic, _)), Some(percent)) = (parts, percent.filter(|percent| *percent > 0.0 && *percent < 100.0))
    else {
        let fault = Fault::new(here("until"), "a run stops at a precision or at `verdict`");
        faults.push(fault.help("as in `p95(total_shortage.allies.magnets) +- 2%`, the percentage between 0 and 100"));
        return None;
    };
    // Any scenario may come first, as the command line can leave out others.
    for case in cases {
        let before = faults.len();
        if let Some(Statistic::Percentile(outcome, _)) =
            Statistic::parse(statistic, &case.model, &here("until"), faults)
        {
            let resolution = 100.0 * case.model.outcomes[outcome].bins(case.model.months).resolution();
            faults.extend((percent < resolution).then(|| too_narrow(here("until"), statistic.trim(), resolution)));
        }
        if faults.len() > before {
            break;
        }
    }
    Some(Until::Precision { text: statistic.trim().into(), relative: percent / 100.0 })
}

/// A percentile is known to within a cell of its histogram, whatever the number of trials; this many percent of it.
fn too_narrow(path: Path, statistic: &str, resolution: f64) -> Fault {
    // Two digits, rounded up: what is named can be asked for.
    let mut steps = 1.0;
    while resolution * steps < 10.0 {
        steps *= 10.0;
    }
    let least = (resolution * steps).ceil() / steps;
    let fault = Fault::new(path, "no number of trials tells a percentile so precisely");
    fault.help(format!("percentiles are counted in cells: ask for `{statistic} +- {least}%` or more"))
}

/// Numbers of trials at which a run looks: once without a rule.
pub fn looks(config: &Config) -> Vec<u64> {
    let run = &config.run;
    let most = match run.until {
        None => run.trials,
        Some(_) => run.max_trials.unwrap_or(DEFAULT_MOST.max(run.trials)),
    };
    let doubled = std::iter::successors(Some(run.trials), |trials| trials.checked_mul(2));
    doubled.take_while(|trials| *trials <= most).collect()
}
