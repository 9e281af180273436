//! What would have to be true for a claim to be as likely as asked: one input or setting at a time, the smallest change, and the
//! ranges of a few inputs together.
//!
//! Everything is told of the same trials: an input is put at a value, all else stays as it was drawn. What is found by looking
//! for it in these trials, the box of inputs, is measured in others.

mod box_of_inputs;
mod candidates;
mod question;

pub use box_of_inputs::{BoxOfInputs, FEWEST_HITS, Held, Range};
pub use candidates::{MOST_INPUTS, RankedBy};
pub use question::{Example, Measure, Problem, Question};

use serde::Serialize;

use super::estimate::{Estimate, Estimator};
use crate::config::duration;
use crate::simulation::{self, Progress};
use crate::statistics::{Crossing, Passed, Passing, passing, percentile_ranks};
use crate::study::require::{Change, Lever, Move, Required};
use candidates::candidates;
use question::{count, example, goal, measure, name, value};

/// Trials that tell whether a trial changes its mind more than once on the way.
const LOOKED_AT: u64 = 1000;

/// Most trials: whether the claim holds is kept for each of them, at every value.
pub const MOST_TRIALS: u64 = 1_000_000;

/// What would have to be true.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// Id of the scenario.
    pub scenario: String,
    /// Id of the claim.
    pub claim: String,
    /// Who made it.
    pub who: String,
    /// What it says.
    pub says: String,
    /// How likely it is to be.
    pub at_least: f64,
    /// Trials in which everything was looked for.
    pub trials: u64,
    /// How likely it is.
    pub now: Estimate,
    /// Whether that is as likely as asked; then everything below tells what would change it.
    pub reached: bool,
    /// Plants announced that do not stand yet.
    pub announced: u64,
    /// More plants, sooner plants, less demand, each alone.
    pub changes: Vec<Moved>,
    /// Two of them together, the smallest first.
    pub pairs: Vec<Pair>,
    /// Inputs and settings, each alone.
    pub moved: Vec<Moved>,
    /// How these inputs were chosen.
    pub ranked_by: RankedBy,
    /// Uncertain inputs that were not looked at.
    pub not_looked_at: usize,
    /// A few inputs together.
    pub together: BoxOfInputs,
    /// What else was not looked at, and why.
    pub missing: Vec<String>,
}

/// Something that is moved, and where the claim passes the probability that is asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Path of the input or setting, or what changes.
    pub name: String,
    /// How many inputs it moves.
    pub inputs: usize,
    /// What its values are.
    pub measure: Measure,
    /// At the lower end of its range.
    pub low: Point,
    /// At the upper end.
    pub high: Point,
    /// The best that was found; the end that comes nearest, unless a value between does.
    pub best: Point,
    /// The value at which the claim passes the probability asked; none if no value in the range does.
    pub crossing: Option<Estimate>,
    /// Of correlated inputs: what the one that hangs most on what they have in common is there; none of chances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
    /// Whether it is likelier at larger values, where it passes.
    pub rises: bool,
    /// Of the trials looked at, how many change their mind more than once on the way from one end to the other.
    pub contrary: u64,
    /// How many were looked at.
    pub looked_at: u64,
    /// Share of the variance that it explains, if that is why it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Estimate>,
}

/// How likely the claim is at a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// The probability.
    pub probability: Estimate,
}

/// Two changes at once, each by the same part of what it would take alone, or of its range where that is not enough.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// What is changed, and by how much where the claim passes; at the full part where it does not.
    pub amounts: [(Measure, Estimate); 2],
    /// That part, if it passes.
    pub part: Option<Estimate>,
    /// How likely it is at the full part.
    pub full: Estimate,
}

/// What it takes to look for something.
struct Looking<'a> {
    required: &'a Required,
    question: Question,
    progress: &'a Progress,
    estimator: Estimator,
    reached: bool,
    /// Whether it holds as things are, by trial.
    now: &'a [bool],
}

