//! Configs as values: every place in one, what the schema says of it, and one of them changed.

use serde_json::Value as Schema;
use toml::{Table, Value};

/// Keys and positions from the top to a value.
pub type Place = Vec<String>;

/// A value as TOML writes it.
pub fn value(text: &str) -> Value {
    format!("it = {text}").parse::<Table>().expect("TOML").remove("it").expect("it")
}

/// Every place in a value, tables and lists among them.
pub fn places(value: &Value) -> Vec<Place> {
    fn walk(value: &Value, here: &[String], found: &mut Vec<Place>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
            _ => Vec::new(),
        };
        for (key, child) in children {
            let path = [here, &[key]].concat();
            found.push(path.clone());
            walk(child, &path, found);
        }
    }
    let mut found = Vec::new();
    walk(value, &[], &mut found);
    found
}

/// What stands at a place, to change it.
pub fn at<'a>(value: &'a mut Value, place: &[String]) -> &'a mut Value {
    place.iter().fold(value, |value, key| match value {
        Value::Table(table) => table.get_mut(key).expect("the place is there"),
        Value::Array(items) => &mut items[key.parse::<usize>().expect("a position")],
        _ => unreachable!("a place leads through tables and lists"),
    })
}

/// A place, and what the schema says of it.
#[derive(Clone, Debug)]
pub struct Site {
    pub place: Place,
    /// Type and key, as in `Demand.priority`; items of a list have that of the list with `[]`, values of a table whose keys are
    /// names with `{}`.
    pub key: String,
    /// Whether a number may stand there.
    pub takes_number: bool,
}

/// Every place in a config, with the key that it is an instance of.
pub fn sites(schema: &Schema, config: &Table) -> Vec<Site> {
    let json = serde_json::to_value(config).expect("JSON");
    let mut found = Vec::new();
    Walk { root: schema, found: &mut found }.value(schema, "", &json, &[]);
    found
}

struct Walk<'a> {
    root: &'a Schema,
    found: &'a mut Vec<Site>,
}

impl Walk<'_> {
    /// The form that a value has, of those that a schema allows, and the name of its type or of the key that holds it.
    fn form<'s>(&'s self, schema: &'s Schema, name: &str, value: &Schema) -> (&'s Schema, String) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.strip_prefix("#/$defs/").expect("a definition");
            return self.form(&self.root["$defs"][name], name, value);
        }
        let forms = schema["anyOf"].as_array().into_iter().flatten();
        let mut fitting = forms.filter(|form| self.allows(form, value));
        fitting.next().map_or((schema, name.into()), |form| self.form(form, name, value))
    }

    fn allows(&self, schema: &Schema, value: &Schema) -> bool {
        super::json_schema::allows(self.root, schema, value)
    }

    fn value(&mut self, schema: &Schema, name: &str, value: &Schema, here: &[String]) {
        let (form, name) = self.form(schema, name, value);
        let form = form.clone();
        match value {
            Schema::Object(entries) => {
                for (key, value) in entries {
                    let known = form["properties"].get(key);
                    let named = if known.is_some() { format!("{name}.{key}") } else { format!("{name}{{}}") };
                    self.site(
                        known.unwrap_or(&form["additionalProperties"]),
                        named,
                        value,
                        &[here, std::slice::from_ref(key)].concat(),
                    );
                }
            }
            Schema::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.site(&form["items"], format!("{name}[]"), item, &[here, &[position.to_string()]].concat());
                }
            }
            _ => {}
        }
    }

    fn site(&mut self, schema: &Schema, key: String, value: &Schema, place: &[String]) {
        // A schema that says nothing allows anything.
        let anything = Schema::Bool(true);
        let schema = if schema.is_null() { &anything } else { schema };
        let takes_number = self.allows(schema, &1.into());
        self.found.push(Site { place: place.to_vec(), key: key.clone(), takes_number });
        self.value(schema, &key, value, place);
    }
}
