//! Which measures to take: the answer in sentences, tables, CSV and JSON.

use serde::Serialize;

use super::answer::Answer;
use super::section::Section;
use super::tables::{Table, number};
use super::words::{self, Number, amount, count};
use super::{chart, json};
use crate::study::Study;
use crate::summary::Estimate;
use crate::summary::choose::{Choice, Fresh, Goal, Information, Known, RegretOf, SetResult, set_name};

/// Most sets in a table; the files have all.
const MOST: usize = 12;

/// A set on the frontier is told if it is better than the one before by such a part of all that can be had.
const LEAST_GAIN: f64 = 0.05;

/// Most inputs in a table.
const MOST_KNOWN: usize = 10;

fn written(goal: &Goal) -> Number {
    if goal.is_probability { Number::Probability } else { Number::of(goal.unit) }
}

/// What is chosen by, with its unit.
fn goal_in_words(goal: &Goal) -> String {
    let unit = if goal.is_probability { String::new() } else { format!(", {}", goal.unit) };
    format!("{}{unit}", goal.statistic)
}

/// Whether a change is for the better, and known to be.
fn better(goal: &Goal) -> &'static str {
    if goal.maximise { "larger" } else { "smaller" }
}

fn cost(value: f64, unit: &str) -> String {
    format!("{} {unit}", if value == 0.0 { "0".into() } else { amount(value) })
}

fn difference(goal: &Goal, estimate: &Estimate) -> String {
    words::with_interval(estimate, Number::of(goal.unit))
}

/// What the first set is worth on fresh trials.
fn again(choice: &Choice, fresh: &Fresh) -> String {
    let goal = &choice.goal;
    let name = set_name(&fresh.measures);
    let mut text = format!(
        "On {} fresh trials, which had no part in the choice, {name} has {} {}",
        count(choice.fresh_trials),
        goal.statistic,
        words::with_interval(&fresh.estimate, written(goal)),
    );
    if !fresh.measures.is_empty() {
        text += &format!("; against doing nothing that is a change of {}", difference(goal, &fresh.change));
    }
    text + "."
}

/// The answer in sentences.
fn finding(choice: &Choice) -> Vec<String> {
    let mut told = Vec::new();
    let (Some(first), Some(cheapest)) = (choice.sets.first(), choice.cheapest_candidate()) else { return told };
    let candidates = choice.candidates().count() as u64;
    let within = choice
        .budget
        .map_or("without a limit on costs".into(), |budget| format!("within {}", cost(budget, &choice.cost_unit)));
    let unit = &choice.cost_unit;
    let mut text = format!("Best {within}: {} for {}.", set_name(&first.measures), cost(first.cost, unit));
    text += &match candidates {
        1 => " All other sets are clearly worse.".into(),
        many => format!(" {} of {} sets may be the best.", count(many), count(choice.sets.len() as u64)),
    };
    if cheapest.set != first.set {
        let (name, sum) = (set_name(&cheapest.measures), cost(cheapest.cost, unit));
        text += &format!(" The cheapest of them is {name}, for {sum}.");
    }
    told.push(text);
    told.extend(choice.fresh.iter().map(|fresh| again(choice, fresh)));
    if let Some(regrets) = &choice.regrets {
        let set = &regrets.sets[regrets.smallest];
        let (name, sum) = (set_name(&set.measures), cost(set.cost, unit));
        let lost = words::with_interval(&set.largest, Number::of(choice.goal.unit));
        told.push(format!(
            "Over {} scenarios, {name} for {sum} has the smallest largest regret: up to {lost} {}.",
            count(regrets.scenarios.len() as u64),
            if choice.goal.is_probability {
                "worse".into()
            } else {
                format!("{} worse than the best set there", choice.goal.unit)
            }
        ));
    }
    told
}

fn row(choice: &Choice, set: &SetResult) -> Vec<String> {
    let goal = &choice.goal;
    let is_first = choice.sets.first().is_some_and(|first| first.set == set.set);
    let apart = match &set.difference {
        _ if is_first => String::new(),
        Some(apart) => difference(goal, apart),
        None => "dropped out".into(),
    };
    let flag = if set.may_be_best { "yes" } else { "no" };
    let estimate = words::with_interval(&set.estimate, written(goal));
    let sum = if set.cost == 0.0 { "0".into() } else { amount(set.cost) };
    vec![set_name(&set.measures), sum, estimate, apart, flag.into(), count(set.trials)]
}

