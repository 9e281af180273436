//! The model as one would write it in an afternoon: trial by trial, step by step as the definition says, a `Vec` for
//! everything, the thread's generator, all results kept and sorted in the end.
//!
//! ```text
//! naive MODEL.json TRIALS SEED OUTPUT.json [LEVELS]
//! ```
//! (The seed is not used: the thread's generator has none.)

use std::collections::BTreeMap;

use rand::RngExt;
use rand_distr::{Beta, Distribution, Exp, Exp1, Gamma, LogNormal, StandardNormal};
use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    months: usize,
    markets: Vec<String>,
    stages: Vec<String>,
    countries: Vec<String>,
    feeds: Vec<Vec<(usize, usize)>>,
    consumers: Vec<Option<(usize, usize)>>,
    price: Vec<Option<(usize, usize, f64)>>,
    inputs: Vec<Input>,
    factors: Vec<Factor>,
    capacities: Vec<Capacity>,
    curves: Vec<Vec<(f64, f64)>>,
    projects: Vec<Project>,
    demands: Vec<Demand>,
    finals: Vec<usize>,
    responses: Vec<Option<[usize; 3]>>,
    stockpiles: Vec<Stockpile>,
    disruptions: Vec<Disruption>,
    cuts: Vec<Cut>,
    series: Vec<Series>,
    milestones: Vec<Milestone>,
    outcomes: Vec<String>,
}

#[derive(Deserialize)]
struct Input {
    kind: String,
    params: Vec<f64>,
    factor: i64,
}

#[derive(Deserialize)]
struct Factor {
    rho: f64,
}

#[derive(Deserialize)]
struct Capacity {
    place: usize,
    country: i64,
    outages: Vec<usize>,
    known: Vec<(f64, f64)>,
    uncertain: Vec<(f64, usize)>,
}

#[derive(Deserialize)]
struct Project {
    place: usize,
    country: i64,
    outages: Vec<usize>,
    base: f64,
    lead: usize,
    gates: Vec<(f64, i64)>,
    requires: Vec<usize>,
    tonnes: usize,
    utilisation: usize,
    ramp: usize,
    shapes: Vec<(usize, f64)>,
    closure_rate: f64,
}

#[derive(Deserialize)]
struct Demand {
    place: usize,
    tonnes: f64,
    growth: usize,
    volatility: f64,
    surges: Vec<usize>,
}

#[derive(Deserialize)]
struct Stockpile {
    place: usize,
    target: usize,
    initial: usize,
    fill: f64,
}

#[derive(Deserialize)]
struct Disruption {
    rate: usize,
    duration: usize,
    severity: usize,
    leakage: usize,
    active: f64,
    not_before: f64,
    raised_by: i64,
    raised_factor: f64,
}

#[derive(Deserialize)]
struct Cut {
    stage: usize,
    from: usize,
    to: usize,
    by: Vec<usize>,
}

#[derive(Deserialize)]
struct Series {
    name: String,
    kind: String,
    stage: usize,
    market: usize,
    country: i64,
}

#[derive(Deserialize)]
struct Milestone {
    series: usize,
    at_least: f64,
    for_months: usize,
}

struct Episode {
    begin: f64,
    end: f64,
    severity: f64,
}

/// All results of one trial.
struct Results {
    series: Vec<Vec<f64>>,
    outcomes: Vec<f64>,
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2f64.sqrt())
}

/// A standard normal that shares the common factor of its correlation.
fn mixed(model: &Model, common: &[f64], factor: i64) -> f64 {
    let own: f64 = StandardNormal.sample(&mut rand::rng());
    if factor < 0 {
        return own;
    }
    let rho = model.factors[factor as usize].rho;
    rho.sqrt() * common[factor as usize] + (1.0 - rho).sqrt() * own
}

