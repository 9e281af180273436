//! Configs that are built as configs are, of values that are often right.

use shortfall::config::schema::schema;
use shortfall::math::pow;
use toml::{Table, Value};

use crate::common::{Site, at, sites, value};
use crate::harness::Chance;

/// Configs that hold much.
pub fn bases() -> Vec<Table> {
    let texts = [
        include_str!("../common/every_key.toml"),
        include_str!("../../configs/smoke.toml"),
        include_str!("../../configs/quickstart.toml"),
    ];
    texts.map(|text| text.parse().expect("TOML")).into()
}

/// A config with its places.
pub struct Base {
    table: Table,
    sites: Vec<Site>,
}

impl Base {
    pub fn all() -> Vec<Base> {
        bases().into_iter().map(Base::new).collect()
    }

    pub fn new(table: Table) -> Base {
        Base { sites: sites(schema(), &table), table }
    }

    /// With some values changed: by others of the same kind, by what stands in a place like it, by a copy, by nothing.
    pub fn changed(&self, chance: &mut Chance) -> String {
        let mut whole = Value::Table(self.table.clone());
        for _ in 0..1 + chance.below(8) {
            let site = chance.one_of(&self.sites);
            self.change(&mut whole, site, chance);
        }
        toml::to_string(&whole).expect("TOML can be written")
    }

    fn change(&self, whole: &mut Value, site: &Site, chance: &mut Chance) {
        let (key, parent) = site.place.split_last().expect("no place is the top");
        // An earlier change may have taken it away.
        if !is_there(whole, &site.place) {
            return;
        }
        match chance.below(10) {
            0 => match at(whole, parent) {
                Value::Table(table) => drop(table.remove(key)),
                Value::Array(items) => drop(items.remove(key.parse().expect("a position"))),
                _ => {}
            },
            1 => {
                let copy = at(whole, &site.place).clone();
                match at(whole, parent) {
                    Value::Table(table) => drop(table.insert(format!("{key}-too"), copy)),
                    Value::Array(items) => items.push(copy),
                    _ => {}
                }
            }
            2 | 3 => {
                let alike: Vec<&Site> = self.sites.iter().filter(|other| other.key == site.key).collect();
                let other = chance.one_of(&alike);
                if is_there(whole, &other.place) {
                    let copy = at(whole, &other.place).clone();
                    *at(whole, &site.place) = copy;
                }
            }
            _ => {
                let old = at(whole, &site.place);
                *old = other(old, site.takes_number, chance);
            }
        }
    }
}

fn is_there(value: &Value, place: &[String]) -> bool {
    let step = |value: &'_ Value, key: &String| match value {
        Value::Table(table) => table.get(key).cloned(),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?).cloned(),
        _ => None,
    };
    place.iter().try_fold(value.clone(), |value, key| step(&value, key)).is_some()
}

/// A number of any size, mostly one that means something.
fn number(chance: &mut Chance) -> f64 {
    const EDGES: [f64; 14] =
        [0.0, 1.0, -1.0, 0.5, 5e-324, 1e-300, 1e-15, 1e12, 1e15, 1e30, 1e308, 0.999_999_999_999_999_9, 12.0, -0.99];
    let size = chance.number();
    match chance.below(6) {
        0 => *chance.one_of(&EDGES),
        1 => size,
        2 => 100.0 * size,
        3 => (20.0 * size).floor(),
        4 => pow(10.0, 40.0 * size - 20.0),
        _ => pow(10.0, 6.0 * size - 2.0),
    }
}

/// A number or a distribution.
fn quantity(chance: &mut Chance) -> Value {
    let mut numbers = [(); 4].map(|()| number(chance));
    numbers.sort_by(f64::total_cmp);
    let [a, b, c, d] = numbers;
    let text = match chance.below(16) {
        0 => format!("{{ uniform = [{a:?}, {d:?}] }}"),
        1 => format!("{{ triangular = [{a:?}, {b:?}, {d:?}] }}"),
        2 => format!("{{ pert = [{a:?}, {c:?}, {d:?}] }}"),
        3 => format!("{{ normal = {{ mean = {b:?}, sd = {c:?} }}, min = {a:?}, max = {d:?} }}"),
        4 => format!("{{ lognormal = {{ p10 = {b:?}, p90 = {c:?} }}, max = {d:?} }}"),
        5 => format!("{{ lognormal = {{ median = {c:?}, sigma = {a:?} }} }}"),
        6 => format!("{{ beta = {{ alpha = {b:?}, beta = {c:?} }} }}"),
        7 => format!("{{ beta = {{ mean = {a:?}, sd = {b:?} }} }}"),
        8 => format!("{{ gamma = {{ shape = {b:?}, scale = {c:?} }} }}"),
        9 => format!("{{ weibull = {{ shape = {b:?}, scale = {c:?} }}, min = {a:?} }}"),
        10 => format!("{{ exponential = {{ mean = {c:?} }} }}"),
        11 => format!("{{ discrete = {{ values = [{a:?}, {b:?}], weights = [{c:?}, {d:?}] }} }}"),
        12 => format!("{{ empirical = [{a:?}, {b:?}, {c:?}] }}"),
        13 => format!("{{ quantiles = {{ p10 = {a:?}, p50 = {b:?}, p90 = {c:?}, upper = {d:?} }} }}"),
        14 => format!(
            "{{ mixture = [{{ weight = {a:?}, of = {b:?} }}, {{ weight = 1, of = {{ uniform = [{c:?}, {d:?}] }} }}] }}"
        ),
        _ => format!("{c:?}"),
    };
    value(&text)
}

/// Another value in the place of one.
fn other(old: &Value, takes_number: bool, chance: &mut Chance) -> Value {
    match old {
        _ if takes_number && chance.is(0.5) => quantity(chance),
        Value::Integer(_) => Value::Integer(number(chance) as i64),
        Value::Float(_) => Value::Float(number(chance)),
        Value::Boolean(flag) => Value::Boolean(!flag),
        Value::String(text) if text.contains('-') && text.len() == 7 => {
            Value::String(format!("{}-{:02}", 2020 + chance.below(12), 1 + chance.below(12)))
        }
        Value::String(text) => {
            let words =
                ["*", "east", "west", "Eastland", "metal", "ore", "step", "linear", "outage", "demand-surge", "kg"];
            Value::String(if chance.is(0.5) { chance.one_of(&words).to_string() } else { format!("{text}*") })
        }
        Value::Array(items) => Value::Array(items.iter().rev().cloned().collect()),
        Value::Table(_) if takes_number => quantity(chance),
        other => other.clone(),
    }
}
