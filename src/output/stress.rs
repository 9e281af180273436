//! What every loss does: tables for people, CSV, JSON.

use serde::Serialize;

use super::answer::Answer;
use super::section::Section;
use super::tables::{Table, number};
use super::words::{amount, count, share};
use super::{chart, json};
use crate::model::LeftOut;
use crate::study::Study;
use crate::summary::Percentile;
use crate::summary::stress::{
    Effect, Loss, NMinusOne, PERCENTS, SINGLE_POINT, SPANS, Sampled, SinglePoint, Stress, at,
};

/// Most losses in a table; the files have all.
const MOST: usize = 20;

/// Years between two columns of the table of coverages; the files have all.
const YEARS: usize = 5;

/// Whether a supplier is a single point of failure, in a table.
pub(super) fn single_point(of: SinglePoint) -> &'static str {
    match of {
        SinglePoint::No => "no",
        SinglePoint::ForGood => "if longer",
        SinglePoint::ForMonths => "yes",
    }
}

/// What a single point of failure is, and how many there are.
fn definition(stress: &Stress) -> String {
    let place = &stress.places[stress.place].title;
    let [yes, for_good] = [SinglePoint::ForMonths, SinglePoint::ForGood].map(|kind| stress.number_of(kind));
    let mut text = format!(
        "A supplier is a single point of failure if its loss for {SINGLE_POINT} months leaves final demand for {place} unmet, \
         after stocks, that would otherwise be met: {} of {} are.",
        count(yes),
        count(stress.losses.len() as u64),
    );
    if for_good > 0 {
        text += &format!(" The loss of {} more does so only if it lasts longer.", count(for_good));
    }
    text
}

/// What is not in the figures at medians.
fn left_out(left_out: &LeftOut) -> String {
    let mut text =
        "At medians: every quantity is at its median, what is likelier than not happens, and nothing comes by \
                    chance."
            .to_string();
    if !left_out.disruptions.is_empty() {
        let names = left_out.disruptions.join(", ");
        text += &format!(" Left out: episodes of disruptions that come by chance ({names}).");
    }
    let failing = left_out.projects.len() as u64;
    if failing > 0 {
        text += &format!(" Left out: {} projects that are likelier than not to fail.", count(failing));
    }
    if !left_out.investments.is_empty() {
        let names = left_out.investments.join(", ");
        text += &format!(" Left out: plants that investors decide on ({names}); this understates later supply.");
    }
    text
}

/// A figure of an effect: at medians, or the middle and the worse end of trials.
fn figure(
    effect: &Effect,
    at_medians: impl Fn(&Effect) -> String,
    sampled: fn(&Sampled) -> &[Percentile],
    worse: f64,
    write: impl Fn(f64) -> String,
) -> String {
    let Some(trials) = &effect.sampled else { return at_medians(effect) };
    let cell = |percent: f64| {
        let estimate = at(sampled(trials), percent);
        estimate.map_or(String::new(), |estimate| super::words::value(estimate, &write))
    };
    format!("{} ({})", cell(50.0), cell(worse))
}

fn survives(effect: &Effect) -> String {
    let at_medians = |effect: &Effect| effect.survives_months.map_or("never".into(), |months| months.to_string());
    figure(effect, at_medians, |trials| &trials.survives_months, 5.0, |months| format!("{months}"))
}

fn worst_month(effect: &Effect) -> String {
    figure(effect, |effect| share(effect.worst_month), |trials| &trials.worst_month, 95.0, share)
}

fn total_shortage(effect: &Effect) -> String {
    figure(effect, |effect| amount(effect.total_shortage), |trials| &trials.total_shortage, 95.0, amount)
}

fn stock_days(effect: &Effect, daily: f64) -> String {
    let days = |tonnes: f64| if daily > 0.0 { whole(tonnes / daily) } else { String::new() };
    figure(effect, |effect| days(effect.stock_needed), |trials| &trials.stock_needed, 95.0, days)
}

/// Days, rounded up: a stock that is rounded down would not be enough.
fn whole(days: f64) -> String {
    let days = (days - 1e-9).ceil();
    if days <= 0.0 {
        return "0".into();
    }
    if days < 1000.0 { format!("{days}") } else { amount(days) }
}

/// Spans that the horizon is longer than.
fn spans(stress: &Stress) -> impl Iterator<Item = u32> {
    SPANS.into_iter().filter(|span| (*span as usize) < stress.months)
}

/// The heading of a column, which says which percentiles it has.
fn heading(stress: &Stress, what: &str, worse: f64) -> String {
    match stress.trials {
        Some(_) => format!("{what}: P50 (P{worse})"),
        None => what.to_string(),
    }
}

