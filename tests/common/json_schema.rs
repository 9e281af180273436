//! What JSON Schema says of a value: the keywords that the schema of configs uses, and no others.

use serde_json::{Map, Value};

/// Whether `value` is valid; where it is not, why.
pub fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    check(schema, schema, value)
}

/// Whether a part of the schema `root` allows a value.
pub fn allows(root: &Value, part: &Value, value: &Value) -> bool {
    check(root, part, value).is_ok()
}

fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let keys = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(keys) => keys,
        other => panic!("{other} is no schema"),
    };
    for (keyword, wanted) in keys {
        if !holds(root, keys, keyword, wanted, value)? {
            return Err(format!("{value} is against {keyword}: {wanted}"));
        }
    }
    Ok(())
}

fn holds(root: &Value, all: &Map<String, Value>, keyword: &str, wanted: &Value, value: &Value) -> Result<bool, String> {
    let whole = |number: &Value| number.as_f64().is_some_and(|number| number.fract() == 0.0);
    let number = |limit: &Value| limit.as_f64().expect("a limit is a number");
    let count = || wanted.as_u64().expect("a count") as usize;
    let matches = |form: &Value| check(root, form, value).is_ok();
    let forms = || wanted.as_array().expect("a list of schemas").iter();
    Ok(match (keyword, value) {
        ("$schema" | "$defs" | "title" | "description" | "default" | "format", _) => true,
        ("$ref", _) => {
            let pointer = wanted.as_str().and_then(|text| text.strip_prefix('#')).expect("a reference within");
            check(root, root.pointer(pointer).expect("what is referred to"), value)?;
            true
        }
        ("type", _) => match wanted.as_str().expect("one type") {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_number() && whole(value),
            "boolean" => value.is_boolean(),
            other => panic!("the type {other}"),
        },
        ("const", _) => value == wanted,
        ("enum", _) => forms().any(|one| one == value),
        ("anyOf", _) => forms().any(matches),
        ("oneOf", _) => forms().filter(|form| matches(form)).count() == 1,
        ("pattern", Value::String(text)) => pattern(wanted.as_str().expect("text"), text),
        ("minimum", Value::Number(_)) => number(value) >= number(wanted),
        ("maximum", Value::Number(_)) => number(value) <= number(wanted),
        ("minItems", Value::Array(items)) => items.len() >= count(),
        ("maxItems", Value::Array(items)) => items.len() <= count(),
        ("minProperties", Value::Object(keys)) => keys.len() >= count(),
        ("maxProperties", Value::Object(keys)) => keys.len() <= count(),
        ("required", Value::Object(keys)) => forms().all(|key| keys.contains_key(key.as_str().expect("a key"))),
        ("items", Value::Array(items)) => {
            items.iter().try_for_each(|item| check(root, wanted, item))?;
            true
        }
        ("properties", Value::Object(keys)) => {
            for (key, schema) in wanted.as_object().expect("schemas by key") {
                keys.get(key).map_or(Ok(()), |value| check(root, schema, value))?;
            }
            true
        }
        ("propertyNames", Value::Object(keys)) => {
            keys.keys().try_for_each(|key| check(root, wanted, &Value::String(key.clone())))?;
            true
        }
        ("additionalProperties", Value::Object(keys)) => {
            for (key, value) in
                keys.iter().filter(|(key, _)| all.get("properties").is_none_or(|known| known.get(key).is_none()))
            {
                if *wanted == Value::Bool(false) {
                    return Err(format!("there is no key {key}"));
                }
                check(root, wanted, value)?;
            }
            true
        }
        // What is said of another type says nothing of this one.
        (
            "pattern"
            | "minimum"
            | "maximum"
            | "minItems"
            | "maxItems"
            | "minProperties"
            | "maxProperties"
            | "required"
            | "items"
            | "properties"
            | "propertyNames"
            | "additionalProperties",
            _,
        ) => true,
        (other, _) => panic!("the keyword {other} is not known here"),
    })
}

/// The two regular expressions of the schema.
fn pattern(expression: &str, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    match expression {
        "^(1[89][0-9]{2}|2[0-4][0-9]{2}|2500)-(0[1-9]|1[0-2])$" => text.split_once('-').is_some_and(|(year, month)| {
            let is_date = digits(year) && year.len() == 4 && digits(month) && month.len() == 2;
            is_date && ("1800"..="2500").contains(&year) && ("01"..="12").contains(&month)
        }),
        "^p[0-9]+([.][0-9]+)?$" => text.strip_prefix('p').is_some_and(|number| {
            let parts: Vec<&str> = number.split('.').collect();
            parts.len() <= 2 && parts.iter().all(|part| digits(part))
        }),
        other => panic!("the expression {other} is not known here"),
    }
}
