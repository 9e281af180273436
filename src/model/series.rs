//! The monthly series: their names, units and meanings. How each is computed stands in `engine/series.rs`.

use super::Model;
use super::bins::Bins;
use super::names;
use super::unit::Unit;
use crate::config::fault::{Fault, help_for_listed};
use crate::config::set::{self, Path};

/// A kind of monthly series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeriesKind {
    /// Output.
    Production,
    /// Capacity that outages leave.
    Capacity,
    /// What is wanted: final demand after thrift, and feed for what later stages plan to make.
    Requirement,
    /// Final demand before thrift.
    Demand,
    /// Share of final demand that users do without, having learnt to save.
    Thrift,
    /// What is missing after stocks were used.
    Shortage,
    /// The same as a fraction.
    ShortageFraction,
    /// Share of world production.
    Share,
    /// World production without a market.
    ProductionOutside,
    /// Feed for planned output that is missing.
    UnmetFeed,
    /// Output that nobody took.
    Unsold,
    /// Feed that could not be used.
    Unused,
    /// Stock in tonnes.
    Stock,
    /// Stock in days of normal wants.
    StockDays,
    /// What the others could make without a market, over what they need.
    CoverageWithout,
    /// The same, over what they use, also inside goods that the market makes today.
    CoverageInUseWithout,
    /// Price as a multiple.
    PriceMultiple,
    /// Loss.
    LossUsd,
    /// What a demand does not get.
    Unserved,
}

/// What a part of a series' name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A market.
    Market,
    /// A market or a country.
    Place,
    /// A stage.
    Stage,
    /// A stage whose product the market finally uses, or whose product that takes.
    NeededStage,
    /// A demand.
    Demand,
}

/// A row of the table of series.
#[derive(Debug)]
pub struct SeriesRow {
    /// Which.
    pub kind: SeriesKind,
    /// First part of its name.
    pub name: &'static str,
    /// The other parts.
    pub arguments: &'static [Argument],
    /// Unit of its values.
    pub unit: Unit,
    /// What it says.
    pub meaning: &'static str,
}

/// All kinds of series. To add one: a variant, a row here, its bins below, how large it can be in `model/bounds.rs`, an arm in
/// `engine/series.rs`.
pub const SERIES: &[SeriesRow] = {
    use Argument::{Demand, Market, NeededStage, Place, Stage};
    &[
        row(SeriesKind::Production, "production", &[Market, Stage], Unit::TonnesPerMonth, "output of a market"),
        row(SeriesKind::Capacity, "capacity", &[Market, Stage], Unit::TonnesPerMonth, "capacity that outages leave"),
        row(
            SeriesKind::Requirement,
            "requirement",
            &[Market, Stage],
            Unit::TonnesPerMonth,
            "final demand after thrift, and feed for what the market's later stages plan to make",
        ),
        row(
            SeriesKind::Demand,
            "demand",
            &[Market, NeededStage],
            Unit::TonnesPerMonth,
            "final demand before thrift, surges included",
        ),
        row(
            SeriesKind::Thrift,
            "thrift",
            &[Market, NeededStage],
            Unit::Fraction,
            "share of final demand that users have learnt to do without",
        ),
        row(
            SeriesKind::Shortage,
            "shortage",
            &[Market, Stage],
            Unit::TonnesPerMonth,
            "final demand that is not met after stocks; of a product nobody finally uses, the feed that planned output lacks",
        ),
        row(
            SeriesKind::ShortageFraction,
            "shortage_fraction",
            &[Market, Stage],
            Unit::Fraction,
            "shortage over final demand after thrift (over the planned feed, where there is no final demand)",
        ),
        row(SeriesKind::Share, "share", &[Place, Stage], Unit::Fraction, "share of world production"),
        row(
            SeriesKind::ProductionOutside,
            "production_outside",
            &[Market, Stage],
            Unit::TonnesPerMonth,
            "world production without a market's",
        ),
        row(
            SeriesKind::UnmetFeed,
            "unmet_feed",
            &[Market, Stage],
            Unit::TonnesPerMonth,
            "feed for planned output of later stages that is missing after stocks",
        ),
        row(SeriesKind::Unsold, "unsold", &[Market, Stage], Unit::TonnesPerMonth, "output that nobody took"),
        row(
            SeriesKind::Unused,
            "unused",
            &[Market, Stage],
            Unit::TonnesPerMonth,
            "feed that later stages received and could not use, since another feed was missing",
        ),
        row(SeriesKind::Stock, "stock", &[Market, Stage], Unit::Tonnes, "stock at the end of the month"),
        row(
            SeriesKind::StockDays,
            "stock_days",
            &[Market, Stage],
            Unit::Days,
            "stock at the end of the month in days of the market's normal wants",
        ),
        row(
            SeriesKind::CoverageWithout,
            "coverage_without",
            &[Market, NeededStage],
            Unit::Fraction,
            "with that market gone for good and all others pooled: what they could make over what they need (1 = independent)",
        ),
        row(
            SeriesKind::CoverageInUseWithout,
            "coverage_in_use_without",
            &[Market, NeededStage],
            Unit::Fraction,
            "the same, where the others also make what reaches them today inside goods of that market",
        ),
        row(
            SeriesKind::PriceMultiple,
            "price_multiple",
            &[Market, Stage],
            Unit::Multiple,
            "price over the price at balance, where the stage states elasticities",
        ),
        row(
            SeriesKind::LossUsd,
            "loss_usd",
            &[Market, Stage],
            Unit::UsdPerMonth,
            "unserved demand times its stated loss per tonne",
        ),
        row(
            SeriesKind::Unserved,
            "unserved",
            &[Demand],
            Unit::TonnesPerMonth,
            "what one demand does not get, after stocks",
        ),
    ]
};

