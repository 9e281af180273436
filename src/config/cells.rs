//! The text of a cell as a value of TOML, by what the schema allows in its column.
//!
//! A number is written as in TOML; a distribution as `lognormal(p50=19, p90=60)` or as in TOML, in braces; a list with `;` between
//! its items; a table as `metal=280; magnets=1000`; text as it is, without quotes.

use serde_json::Value as Schema;
use toml::{Table, Value};

use super::fault::help_for_name;
use super::schema::schema;
use super::structure::{Form, expected, forms, key};

/// Keys that stand beside the kind of a distribution, not within.
const BESIDE_THE_KIND: [&str; 3] = ["min", "max", "fit"];

/// Why a cell cannot be read, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub message: String,
    pub help: String,
}

fn unreadable<T>(message: impl Into<String>, help: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable { message: message.into(), help: help.into() })
}

/// What the schema says of the key at `path` below an entry of this kind; nothing if there is no such key.
pub fn sites(kind: &str, path: &[String]) -> Vec<&'static Schema> {
    let entry = &schema()["properties"][kind]["additionalProperties"];
    path.iter().fold(vec![entry], |sites, part| {
        let forms = sites.into_iter().flat_map(forms);
        forms
            .filter_map(|form| match form.schema["type"].as_str() {
                Some("array") => part.parse::<usize>().ok().map(|_| &form.schema["items"]),
                _ => key(form.schema, part),
            })
            .collect()
    })
}

/// The value of a cell that is not empty, of which the schema says `sites`.
pub fn read(sites: &[&'static Schema], text: &str) -> Result<Value, Unreadable> {
    let forms: Vec<Form> = sites.iter().flat_map(|site| forms(site)).collect();
    let takes = |kind: &str| forms.iter().find(|form| form.schema["type"] == kind);
    let is_number = takes("number").is_some() || takes("integer").is_some();
    let is_distribution = forms.iter().any(|form| form.name == "DistributionSpec");
    let is_text = |form: &&Form| {
        form.schema["pattern"].is_null() && [Some("string"), None].contains(&form.schema["type"].as_str())
    };
    if text.starts_with(['{', '[']) && (takes("object").is_some() || takes("array").is_some()) {
        return toml(text);
    }
    if is_number && let Some(number) = number(text) {
        return Ok(number);
    }
    if forms.iter().any(|form| form.schema["pattern"].is_string()) && (forms.len() == 1 || month(text).is_some()) {
        // What is no month is told where months are read.
        return Ok(Value::String(month(text).unwrap_or(text).into()));
    }
    if let Some(list) = takes("array") {
        let items = split(text, ';').into_iter().map(|item| match item {
            "" => unreadable("an item of this list is empty", "write `;` between items only"),
            item => read(&[&list.schema["items"]], item),
        });
        return Ok(Value::Array(items.collect::<Result<_, _>>()?));
    }
    if let Some((name, arguments)) = text.split_once('(').filter(|_| is_distribution) {
        return distribution(name.trim(), arguments);
    }
    if let Some(table) = takes("object").filter(|form| form.name != "DistributionSpec" && text.contains('=')) {
        return pairs(table, text);
    }
    if forms.iter().any(|form| is_text(&form)) {
        return Ok(Value::String(text.into()));
    }
    if is_distribution && !looks_like_a_number(text) {
        let message = format!("`{text}` is not a number or a distribution");
        return unreadable(message, "as in `12.5`, `lognormal(p50=19, p90=60)` or `triangular(5, 10, 20)`");
    }
    if is_number && text.ends_with('%') {
        return unreadable(format!("`{text}` is not a number"), "a fraction is written from 0 to 1, as in 0.85");
    }
    if is_number && looks_like_a_number(text) {
        let help = "write digits, a point before decimals and nothing between thousands, as in 1200.5";
        return unreadable(format!("`{text}` is not written as a number"), help);
    }
    let help = if takes("object").is_some() {
        "as in `metal=280; magnets=1000`"
    } else {
        "leave the cell empty where there is none"
    };
    unreadable(format!("`{text}` is not what is expected here: {}", expected(&forms)), help)
}

/// A number as TOML has it, which knows no thousands separators.
pub fn number(text: &str) -> Option<Value> {
    let is_plain = text.chars().all(|letter| letter.is_ascii_digit() || "+-.eE".contains(letter));
    if !is_plain {
        return None;
    }
    text.parse().map(Value::Integer).ok().or_else(|| text.parse().map(Value::Float).ok())
}

/// Whether somebody meant a number: digits, and what may stand between, before and behind them.
fn looks_like_a_number(text: &str) -> bool {
    let may_be = |letter: char| letter.is_ascii_digit() || letter.is_whitespace() || "+-.,'’_%$€£¥".contains(letter);
    text.chars().any(|letter| letter.is_ascii_digit()) && text.chars().all(may_be)
}

/// The month of a month or of a day, `2027-06-01`, as spreadsheets write dates.
fn month(text: &str) -> Option<&str> {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    (matches!(lengths[..], [4, 2] | [4, 2, 2]) && parts.iter().all(digits)).then(|| &text[..7])
}

fn toml(text: &str) -> Result<Value, Unreadable> {
    let parsed = format!("it = {text}").parse::<Table>().ok().filter(|table| table.len() == 1);
    match parsed.and_then(|mut table| table.remove("it")) {
        Some(value) => Ok(value),
        None => unreadable(format!("`{text}` is not valid TOML"), "as in `{ triangular = [5, 10, 20] }`"),
    }
}

/// `name=value; name=value`, of which the schema says `form`.
fn pairs(form: &Form, text: &str) -> Result<Value, Unreadable> {
    let mut table = Table::new();
    for pair in split(text, ';') {
        let Some((name, value)) = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
            return unreadable(format!("`{pair}` is not a name and its value"), "as in `metal=280; magnets=1000`");
        };
        let value = match key(form.schema, name) {
            Some(site) => read(&[site], value)?,
            // An unknown key is told where the whole entry is looked at.
            None => number(value).unwrap_or_else(|| Value::String(value.into())),
        };
        if table.insert(name.into(), value).is_some() {
            return unreadable(format!("`{name}` is given twice"), "keep one of them");
        }
    }
    Ok(Value::Table(table))
}