fn header(choice: &Choice) -> Vec<String> {
    let unit = &choice.cost_unit;
    ["measures", &format!("cost, {unit}"), &goal_in_words(&choice.goal), "from the first", "may be best", "trials"]
        .map(String::from)
        .to_vec()
}

fn ranking(choice: &Choice) -> Section {
    let shown = choice.sets.iter().take(MOST);
    let candidates = choice.candidates().count();
    let mut notes = vec![selection(choice)];
    if choice.sets.len() > MOST {
        let hidden = candidates.saturating_sub(choice.sets.iter().take(MOST).filter(|set| set.may_be_best).count());
        let more = if hidden > 0 { format!(", of which {hidden} may be the best") } else { String::new() };
        notes.push(format!("{} more sets{more}: --format csv.", count((choice.sets.len() - MOST) as u64)));
    }
    if !choice.conflicts.is_empty() {
        let pairs: Vec<String> = choice.conflicts.iter().map(|[a, b]| format!("{a} and {b}")).collect();
        notes.push(format!("Never taken together, as they set the same value differently: {}.", pairs.join("; ")));
    }
    Section {
        title: format!("Sets of measures by {}, {} being better", choice.goal.statistic, better(&choice.goal)),
        header: header(choice),
        rows: shown.map(|set| row(choice, set)).collect(),
        notes,
    }
}

/// How the sets were compared.
fn selection(choice: &Choice) -> String {
    let stages: Vec<String> =
        choice.stages.iter().map(|stage| format!("{} ({})", count(stage.trials), count(stage.sets as u64))).collect();
    let which = match choice.greedy {
        true => "There are too many sets within the budget: those were looked at that are met by adding, again and again, the \
                 measure with the largest gain per cost."
            .to_string(),
        false => format!("All {} sets within the budget were looked at.", count(choice.considered as u64)),
    };
    let same = choice.considered - choice.sets.len();
    let same = if same > 0 {
        format!(" {} do the same as a cheaper one and are left out.", count(same as u64))
    } else {
        String::new()
    };
    format!(
        "{which}{same} All on the same random numbers, in stages; trials, and in brackets the sets that had them: {}. A set drops \
         out if one that costs as much or less is clearly better. With {} confidence the best set is among those that may be \
         it. Differences from the first hold together with the same confidence.",
        stages.join(", "),
        words::share(choice.confidence)
    )
}

fn frontier(choice: &Choice) -> Section {
    let efficient = choice.frontier();
    let means: Vec<f64> = efficient.iter().map(|set| set.estimate.nearest()).collect();
    let shown = worth_telling(&means);
    let rows = shown.iter().map(|&index| efficient[index]).map(|set| {
        let estimate = words::with_interval(&set.estimate, written(&choice.goal));
        let sum = if set.cost == 0.0 { "0".into() } else { amount(set.cost) };
        let change = set.change.as_ref().filter(|_| !set.measures.is_empty());
        let change = change.map_or(String::new(), |change| difference(&choice.goal, change));
        let flag = if set.may_be_best { "yes" } else { "no" };
        vec![sum, set_name(&set.measures), estimate, change, flag.into()]
    });
    let cost = format!("cost, {}", choice.cost_unit);
    let header = [&cost, "measures", &goal_in_words(&choice.goal), "from nothing", "may be best"];
    let mut notes: Vec<String> = vec!["Differences from doing nothing hold together. These were chosen in the same trials: each looks a little better than it is.".into()];
    let hidden = (efficient.len() - shown.len()) as u64;
    notes.extend((hidden > 0).then(|| {
        format!("{} more that are hardly better than the one before are left out: --format csv.", count(hidden))
    }));
    Section {
        title: "What each sum buys: no set that costs as much or less looks better".into(),
        header: header.map(|text| text.to_string()).to_vec(),
        rows: rows.collect(),
        notes,
    }
}