const fn row(
    kind: SeriesKind,
    name: &'static str,
    arguments: &'static [Argument],
    unit: Unit,
    meaning: &'static str,
) -> SeriesRow {
    SeriesRow { kind, name, arguments, unit, meaning }
}

/// A series of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSpec {
    /// Full name, as in `share.china.magnets`.
    pub name: String,
    /// Which.
    pub kind: SeriesKind,
    /// Market, if it has one.
    pub market: usize,
    /// Stage, if it has one.
    pub stage: usize,
    /// Index into the model's countries, if it is about a country.
    pub country: Option<usize>,
    /// Demand, if it is about one.
    pub demand: usize,
    /// Its values lie below two to the power of this, as far as this model goes.
    pub ceiling: i32,
}

impl SeriesSpec {
    /// Its row of the table.
    pub fn row(&self) -> &'static SeriesRow {
        SERIES.iter().find(|row| row.kind == self.kind).expect("every kind has a row")
    }

    /// How its values are counted.
    pub fn bins(&self) -> Bins {
        match self.kind {
            SeriesKind::ShortageFraction | SeriesKind::Share | SeriesKind::Thrift => Bins::SHARE,
            SeriesKind::StockDays => Bins::days(self.ceiling),
            SeriesKind::CoverageWithout | SeriesKind::CoverageInUseWithout => Bins::RATIO,
            SeriesKind::PriceMultiple => Bins::MULTIPLE,
            _ => Bins::monthly(self.ceiling),
        }
    }

    /// Whether it has no value in some months, told as "never": a coverage where nothing is needed, and days of stock where
    /// nothing is used.
    pub fn can_be_never(&self) -> bool {
        use SeriesKind::{CoverageInUseWithout, CoverageWithout, StockDays};
        matches!(self.kind, CoverageWithout | CoverageInUseWithout | StockDays)
    }

    /// Whether it is a shortage, of which mere rounding is exactly zero: then the trials above zero can be counted.
    pub fn is_shortage(&self) -> bool {
        matches!(
            self.kind,
            SeriesKind::Shortage | SeriesKind::ShortageFraction | SeriesKind::UnmetFeed | SeriesKind::Unserved
        )
    }
}

impl Model {
    /// Unit of the values of a series.
    pub fn series_unit(&self, spec: &SeriesSpec) -> Unit {
        let stage = if spec.kind == SeriesKind::Unserved { self.demands[spec.demand].stage } else { spec.stage };
        spec.row().unit.of(self.stages[stage].unit, self.currency)
    }
}

/// What names a series can be made of.
pub struct Vocabulary<'a> {
    /// Market ids.
    pub markets: &'a [String],
    /// Countries with their market.
    pub countries: &'a [(String, usize)],
    /// Stage ids.
    pub stages: &'a [String],
    /// By market and stage: whether the market's final demand needs it, directly or through later stages.
    pub needed: &'a dyn Fn(usize, usize) -> bool,
    /// Demand ids.
    pub demands: &'a [String],
}

