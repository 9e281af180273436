//! `shortfall choose`: which measures to take within a budget, and what it is worth to know more before choosing.

use clap::ValueEnum;
use serde_json::json;
use shortfall::model::Model;
use shortfall::output::{self, choose as written};
use shortfall::simulation::Progress;
use shortfall::study::choose::Measures;
use shortfall::study::{ScenarioModel, Study};
use shortfall::summary::choose::{self, Choice, Effort, Goal, LEAST_TRIALS};

use super::answer::Output;
use super::{Failure, Input, Simulation, Terminal, progress};

#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Measures are tables `[measures.ID]` of the config, each with a `cost` and a `set` of changes, as in a \
    scenario. All sets of them within the budget are simulated on the same random numbers, in stages: what is clearly worse than \
    a set that costs as much or less drops out, and the others get more trials, up to -n. Of more than 4096 sets, those are \
    looked at that are met by adding, again and again, the measure with the largest gain per cost."
)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The most that all measures together may cost, in place of the config's `choose.budget`.
    #[arg(long, value_name = "COST")]
    budget: Option<f64>,
    /// Choose what makes this statistic small, in place of the config's: `mean(..)`, `zero(..)` or `never(..)` of an outcome, or
    /// `probability(claim.ID)`.
    #[arg(long, value_name = "STATISTIC", conflicts_with = "maximise")]
    minimise: Option<String>,
    /// Choose what makes this statistic large.
    #[arg(long, value_name = "STATISTIC")]
    maximise: Option<String>,
    /// Tell what it is worth to know more before choosing: everything, every input, and inputs that are alike. Takes 20 000
    /// trials.
    #[arg(long)]
    value_of_information: bool,
    /// With --value-of-information: know these inputs together, as in 'projects.new-*.slip_months'; `*` stands for any name.
    /// Repeatable.
    #[arg(long, value_name = "PATTERN", requires = "value_of_information")]
    know: Vec<String>,
    /// With --value-of-information: what is chosen among.
    #[arg(long, value_enum, default_value = "measures", requires = "value_of_information")]
    among: Among,
    #[command(flatten)]
    simulation: Simulation,
    #[command(flatten)]
    output: Output,
}

/// What is chosen among.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Among {
    /// Sets of the config's measures.
    Measures,
    /// The scenarios themselves.
    Scenarios,
}

/// Ranks the sets of measures and prints which may be the best.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let study = arguments.input.study(&options.changes())?;
    arguments.check(&study)?;
    let run = &study.config.run;
    let effort = Effort { trials: run.trials, confidence: run.confidence, threads: options.threads() };
    if arguments.among == Among::Scenarios {
        return among_scenarios(arguments, &study, &effort, terminal);
    }
    let case = arguments.scenario(&study)?;
    let goal = arguments.goal(&study, case, &effort)?;
    let measures = Measures::new(&study, &case.id, &goal.statistic).map_err(Failure::Usage)?;
    let begun = arguments.output.begin(&arguments.input)?;
    let choice = progress::watch(options.progress(), choose::most_trials(&study), |progress| {
        arguments.choose(&study, &measures, &goal, &effort, progress)
    });
    let choice = choice.map_err(|error| failed(error, &case.id))?;
    let digest = output::config_digest(&study);
    let answer = written::answer(&study, &choice, &digest);
    let what = ("chose", json!(choice.scenario));
    begun.finish(&study, &answer, (what, Some(run.trials)), options, terminal)
}

/// What it is worth to know more before choosing among scenarios.
fn among_scenarios(arguments: &Arguments, study: &Study, effort: &Effort, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let cases: Vec<(&str, &Model)> = study.scenarios.iter().map(|case| (case.id.as_str(), &case.model)).collect();
    if cases.len() < 2 {
        return Err(Failure::Usage(vec!["there is one scenario: nothing to choose among".into()]));
    }
    let goal = arguments.goal(study, &study.scenarios[0], effort)?;
    let begun = arguments.output.begin(&arguments.input)?;
    let asked = (&arguments.know[..], study.config.choose.worth_per_unit);
    let known = progress::watch(options.progress(), effort.trials * cases.len() as u64, |progress| {
        choose::among_scenarios(&cases, &goal, asked, effort, progress)
    });
    let known = known.map_err(|error| failed(error, cases[0].0))?;
    let answer = written::answer_among_scenarios(study, &goal, &known);
    let what = ("chose", json!(cases.iter().map(|(id, _)| id).collect::<Vec<_>>()));
    begun.finish(study, &answer, (what, Some(effort.trials)), options, terminal)
}

fn failed(error: choose::Failure, scenario: &str) -> Failure {
    match error {
        choose::Failure::Simulation(error) => error.named([scenario].into_iter()).into(),
        choose::Failure::Set(why) => Failure::Usage(vec![why]),
    }
}

impl Arguments {
    fn check(&self, study: &Study) -> Result<(), Failure> {
        let mut faults = Vec::new();
        let trials = study.config.run.trials;
        if self.value_of_information && trials < LEAST_TRIALS {
            faults.push(format!(
                "the value of information takes at least {LEAST_TRIALS} trials; {trials} are asked for: raise `-n`"
            ));
        }
        if self.budget.is_some_and(|budget| !(budget >= 0.0 && budget.is_finite())) {
            faults.push("`--budget` is 0 or more".into());
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::Usage(faults)) }
    }

    fn scenario<'a>(&self, study: &'a Study) -> Result<&'a ScenarioModel, Failure> {
        if self.input.scenario.len() > 1 {
            return Err(Failure::Usage(vec!["one scenario at a time: give --scenario once".into()]));
        }
        Ok(&study.scenarios[0])
    }

    /// What to choose by: as asked, else as the config says, else the mean of the main outcome.
    fn goal(&self, study: &Study, case: &ScenarioModel, effort: &Effort) -> Result<Goal, Failure> {
        let asked = &study.config.choose;
        let given =
            [(&self.minimise, false), (&self.maximise, true), (&asked.minimise, false), (&asked.maximise, true)];
        let given = given.into_iter().find_map(|(statistic, maximise)| Some((statistic.clone()?, maximise)));
        let (statistic, maximise) = match given {
            Some(given) => given,
            None => (self.main(study, case, effort)?, false),
        };
        Goal::new(&statistic, maximise, &case.model).map_err(|why| Failure::Usage(vec![why]))
    }

    fn main(&self, study: &Study, case: &ScenarioModel, effort: &Effort) -> Result<String, Failure> {
        let found = choose::mean_of_main_outcome(&case.model, study.config.output.outcome.as_deref(), effort.threads);
        let found = found.map_err(|error| error.named([case.id.as_str()].into_iter()))?;
        let none = "there is no shortage to make small: say what to choose by with --minimise or --maximise";
        found.ok_or_else(|| Failure::Usage(vec![none.into()]))
    }

    fn choose(
        &self,
        study: &Study,
        measures: &Measures,
        goal: &Goal,
        effort: &Effort,
        progress: &Progress,
    ) -> Result<Choice, choose::Failure> {
        let asked = &study.config.choose;
        let cost_unit = asked.cost_unit.as_deref().or(study.config.currency.as_deref()).unwrap_or("USD");
        let budget = self.budget.or(asked.budget);
        let mut choice = choose::choose(measures, goal, (budget, cost_unit), effort, progress)?;
        choice.regrets = choose::regrets(study, &choice, goal, effort, progress)?;
        if self.value_of_information {
            let asked = (&self.know[..], asked.worth_per_unit);
            choice.information = Some(choose::information(measures, &choice, asked, effort, progress)?);
        }
        Ok(choice)
    }
}
