//! How large a stock: tables for people, CSV, JSON.

use serde::Serialize;

use super::answer::Answer;
use super::section::Section;
use super::tables::{Table, number};
use super::words::{self, Number, amount, count, duration, probability, share, with_interval};
use super::{chart, json};
use crate::study::Study;
use crate::study::size::{Pace, Refill};
use crate::summary::Estimate;
use crate::summary::size::{Cost, Curve, Price, Shortage, Size, StockSizes};

/// Most sizes in a table; the files have all.
const MOST: usize = 9;

/// How a stock is filled, at the head of a column.
fn rule(refill: Refill) -> &'static str {
    match refill {
        Refill::Refilled => "refilled",
        Refill::UsedOnce => "used once",
    }
}

/// An amount with its interval.
fn figure(estimate: &Estimate) -> String {
    with_interval(estimate, Number::Amount)
}

/// Days of demand: `120 days`.
fn days(days: f64) -> String {
    let text = brief(days);
    if text == "1" { "1 day".into() } else { format!("{text} days") }
}

/// How fast at the most.
fn pace(of: Pace, sizes: &StockSizes) -> String {
    match of {
        Pace::Unlimited => String::new(),
        Pace::AtMost(most) => format!(", at most {} {} a month", amount(most), sizes.unit),
        Pace::Uncertain(mean) => {
            format!(", at most so much a month as the config says ({} {} on average)", amount(mean), sizes.unit)
        }
    }
}

/// The share of the trials that are the worst ones.
fn worst_share(sizes: &StockSizes) -> f64 {
    // 1 - 0.95 is a little more than 0.05.
    ((1.0 - sizes.level) * 1e9).round() / 1e9
}

/// The worst trials: `worst 5 %`.
fn worst(sizes: &StockSizes) -> String {
    format!("worst {}", share(worst_share(sizes)))
}

/// What a shortage is left: its probability, its mean, its mean in the worst trials.
fn left(shortage: &Shortage, sizes: &StockSizes) -> String {
    format!(
        "any shortage in {}, {} {} on average, {} {} in the {}",
        words::futures(&shortage.probability, sizes.trials),
        figure(&shortage.expected),
        sizes.unit,
        figure(&shortage.expected_in_worst),
        sizes.unit,
        worst(sizes)
    )
}

/// The answer in sentences.
fn finding(sizes: &StockSizes) -> Vec<String> {
    let end = words::month(sizes.start.last_of(sizes.months));
    let mut lines = vec![format!("{}, by {end}. Without any stock: {}.", sizes.title, left(&sizes.none, sizes))];
    if let Some(own) = &sizes.as_configured {
        lines.push(format!("With the stocks of the config ({}): {}.", sizes.replaces.join(", "), left(own, sizes)));
    }
    let curves = sizes.curves.iter();
    lines.extend(curves.clone().filter_map(|curve| at_risk(sizes, curve)));
    lines.extend(curves.filter_map(|curve| bought(sizes, curve)));
    lines
}

/// The stock for the risk that was asked for.
fn at_risk(sizes: &StockSizes, curve: &Curve) -> Option<String> {
    let (at, risk) = (curve.at_risk.as_ref()?, share(sizes.risk?));
    let rule = rule(curve.refill);
    Some(match (&at.tonnes, &at.days) {
        (Some(tonnes), Some(_)) if tonnes.value == Some(0.0) => {
            format!("For a risk of {risk} no stock is needed ({rule}).")
        }
        (Some(tonnes), Some(in_days)) => {
            let mut text = format!(
                "For a risk of {risk} it takes a stock of {} days, {} {} ({rule})",
                figure(in_days),
                figure(tonnes),
                sizes.unit
            );
            if let Some(size) = &at.left {
                text += &format!(": {}", left(&size.shortage, sizes));
            }
            text + "."
        }
        _ => {
            let reason = if sizes.release == Pace::Unlimited {
                "what a stock changes elsewhere brings shortages of its own"
            } else {
                "it is released too slowly"
            };
            format!("No stock up to {} leaves a risk of {risk} ({rule}): {reason}.", days(at.tried_days))
        }
    })
}

/// What the budget buys.
fn bought(sizes: &StockSizes, curve: &Curve) -> Option<String> {
    let (size, budget) = (curve.bought.as_ref()?, sizes.budget?);
    let per_avoided = size.cost.as_ref().map_or(String::new(), |cost| {
        format!("; a {} avoided costs {} {}", sizes.unit, figure(&cost.per_avoided), sizes.currency)
    });
    Some(format!(
        "{} {} buy a stock of {}, {} {} ({}): {}{per_avoided}.",
        amount(budget),
        sizes.currency,
        days(size.days),
        amount(size.tonnes),
        sizes.unit,
        rule(curve.refill),
        left(&size.shortage, sizes)
    ))
}

