//! `shortfall schema`: the JSON Schema of configs, for completion and checks in editors.

use shortfall::config::schema::schema;

use super::{Failure, print};

/// Prints the JSON Schema.
pub fn run() -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(schema()).expect("a schema is JSON");
    text.push('\n');
    print(text.as_bytes())
}
