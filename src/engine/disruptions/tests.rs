//! Episodes and effects computed by hand.

use super::super::{Batch, SharedDraws};
use super::*;
use crate::study::Study;

/// A model of one product and the outages in `text`.
fn model(years: f64, text: &str) -> Model {
    let text = format!(
        "title = \"t\"\nstart = \"2026-01\"\nhorizon_years = {years}\n[markets.m]\ncountries = [\"C\"]\n[stages.s]\n\
         [capacities.plant]\ncountry = \"C\"\nstage = \"s\"\ntonnes_per_year = 12\n{text}"
    );
    let mut study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
    study.scenarios.remove(0).model
}

const OUTAGE: &str = "[disruptions.a]\nkind = \"outage\"\nhits = [\"plant\"]\n";

fn episode(begin: f64, end: f64, duration: f64, severity: f64) -> Episode {
    Episode { begin, end, duration, severity, scheduled: false }
}

/// Effects of made-up episodes in the first six months.
fn effects(recovery: &str, episodes: &[Episode]) -> Vec<f64> {
    let model = model(0.5, &format!("{OUTAGE}scheduled = []\nrecovery = \"{recovery}\"\n"));
    let mut draws = Batch::new(&model).draws;
    draws.episodes[0][0] = episodes.to_vec();
    average_effects(&model, 0, &mut draws);
    let effects: Vec<f64> = draws.effects.iter().map(|effect| effect.0[0]).collect();
    assert_eq!(draws.disrupted[0], effects.iter().any(|effect| *effect > 0.0));
    effects
}

fn assert_near(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-12, "found {found}, wanted {wanted}");
    }
}

#[test]
fn months_are_covered_exactly() {
    assert_near(&effects("step", &[episode(0.25, 2.5, 2.25, 0.8)]), &[0.6, 0.8, 0.4, 0.0, 0.0, 0.0]);
    // Within one month, two in one month, over both ends of the horizon.
    assert_near(&effects("step", &[episode(3.1, 3.4, 0.3, 1.0)]), &[0.0, 0.0, 0.0, 0.3, 0.0, 0.0]);
    let two = [episode(1.0, 1.5, 0.5, 0.4), episode(1.75, 2.25, 0.5, 1.0)];
    assert_near(&effects("step", &two), &[0.0, 0.45, 0.25, 0.0, 0.0, 0.0]);
    assert_near(&effects("step", &[episode(-3.0, 9.0, 12.0, 0.5)]), &[0.5; 6]);
    assert_near(&effects("step", &[episode(-3.0, 0.0, 3.0, 0.5), episode(6.5, 9.0, 2.5, 1.0)]), &[0.0; 6]);
}

/// From age 2 at the start of ten months' decay, the average of month `m` is that at its middle, age `m + 2.5`.
#[test]
fn a_linear_recovery_is_integrated() {
    let whole: Vec<f64> = (0..6).map(|month| 0.8 * (1.0 - (f64::from(month) + 2.5) / 10.0)).collect();
    assert_near(&effects("linear", &[episode(-2.0, 8.0, 10.0, 0.8)]), &whole);
    // Cut short half way through month 4, at age 6.5: the pace stays that of the drawn duration.
    let mut cut = whole;
    (cut[4], cut[5]) = (0.8 * 0.5 * (1.0 - 6.25 / 10.0), 0.0);
    assert_near(&effects("linear", &[episode(-2.0, 4.5, 10.0, 0.8)]), &cut);
}

#[test]
fn end_to_end_is_no_more_than_everything() {
    let cuts: Vec<f64> = (0..=40).map(|cut| f64::from(cut) * 0.1 + 0.03).collect();
    let episodes: Vec<Episode> = cuts.windows(2).map(|c| episode(c[0], c[1], c[1] - c[0], 1.0)).collect();
    assert!(effects("step", &episodes).iter().all(|effect| *effect <= 1.0));
}