fn draw(model: &Model, common: &[f64], index: usize) -> f64 {
    let mut rng = rand::rng();
    let input = &model.inputs[index];
    let p = &input.params;
    let uniform = || {
        if input.factor >= 0 { normal_cdf(mixed(model, common, input.factor)) } else { rand::rng().random::<f64>() }
    };
    match input.kind.as_str() {
        "constant" => p[0],
        "uniform" => p[0] + (p[1] - p[0]) * uniform(),
        "triangular" => {
            let (u, low, mode, high) = (uniform(), p[0], p[1], p[2]);
            if u < (mode - low) / (high - low) {
                low + (u * (high - low) * (mode - low)).sqrt()
            } else {
                high - ((1.0 - u) * (high - low) * (high - mode)).sqrt()
            }
        }
        "lognormal" if input.factor >= 0 => (p[0] + p[1] * mixed(model, common, input.factor)).exp(),
        "lognormal" => LogNormal::new(p[0], p[1]).unwrap().sample(&mut rng),
        "gamma" => Gamma::new(p[0], p[1]).unwrap().sample(&mut rng),
        "beta" => Beta::new(p[0], p[1]).unwrap().sample(&mut rng),
        "exponential" => Exp::new(1.0 / p[0]).unwrap().sample(&mut rng),
        "discrete" => {
            let u: f64 = rng.random();
            p.chunks(2).find(|pair| u < pair[0]).unwrap_or(&p[p.len() - 2..])[1]
        }
        "mixture" => {
            let part = if rng.random::<f64>() < p[0] { p[1] } else { p[2] };
            draw(model, common, part as usize)
        }
        other => panic!("no such distribution: {other}"),
    }
}

fn episodes(model: &Model, common: &[f64], shock: &Disruption, raiser: &[Episode]) -> Vec<Episode> {
    let mut rng = rand::rng();
    let rate = draw(model, common, shock.rate) / 12.0;
    let mut found = Vec::new();
    let mut now = shock.not_before;
    if rng.random::<f64>() < shock.active {
        let end = draw(model, common, shock.duration);
        found.push(Episode { begin: 0.0, end, severity: draw(model, common, shock.severity) });
        now = f64::max(now, end);
    }
    loop {
        let mut wait = Distribution::<f64>::sample(&Exp1, &mut rng) / rate;
        // Time passes faster while the other disruption runs.
        for other in raiser {
            let idle = wait.min((other.begin - now).max(0.0));
            now += idle;
            wait -= idle;
            let raised = wait.min((other.end - now.max(other.begin)).max(0.0) * shock.raised_factor);
            now += raised / shock.raised_factor;
            wait -= raised;
        }
        now += wait;
        if now >= model.months as f64 {
            return found;
        }
        let end = now + draw(model, common, shock.duration);
        found.push(Episode { begin: now, end, severity: draw(model, common, shock.severity) });
        now = end.max(shock.not_before);
    }
}

/// Average effect in every month.
fn effects(months: usize, episodes: &[Episode]) -> Vec<f64> {
    let overlap = |month: usize, episode: &Episode| {
        (episode.end.min(month as f64 + 1.0) - episode.begin.max(month as f64)).max(0.0)
    };
    (0..months)
        .map(|month| episodes.iter().map(|e| e.severity * overlap(month, e)).sum::<f64>().min(1.0))
        .collect()
}

fn height(points: &[(f64, f64)], x: f64) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if x < x1 {
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
        }
    }
    1.0
}

/// Clears rounding.
fn clean(short: f64, wanted: f64) -> f64 {
    if short > 1e-12 * wanted { short } else { 0.0 }
}

fn trade(got: &mut [f64], supply: &mut [f64], need: &mut [f64], factors: &[Vec<f64>]) {
    let n = got.len();
    let larger = supply.iter().sum::<f64>().max(need.iter().sum());
    if larger <= 0.0 {
        return;
    }
    let flows: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| supply[i] * need[j] / larger * factors[i][j]).collect()).collect();
    apply(got, supply, need, &flows);
    let free = |i: usize, j: usize| if factors[i][j] == 1.0 { 1.0 } else { 0.0 };
    let may_sell: Vec<f64> = (0..n).map(|i| (0..n).map(|j| free(i, j) * need[j]).sum()).collect();
    let may_buy: Vec<f64> = (0..n).map(|j| (0..n).map(|i| free(i, j) * supply[i]).sum()).collect();
    let flows: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| {
                    let larger = may_sell[i].max(may_buy[j]);
                    if larger > 0.0 { free(i, j) * supply[i] * need[j] / larger } else { 0.0 }
                })
                .collect()
        })
        .collect();
    apply(got, supply, need, &flows);
}

