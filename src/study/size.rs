//! A stock that is to be sized: a scenario in which it has any size that is asked for.

use serde::Serialize;

use super::Study;
use super::stress::reduced;
use crate::model::{Distributions, Input, Level, Model, OutcomeKind, Stockpile, Unit, compile};

/// Whether a stock is filled again once it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refill {
    /// By the rule of the market's stockpiles, or else from whatever is unsold that the market may buy.
    Refilled,
    /// Never.
    UsedOnce,
}

/// How fast a stock is filled or used at the most, per month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// As fast as there is unsold supply, or as fast as it is wanted.
    Unlimited,
    /// So much.
    AtMost(f64),
    /// It is uncertain: so much on average.
    Uncertain(f64),
}

/// A product in a market, of which the market is to hold a stock.
#[derive(Clone, Debug)]
pub struct Sizing {
    /// Id of the scenario.
    pub scenario: String,
    /// Id of the market.
    pub market: String,
    /// Id of the stage that makes the product.
    pub product: String,
    /// As in a sentence: `magnets in Japan`.
    pub title: String,
    /// Unit of its amounts.
    pub unit: Unit,
    /// Ids of the stockpiles whose place it takes.
    pub replaces: Vec<String>,
    /// How fast it is filled again.
    pub fill: Pace,
    /// How fast it is used.
    pub release: Pace,
    /// Whether anybody answers a shortage: users who save, investors who see prices. A stock changes what they do.
    pub is_answered: bool,
    /// The scenario as it stands; its outcomes are the total shortage there and the stock that would have been needed.
    pub model: Model,
    /// Demand there at its median by month, before thrift.
    pub demand: Model,
    place: (usize, usize),
    limits: [Input; 2],
}

impl Sizing {
    /// Of a scenario, and a stock named by market and product, as in `allies.magnets`.
    ///
    /// # Errors
    /// That nobody there finally uses the product, with what may be asked for.
    pub fn new(study: &Study, scenario: &str, stock: &str) -> Result<Sizing, String> {
        let mut config = reduced(study, scenario);
        let mut model = |series: Vec<String>| {
            config.output.series = Some(series);
            compile(&config, &mut Distributions::default()).model.expect("a sound config with less to report")
        };
        let mut whole = model(Vec::new());
        let name = |(stage, market): (usize, usize)| format!("{}.{}", whole.markets[market].id, whole.stages[stage].id);
        let places: Vec<(usize, usize)> = whole.demands_by_node().into_keys().collect();
        let Some(&place) = places.iter().find(|place| name(**place) == stock) else {
            let known: Vec<String> = places.iter().map(|place| format!("`{}`", name(*place))).collect();
            let known = if known.is_empty() { "nothing here".into() } else { known.join(", ") };
            return Err(format!("`--stock {stock}`: a stock is sized of what a market finally uses: {known}"));
        };
        let (stage, market) = place;
        let demand = model(vec![format!("demand.{stock}")]).at_medians().0;
        let kinds = [OutcomeKind::TotalShortage, OutcomeKind::StockNeeded];
        whole.outcomes.retain(|spec| kinds.contains(&spec.kind) && (spec.stage, spec.market) == place);
        let here = whole.stockpiles.iter().filter(|pile| (pile.stage, pile.market) == place);
        let replaces = here.clone().map(|pile| pile.id.clone()).collect();
        let limits = [|pile: &Stockpile| pile.fill, |pile: &Stockpile| pile.release]
            .map(|of| together(&whole, &here.clone().map(of).collect::<Vec<_>>()));
        let [fill, release] = limits.map(|limit| pace(&whole, limit));
        Ok(Sizing {
            scenario: scenario.into(),
            market: whole.markets[market].id.clone(),
            product: whole.stages[stage].id.clone(),
            title: format!("{} in {}", whole.stages[stage].title, whole.markets[market].title),
            unit: whole.outcome_unit(&whole.outcomes[0]),
            replaces,
            fill,
            release,
            is_answered: whole.responses[market].is_some()
                || whole.investments.iter().any(|one| one.response.is_some()),
            model: whole,
            demand,
            place,
            limits,
        })
    }

    /// The scenario with a stock of so many tonnes, full at the start, in place of what the market holds there.
    pub fn sized(&self, tonnes: f64, refill: Refill) -> Model {
        let (mut model, (stage, market)) = (self.model.clone(), self.place);
        let level = Level { tonnes: Input::Known(tonnes), days: Input::Known(0.0) };
        let [fill, release] = self.limits;
        let fill = if refill == Refill::Refilled { fill } else { Input::Known(0.0) };
        let id = self.replaces.first().cloned().unwrap_or_default();
        let stock = Stockpile { id, market, stage, target: level, initial: level, fill, release };
        model.stockpiles.retain(|pile| (pile.stage, pile.market) != self.place);
        let at = model.stockpiles.partition_point(|pile| (pile.stage, pile.market) < self.place);
        model.stockpiles.insert(at, stock);
        model
    }

    /// Whether it can be filled again at all.
    pub fn is_refilled(&self) -> bool {
        self.fill != Pace::AtMost(0.0)
    }
}

/// The limits of several stockpiles as one: their sum, at their means where several are uncertain. Without any: none.
fn together(model: &Model, limits: &[Input]) -> Input {
    match limits {
        [] => Input::Known(f64::INFINITY),
        [one] => *one,
        // In an order of their own, so that names reach no result.
        many => {
            let mut means: Vec<f64> = many.iter().map(|limit| model.inputs.mean(*limit)).collect();
            means.sort_by(f64::total_cmp);
            Input::Known(means.iter().sum())
        }
    }
}

fn pace(model: &Model, limit: Input) -> Pace {
    match limit {
        Input::Known(f64::INFINITY) => Pace::Unlimited,
        Input::Known(most) => Pace::AtMost(most),
        Input::Drawn(_) => Pace::Uncertain(model.inputs.mean(limit)),
    }
}
