//! How a config is built, held against its schema: which keys there are, which are missing, and what kind of value each has.
//!
//! Whatever is at fault is told and left out, so that the rest can be read and checked too.

use std::collections::BTreeSet;

use serde_json::Value as Schema;
use toml::{Table, Value};

use super::fault::Fault;
use super::left_out::LeftOut;
use super::schema::schema;
use super::set::Path;
use super::{Month, percentage};
use crate::text;

/// What a value of a type of its own is called.
const NOUNS: [(&str, &str); 3] = [
    ("Month", "a month such as `\"2026-07\"`"),
    ("DistributionSpec", "a distribution such as `{ triangular = [5, 10, 20] }`"),
    ("DatedPath", "a path by date such as `{ by_date = { 2025-01 = 100, 2030-01 = 140 } }`"),
];

/// So many items of a list are told to be wrong; the rest of it is not looked at.
const TOLD_OF_A_LIST: usize = 10;

/// 2^53: a larger whole number may not be the one that was written with a decimal point or exponent.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// So many unknown keys are taken for misspelt ones of those that are missing.
const MISSPELT: usize = 100;

/// Checks a whole config: every fault, and what was left out of `table` because of it, besides what is `left_out` already.
pub fn check(table: &mut Table, left_out: LeftOut) -> (Vec<Fault>, LeftOut) {
    let mut walk = Walk { faults: Vec::new(), left_out, here: Vec::new() };
    walk.table(schema(), &[Form { name: "", schema: schema() }], table);
    (walk.faults, walk.left_out)
}

/// One of the forms that a value may have, and the name of its type if it has one.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub name: &'static str,
    pub schema: &'static Schema,
}

struct Walk {
    faults: Vec<Fault>,
    left_out: LeftOut,
    here: Path,
}

impl Walk {
    fn refuse(&mut self, message: impl AsRef<str>, label: impl AsRef<str>) -> Fault {
        Fault::new(self.here.clone(), message).label(label)
    }

    /// Whether the value can stay; `site` is what the schema says of this place.
    fn value(&mut self, site: &'static Schema, value: &mut Value) -> bool {
        let forms = forms(site);
        let found = kind(value);
        let fitting: Vec<Form> = forms.iter().copied().filter(|form| takes(form.schema, found)).collect();
        let Some(form) = best(&fitting, value) else {
            let fault = self.refuse(format!("{} is expected here", expected(&forms)), this_is(value));
            let fault = match (value, site["description"].as_str().or(forms[0].schema["description"].as_str())) {
                (Value::Datetime(_), _) if forms.iter().any(|form| takes(form.schema, "string")) => {
                    fault.help("write it in quotes")
                }
                (_, Some(description)) => fault.help(self.describe(description)),
                _ => fault,
            };
            self.faults.push(fault);
            return false;
        };
        match value {
            Value::Table(table) => self.table(form.schema, &fitting, table),
            Value::Array(items) => self.list(form.schema, items),
            Value::String(text) => self.text(form.schema, text),
            Value::Integer(_) | Value::Float(_) => self.number(form.schema, value),
            Value::Boolean(_) | Value::Datetime(_) => true,
        }
    }

    /// A description of the schema, as help for the key at which this stands.
    fn describe(&self, description: &str) -> String {
        match self.here.iter().rev().find(|key| key.parse::<usize>().is_err()) {
            Some(key) => format!("`{key}`: {description}"),
            None => description.into(),
        }
    }