/// Standard normal numbers 0 and 1 in all combinations: with the correlation 0.6, `0.6 a + 0.8 b`.
#[test]
fn lengths_and_severities_are_tied_as_by_hand() {
    const AT_ONE: f64 = 0.841_344_746_068_542_9; // of the standard normal distribution function
    let mut second = [0.5, AT_ONE, 0.5, AT_ONE];
    tie(0.6, &[0.5, 0.5, AT_ONE, AT_ONE], &mut second);
    assert_near(&second, &[0.0, 0.8, 0.6, 1.4]);
}

fn drawn(model: &Model, trial: u64) -> Vec<Vec<Episode>> {
    let mut draws = Batch::new(model).draws;
    let mut slot = BlockSlot { shared: &mut SharedDraws::default(), offset: 0 };
    draw_episodes(&Engine::new(model), &[trial; LANES], 1, &mut draws, &mut slot);
    draws.episodes.into_iter().map(|[first, ..]| first).collect()
}

/// A window ends what runs, the next one too where the length of the first is uncertain, and afterwards the idle clock
/// starts afresh.
#[test]
fn windows_cut_running_episodes() {
    let model = model(
        1.0,
        &format!(
            "{OUTAGE}rate_per_year = 12000\nduration_months = 2\nseverity = 0.9\nactive_at_start = 1\n\
             remaining_months = 100\nscheduled = [{{ from = \"2026-07\", months = 2 }}, \
             {{ from = \"2026-05\", months = {{ uniform = [2, 9] }}, severity = 0.5 }}]\n"
        ),
    );
    for trial in 0..50 {
        let episodes = &drawn(&model, trial)[0];
        assert_eq!(episodes[0], Episode { begin: 0.0, end: 4.0, duration: 100.0, severity: 0.9, scheduled: false });
        let duration = episodes[1].duration;
        assert_eq!(episodes[1], Episode { begin: 4.0, end: 6.0, duration, severity: 0.5, scheduled: true });
        assert!((2.0..9.0).contains(&duration));
        assert_eq!(episodes[2], Episode { begin: 6.0, end: 8.0, duration: 2.0, severity: 0.9, scheduled: true });
        // A thousand onsets a month: the next one comes within days.
        assert!(episodes[3].begin > 8.0 && episodes[3].begin < 8.1 && !episodes[3].scheduled);
        assert!(episodes.windows(2).all(|pair| pair[0].end <= pair[1].begin));
    }
}

/// A window whose length is drawn as zero is none: what runs goes on.
#[test]
fn a_window_of_no_length_cuts_nothing() {
    let model = model(
        1.0,
        &format!(
            "{OUTAGE}active_at_start = 1\nremaining_months = 100\nscheduled = [{{ from = \"2026-05\", \
             months = {{ discrete = {{ values = [0, 3], weights = [1, 1] }} }} }}]\n"
        ),
    );
    let mut none = 0;
    for trial in 0..50 {
        let episodes = &drawn(&model, trial)[0];
        let uncut = episodes.len() == 1;
        assert_eq!(episodes[0].end, if uncut { 100.0 } else { 4.0 }, "trial {trial}");
        assert!(uncut || (episodes[1].begin, episodes[1].end) == (4.0, 7.0), "trial {trial}");
        none += u32::from(uncut);
    }
    assert!((10..=40).contains(&none), "{none}");
}

#[test]
fn windows_around_the_start() {
    let text = |from: &str| {
        format!("{OUTAGE}active_at_start = 1\nduration_months = 5\nscheduled = [{{ from = \"{from}\", months = 3 }}]\n")
    };
    // Open at the start: it is the episode that runs.
    let open = drawn(&model(1.0, &text("2025-12")), 0).remove(0);
    assert_eq!(open, [Episode { begin: -1.0, end: 2.0, duration: 3.0, severity: 1.0, scheduled: true }]);
    // Over before the start: it is gone.
    let over = drawn(&model(1.0, &text("2025-10")), 0).remove(0);
    assert_eq!(over, [episode(0.0, 5.0, 5.0, 1.0)]);
}