/// Places of the first, the last, and all that are better than the one told before by a part of what the last is better by.
fn worth_telling(means: &[f64]) -> Vec<usize> {
    let (Some(first), Some(last)) = (means.first(), means.last()) else { return Vec::new() };
    let least = LEAST_GAIN * (first - last).abs();
    let mut told = vec![0];
    for (index, mean) in means.iter().enumerate().skip(1) {
        let before = told.last().map_or(*first, |&before| means[before]);
        if index + 1 == means.len() || (mean - before).abs() >= least {
            told.push(index);
        }
    }
    told
}

fn regret(choice: &Choice) -> Option<Section> {
    let regrets = choice.regrets.as_ref()?;
    let unit = if choice.goal.is_probability { String::new() } else { format!(", {}", choice.goal.unit) };
    let header = ["measures".to_string(), format!("largest regret{unit}")].into_iter().chain(regrets.scenarios.clone());
    let write = |estimate: &Estimate| words::figure(estimate, Number::of(choice.goal.unit));
    let row = |one: &RegretOf| {
        let largest = words::with_interval(&one.largest, Number::of(choice.goal.unit));
        let first = [set_name(&one.measures), largest];
        first.into_iter().chain(one.by_scenario.iter().map(write)).collect()
    };
    Some(Section {
        title: "Regret: how much worse than the best of these sets, in every scenario".into(),
        header: header.collect(),
        rows: regrets.sets.iter().map(row).collect(),
        notes: vec![format!(
            "{} trials of each set in each scenario; all intervals hold together, and are in regret.csv.",
            count(regrets.trials)
        )],
    })
}

fn known_row(goal: &Goal, information: &Information, one: &Known) -> Vec<String> {
    let mut cells = vec![one.name.clone(), count(one.inputs as u64), difference(goal, &one.worth)];
    cells.extend(in_money(information, &one.worth));
    cells
}

/// Those that are shown to be worth something.
fn worth_knowing(known: &[Known]) -> impl Iterator<Item = &Known> {
    known.iter().filter(|one| one.worth.low.is_some_and(|low| low > 0.0))
}

/// The same in the unit of costs.
fn in_money(information: &Information, worth: &Estimate) -> Option<String> {
    let price = information.worth_per_unit?;
    let [value, low, high] = [worth.value, worth.low, worth.high].map(|end| end.map(|end| price * end));
    Some(words::with_interval(&Estimate { value, low, high, ..Estimate::default() }, Number::Amount))
}

/// What it is worth to know more.
fn information(goal: &Goal, information: &Information, cost_unit: &str) -> Vec<Section> {
    let mut header = vec!["known before choosing".to_string(), "inputs".into()];
    let unit = if goal.is_probability { String::new() } else { format!(", {}", goal.unit) };
    header.push(format!("worth{unit}"));
    header.extend(information.worth_per_unit.map(|_| format!("worth, {cost_unit}")));
    let everything = Known { name: "(everything)".into(), inputs: 0, worth: information.perfect.clone() };
    let row = |one: &Known| known_row(goal, information, one);
    let mut rows = vec![row(&everything)];
    rows[0][1] = String::new();
    for list in [&information.inputs, &information.groups] {
        rows.extend(worth_knowing(list).take(MOST_KNOWN).map(row));
    }
    let nothing = information.inputs.len() - worth_knowing(&information.inputs).count();
    let options: Vec<String> = information.options.iter().map(|option| set_name(option)).collect();
    let mut notes = vec![format!(
        "By how much {} is better on average if something is known before choosing among {}: {}. From {} trials that had no part \
         in the ranking; with what a choice learnt from 19 of 20 sections of the trials gives in the last, so that an input \
         that tells nothing is worth nothing. Everything: all inputs, and all that comes by chance. Costs do not enter.",
        goal.statistic,
        count(options.len() as u64),
        options.join("; "),
        count(information.trials)
    )];
    if nothing > 0 {
        let all = count(information.inputs.len() as u64);
        let left = count(nothing as u64);
        notes.push(format!(
            "Of {all} inputs, or correlations of several, {left} are not shown to be worth anything by themselves."
        ));
    }
    vec![Section { title: "What it is worth to know more before choosing".into(), header, rows, notes }]
}