    /// A table of which `schema` is the likeliest form, if the others fit too.
    fn table(&mut self, schema: &'static Schema, forms: &[Form], table: &mut Table) -> bool {
        let (mut unknown, mut gone) = (Vec::new(), BTreeSet::new());
        for name in table.keys().cloned().collect::<Vec<_>>() {
            self.here.push(name.clone());
            let stays = match key(schema, &name) {
                Some(site) => self.value(site, &mut table[&name]),
                None => {
                    self.unknown_key(forms, &name);
                    unknown.push(name.clone());
                    false
                }
            };
            if !stays {
                self.left_out.add(&self.here, table.get(&name));
                gone.insert(name);
            }
            self.here.pop();
        }
        // All at once: to take one out moves all that stand behind it.
        table.retain(|name, _| !gone.contains(name));
        let missing = |key: &&str| !table.contains_key(*key) && !self.left_out.has(&self.here, key);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Schema::as_str).collect();
        let missing: Vec<&str> = required.iter().copied().filter(missing).collect();
        self.missing(schema, &missing, &unknown);
        for key in required {
            if table.contains_key(key) {
                continue;
            }
            let Some(value) = placeholder(&self.here, key) else { return false };
            self.left_out.add(&[&self.here[..], &[key.into()]].concat(), None);
            table.insert(key.into(), value);
        }
        self.is_counted(schema, table, !unknown.is_empty())
    }

    fn unknown_key(&mut self, forms: &[Form], name: &str) {
        let fault = Fault::new(self.here.clone(), format!("there is no key `{name}` here")).at_key();
        let of_path = ["by_date", "times"].contains(&name) && forms.iter().any(|form| form.name == "DistributionSpec");
        self.faults.push(if of_path {
            fault.help(
                "only `tonnes_per_year` of a capacity or a demand can be a path by date: write a number or a distribution here",
            )
        } else {
            let keys: Vec<&str> = forms.iter().flat_map(|form| keys(form.schema)).collect();
            fault.unknown(name, keys, &self.faults)
        });
    }

    /// Tells the keys that are missing, all at once, but for what one of the unknown keys seems to mean.
    fn missing(&mut self, schema: &'static Schema, missing: &[&str], unknown: &[String]) {
        let is_meant =
            |key: &str| unknown.iter().take(MISSPELT).any(|name| super::fault::nearest(name, [key]).is_some());
        let missing: Vec<&str> = missing.iter().copied().filter(|key| !is_meant(key)).collect();
        let (names, are) = match missing.split_last() {
            None => return,
            Some((only, [])) => (format!("key `{only}`"), "is"),
            Some((last, others)) => (format!("keys `{}` and `{last}`", others.join("`, `")), "are"),
        };
        let fault = Fault::new(self.here.clone(), format!("the {names} {are} missing here")).at_key();
        let told = |key: &&str| Some(format!("`{key}`: {}", schema["properties"][*key]["description"].as_str()?));
        let help: Vec<String> = missing.iter().filter_map(told).collect();
        self.faults.push(if help.is_empty() { fault } else { fault.help(help.join(" ")) });
    }

    /// Whether there are as many keys as there must be: exactly one of several, or so many in all.
    fn is_counted(&mut self, schema: &'static Schema, table: &Table, any_unknown: bool) -> bool {
        let one_of: Vec<&str> =
            schema["oneOf"].as_array().into_iter().flatten().filter_map(|form| form["required"][0].as_str()).collect();
        let given = one_of.iter().filter(|key| table.contains_key(**key) || self.left_out.has(&self.here, key)).count();
        let fault = match schema["minProperties"].as_u64() {
            Some(count) if table.len() as u64 != count => {
                let names = keys(schema).collect::<Vec<_>>().join("`, `");
                let fault =
                    self.refuse(format!("{count} of the keys `{names}` are expected here"), this_has(table.len()));
                fault.help(schema["description"].as_str().unwrap_or_default())
            }
            _ if one_of.is_empty() || given == 1 => return true,
            _ if given == 0 => {
                let fault = self.refuse("this names no distribution", "");
                fault.help("write one, as in `{ triangular = [5, 10, 20] }`")
            }
            _ => self.refuse(format!("this names {given} distributions: one is wanted"), ""),
        };
        // What was misspelt or wrong itself is told already.
        if !any_unknown && !self.left_out.below(&self.here) {
            self.faults.push(fault);
        }
        false
    }

    /// A list goes as a whole if any of its items cannot stay: to take one out would shift the others.
    fn list(&mut self, schema: &'static Schema, items: &mut [Value]) -> bool {
        if let Some(length) = schema["minItems"].as_u64().filter(|length| items.len() as u64 != *length) {
            let fault = self.refuse(format!("a list of {length} numbers is expected here"), this_has(items.len()));
            self.faults.push(fault);
            return false;
        }
        let mut wrong = 0;
        for (position, item) in items.iter_mut().enumerate() {
            self.here.push(position.to_string());
            wrong += usize::from(!self.value(&schema["items"], item));
            self.here.pop();
            if wrong == TOLD_OF_A_LIST {
                break;
            }
        }
        wrong == 0
    }

    fn text(&mut self, schema: &'static Schema, text: &str) -> bool {
        let words: Vec<&str> =
            schema["oneOf"].as_array().into_iter().flatten().filter_map(|form| form["const"].as_str()).collect();
        let fault = if !words.is_empty() && !words.contains(&text) {
            let fault = Fault::new(self.here.clone(), format!("there is no `{text}` to choose here"));
            fault.unknown(text, words, &self.faults)
        } else if let (true, Err(invalid)) = (schema["pattern"].is_string(), text.parse::<Month>()) {
            Fault::new(self.here.clone(), invalid.to_string())
        } else {
            return true;
        };
        self.faults.push(fault);
        false
    }

    /// TOML has `nan` and `inf`, which no input of a model is, and `-0.0`, which is taken for the 0 that it equals: a rate of
    /// minus zero would be one over minus infinity. A whole number may be written `1e6`.
    fn number(&mut self, schema: &'static Schema, value: &mut Value) -> bool {
        if let Value::Float(number) = value {
            if !number.is_finite() {
                let fault = self.refuse("a number must be finite", format!("{number} is not"));
                self.faults.push(fault.help("leave a limit out where there is none"));
                return false;
            }
            *number += 0.0;
            if schema["type"] == "integer" && number.fract() == 0.0 && number.abs() <= LARGEST_WHOLE {
                *value = Value::Integer(*number as i64);
            }
        }
        let (least, most) = (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(i64::MAX));
        if schema["type"] != "integer" || value.as_integer().is_some_and(|number| (least..=most).contains(&number)) {
            return true;
        }
        let fault = self.refuse(format!("a whole number from {least} to {most} is expected here"), this_is(value));
        let is_rounded = value.as_float().is_some_and(|number| number.abs() > LARGEST_WHOLE);
        self.faults.push(if is_rounded { fault.help("write it with all its digits") } else { fault });
        false
    }
}

