//! Figures are honest: warnings where they are due, verdicts of a family, intervals that cover.

use shortfall::simulation::{self, Progress};
use shortfall::study::Study;
use shortfall::summary::{Summary, Verdict, summarise};

/// A plant that falls out now and then; of its users, none has a stock.
fn plant(rate: &str, duration: &str, more: &str) -> String {
    format!(
        r#"
        title = "One plant"
        start = "2026-01"
        horizon_years = 10
        markets.all.countries = ["Everywhere"]
        stages.metal = {{}}
        capacities.plant = {{ country = "Everywhere", stage = "metal", tonnes_per_year = 1000 }}
        demands.users = {{ market = "all", stage = "metal", tonnes_per_year = 1000 }}
        disruptions.breakdown = {{ kind = "outage", hits = ["plant"], rate_per_year = {rate}, duration_months = {duration} }}
        {more}
        "#
    )
}

fn run(text: &str, trials: u64) -> (Study, Summary) {
    let study = Study::from_text(text).expect("it holds");
    let tallies = simulation::run(&study.models(), trials, 1, &Progress::default()).expect("nobody stops it");
    let summary = summarise(&study, &tallies);
    (study, summary)
}

#[test]
fn a_mean_that_few_trials_carry_says_so() {
    for (rate, duration, heavy) in [("0.001", "100", true), ("0.5", "{ exponential = { mean = 6 } }", false)] {
        let (_, summary) = run(&plant(rate, duration, ""), 500);
        let shortage = &summary.scenarios[0].outcomes[0];
        assert_eq!(shortage.name, "total_shortage.all.metal");
        assert_eq!(shortage.heavy.is_some(), heavy, "{shortage:?}");
        assert_eq!(shortage.mean.note.contains("go by the percentiles"), heavy, "{}", shortage.mean.note);
    }
}

/// The chance of no outage within a year is exp(-0.5), 61 %: near it nothing is decided, and the number of trials that is
/// said to decide does.
#[test]
fn an_undecided_claim_says_what_would_decide_it() {
    let more = r#"
        milestones.short = { series = "shortage_fraction.all.metal", at_least = 0.001 }
        claims.near = { who = "A", milestone = "short", not_within_months = 12, probability_at_least = 0.59 }
        claims.far = { who = "B", milestone = "short", within_months = 12, probability_at_least = 0.9 }
    "#;
    let text = plant("0.5", "1", more);
    let (_, summary) = run(&text, 300);
    let claims = &summary.scenarios[0].claims;
    assert_eq!(summary.claims_family, 2);
    assert_eq!((claims[0].id.as_str(), claims[0].verdict), ("far", Verdict::Refuted));
    assert_eq!(claims[1].verdict, Verdict::Undecided);
    assert!(claims[1].p_holm >= claims[1].p_value && claims[0].p_holm <= 0.05);
    let more = claims[1].more_trials.expect("it does not lie at the threshold");
    assert!(more > 300, "{more}");
}