/// `choose.csv`: a row for every set.
fn csv(choice: &Choice) -> Vec<u8> {
    let mut table = Table::described("choose.csv");
    for (rank, set) in choice.sets.iter().enumerate() {
        let apart = set.difference.as_ref();
        let figures = [set.estimate.value, set.estimate.low, set.estimate.high].map(number);
        let differences =
            [apart.and_then(|one| one.value), apart.and_then(|one| one.low), apart.and_then(|one| one.high)]
                .map(number);
        let first = [(rank + 1).to_string(), set.measures.join(" "), number(Some(set.cost)), set.trials.to_string()];
        let flags = [set.may_be_best, set.is_efficient].map(|flag| flag.to_string());
        table.row(
            first.into_iter().chain(figures).chain(differences).chain(flags).chain([set.best_in_trials.to_string()]),
        );
    }
    table.finish()
}

/// `regret.csv`: a row for every set and scenario.
fn regret_csv(choice: &Choice) -> Option<Vec<u8>> {
    let regrets = choice.regrets.as_ref()?;
    let mut table = Table::described("regret.csv");
    for set in &regrets.sets {
        for (scenario, regret) in regrets.scenarios.iter().zip(&set.by_scenario) {
            let first = [set.measures.join(" "), number(Some(set.cost)), scenario.clone()];
            table.row(first.into_iter().chain([regret.value, regret.low, regret.high].map(number)));
        }
    }
    Some(table.finish())
}

/// `value-of-information.csv`: a row for everything, every input and every group.
fn information_csv(information: &Information) -> Vec<u8> {
    let mut table = Table::described("value-of-information.csv");
    let mut add = |kind: &str, name: &str, inputs: String, worth: &Estimate| {
        let first = [kind.to_string(), name.to_string(), inputs];
        table.row(first.into_iter().chain([worth.value, worth.low, worth.high].map(number)));
    };
    add("everything", "", String::new(), &information.perfect);
    for (kind, list) in [("input", &information.inputs), ("group", &information.groups)] {
        list.iter().for_each(|one| add(kind, &one.name, one.inputs.to_string(), &one.worth));
    }
    table.finish()
}

/// The answer; `digest` is that of the config as run.
pub fn answer(study: &Study, choice: &Choice, digest: &str) -> Answer {
    let mut sections = vec![ranking(choice), frontier(choice)];
    sections.extend(regret(choice));
    let mut tables = vec![("choose.csv".to_string(), csv(choice))];
    tables.extend(regret_csv(choice).map(|csv| ("regret.csv".to_string(), csv)));
    if let Some(known) = &choice.information {
        sections.extend(information(&choice.goal, known, &choice.cost_unit));
        tables.push(("value-of-information.csv".into(), information_csv(known)));
    }
    Answer {
        head: format!("Measures to take in scenario {}", choice.scenario),
        finding: finding(choice),
        sections,
        foot: Vec::new(),
        tables,
        json: ("choose.json".into(), json::found(study.config.run.seed, choice)),
        charts: chart::frontier(study, choice, digest).into_iter().collect(),
    }
}

#[derive(Serialize)]
struct AmongScenarios<'a> {
    goal: &'a Goal,
    information: &'a Information,
}

/// The answer where scenarios are chosen among.
pub fn answer_among_scenarios(study: &Study, goal: &Goal, known: &Information) -> Answer {
    let what = AmongScenarios { goal, information: known };
    Answer {
        head: format!("What it is worth to know more before choosing among {} scenarios", known.options.len()),
        finding: Vec::new(),
        sections: information(goal, known, ""),
        foot: Vec::new(),
        tables: vec![("value-of-information.csv".into(), information_csv(known))],
        json: ("value-of-information.json".into(), json::found(study.config.run.seed, &what)),
        charts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_frontier_what_gains_something_is_told_and_the_last() {
        assert_eq!(worth_telling(&[100.0, 99.9, 97.0, 94.0, 90.0, 89.99, 0.0]), [0, 3, 6]);
        assert_eq!(worth_telling(&[0.0, 1.0, 1.01]), [0, 1, 2], "larger may be better");
        assert_eq!((worth_telling(&[5.0]), worth_telling(&[])), (vec![0], vec![]));
    }
}