fn apply(got: &mut [f64], supply: &mut [f64], need: &mut [f64], flows: &[Vec<f64>]) {
    for i in 0..got.len() {
        let bought = flows.iter().map(|row| row[i]).sum::<f64>().min(need[i]);
        got[i] += bought;
        need[i] -= bought;
        supply[i] = (supply[i] - flows[i].iter().sum::<f64>()).max(0.0);
    }
}

fn trial(model: &Model) -> Results {
    let mut rng = rand::rng();
    let (months, markets, stages) = (model.months, model.markets.len(), model.stages.len());
    let days_per_month = 365.0 / 12.0;
    let common: Vec<f64> = model.factors.iter().map(|_| StandardNormal.sample(&mut rng)).collect();
    let draw = |index: usize| draw(model, &common, index);

    // Disruptions: first those that raise others.
    let mut happened: Vec<Vec<Episode>> = model.disruptions.iter().map(|_| Vec::new()).collect();
    for raised in [false, true] {
        for (index, shock) in model.disruptions.iter().enumerate() {
            if (shock.raised_by >= 0) == raised {
                let raiser: &[Episode] = if raised { &happened[shock.raised_by as usize] } else { &[] };
                happened[index] = episodes(model, &common, shock, raiser);
            }
        }
    }
    let effect: Vec<Vec<f64>> = happened.iter().map(|episodes| effects(months, episodes)).collect();

    // Capacity.
    let mut capacity = vec![vec![0.0; months]; stages * markets];
    let mut country = vec![vec![vec![0.0; months]; stages]; model.countries.len()];
    let mut add = |place: usize, of: i64, outages: &[usize], month: usize, tonnes: f64| {
        let left = outages.iter().fold(tonnes, |left, &outage| left * (1.0 - effect[outage][month]));
        capacity[place][month] += left;
        if of >= 0 {
            country[of as usize][place / markets][month] += left;
        }
    };
    for row in &model.capacities {
        let uncertain = row.uncertain.iter().map(|&(tonnes, growth)| (tonnes, draw(growth)));
        for (tonnes, growth) in row.known.iter().copied().chain(uncertain) {
            for month in 0..months {
                let tonnes = tonnes / 12.0 * (1.0 + growth).powf(month as f64 / 12.0);
                add(row.place, row.country, &row.outages, month, tonnes);
            }
        }
    }
    let mut starts = Vec::new();
    for project in &model.projects {
        let passed = project.gates.iter().all(|&(chance, factor)| normal_cdf(mixed(model, &common, factor)) < chance);
        let mut start = project.base + draw(project.lead);
        for &required in &project.requires {
            start = start.max(starts[required]);
        }
        start = if passed { start } else { f64::INFINITY };
        starts.push(start);
        if start >= months as f64 {
            continue;
        }
        let closure = start + 12.0 * Distribution::<f64>::sample(&Exp1, &mut rng) / project.closure_rate;
        let full = draw(project.tonnes) / 12.0 * draw(project.utilisation);
        let length = draw(project.ramp);
        let pick: f64 = rng.random();
        let shape = project.shapes.iter().find(|(_, share)| pick < *share).or(project.shapes.last()).unwrap();
        for month in 0..months {
            let middle = month as f64 + 0.5;
            if middle >= start && middle <= closure {
                let tonnes = full * height(&model.curves[shape.0], (middle - start) / length);
                add(project.place, project.country, &project.outages, month, tonnes);
            }
        }
    }

    // Demand.
    let mut demands = Vec::new();
    for demand in &model.demands {
        let growth = draw(demand.growth);
        let step = demand.volatility / 12f64.sqrt();
        let mut walk = 1.0;
        let mut row = Vec::new();
        for month in 0..months {
            let surge: f64 = demand.surges.iter().map(|&surge| 1.0 + effect[surge][month]).product();
            row.push(demand.tonnes / 12.0 * (1.0 + growth).powf(month as f64 / 12.0) * walk * surge);
            let z: f64 = StandardNormal.sample(&mut rng);
            walk *= (-0.5 * step * step + step * z).exp();
        }
        demands.push(row);
    }
    let mut demand = vec![vec![0.0; months]; markets];
    for (row, spec) in demands.iter().zip(&model.demands) {
        for month in 0..months {
            demand[spec.place % markets][month] += row[month];
        }
    }

    // The months.
    let final_stage = model.finals[0] / markets;
    let ratios: Vec<Vec<f64>> =
        model.feeds.iter().map(|feeds| feeds.iter().map(|&(_, ratio)| draw(ratio)).collect()).collect();
    let passed: Vec<f64> = model.disruptions.iter().map(|shock| 1.0 - draw(shock.leakage)).collect();
    let targets: Vec<f64> = model.stockpiles.iter().map(|stock| draw(stock.target) / days_per_month).collect();
    let initial: Vec<f64> = (model.stockpiles.iter().zip(&targets))
        .map(|(stock, &target)| {
            if stock.initial == stock.target { target } else { draw(stock.initial) / days_per_month }
        })
        .collect();
    let responses: Vec<Option<[f64; 3]>> = model.responses.iter().map(|row| row.map(|row| row.map(draw))).collect();
    let elasticity: Vec<f64> =
        model.price.iter().map(|row| row.map_or(0.0, |(demand, supply, _)| draw(demand) + draw(supply))).collect();
    let mut stock = vec![0.0; model.stockpiles.len()];
    let mut saved = vec![0.0; markets];
    let mut series = vec![Vec::new(); model.series.len()];
    let (mut shortage, mut fraction_of, mut before, mut refilled) =
        (vec![Vec::new(); markets], vec![Vec::new(); markets], vec![Vec::new(); markets], vec![Vec::new(); markets]);
    let mut unserved = vec![0.0; model.demands.len()];
    for month in 0..months {
        let mut received: Vec<Vec<Vec<f64>>> = ratios.iter().map(|row| vec![vec![0.0; markets]; row.len()]).collect();
        let mut made = vec![vec![0.0; markets]; stages];
        let mut fraction = vec![vec![0.0; markets]; stages];
        let mut days = vec![vec![0.0; markets]; stages];
        for stage in 0..stages {
            let mut wanted = vec![0.0; markets];
            for market in 0..markets {
                made[stage][market] = capacity[stage * markets + market][month];
                for (number, ratio) in ratios[stage].iter().enumerate() {
                    made[stage][market] = made[stage][market].min(received[stage][number][market] / ratio);
                }
                wanted[market] = match model.consumers[stage] {
                    None => demand[market][month] * (1.0 - saved[market]),
                    Some((later, number)) => capacity[later * markets + market][month] * ratios[later][number],
                };
            }
            let mut factors = vec![vec![1.0; markets]; markets];
            for cut in model.cuts.iter().filter(|cut| cut.stage == stage) {
                for &by in &cut.by {
                    factors[cut.from][cut.to] *= 1.0 - effect[by][month] * passed[by];
                }
            }
            let mut got: Vec<f64> = made[stage].iter().zip(&wanted).map(|(made, wanted)| made.min(*wanted)).collect();
            let mut supply: Vec<f64> = made[stage].iter().zip(&got).map(|(made, own)| made - own).collect();
            let mut need: Vec<f64> = wanted.iter().zip(&got).map(|(wanted, own)| wanted - own).collect();
            trade(&mut got, &mut supply, &mut need, &factors);
            let mut short: Vec<f64> = wanted.iter().zip(&got).map(|(wanted, got)| clean(wanted - got, *wanted)).collect();
            let short_before = short.clone();
            // Stocks.
            let unsold: f64 = supply.iter().sum();
            let here: Vec<usize> =
                (0..stock.len()).filter(|&index| model.stockpiles[index].place / markets == stage).collect();
            let (mut fill, mut never_full) = (vec![0.0; markets], vec![0.0; markets]);
            let mut room = vec![0.0; stock.len()];
            for &index in &here {
                let market = model.stockpiles[index].place % markets;
                if month == 0 {
                    stock[index] = initial[index] * wanted[market];
                }
                let released = short[market].min(stock[index]);
                stock[index] -= released;
                short[market] -= released;
                got[market] += released;
                let limit = model.stockpiles[index].fill;
                room[index] = (targets[index] * wanted[market] - stock[index]).max(0.0).min(limit);
                if short_before[market] == 0.0 {
                    fill[market] += room[index];
                    never_full[market] += limit.min(unsold);
                }
            }
            let (all_fill, all_never_full) = (fill.iter().sum::<f64>(), never_full.iter().sum::<f64>());
            let offered = |market: usize| -> f64 { (0..markets).map(|from| factors[from][market] * supply[from]).sum() };
            let part = |market: usize, of: f64, all: f64| if all > 0.0 { of.min(offered(market) * of / all) } else { 0.0 };
            let mut taken: Vec<f64> = (0..markets).map(|market| part(market, fill[market], all_fill)).collect();
            for &index in &here {
                let market = model.stockpiles[index].place % markets;
                let filled = room[index].min(taken[market]);
                stock[index] += filled;
                taken[market] -= filled;
                days[stage][market] += stock[index] / wanted[market] * days_per_month;
            }
            for market in 0..markets {
                short[market] = clean(short[market], wanted[market]);
                fraction[stage][market] = short[market] / wanted[market];
                if let Some((later, number)) = model.consumers[stage] {
                    received[later][number][market] = got[market];
                }
                if stage == final_stage {
                    shortage[market].push(short[market]);
                    fraction_of[market].push(fraction[stage][market]);
                    before[market].push(short_before[market]);
                    refilled[market].push(part(market, never_full[market], all_never_full));
                }
            }
        }
        let mut missing: Vec<f64> = shortage.iter().map(|row| row[month]).collect();
        for (index, spec) in model.demands.iter().enumerate().rev() {
            let market = spec.place % markets; // the last in the order of service goes short first
            let part = missing[market].min(demands[index][month] * (1.0 - saved[market]));
            missing[market] -= part;
            unserved[index] += part;
        }
        for market in 0..markets {
            if let Some([thrift, max, relapse]) = responses[market] {
                saved[market] = if shortage[market][month] > 0.01 * demand[market][month] {
                    (saved[market] + thrift / 12.0).min(max)
                } else {
                    (saved[market] - relapse / 12.0).max(0.0)
                };
            }
        }
        for (spec, row) in model.series.iter().zip(&mut series) {
            let (stage, market) = (spec.stage, spec.market);
            let place = stage * markets + market;
            row.push(match spec.kind.as_str() {
                "capacity" => capacity[place][month],
                "shortage_fraction" => fraction[stage][market],
                "share" => {
                    let own = country[spec.country as usize][stage][month] / capacity[place][month];
                    made[stage][market] * own / made[stage].iter().sum::<f64>()
                }
                "stock_days" => days[stage][market],
                "coverage_without" => coverage(model, &ratios, &capacity, &demand, month, stage, market),
                "price_multiple" => {
                    let supplied = 1.0 - fraction[stage][market];
                    supplied.powf(-1.0 / elasticity[stage]).min(model.price[stage].unwrap().2)
                }
                other => panic!("no such series: {other}"),
            });
        }
    }

    // Outcomes.
    let mut outcomes = Vec::new();
    outcomes.extend(shortage.iter().map(|row| row.iter().sum::<f64>()));
    outcomes.extend(fraction_of.iter().map(|row| row.iter().copied().fold(0.0, f64::max)));
    outcomes.extend(shortage.iter().map(|row| row.iter().position(|x| *x > 0.0).map_or(f64::INFINITY, |m| m as f64)));
    outcomes.extend(shortage.iter().map(|row| {
        row.split(|x| *x == 0.0).map(<[f64]>::len).max().unwrap_or(0) as f64
    }));
    outcomes.extend(shortage.iter().map(|row| row.windows(12).map(|year| year.iter().sum::<f64>()).fold(0.0, f64::max)));
    outcomes.extend(before.iter().zip(&refilled).map(|(short, refill)| {
        let (mut deficit, mut most) = (0f64, 0f64);
        for (short, refill) in short.iter().zip(refill) {
            deficit = (deficit + short - refill).max(0.0);
            most = most.max(deficit);
        }
        most
    }));
    for (index, spec) in model.demands.iter().enumerate() {
        if model.demands.iter().filter(|other| other.place == spec.place).count() > 1 {
            outcomes.push(unserved[index]);
        }
    }
    for milestone in &model.milestones {
        let met = |spell: &[f64]| spell.iter().all(|x| *x >= milestone.at_least);
        let month = series[milestone.series].windows(milestone.for_months).position(met);
        outcomes.push(month.map_or(f64::INFINITY, |month| month as f64));
    }
    outcomes.extend(happened.iter().map(|episodes| episodes.len() as f64));
    outcomes.extend(
        happened.iter().map(|episodes| episodes.iter().map(|e| e.end.min(months as f64) - e.begin).sum::<f64>()),
    );
    Results { series, outcomes }
}