fn for_good(stress: &Stress) -> Section {
    let place = &stress.places[stress.place];
    let header = vec![
        "lost for good".into(),
        heading(stress, "survives, months", 5.0),
        heading(stress, "worst month", 95.0),
        heading(stress, &format!("shortage, {}", place.unit), 95.0),
        "coverage left".into(),
        heading(stress, "stock, days", 95.0),
        "single point".into(),
    ];
    let cells = |name: String, effect: &Effect, single_point: &str| {
        let coverage = effect.coverage_left.map_or(String::new(), share);
        let stock = stock_days(effect, place.daily_demand);
        let (months, worst, total) = (survives(effect), worst_month(effect), total_shortage(effect));
        vec![name, months, worst, total, coverage, stock, single_point.to_string()]
    };
    let mut rows = vec![cells("(nothing)".into(), &stress.unharmed[stress.place], "")];
    for loss in stress.shown(MOST) {
        let effect = stress.effect(loss, None).map(|effect| (effect, loss.single_point[stress.place]));
        rows.extend(effect.map(|(effect, flag)| cells(loss.name(), effect, single_point(flag))));
    }
    let mut notes = vec![definition(stress)];
    let (harmful, all) = (stress.shown(usize::MAX).len(), stress.losses.len());
    let (hidden, harmless) = (harmful.saturating_sub(MOST), all - harmful);
    if hidden > 0 {
        notes.push(format!("{hidden} more losses do so: --format csv, --format json."));
    }
    if harmless > 0 {
        notes.push(format!("{harmless} losses leave nothing unmet that would otherwise be met, even for good."));
    }
    notes.push(meanings(stress));
    Section { title: format!("Shortage of {} if a supplier is lost from the start", place.title), header, rows, notes }
}

/// What a loss does that is over after some months; none if the horizon is shorter.
fn for_months(stress: &Stress) -> Option<Section> {
    let place = &stress.places[stress.place];
    let longest = spans(stress).last()?;
    let mut header = vec!["lost for".to_string()];
    header.extend(spans(stress).map(|span| heading(stress, &format!("{span} months"), 95.0)));
    header.push(heading(stress, &format!("stock for {longest} months, days"), 95.0));
    let row = |loss: &&Loss| {
        let mut cells = vec![loss.name()];
        let of = |span: u32| stress.effect(loss, Some(span));
        cells.extend(spans(stress).map(|span| of(span).map_or(String::new(), total_shortage)));
        cells.push(of(longest).map_or(String::new(), |effect| stock_days(effect, place.daily_demand)));
        cells
    };
    let rows: Vec<Vec<String>> = stress.shown(MOST).iter().map(row).collect();
    let title = format!("The same, {}, if the supplier is back after some months", place.unit);
    (!rows.is_empty()).then_some(Section { title, header, rows, notes: Vec::new() })
}

/// What the columns say.
fn meanings(stress: &Stress) -> String {
    let mut text = "Survives: whole months before the first one with a shortage that is due to the loss. Worst month: largest \
                    shortage over demand. Coverage left: capacity over need at the narrowest step of the chain, all \
                    markets pooled, in the worst month of the loss. Stock: in all, in place of the market's own, in days of \
                    the first year's demand."
        .to_string();
    if let Some(trials) = stress.trials {
        text += &format!(
            " P50, P5 and P95 are those of {} trials of each loss on shared random numbers, with all that comes by chance; \
             there a shortage counts whatever it is due to. Coverage and single points of failure are at medians.",
            count(trials)
        );
    }
    text
}

fn coverages(stress: &Stress) -> Option<Section> {
    let market = &stress.places[stress.place].market;
    let is_shown = |one: &&NMinusOne| one.market.as_ref().is_none_or(|other| other == market);
    let shown: Vec<&NMinusOne> = stress.n_minus_one.iter().filter(is_shown).collect();
    let first = shown.first()?;
    let columns: Vec<usize> = (0..first.years.len()).step_by(YEARS).collect();
    let mut header: Vec<String> = ["product", "market"].map(String::from).into();
    header.extend(columns.iter().map(|&year| first.years[year].date.clone()));
    header.push("largest plant at the start".into());
    let row = |one: &&NMinusOne| {
        let cell = |&year: &usize| {
            let year = &one.years[year];
            let pair = year.coverage.zip(year.without_largest);
            pair.map_or(String::new(), |(all, left)| format!("{} ({})", share(all), share(left)))
        };
        let mut cells = vec![one.product.clone(), one.market.clone().unwrap_or_else(|| "all".into())];
        cells.extend(columns.iter().map(cell));
        cells.push(one.years[0].largest.clone().unwrap_or_default());
        cells
    };
    let mut note = "Capacity that stands in a market over what its own final demand takes of the product; in brackets what \
                    is left without the largest plant of that month (N-1). At 100 % or more in brackets a market can do \
                    without any one plant and without imports."
        .to_string();
    if shown.len() < stress.n_minus_one.len() {
        note += " All: all markets pooled. The other markets: --format json.";
    }
    Some(Section {
        title: "Coverage, and what is left of it without the largest plant".into(),
        header,
        rows: shown.iter().map(row).collect(),
        notes: vec![note],
    })
}

