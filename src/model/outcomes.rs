//! The outcomes of a trial: their names, units and meanings. How each is computed stands in `engine/outcomes.rs`.

use super::Model;
use super::bins::Bins;
use super::unit::Unit;
use super::years;

/// A kind of outcome: one number a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// Shortage of all months.
    TotalShortage,
    /// Shortage of the worst month as a fraction.
    WorstMonth,
    /// Month of the first shortage.
    FirstShortage,
    /// Longest run of months with a shortage.
    LongestShortage,
    /// Number of months with a shortage.
    MonthsShort,
    /// Shortage of the worst twelve months in a row.
    WorstYear,
    /// Shortage of a calendar year.
    ShortageIn,
    /// Share of the demand of all months that was served.
    FillRate,
    /// Smallest stock that would have left no shortage.
    StockNeeded,
    /// Loss of all months.
    TotalLoss,
    /// What a demand did not get in all months.
    TotalUnserved,
    /// Date of a milestone.
    Milestone,
    /// Number of episodes of a disruption.
    Episodes,
    /// Months in episodes of a disruption.
    DisruptedMonths,
    /// Number of decisions of an investment.
    Decisions,
    /// The same in a calendar year.
    DecisionsIn,
}

/// A row of the table of outcomes.
#[derive(Debug)]
pub struct OutcomeRow {
    /// Which.
    pub kind: OutcomeKind,
    /// First part of its name.
    pub name: &'static str,
    /// Unit of its values.
    pub unit: Unit,
    /// What it says; for what it says in a model see [`Model::outcome_meaning`].
    pub meaning: &'static str,
}

/// All kinds of outcomes. To add one: a variant, a row here, its bins below, how large it can be in `model/bounds.rs`, an arm
/// in `engine/outcomes.rs`.
pub const OUTCOMES: &[OutcomeRow] = &[
    row(
        OutcomeKind::TotalShortage,
        "total_shortage",
        Unit::Tonnes,
        "final demand not met over the whole horizon, after stocks",
    ),
    row(
        OutcomeKind::WorstMonth,
        "worst_month",
        Unit::Fraction,
        "largest shortage of a month, as a fraction of its demand after thrift",
    ),
    row(
        OutcomeKind::FirstShortage,
        "first_shortage",
        Unit::Months,
        "months from the start to the first month with a shortage",
    ),
    row(OutcomeKind::LongestShortage, "longest_shortage", Unit::Months, "longest run of months with a shortage"),
    row(OutcomeKind::MonthsShort, "months_short", Unit::Months, "number of months with any shortage"),
    row(
        OutcomeKind::FillRate,
        "fill_rate",
        Unit::Fraction,
        "share of final demand that is served, over the whole horizon",
    ),
    row(OutcomeKind::WorstYear, "worst_12_months", Unit::Tonnes, "shortage of the worst twelve months in a row"),
    row(
        OutcomeKind::ShortageIn,
        "shortage_in",
        Unit::Tonnes,
        "final demand not met in that calendar year, or in the part of it that is simulated, after stocks",
    ),
    row(
        OutcomeKind::StockNeeded,
        "stock_needed",
        Unit::Tonnes,
        "smallest stock, full at the start and refilled by the stated rule, that would have left no shortage",
    ),
    row(
        OutcomeKind::TotalLoss,
        "total_loss",
        Unit::Usd,
        "unserved demand times its stated loss per tonne, over the whole horizon",
    ),
    row(
        OutcomeKind::TotalUnserved,
        "total_unserved",
        Unit::Tonnes,
        "what one of several demands did not get over the whole horizon",
    ),
    row(
        OutcomeKind::Milestone,
        "milestone",
        Unit::Months,
        "months from the start to the first month of a spell that fulfils it",
    ),
    row(OutcomeKind::Episodes, "episodes", Unit::Episodes, "episodes of a disruption that touch the horizon"),
    row(
        OutcomeKind::DisruptedMonths,
        "disrupted_months",
        Unit::Months,
        "time within the horizon in which an episode runs",
    ),
    row(OutcomeKind::Decisions, "decisions", Unit::Decisions, "decisions of an investment within the horizon"),
    row(
        OutcomeKind::DecisionsIn,
        "decisions_in",
        Unit::Decisions,
        "the same in that calendar year, or in the part of it that is simulated",
    ),
];

const fn row(kind: OutcomeKind, name: &'static str, unit: Unit, meaning: &'static str) -> OutcomeRow {
    OutcomeRow { kind, name, unit, meaning }
}

impl OutcomeKind {
    /// Its row of the table.
    fn row(self) -> &'static OutcomeRow {
        OUTCOMES.iter().find(|row| row.kind == self).expect("every kind has a row")
    }

    /// Whether an outcome of this name is about a calendar year.
    pub fn is_yearly(outcome: &str) -> bool {
        let kind = outcome.split_once('.').map_or("", |(kind, _)| kind);
        [OutcomeKind::ShortageIn, OutcomeKind::DecisionsIn].iter().any(|yearly| yearly.row().name == kind)
    }
}

/// An outcome of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeSpec {
    /// Full name, as in `total_shortage.allies.magnets`.
    pub name: String,
    /// Which.
    pub kind: OutcomeKind,
    /// Market, if it has one.
    pub market: usize,
    /// Stage, if it has one.
    pub stage: usize,
    /// Demand, milestone, disruption or investment, if it is about one.
    pub index: usize,
    /// Calendar year, if it is about one, counted from the first.
    pub year: usize,
    /// Its values lie below two to the power of this, as far as this model goes.
    pub ceiling: i32,
}