/// Sizes that a table shows: every so many, the last one among them.
fn shown(sizes: &StockSizes) -> Vec<usize> {
    let all = sizes.curves.first().map_or(0, |curve| curve.sizes.len());
    let step = all.div_ceil(MOST).max(1);
    (0..all).rev().step_by(step).collect::<Vec<_>>().into_iter().rev().collect()
}

/// What is written of a size, under a heading; none of no stock, nor of those of the config.
type Column<'a> = (String, Box<dyn Fn(&Size) -> String + 'a>);

/// What a stock of every size leaves and avoids under a rule, and what it costs.
fn section(sizes: &StockSizes, curve: &Curve, is_first: bool) -> Section {
    let (unit, shown) = (sizes.unit, shown(sizes));
    let chosen: Vec<&Size> = shown.iter().map(|&index| &curve.sizes[index]).collect();
    let left =
        |one: &Shortage| vec![probability(&one.probability), figure(&one.expected), figure(&one.expected_in_worst)];
    let mut header = vec![format!("stock, days ({unit})"), "any shortage".into(), format!("expected, {unit}")];
    header.push(format!("{}, {unit}", worst(sizes)));
    let of = |name: String, shortage: &Shortage| [vec![name], left(shortage)].concat();
    let mut rows = vec![of("none".into(), &sizes.none)];
    rows.extend(sizes.as_configured.iter().filter(|_| is_first).map(|own| of("as configured".into(), own)));
    let before = rows.len();
    rows.extend(chosen.iter().map(|size| of(format!("{} ({})", brief(size.days), brief(size.tonnes)), &size.shortage)));
    let cost = |write: fn(&Cost) -> String| -> Box<dyn Fn(&Size) -> String> {
        Box::new(move |size| size.cost.as_ref().map_or(String::new(), write))
    };
    let mut columns: Vec<Column<'_>> = vec![(format!("avoided, {unit}"), Box::new(|size| figure(&size.avoided)))];
    if sizes.price.is_some() {
        let per = format!("{} per {unit} avoided", sizes.currency);
        columns.push((format!("cost, {}", sizes.currency), cost(|cost| amount(cost.total))));
        columns.push((per, cost(|cost| figure(&cost.per_avoided))));
        columns.push(("by the last step".into(), cost(|cost| figure(&cost.per_avoided_by_last))));
    }
    for (heading, write) in columns {
        header.push(heading);
        rows.iter_mut().take(before).for_each(|row| row.push(String::new()));
        rows.iter_mut().skip(before).zip(&chosen).for_each(|(row, size)| row.push(write(size)));
    }
    let hidden = curve.sizes.len() - shown.len();
    let notes =
        if hidden > 0 { vec![format!("{hidden} more sizes: --format csv, --format json.")] } else { Vec::new() };
    Section {
        title: format!("Shortage of {} with a stock that is {}", sizes.title, rule(curve.refill)),
        header,
        rows,
        notes,
    }
}