/// All forms that a schema allows.
pub(super) fn forms(site: &'static Schema) -> Vec<Form> {
    let name = site["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")).unwrap_or("");
    let schema = if name.is_empty() { site } else { &schema()["$defs"][name] };
    match schema["anyOf"].as_array() {
        Some(several) => several.iter().flat_map(forms).collect(),
        None => vec![Form { name, schema }],
    }
}

/// What the schema calls a value like this.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "string",
        Value::Integer(_) | Value::Float(_) => "number",
        Value::Boolean(_) => "boolean",
        Value::Datetime(_) => "date",
        Value::Array(_) => "array",
        Value::Table(_) => "object",
    }
}

fn takes(schema: &Schema, kind: &str) -> bool {
    match schema["type"].as_str() {
        Some("integer") => kind == "number",
        Some(one) => one == kind,
        // Only words to choose from, or anything at all.
        None => schema["oneOf"].is_null() || kind == "string",
    }
}

/// Of several forms of a table, the one with most of its keys.
fn best(fitting: &[Form], value: &Value) -> Option<Form> {
    let fit = |form: &Form| match value {
        Value::Table(table) => {
            let required = form.schema["required"].as_array().into_iter().flatten().filter_map(Schema::as_str);
            let known = table.keys().filter(|name| key(form.schema, name).is_some()).count();
            (known, required.filter(|name| table.contains_key(*name)).count())
        }
        _ => (0, 0),
    };
    // Of equal ones the first.
    fitting.iter().rev().max_by_key(|form| fit(form)).copied()
}