/// What has no time left at the start is over.
#[test]
fn nothing_left_at_the_start_is_no_episode() {
    let model = model(
        1.0,
        &format!(
            "{OUTAGE}active_at_start = 1\n\
             remaining_months = {{ discrete = {{ values = [0, 2], weights = [1, 1] }} }}\n"
        ),
    );
    let mut none = 0;
    for trial in 0..50 {
        let episodes = drawn(&model, trial).remove(0);
        assert!(episodes.is_empty() || episodes == [episode(0.0, 2.0, 2.0, 1.0)], "trial {trial}: {episodes:?}");
        none += u32::from(episodes.is_empty());
    }
    assert!((10..=40).contains(&none), "{none}");
}

#[test]
fn no_onset_before_its_time() {
    let text = format!("{OUTAGE}rate_per_year = 12000\nduration_months = 1\nnot_before = \"2026-04\"\n");
    for trial in 0..50 {
        let first = drawn(&model(1.0, &text), trial)[0][0];
        assert!(first.begin > 3.0 && first.begin < 3.1);
    }
}

/// While `b` runs, from month 4 to 6, `a` has a thousandfold rate: the same hazard_left is used up by the integrated hazard.
#[test]
fn what_raises_a_rate_speeds_up_the_clock() {
    let a = format!("{OUTAGE}rate_per_year = 0.12\nduration_months = 2000\n");
    let b = "[disruptions.b]\nkind = \"outage\"\nhits = [\"plant\"]\nraises = { a = 1000 }\n\
             scheduled = [{ from = \"2026-05\", months = 2 }]\n";
    let (alone, raised) = (model(100.0, &a), model(100.0, &(a + b)));
    let mut during = 0;
    for trial in 0..200 {
        let Some(onset) = drawn(&alone, trial)[0].first().map(|episode| episode.begin) else { continue };
        // In units of the unraised clock two months are worth two thousand.
        let wanted = if onset < 4.0 { onset } else { 4.0 + (onset - 4.0) / 1000.0 };
        let found = drawn(&raised, trial)[0][0].begin;
        assert!((found - wanted).abs() < 1e-9, "found {found}, wanted {wanted}");
        during += u32::from(onset > 4.0);
    }
    assert!(during > 100);
}

/// A disruption draws the same whether it runs in step or, since it raises another, one by one; whatever the laws.
#[test]
fn what_it_raises_does_not_change_its_own_draws() {
    let laws = [
        "2",
        "{ uniform = [0, 5] }",
        "{ triangular = [0, 1, 5] }",
        "{ pert = [0, 1, 5] }",
        "{ normal = { mean = 2, sd = 1 }, min = 0 }",
        "{ lognormal = { p50 = 2, p90 = 6 } }",
        "{ lognormal = { p50 = 2, p90 = 6 }, max = 9 }",
        "{ beta = { mean = 0.5, sd = 0.2 } }",
        "{ gamma = { mean = 2, sd = 1 } }",
        "{ exponential = { mean = 2 } }",
        "{ weibull = { scale = 2, shape = 1.5 } }",
        "{ discrete = { values = [0, 2], weights = [1, 3] } }",
        "{ empirical = [1, 2, 4] }",
        "{ quantiles = { p10 = 1, p50 = 2, p90 = 5 }, min = 0 }",
        "{ mixture = [{ weight = 1, of = { uniform = [0, 1] } }, { weight = 1, of = { exponential = { mean = 3 } } }] }",
    ];
    for law in laws {
        let a = format!(
            "{OUTAGE}rate_per_year = {{ uniform = [0.5, 3] }}\nduration_months = {law}\nactive_at_start = 0.5\n"
        );
        let b = "[disruptions.b]\nkind = \"outage\"\nhits = [\"plant\"]\nrate_per_year = 0.3\nduration_months = 1\n";
        let (alone, raising) = (model(10.0, &(a.clone() + b)), model(10.0, &(a + "raises = { b = 3 }\n" + b)));
        let (alone, raising) = (Engine::new(&alone), Engine::new(&raising));
        for trial in 0..200 {
            let (alone, raising) = (alone.trial(trial), raising.trial(trial));
            assert_eq!(alone.episodes[0], raising.episodes[0], "{law}, trial {trial}");
            assert!(alone.episodes[0].iter().all(|episode| episode.end > episode.begin), "{law}, trial {trial}");
        }
    }
}