/// How many trials that takes at most, roughly: what progress is measured by.
pub fn trials_for(question: &Question, more: usize) -> u64 {
    (3 + 4 * (MOST_INPUTS + more) as u64 + 24) * question.trials
}

/// Looks for what would have to be true. `levers` are those asked for by name, beside the inputs that explain most.
///
/// # Errors
/// See [`Problem`].
pub fn require(
    required: &Required,
    question: Question,
    levers: Vec<Lever>,
    progress: &Progress,
) -> Result<Requirement, Problem> {
    let all: Vec<u64> = (0..question.trials).collect();
    let holds = simulation::holding(&required.model, 0, &all, question.threads, progress)?;
    let hits = count(&holds);
    let estimator = Estimator::new(question.trials, question.confidence, &[]);
    let now = estimator.probability(hits);
    let looking = Looking { required, question, progress, estimator, reached: hits >= goal(&question), now: &holds };
    let found = candidates(required, &question, progress)?;
    let asked = levers.into_iter().map(|lever| (lever, None));
    let ranked = found.ranked.iter().take(MOST_INPUTS).map(|(lever, share)| (lever.clone(), Some(share.clone())));
    let mut looked: Vec<(Lever, Option<Estimate>)> = Vec::new();
    for (lever, share) in asked.chain(ranked) {
        let is_known = looked.iter().any(|(known, _)| known.moves == lever.moves);
        looked.extend((!is_known).then_some((lever, share)));
    }
    let mut moved = Vec::new();
    for (lever, share) in &looked {
        moved.push(Moved { share: share.clone(), ..looking.moved(lever)?.0 });
    }
    let inputs = looked.iter().map(|(lever, _)| lever.inputs).sum();
    let all_levers: Vec<Lever> =
        looked.into_iter().map(|(lever, _)| lever).chain(found.ranked.into_iter().map(|(lever, _)| lever)).collect();
    let together = box_of_inputs::look(required, (&question, looking.reached), &all_levers, &holds, progress)?;
    let (changes, missing) = required.changes();
    let (changes, pairs) = looking.changes(&changes)?;
    let model = &required.model;
    let (says, months) = model.claims[0].test.words();
    Ok(Requirement {
        scenario: required.scenario.clone(),
        claim: required.id.clone(),
        who: required.claim.who.clone(),
        says: format!("{} {says} {}", model.milestones[0].title, duration(months.into())),
        at_least: question.at_least,
        trials: question.trials,
        now,
        reached: looking.reached,
        announced: required.announced(),
        changes,
        pairs,
        moved,
        ranked_by: found.ranked_by,
        not_looked_at: model.inputs.of_decisions.start.saturating_sub(inputs),
        together,
        missing,
    })
}