fn head(stress: &Stress) -> String {
    let kinds = "every market, country, capacity and project lost in turn, without any probability";
    format!("Stress test of scenario {}: {kinds}", stress.scenario)
}

/// Everything that is said; `digest` is that of the config as run.
pub fn answer(study: &Study, stress: &Stress, digest: &str) -> Answer {
    Answer {
        head: head(stress),
        finding: Vec::new(),
        sections: [Some(for_good(stress)), for_months(stress), coverages(stress)].into_iter().flatten().collect(),
        foot: vec![left_out(&stress.left_out)],
        tables: vec![("stress.csv".into(), csv(stress)), ("n-minus-one.csv".into(), n_minus_one_csv(stress))],
        json: ("stress.json".into(), json(study.config.run.seed, stress)),
        charts: chart::stress(study, stress, digest).into_iter().collect(),
    }
}

/// `stress.csv`: a row for every name, span and place.
fn csv(stress: &Stress) -> Vec<u8> {
    let mut table = Table::described("stress.csv");
    let mut add = |kind: &str, id: &str, number_of: usize, effect: &Effect, flag: &str| {
        table.row(cells(stress, [kind, id, flag], number_of, effect));
    };
    for (index, effect) in stress.unharmed.iter().enumerate() {
        add("nothing", "", index, effect, "");
    }
    for loss in &stress.losses {
        for name in &loss.names {
            for (index, effect) in loss.effects.iter().enumerate() {
                let place = index % stress.places.len();
                add(name.kind.word(), &name.id, place, effect, single_point(loss.single_point[place]));
            }
        }
    }
    table.finish()
}

/// A row of `stress.csv`.
fn cells(stress: &Stress, [kind, id, flag]: [&str; 3], place: usize, effect: &Effect) -> Vec<String> {
    let place = &stress.places[place];
    let span = match effect.lost_for_months {
        Some(months) => months.to_string(),
        None if kind == "nothing" => String::new(),
        None => "for good".into(),
    };
    let months = effect.survives_months.map(f64::from);
    let mut row = [&stress.scenario, kind, id, &span, &place.market, &place.product, &place.unit.name()]
        .map(String::from)
        .to_vec();
    let figures = [
        months,
        Some(effect.worst_month),
        Some(effect.total_shortage),
        effect.coverage_left,
        Some(effect.stock_needed),
        effect.stock_needed_days,
    ];
    row.extend(figures.map(number));
    row.extend([flag.to_string(), stress.trials.map_or(String::new(), |trials| trials.to_string())]);
    let lists = effect
        .sampled
        .as_ref()
        .map(|trials| [&trials.survives_months, &trials.worst_month, &trials.total_shortage, &trials.stock_needed]);
    for list in 0..4 {
        let of = |percent: f64| number(lists.and_then(|lists| at(lists[list], percent)?.value));
        row.extend(PERCENTS.map(of));
    }
    row
}

/// `n-minus-one.csv`: a row for every product, market and year.
fn n_minus_one_csv(stress: &Stress) -> Vec<u8> {
    let mut table = Table::described("n-minus-one.csv");
    for one in &stress.n_minus_one {
        for year in &one.years {
            let market = one.market.clone().unwrap_or_else(|| "all".into());
            let [coverage, left] = [year.coverage, year.without_largest].map(number);
            let largest = year.largest.clone().unwrap_or_default();
            let place = [stress.scenario.clone(), one.product.clone(), market, year.date.clone()];
            table.row(place.into_iter().chain([coverage, left, largest]));
        }
    }
    table.finish()
}

#[derive(Serialize)]
struct File<'a> {
    single_point_of_failure: String,
    #[serde(flatten)]
    stress: &'a Stress,
}

/// `stress.json`: everything, for machines.
fn json(seed: u64, stress: &Stress) -> Vec<u8> {
    json::found(seed, &File { single_point_of_failure: definition(stress), stress })
}