/// Series that `pattern` names (`*` for any letters). `countries` collects the countries that are asked for.
pub fn find(
    pattern: &str,
    vocabulary: &Vocabulary<'_>,
    countries: &mut Vec<(String, usize)>,
    path: Path,
    faults: &mut Vec<Fault>,
) -> Vec<SeriesSpec> {
    let (kind, rest) = pattern.split_once('.').unwrap_or((pattern, ""));
    let Some(row) = SERIES.iter().find(|row| row.name == kind) else {
        let fault = Fault::new(path, format!("there is no series `{kind}`"));
        faults.push(fault.unknown(kind, SERIES.iter().map(|row| row.name), faults).listed());
        return Vec::new();
    };
    let parts: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split('.').collect() };
    if parts.len() != row.arguments.len() {
        let form: Vec<&str> = row.arguments.iter().map(|argument| placeholder(*argument)).collect();
        let fault = Fault::new(path, format!("the series `{kind}` has {} more part(s)", row.arguments.len()));
        faults.push(fault.help(format!("write `{kind}.{}`", form.join("."))));
        return Vec::new();
    }
    let found = expand(row, &parts, vocabulary, countries);
    if found.is_empty() {
        let (kind, names) = row
            .arguments
            .iter()
            .zip(&parts)
            .map(|(argument, part)| (argument, part, candidates(*argument, vocabulary)))
            .find(|(_, part, names)| !names.iter().any(|name| set::matches(part, name)))
            .map_or(("", Vec::new()), |(argument, part, names)| {
                (placeholder(*argument), vec![help_for_listed(part, names)])
            });
        let fault = Fault::new(path, format!("`{pattern}` is no series of this model"));
        faults.push(match names.first() {
            Some(help) => fault.label(format!("no such {}", kind.trim_matches(['<', '>']))).help(help.clone()),
            None => fault.help(
                "no final demand needs the product of this stage there; `shortfall list CONFIG` shows all series",
            ),
        });
    }
    found
}

fn placeholder(argument: Argument) -> &'static str {
    match argument {
        Argument::Market => "<market>",
        Argument::Place => "<market or country>",
        Argument::Stage | Argument::NeededStage => "<stage>",
        Argument::Demand => "<demand>",
    }
}

fn candidates<'a>(argument: Argument, vocabulary: &Vocabulary<'a>) -> Vec<&'a str> {
    let markets = vocabulary.markets.iter().map(String::as_str);
    match argument {
        Argument::Market => markets.collect(),
        Argument::Place => markets.chain(vocabulary.countries.iter().map(|(name, _)| name.as_str())).collect(),
        Argument::Stage | Argument::NeededStage => vocabulary.stages.iter().map(String::as_str).collect(),
        Argument::Demand => vocabulary.demands.iter().map(String::as_str).collect(),
    }
}

/// The series of a row of the table whose parts match.
pub fn expand(
    row: &SeriesRow,
    parts: &[&str],
    vocabulary: &Vocabulary<'_>,
    countries: &mut Vec<(String, usize)>,
) -> Vec<SeriesSpec> {
    let blank =
        SeriesSpec { name: String::new(), kind: row.kind, market: 0, stage: 0, country: None, demand: 0, ceiling: 0 };
    if row.arguments == [Argument::Demand] {
        let demands = vocabulary.demands.iter().enumerate().filter(|(_, id)| set::matches(parts[0], id));
        return demands
            .map(|(demand, id)| SeriesSpec { name: format!("{}.{id}", row.name), demand, ..blank.clone() })
            .collect();
    }
    let mut found = Vec::new();
    for (stage, id) in vocabulary.stages.iter().enumerate().filter(|(_, id)| set::matches(parts[1], id)) {
        for (market, place) in vocabulary.markets.iter().enumerate().filter(|(_, place)| set::matches(parts[0], place))
        {
            // A coverage asks what the others need; every other series is about the market itself.
            let needed = match row.kind {
                SeriesKind::CoverageWithout | SeriesKind::CoverageInUseWithout => {
                    (0..vocabulary.markets.len()).any(|other| other != market && (vocabulary.needed)(other, stage))
                }
                _ => (vocabulary.needed)(market, stage),
            };
            if row.arguments[1] == Argument::Stage || needed {
                found.push(SeriesSpec { name: format!("{}.{place}.{id}", row.name), market, stage, ..blank.clone() });
            }
        }
        if row.arguments[0] != Argument::Place {
            continue;
        }
        for (country, market) in vocabulary.countries.iter().filter(|(country, _)| set::matches(parts[0], country)) {
            if vocabulary.markets.contains(country) {
                continue;
            }
            let index = countries.iter().position(|(known, _)| known == country).unwrap_or_else(|| {
                countries.push((country.clone(), *market));
                countries.len() - 1
            });
            let name = format!("{}.{country}.{id}", row.name);
            found.push(SeriesSpec { name, market: *market, stage, country: Some(index), ..blank.clone() });
        }
    }
    found
}

/// Names of the series that are recorded unless the config says otherwise: shortages of final demand as fractions.
pub fn default_patterns(final_demands: &[(String, String)]) -> Vec<String> {
    final_demands.iter().map(|(market, stage)| format!("shortage_fraction.{market}.{stage}")).collect()
}

/// Checks a pattern before its parts are looked at.
pub fn check_pattern(path: &Path, pattern: &str, faults: &mut Vec<Fault>) -> bool {
    let before = faults.len();
    names::check_text(path.clone(), pattern, 200, faults);
    faults.len() == before
}