impl Looking<'_> {
    fn holding(&self, lever: &Lever, at: f64, trials: &[u64]) -> Result<Vec<bool>, Problem> {
        let model = self.required.with(lever, at).map_err(Problem::Setting)?;
        Ok(simulation::holding(&model, 0, trials, self.question.threads, self.progress)?)
    }

    /// Moves a lever.
    fn moved(&self, lever: &Lever) -> Result<(Moved, Passed), Problem> {
        let question = &self.question;
        let asked = Passing {
            range: lever.range,
            whole: lever.whole,
            trials: question.trials,
            goal: goal(question),
            ranks: percentile_ranks(question.trials, question.at_least, question.confidence),
            looked_at: LOOKED_AT,
        };
        let nothing_changed = [(0.0, self.now)];
        let known: &[_] = if matches!(lever.moves, Move::Changes(_)) { &nothing_changed } else { &[] };
        let passed = passing(&asked, known, |at, trials| self.holding(lever, at, trials))?;
        let value = |at: f64| value(self.required, lever, at);
        let point = |(at, hits): (f64, u64)| Point { value: value(at), probability: self.estimator.probability(hits) };
        let [first, last] = passed.ends;
        let [low, high] = if first.0 <= last.0 { [first, last] } else { [last, first] };
        let at = |crossing: &Crossing| match &lever.moves {
            Move::Common(key) => example(&self.required.model, *key, crossing.value),
            _ => None,
        };
        let moved = Moved {
            example: passed.crossing.as_ref().and_then(at),
            name: name(lever),
            inputs: lever.inputs,
            measure: measure(&self.required.model, lever),
            low: point(low),
            high: point(high),
            best: point(passed.best),
            crossing: passed.crossing.map(|crossing| at_crossing(&crossing, value)),
            rises: passed.crossing.is_some_and(|crossing| crossing.rises),
            contrary: passed.contrary,
            looked_at: LOOKED_AT.min(question.trials),
            share: None,
        };
        Ok((moved, passed))
    }

    /// Each change alone, and all pairs.
    fn changes(&self, changes: &[Change]) -> Result<(Vec<Moved>, Vec<Pair>), Problem> {
        let mut alone = Vec::new();
        let mut scales = Vec::new();
        for change in changes {
            let lever = self.required.lever_of(vec![(*change, 1.0)], change.range());
            let (moved, passed) = self.moved(&lever)?;
            // The full amount: where it passes alone, or the end of its range that comes nearest to passing.
            let [first, last] = passed.ends;
            let end = if (last.1 >= first.1) != self.reached { last.0 } else { first.0 };
            scales.push((*change, passed.crossing.map_or(end, |crossing| crossing.value)));
            alone.push(moved);
        }
        let mut pairs = Vec::new();
        for (index, one) in scales.iter().enumerate() {
            for other in &scales[index + 1..] {
                pairs.push(self.pair([*one, *other])?);
            }
        }
        let part = |pair: &Pair| pair.part.as_ref().and_then(|part| part.value).unwrap_or(f64::INFINITY);
        pairs.sort_by(|a, b| part(a).total_cmp(&part(b)));
        Ok((alone, pairs))
    }

    fn pair(&self, scales: [(Change, f64); 2]) -> Result<Pair, Problem> {
        let lever = self.required.lever_of(scales.to_vec(), (0.0, 1.0));
        let (moved, _) = self.moved(&lever)?;
        let amounts = scales.map(|(change, scale)| {
            let alone = self.required.lever_of(vec![(change, 1.0)], change.range());
            let of = |part: f64| value(self.required, &alone, scale * part);
            let full = Estimate { value: Some(of(1.0)), ..Estimate::default() };
            let amount = moved.crossing.as_ref().map_or(full, |part| scaled(part, of));
            (measure(&self.required.model, &alone), amount)
        });
        Ok(Pair { amounts, part: moved.crossing, full: moved.high.probability })
    }
}

/// An estimate with every number changed.
fn scaled(estimate: &Estimate, of: impl Fn(f64) -> f64) -> Estimate {
    let [value, low, high] = [estimate.value, estimate.low, estimate.high].map(|end| end.map(&of));
    let is_falling = low.zip(high).is_some_and(|(low, high)| low > high) || of(1.0) < of(0.0);
    let (low, high) = if is_falling { (high, low) } else { (low, high) };
    Estimate { value, low, high, ..estimate.clone() }
}

/// The value where a claim passes, with its interval as far as that lies within the range.
fn at_crossing(crossing: &Crossing, value: impl Fn(f64) -> f64) -> Estimate {
    let (low, high) = if crossing.rises { (crossing.fewer, crossing.more) } else { (crossing.more, crossing.fewer) };
    let note = if low.is_none() || high.is_none() { "its interval leaves the range" } else { "" };
    Estimate {
        value: Some(value(crossing.value)),
        low: low.map(&value),
        high: high.map(&value),
        note: note.into(),
        ..Estimate::default()
    }
}
