//! O: steps within the month. P: correlations by loadings, by a matrix, and within episodes.

use std::f64::consts::PI;

use shortfall::engine::Trial;
use shortfall::model::Model;

use crate::common::{ConfigBuilder, outcome_of, tell_apart};
use crate::{MADE, TRIALS};

/// A sole plant of twice the demand whose outages last half a month.
fn half_months(steps: u32, months: f64) -> ConfigBuilder {
    let outage = format!("rate_per_year = 0.5, duration_months = {months}");
    ConfigBuilder::new(5.0)
        .entry("steps_per_month", steps)
        .demand(1200)
        .plant("plant", 2400)
        .outage("stop", "plant", &outage)
}

/// With `k` steps an outage of half a month covers all but two partly: each of those loses `|2 phi - 1|` of a step's demand,
/// half of it on average, where `phi` is the part of the step that is left.
#[test]
fn o_an_outage_of_half_a_month_costs_half_a_month_in_small_steps() {
    let lost_per_episode = |model: &Model, trial: &Trial| {
        // An outage that the horizon cuts off loses less.
        let ended = trial.episodes[0].iter().filter(|episode| episode.end <= model.months as f64).count() as f64;
        let cut = trial.episodes[0].len() as f64 - ended;
        let lost = outcome_of(model, trial, "total_shortage.all.product");
        [if cut > 0.0 { 0.0 } else { lost - ended * 100.0 * (14.0 + 0.5) / 30.0 }]
    };
    let right = half_months(30, 0.5).observe(TRIALS / 100, lost_per_episode);
    // Outages of 0.501 months in place of 0.5.
    let wrong = half_months(30, 0.501).observe(TRIALS / 100, lost_per_episode);
    tell_apart("O thirty steps", &right, &wrong, &[0.0]);
    // In one step a month they meet only where two of them fill more than half of one: 0.517 t each.
    let lost = |model: &Model, trial: &Trial| {
        [outcome_of(model, trial, "total_shortage.all.product") - 0.517 * trial.episodes[0].len() as f64]
    };
    let (right, wrong) = (half_months(1, 0.5).observe(TRIALS, lost), half_months(1, 0.51).observe(TRIALS, lost));
    tell_apart("O one step", &right, &wrong, &[0.0]);
}

/// Two plants whose sizes are uniform, correlated as `correlation` says.
fn two_plants(correlation: &str) -> ConfigBuilder {
    let sizes = ["a", "b"].map(|id| format!("capacities.{id}.tonnes_per_year"));
    let config = ConfigBuilder::new(1.0 / 12.0).series(&[MADE]).demand(2.0);
    let config = config.plant("a", "{ uniform = [0, 1] }").plant("b", "{ uniform = [0, 1] }");
    config.tables(&format!("[correlations.k]\n{}", correlation.replace("{a}", &sizes[0]).replace("{b}", &sizes[1])))
}

/// Spearman's rho of two uniform numbers is twelve times their covariance.
fn product(_: &Model, trial: &Trial) -> [f64; 1] {
    [12.0 * (trial.inputs[0] - 0.5) * (trial.inputs[1] - 0.5)]
}

/// `(6 / pi) asin(r / 2)` for the correlation `r` of the normal numbers (Pearson 1907).
#[test]
fn p_spearmans_rho_of_loadings_and_of_a_matrix() {
    let exact = 6.0 / PI * (0.8f64 * -0.5 / 2.0).asin();
    assert!((exact + 0.384565).abs() < 1e-6);
    for (what, right, wrong) in [
        ("P loadings", "inputs = { \"{a}\" = 0.8, \"{b}\" = -0.5 }", "inputs = { \"{a}\" = 0.8, \"{b}\" = -0.48 }"),
        (
            "P matrix",
            "inputs = [\"{a}\", \"{b}\"]\nmatrix = [[1, -0.4], [-0.4, 1]]",
            "inputs = [\"{a}\", \"{b}\"]\nmatrix = [[1, -0.38], [-0.38, 1]]",
        ),
    ] {
        tell_apart(
            what,
            &two_plants(right).observe(TRIALS, product),
            &two_plants(wrong).observe(TRIALS, product),
            &[exact],
        );
    }
}

/// Of three inputs, each pair has its own entry, wherever the known ones among them stand.
#[test]
fn p_every_entry_of_a_matrix_holds() {
    let names: Vec<String> = (0..4).map(|number| format!("\"capacities.p{number}.tonnes_per_year\"")).collect();
    let config = |r: f64| {
        let mut config = ConfigBuilder::new(1.0 / 12.0).series(&[MADE]).demand(2.0);
        for number in 0..4 {
            let size = if number == 1 { "1" } else { "{ uniform = [0, 1] }" };
            config = config.plant(&format!("p{number}"), size);
        }
        config.tables(&format!(
            "[correlations.k]\ninputs = [{}]\nmatrix = [[1, 0.1, 0.6, -0.3], [0.1, 1, 0.2, 0.2], [0.6, 0.2, 1, {r}], \
             [-0.3, 0.2, {r}, 1]]",
            names.join(", ")
        ))
    };
    let pairs = |_: &Model, trial: &Trial| {
        let of = |a: usize, b: usize| 12.0 * (trial.inputs[a] - 0.5) * (trial.inputs[b] - 0.5);
        [of(0, 1), of(0, 2), of(1, 2)]
    };
    let exact = [0.6, -0.3, 0.25].map(|r: f64| 6.0 / PI * (r / 2.0).asin());
    tell_apart("P entries", &config(0.25).observe(TRIALS, pairs), &config(0.27).observe(TRIALS, pairs), &exact);
}

/// Episodes whose length and severity are uniform, tied by `rho`; one runs at the start half of the time.
fn tied(rho: f64) -> ConfigBuilder {
    let outage = format!(
        "rate_per_year = 2, duration_months = {{ uniform = [1, 3] }}, severity = {{ uniform = [0, 1] }}, \
         active_at_start = 0.5, severity_duration_rho = {rho}"
    );
    ConfigBuilder::new(5.0).series(&[MADE]).demand(1200).plant("plant", 1200).outage("stop", "plant", &outage)
}

/// The same closed form for length and severity of episodes, in those that come and in those that run at the start.
#[test]
fn p_spearmans_rho_of_severity_and_length() {
    let exact = 6.0 / PI * (-0.6f64 / 2.0).asin();
    let look = |_: &Model, trial: &Trial| {
        let mut sums = [0.0; 2];
        for episode in &trial.episodes[0] {
            // The last is cut off by nothing: its drawn length counts.
            let product = 12.0 * (0.5 * (episode.duration - 1.0) - 0.5) * (episode.severity - 0.5) - exact;
            sums[usize::from(episode.begin > 0.0)] += product;
        }
        sums
    };
    let (right, wrong) = (tied(-0.6).observe(TRIALS / 4, look), tied(-0.58).observe(TRIALS / 4, look));
    tell_apart("P episodes", &right, &wrong, &[0.0, 0.0]);
}