/// `name(arguments)` as `{ name = .. }`: the arguments are values in their order, or names with values.
fn distribution(name: &str, arguments: &str) -> Result<Value, Unreadable> {
    let known = schema()["$defs"]["DistributionSpec"]["properties"].as_object();
    let mut kinds = known.into_iter().flatten().filter(|(kind, _)| !BESIDE_THE_KIND.contains(&kind.as_str()));
    let Some((_, site)) = kinds.clone().find(|(kind, _)| *kind == name) else {
        let help = help_for_name(name, kinds.by_ref().map(|(kind, _)| kind.as_str()));
        return unreadable(format!("there is no distribution `{name}`"), help);
    };
    let as_in = "as in `lognormal(p50=19, p90=60)` or `triangular(5, 10, 20, max=15)`";
    let Some(arguments) = arguments.trim_end().strip_suffix(')') else {
        return unreadable("this distribution lacks its closing `)` at the end", as_in);
    };
    let (mut values, mut within, mut whole) = (Vec::new(), Table::new(), Table::new());
    for argument in split(arguments, ',') {
        let (target, key, text) = match argument.split_once('=').filter(|_| !argument.starts_with(['{', '['])) {
            Some((key, text)) if BESIDE_THE_KIND.contains(&key.trim()) => (&mut whole, key.trim(), text.trim()),
            Some((key, text)) => (&mut within, key.trim(), text.trim()),
            None => {
                values.push(argument_value(argument)?);
                continue;
            }
        };
        if target.insert(key.into(), argument_value(text)?).is_some() {
            return unreadable(format!("`{key}` is given twice"), "keep one of them");
        }
    }
    let is_list = forms(site).iter().any(|form| form.schema["type"] == "array");
    let value = match (values.len(), within.is_empty()) {
        (0, false) => Value::Table(within),
        (1, true) if !is_list => values.remove(0),
        (_, true) if is_list => Value::Array(values),
        _ => return unreadable(format!("`{name}` does not take these arguments"), as_in),
    };
    whole.insert(name.into(), value);
    Ok(Value::Table(whole))
}

/// An argument of a distribution: a word stands without quotes.
fn argument_value(text: &str) -> Result<Value, Unreadable> {
    let is_word = !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-');
    if is_word { Ok(Value::String(text.into())) } else { number(text).map_or_else(|| toml(text), Ok) }
}