impl OutcomeSpec {
    /// Its row of the table.
    pub fn row(&self) -> &'static OutcomeRow {
        self.kind.row()
    }

    /// Whether its market has a stockpile of its product.
    pub fn has_stockpile(&self, model: &Model) -> bool {
        model.stockpiles.iter().any(|pile| (pile.market, pile.stage) == (self.market, self.stage))
    }

    /// How its values are counted, over a horizon of so many months.
    pub fn bins(&self, months: usize) -> Bins {
        match self.kind {
            OutcomeKind::WorstMonth | OutcomeKind::FillRate => Bins::FINE_SHARE,
            OutcomeKind::FirstShortage
            | OutcomeKind::LongestShortage
            | OutcomeKind::MonthsShort
            | OutcomeKind::Milestone => Bins::Whole(months as u32 + 1),
            OutcomeKind::Episodes | OutcomeKind::Decisions | OutcomeKind::DecisionsIn => Bins::counts(self.ceiling),
            OutcomeKind::DisruptedMonths => Bins::Linear { exponent: -4, cells: 16 * months as u32 },
            _ => Bins::total(self.ceiling),
        }
    }
}

impl Model {
    /// Unit of the values of an outcome.
    pub fn outcome_unit(&self, spec: &OutcomeSpec) -> Unit {
        spec.row().unit.of(self.stages[spec.stage].unit, self.currency)
    }

    /// What an outcome says, in words: of a stock that would have been needed, also how it is refilled.
    pub fn outcome_meaning(&self, spec: &OutcomeSpec) -> &'static str {
        match (spec.kind, self.stages[spec.stage].unit) {
            (OutcomeKind::StockNeeded, _) if spec.has_stockpile(self) => {
                "smallest stock, full at the start and refilled by the rule of the market's stockpile, that would have left no \
                 shortage"
            }
            (OutcomeKind::StockNeeded, _) => {
                "smallest stock, full at the start and refilled from whatever is unsold that the market may buy, that would \
                 have left no shortage"
            }
            (OutcomeKind::TotalLoss, Some(_)) => {
                "unserved demand times its stated loss per unit, over the whole horizon"
            }
            _ => spec.row().meaning,
        }
    }
}

/// The outcomes of a model whose markets, stages, demands, milestones, disruptions and investments are known; those of shortage in
/// calendar years if `yearly`.
pub fn list(model: &Model, yearly: bool) -> Vec<OutcomeSpec> {
    use OutcomeKind as Kind;
    let new = |kind: Kind, market: usize, stage: usize, index: usize, what: &str| {
        let name = format!("{}.{what}", kind.row().name);
        OutcomeSpec { name, kind, market, stage, index, year: 0, ceiling: 0 }
    };
    let in_years = |kind: Kind, market: usize, stage: usize, index: usize, what: &str| -> Vec<OutcomeSpec> {
        let name = |year: usize| format!("{what}.{}", years::year(model, year));
        let years = 0..years::count(model);
        years.map(|year| OutcomeSpec { year, ..new(kind, market, stage, index, &name(year)) }).collect()
    };
    let mut outcomes = Vec::new();
    for (index, milestone) in model.milestones.iter().enumerate() {
        outcomes.push(new(Kind::Milestone, 0, 0, index, &milestone.id));
    }
    for ((stage, market), demands) in model.demands_by_node() {
        let node = format!("{}.{}", model.markets[market].id, model.stages[stage].id);
        let kinds = [
            Kind::TotalShortage,
            Kind::WorstMonth,
            Kind::FirstShortage,
            Kind::LongestShortage,
            Kind::MonthsShort,
            Kind::FillRate,
            Kind::WorstYear,
            Kind::StockNeeded,
        ];
        outcomes.extend(kinds.map(|kind| new(kind, market, stage, 0, &node)));
        if yearly {
            outcomes.extend(in_years(Kind::ShortageIn, market, stage, 0, &node));
        }
        if demands.iter().any(|&demand| model.demands[demand].loss.is_some()) {
            outcomes.push(new(Kind::TotalLoss, market, stage, 0, &node));
        }
        let several = demands.iter().filter(|_| demands.len() > 1);
        outcomes
            .extend(several.map(|&demand| new(Kind::TotalUnserved, market, stage, demand, &model.demands[demand].id)));
    }
    for (index, disruption) in model.disruptions.iter().enumerate() {
        outcomes.extend([Kind::Episodes, Kind::DisruptedMonths].map(|kind| new(kind, 0, 0, index, &disruption.id)));
    }
    for (index, investment) in model.investments.iter().enumerate() {
        outcomes.push(new(Kind::Decisions, 0, 0, index, &investment.id));
        outcomes.extend(in_years(Kind::DecisionsIn, 0, 0, index, &investment.id));
    }
    // Milestones stand in the order of the file, all else by name.
    let place = |spec: &OutcomeSpec| if spec.kind == Kind::Milestone { spec.index } else { 0 };
    outcomes.sort_by(|a, b| (a.kind, place(a), &a.name).cmp(&(b.kind, place(b), &b.name)));
    outcomes
}
