//! `shortfall size`: how large a stock, for a risk or a budget.

use serde_json::json;
use shortfall::output::{self, size as written};
use shortfall::study::size::Sizing;
use shortfall::summary::size::{self, Asked, Price};

use super::answer::Output;
use super::{Failure, Input, Simulation, Terminal, progress};

#[derive(Debug, clap::Args)]
#[command(mut_arg("trials", |trials| {
    trials.help("Number of trials of every size. Without it: the config's `run.trials`, but no more than 5000")
}))]
#[command(
    after_long_help = "A stock of every size, full at the start, is simulated on the same trials, refilled and used once: the \
    probability of any shortage, the expected shortage, its mean in the worst trials, what is avoided. Every size takes as long \
    as a run of one scenario."
)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Size the stock of this product in this market, as in `allies.magnets`; it takes the place of what the market holds of it.
    /// Repeatable: each by itself.
    #[arg(long, value_name = "MARKET.PRODUCT", required = true)]
    stock: Vec<String>,
    /// Find the smallest stock that leaves no more than this probability of any shortage, as in 0.05.
    #[arg(long, value_name = "P", value_parser = probability)]
    risk: Option<f64>,
    /// Tell what this amount of money buys, and the risk that is left.
    #[arg(long, value_name = "MONEY", requires = "price", value_parser = positive)]
    budget: Option<f64>,
    /// What a tonne (or whatever the product is counted in) costs to buy: tells the cost per avoided tonne.
    #[arg(long, value_name = "MONEY", value_parser = positive)]
    price: Option<f64>,
    /// What it costs to keep a tonne for a year.
    #[arg(long, value_name = "MONEY", requires = "price", value_parser = not_negative, default_value_t = 0.0)]
    holding_cost: f64,
    /// Show sizes up to so many days of the first year's demand. Without it: up to what is enough in 99 of 100 trials.
    #[arg(long, value_name = "DAYS", conflicts_with = "sizes", value_parser = positive)]
    up_to: Option<f64>,
    /// Show these sizes, in days of the first year's demand, as in 30,60,90.
    #[arg(long, value_name = "DAYS,...", value_delimiter = ',', value_parser = not_negative)]
    sizes: Vec<f64>,
    /// The worst trials, whose mean is told, are those beyond this share.
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = probability)]
    cvar: f64,
    #[command(flatten)]
    simulation: Simulation,
    #[command(flatten)]
    output: Output,
}

/// Trials of every size, unless another number is asked for: the chart has dozens of them.
const USUAL_TRIALS: u64 = 5000;

/// Most sizes that may be asked for.
const MOST_SIZES: usize = 100;

/// Simulates stocks of every size and prints what they leave.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let options = &arguments.simulation;
    let mut study = arguments.input.study(&options.changes())?;
    if options.trials.is_none() {
        study.config.run.trials = study.config.run.trials.min(USUAL_TRIALS);
    }
    let stocks = arguments.stocks(&study)?;
    let begun = arguments.output.begin(&arguments.input)?;
    let asked = arguments.asked();
    let (trials, confidence) = (study.config.run.trials, study.config.run.confidence);
    let total = trials * size::estimated_models(&asked) * stocks.len() as u64;
    let found = progress::watch(options.progress(), total, |progress| {
        let one = |sizing| size::sizes(sizing, &asked, (trials, confidence), options.threads(), progress);
        stocks.iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    let found = found.map_err(|error| error.named(stocks.iter().map(|stock| stock.scenario.as_str())))?;
    let digest = output::config_digest(&study);
    let answer = written::answer(&study, &found, &digest);
    let what = ("stocks_sized", json!(arguments.stock));
    begun.finish(&study, &answer, (what, Some(trials)), options, terminal)
}

impl Arguments {
    /// The stocks of the scenario asked for; of the one that comes first, if none is.
    fn stocks(&self, study: &shortfall::Study) -> Result<Vec<Sizing>, Failure> {
        let mut faults = Vec::new();
        if self.input.scenario.len() > 1 {
            faults.push("one scenario at a time: give --scenario once".into());
        }
        if self.sizes.len() > MOST_SIZES {
            faults.push(format!("{} sizes are asked for: at most {MOST_SIZES}", self.sizes.len()));
        }
        let scenario = &study.scenarios[0].id;
        let mut stocks: Vec<Sizing> = Vec::new();
        for (number, name) in
            self.stock.iter().enumerate().filter(|(number, name)| !self.stock[..*number].contains(name))
        {
            match Sizing::new(study, scenario, name) {
                Ok(sizing) if size::daily_demand(&sizing.demand) > 0.0 => stocks.push(sizing),
                Ok(_) => faults.push(format!(
                    "`--stock {name}`: nothing is demanded in the first year, which days are counted by"
                )),
                Err(fault) if number == 0 || !faults.contains(&fault) => faults.push(fault),
                Err(_) => {}
            }
        }
        if faults.is_empty() { Ok(stocks) } else { Err(Failure::Usage(faults)) }
    }

    fn asked(&self) -> Asked {
        let price = self.price.map(|per_unit| Price { per_unit, holding_per_unit_year: self.holding_cost });
        Asked {
            level: self.cvar,
            up_to: self.up_to,
            sizes: self.sizes.clone(),
            risk: self.risk,
            budget: self.budget,
            price,
        }
    }
}

/// A probability that is neither 0 nor 1.
fn probability(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| *value > 0.0 && *value < 1.0);
    value.ok_or_else(|| "a probability lies above 0 and below 1, as in 0.05".into())
}

/// Amounts are no larger than this: beyond it digits are lost.
const LARGEST: f64 = 1e15;

fn positive(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| *value > 0.0 && *value <= LARGEST);
    value.ok_or_else(|| format!("it takes a number above 0, at most {LARGEST:e}"))
}

fn not_negative(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| *value >= 0.0 && *value <= LARGEST);
    value.ok_or_else(|| format!("it takes a number of 0 or more, at most {LARGEST:e}"))
}