/// A size, without zeros at its end: `8.5`.
fn brief(value: f64) -> String {
    let text = amount(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// What to know of all figures of a stock.
fn meaning(sizes: &StockSizes) -> String {
    let in_place = if sizes.replaces.is_empty() { "" } else { ", in place of what the config has there" };
    let mut text = format!(
        "{}: the stock is full at the start{in_place}, and stays of that size; days are of the first year's demand, {} {} a \
         day. ",
        sizes.title,
        amount(sizes.daily_demand),
        sizes.unit
    );
    if sizes.curves.len() > 1 {
        let origin = if sizes.replaces.is_empty() { "" } else { ", as the stocks of the config are" };
        let fill = pace(sizes.fill, sizes);
        text += &format!("Refilled: from whatever is unsold that the market may buy{fill}{origin}. ");
    }
    text += "Used once: never refilled.";
    if sizes.release != Pace::Unlimited {
        text += &format!(" Released as it is wanted{}.", pace(sizes.release, sizes));
    }
    if sizes.is_answered {
        text += " Users who save or investors who build answer a shortage; with a stock they do so later, so that later shortages may \
                 be larger than without.";
    }
    text + &format!(
        " Any shortage: in any month, after stocks. Expected: the mean over all {} trials of the shortage of all months; {}: the mean \
         of these trials (CVaR). Avoided: the expected shortage without any stock less that with it, on the same trials.",
        count(sizes.trials),
        worst(sizes)
    )
}

/// How costs are counted.
fn costs(sizes: &StockSizes, price: &Price) -> String {
    let keeping = if price.holding_per_unit_year > 0.0 {
        format!(
            " and {} a {} and year for keeping it {}",
            amount(price.holding_per_unit_year),
            sizes.unit,
            duration(sizes.months as u64)
        )
    } else {
        String::new()
    };
    format!(
        "Costs: {} {} a {} for the first fill{keeping}. What is released is taken to be sold for what it takes to fill the stock again; \
         nothing is discounted, and what is left at the end is worth nothing. The last step: from the size before in size.csv.",
        amount(price.per_unit),
        sizes.currency,
        sizes.unit
    )
}

/// A table for each rule.
fn sections(sizes: &StockSizes) -> Vec<Section> {
    let curves = sizes.curves.iter().enumerate();
    curves.map(|(place, curve)| section(sizes, curve, place == 0)).collect()
}

/// The answer for stocks of one scenario, one or several; `digest` is that of the config as run.
pub fn answer(study: &Study, stocks: &[StockSizes], digest: &str) -> Answer {
    let scenario = stocks.first().map_or("", |sizes| &sizes.scenario);
    let is_short = |sizes: &&StockSizes| sizes.none.probability.value != Some(0.0);
    let mut foot: Vec<String> = stocks.iter().map(meaning).collect();
    foot.extend(stocks.iter().find_map(|sizes| Some(costs(sizes, sizes.price.as_ref()?))));
    let drawn = |sizes: &StockSizes| {
        let name = match stocks {
            [_] => "size".to_string(),
            _ => format!("size-{}-{}", sizes.market, sizes.product),
        };
        chart::size(study, sizes, name, digest)
    };
    Answer {
        head: format!(
            "Size of stock, scenario {scenario}: the shortage that is left with every size, on the same trials"
        ),
        finding: stocks.iter().flat_map(finding).collect(),
        sections: stocks.iter().filter(is_short).flat_map(sections).collect(),
        foot,
        tables: vec![("size.csv".into(), csv(stocks))],
        json: ("size.json".into(), json(study.config.run.seed, stocks)),
        charts: stocks.iter().filter_map(drawn).collect(),
    }
}

/// `size.csv`: a row for every stock and size.
fn csv(stocks: &[StockSizes]) -> Vec<u8> {
    let mut table = Table::described("size.csv");
    for sizes in stocks {
        let none = Estimate { value: Some(0.0), ..Estimate::default() };
        table.row(row(sizes, ["none", ""], Some(&none), &sizes.none, None));
        if let Some(own) = &sizes.as_configured {
            table.row(row(sizes, ["as configured", ""], None, own, None));
        }
        for curve in &sizes.curves {
            let mut add = |what: &str, days: &Estimate, size: &Size| {
                table.row(row(sizes, [what, rule(curve.refill)], Some(days), &size.shortage, Some(size)));
            };
            let exact = |size: &Size| Estimate { value: Some(size.days), ..Estimate::default() };
            curve.sizes.iter().for_each(|size| add("size", &exact(size), size));
            let found = curve.at_risk.as_ref().and_then(|at| at.days.as_ref().zip(at.left.as_ref()));
            found.into_iter().for_each(|(days, size)| add("for the risk", days, size));
            curve.bought.iter().for_each(|size| add("for the budget", &exact(size), size));
        }
    }
    table.finish()
}

/// A row of `size.csv`.
fn row(
    sizes: &StockSizes,
    [what, rule]: [&str; 2],
    days: Option<&Estimate>,
    shortage: &Shortage,
    size: Option<&Size>,
) -> Vec<String> {
    let unit = sizes.unit.name();
    let mut row = [&*sizes.scenario, &*sizes.market, &*sizes.product, &*unit, what, rule].map(String::from).to_vec();
    let ends = |estimate: Option<&Estimate>| {
        [|of: &Estimate| of.value, |of: &Estimate| of.low, |of: &Estimate| of.high]
            .map(|end| number(estimate.and_then(end)))
    };
    row.extend(ends(days));
    row.push(number(days.map(|_| size.map_or(0.0, |size| size.tonnes))));
    let cost = size.and_then(|size| size.cost.as_ref());
    let estimates = [
        Some(&shortage.probability),
        Some(&shortage.expected),
        Some(&shortage.expected_in_worst),
        size.map(|size| &size.avoided),
        size.map(|size| &size.avoided_by_last),
        cost.map(|cost| &cost.per_avoided),
        cost.map(|cost| &cost.per_avoided_by_last),
    ];
    row.extend(estimates.into_iter().flat_map(ends));
    row.push(number(cost.map(|cost| cost.total)));
    row.push(cost.map_or(String::new(), |_| sizes.currency.to_string()));
    row.extend([number(Some(worst_share(sizes))), number(sizes.risk), number(Some(sizes.confidence))]);
    row.push(sizes.trials.to_string());
    row
}

#[derive(Serialize)]
struct File<'a> {
    stocks: &'a [StockSizes],
}

/// `size.json`: everything, for machines.
fn json(seed: u64, stocks: &[StockSizes]) -> Vec<u8> {
    json::found(seed, &File { stocks })
}