/// With a market gone, the others pooled: what they could make of a product over what they need.
fn coverage(
    model: &Model,
    ratios: &[Vec<f64>],
    capacity: &[Vec<f64>],
    demand: &[Vec<f64>],
    month: usize,
    asked: usize,
    without: usize,
) -> f64 {
    let markets = model.markets.len();
    let others: Vec<usize> = (0..markets).filter(|market| *market != without).collect();
    let mut made = Vec::new();
    for stage in 0..model.stages.len() {
        let mut most: f64 = others.iter().map(|market| capacity[stage * markets + market][month]).sum();
        for (number, (feed, _)) in model.feeds[stage].iter().enumerate() {
            most = f64::min(most, made[*feed] / ratios[stage][number]);
        }
        made.push(most);
    }
    let mut needed = vec![0.0; model.stages.len()];
    needed[model.finals[0] / markets] = others.iter().map(|market| demand[*market][month]).sum();
    for stage in (0..model.stages.len()).rev() {
        for (number, (feed, _)) in model.feeds[stage].iter().enumerate() {
            needed[*feed] += needed[stage] * ratios[stage][number];
        }
    }
    made[asked] / needed[asked]
}

/// Percentiles of all values, by sorting them. "Never" becomes `null`.
fn percentiles(mut values: Vec<f64>, levels: &[f64]) -> BTreeMap<String, Option<f64>> {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let count = values.len();
    let mut row: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for level in levels {
        let rank = ((count as f64 * level / 100.0).ceil() as usize).max(1);
        row.insert(format!("{level}"), Some(values[rank - 1]).filter(|x| x.is_finite()));
    }
    let never = values.iter().filter(|x| x.is_infinite()).count();
    row.insert("never".into(), Some(never as f64 / count as f64));
    row
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let model: Model = serde_json::from_str(&std::fs::read_to_string(&arguments[1]).unwrap()).unwrap();
    let trials: usize = arguments[2].parse().unwrap();
    let mut levels = vec![5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0];
    if let Some(more) = arguments.get(5) {
        levels.extend(more.split(',').map(|level| level.parse::<f64>().unwrap()));
    }
    let results: Vec<Results> = (0..trials).map(|_| trial(&model)).collect();
    let mut outcomes = BTreeMap::new();
    for (index, name) in model.outcomes.iter().enumerate() {
        outcomes.insert(name, percentiles(results.iter().map(|trial| trial.outcomes[index]).collect(), &levels));
    }
    let mut series = BTreeMap::new();
    for (index, spec) in model.series.iter().enumerate() {
        let mut by_level: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for month in 0..model.months {
            let row = percentiles(results.iter().map(|trial| trial.series[index][month]).collect(), &levels);
            for (level, value) in row {
                by_level.entry(level).or_default().push(value);
            }
        }
        series.insert(&spec.name, by_level);
    }
    let output = serde_json::json!({ "trials": trials, "outcomes": outcomes, "series": series });
    std::fs::write(&arguments[4], output.to_string()).unwrap();
}