/// What the schema says of the value of a key, if there may be such a key.
pub(super) fn key(schema: &'static Schema, name: &str) -> Option<&'static Schema> {
    static ANYTHING: Schema = Schema::Null;
    if let Some(site) = schema["properties"].get(name) {
        return Some(site);
    }
    let others = match &schema["additionalProperties"] {
        Schema::Bool(false) => return None,
        Schema::Object(_) => &schema["additionalProperties"],
        _ => &ANYTHING,
    };
    let names = &schema["propertyNames"];
    let of_quantile = names["anyOf"].is_array() && percentage(name).is_some();
    (names.is_null() || of_quantile || listed(names).any(|listed| listed == name)).then_some(others)
}

/// The names that a schema lists for the keys of a table.
fn listed(names: &'static Schema) -> impl Iterator<Item = &'static str> {
    let lists = [&names["enum"], &names["anyOf"][0]["enum"]];
    lists.into_iter().filter_map(Schema::as_array).flatten().filter_map(Schema::as_str)
}

/// The keys that a table is known to have, and of any number of quantiles some.
pub(super) fn keys(schema: &'static Schema) -> impl Iterator<Item = &'static str> {
    let properties = schema["properties"].as_object().into_iter().flat_map(|all| all.keys().map(String::as_str));
    let names = &schema["propertyNames"];
    let quantiles: &[&str] = if names["anyOf"].is_array() { &["p10", "p50", "p90"] } else { &[] };
    properties.chain(listed(names)).chain(quantiles.iter().copied())
}

/// What is expected, in words.
pub(super) fn expected(forms: &[Form]) -> String {
    let one = |form: &Form| -> String {
        if let Some((_, noun)) = NOUNS.iter().find(|(name, _)| *name == form.name) {
            return (*noun).into();
        }
        let required: Vec<&str> =
            form.schema["required"].as_array().into_iter().flatten().filter_map(Schema::as_str).collect();
        match form.schema["type"].as_str() {
            Some("string") | None => "text in quotes".into(),
            Some("number") => "a number".into(),
            Some("integer") => "a whole number".into(),
            Some("boolean") => "`true` or `false`".into(),
            Some("array") => match form.schema["minItems"].as_u64() {
                Some(length) => format!("a list of {length} numbers"),
                None => "a list in brackets".into(),
            },
            _ if required.is_empty() => "a table".into(),
            _ => format!("a table with `{}`", required.join("`, `")),
        }
    };
    forms.iter().map(one).collect::<Vec<_>>().join(" or ")
}

/// What was found instead, in words.
fn this_is(value: &Value) -> String {
    match value {
        Value::String(_) => "this is text".into(),
        Value::Integer(number) => format!("this is {number}"),
        Value::Float(number) => format!("this is {}", text::number(*number)),
        Value::Boolean(flag) => format!("this is `{flag}`"),
        Value::Datetime(_) => "this is a date".into(),
        Value::Array(_) => "this is a list".into(),
        Value::Table(_) => "this is a table".into(),
    }
}

fn this_has(count: usize) -> String {
    format!("this has {count}")
}

/// Stands in for a missing key at the top or in a list of charts, so that the rest of the file or of the list is checked too.
fn placeholder(here: &[String], key: &str) -> Option<Value> {
    match here {
        [] => Some(match key {
            "title" => Value::String("untitled".into()),
            "start" => Value::String("2000-01".into()),
            "horizon_years" => Value::Integer(1),
            _ => Value::Table(Table::new()),
        }),
        [list, _] if list == "charts" => Some(Value::String("fan".into())),
        _ => None,
    }
}