/// The parts of a text between separators that stand outside of brackets and quotes, without spaces around them.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begin, mut depth, mut is_quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '(' | '[' | '{' if !is_quoted => depth += 1,
            ')' | ']' | '}' if !is_quoted => depth -= 1,
            _ if letter == separator && depth == 0 && !is_quoted => {
                parts.push(text[begin..at].trim());
                begin = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[begin..].trim());
    parts
}

/// A value as the text of a cell, which is read as the same value again.
pub fn write(sites: &[&'static Schema], value: &Value) -> String {
    let text = plainly(value);
    match text.filter(|text| read(sites, text.trim()).is_ok_and(|read| read == *value)) {
        Some(text) => text,
        None => value.to_string(),
    }
}

/// The form that people would write, where there is one.
fn plainly(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().map(plainly).collect::<Option<Vec<_>>>()?.join("; ")),
        Value::Table(table) => call(table).or_else(|| {
            let pair = |(key, value): (&String, &Value)| Some(format!("{key}={}", plainly(value)?));
            Some(table.iter().map(pair).collect::<Option<Vec<_>>>()?.join("; "))
        }),
        other => Some(other.to_string()),
    }
}

/// A distribution as `name(arguments)`.
fn call(table: &Table) -> Option<String> {
    let (mut beside, mut kinds): (Vec<_>, Vec<_>) =
        table.iter().partition(|(key, _)| BESIDE_THE_KIND.contains(&key.as_str()));
    let (kind, value) = kinds.pop().filter(|_| kinds.is_empty())?;
    let argument = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    let named = |(key, value): &(&String, &Value)| format!("{key}={}", argument(value));
    let mut arguments: Vec<String> = match value {
        Value::Array(items) => items.iter().map(argument).collect(),
        Value::Table(table) => table.iter().map(|pair| named(&pair)).collect(),
        other => vec![argument(other)],
    };
    arguments.extend(beside.drain(..).map(|pair| named(&pair)));
    Some(format!("{kind}({})", arguments.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, path: &str, text: &str) -> Result<String, String> {
        let sites = sites(kind, &super::super::set::split(path));
        assert!(!sites.is_empty(), "{kind}.{path}");
        read(&sites, text).map(|value| value.to_string()).map_err(|why| why.message)
    }

    #[test]
    fn a_cell_says_what_toml_says() {
        for (path, text, value) in [
            ("title", "=1+1 {a}", "\"=1+1 {a}\""),
            ("tonnes_per_year", "6075", "6075"),
            ("tonnes_per_year", "-1.5e3", "-1500.0"),
            ("announced_start", "2027-06", "\"2027-06\""),
            ("announced_start", "2027-06-15", "\"2027-06\""),
            ("begins", "2027-06", "\"2027-06\""),
            ("begins", "-6", "-6"),
            ("begins", "uniform(-6, 6)", "{ uniform = [-6, 6] }"),
            ("slip_months", "lognormal(p50=19, p90=60)", "{ lognormal = { p50 = 19, p90 = 60 } }"),
            ("slip_months", "{ lognormal = { p50 = 19, p90 = 60 } }", "{ lognormal = { p50 = 19, p90 = 60 } }"),
            ("slip_months", "triangular(5, 10, 20, max=15)", "{ max = 15, triangular = [5, 10, 20] }"),
            (
                "slip_months",
                "discrete(values=[6, 12], weights=[2, 1])",
                "{ discrete = { values = [6, 12], weights = [2, 1] } }",
            ),
            ("slip_months", "constant(5)", "{ constant = 5 }"),
            ("slip_months", "empirical(5)", "{ empirical = [5] }"),
            ("slip_months", "observed(5, 6, 8, fit=lognormal)", "{ fit = \"lognormal\", observed = [5, 6, 8] }"),
            ("requires", "a; b-c", "[\"a\", \"b-c\"]"),
            (
                "yields",
                "metal=280; magnets=triangular(1, 2, 3)",
                "{ metal = 280, magnets = { triangular = [1, 2, 3] } }",
            ),
            ("yields.metal", "280", "280"),
            ("phases.0.months", "normal(mean=5, sd=1, min=0)", "{ min = 0, normal = { mean = 5, sd = 1 } }"),
            ("phases", "[{ name = \"a\", months = 1 }]", "[{ name = \"a\", months = 1 }]"),
            ("ramp.shape", "slow=0.5; linear=0.5", "{ slow = 0.5, linear = 0.5 }"),
            ("ramp.shape", "s-curve", "\"s-curve\""),
            ("copies", "3", "3"),
        ] {
            assert_eq!(of("projects", path, text), Ok(value.to_string()), "{path}: {text}");
        }
        let path = "{ by_date = { 2025-01 = 100 } }";
        assert_eq!(of("demands", "tonnes_per_year", path), Ok(path.to_string()));
        assert_eq!(of("demands", "seasonal", "1; 1.5"), Ok("[1, 1.5]".into()));
        assert_eq!(of("disruptions", "kind", "outage"), Ok("\"outage\"".into()));
        assert!(sites("projects", &["nonsense".into()]).is_empty());
    }

    #[test]
    fn what_a_cell_cannot_say_is_refused_in_words() {
        for (path, text, part) in [
            ("tonnes_per_year", "1,200", "not written as a number"),
            ("tonnes_per_year", "1 200", "not written as a number"),
            ("tonnes_per_year", "1.200,5", "not written as a number"),
            ("tonnes_per_year", "1_200", "not written as a number"),
            ("success_probability", "85 %", "not a number"),
            ("tonnes_per_year", "nan", "not a number or a distribution"),
            ("tonnes_per_year", "about 5", "not a number or a distribution"),
            ("slip_months", "lognorm(p50=1, p90=2)", "no distribution `lognorm`"),
            ("slip_months", "lognormal(p50=1, p90=2", "closing"),
            ("slip_months", "lognormal(1, 2)", "does not take"),
            ("slip_months", "triangular(mode=1, 2)", "does not take"),
            ("slip_months", "triangular()", "not valid TOML"),
            ("slip_months", "lognormal(p50=1, p50=2)", "twice"),
            ("slip_months", "{ lognormal = ", "not valid TOML"),
            ("slip_months", "{ constant = 1 }\nx = 2", "not valid TOML"),
            ("requires", "a;;b", "empty"),
            ("yields", "280", "expected here"),
            ("yields", "metal=280; magnets", "not a name and its value"),
            ("yields", "metal=280; metal=1", "twice"),
            ("copies", "1,5", "not written as a number"),
            ("copies", "many", "expected here"),
        ] {
            let found = of("projects", path, text);
            assert!(found.as_ref().is_err_and(|why| why.contains(part)), "{path}: {text}: {found:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for (path, value) in [
            ("title", "\"a; b\""),
            ("requires", "[\"a\", \"b;c\"]"),
            ("requires", "[]"),
            ("slip_months", "{ quantiles = { p27 = 6, p99.5 = 24.5, lower = 0 } }"),
            ("slip_months", "{ mixture = [{ weight = 3, of = { uniform = [6, 18] } }, { weight = 1, of = 30 }] }"),
            ("slip_months", "{ normal = { mean = 1e-7, sd = 2 }, min = 0, max = 9 }"),
            ("slip_months", "{ observed = [1, 2], fit = \"lognormal\" }"),
            ("yields", "{ light-mining = 1, metal = { pert = [1, 2, 3] } }"),
            ("ramp", "{ months = 3, shape = { slow = 0.5, linear = 0.5 } }"),
            ("begins", "\"2027-06\""),
            ("begins", "-3"),
        ] {
            let value = value.replace("p99.5", "\"p99.5\"");
            let Ok(value) = toml(&format!("[{value}]")).map(|list| list[0].clone()) else { panic!("{value}") };
            let sites = sites("projects", &[path.to_string()]);
            let text = write(&sites, &value);
            assert_eq!(read(&sites, &text), Ok(value), "{path}: {text}");
        }
        assert_eq!(
            write(&sites("projects", &["slip_months".into()]), &toml("{ triangular = [1, 2, 3], max = 2 }").unwrap()),
            "triangular(1, 2, 3, max=2)"
        );
        assert_eq!(write(&sites("projects", &["requires".into()]), &toml("[\"a\", \"b\"]").unwrap()), "a; b");
    }
}
