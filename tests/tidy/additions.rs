//! The table in the crate documentation of what an addition touches is true.

use std::collections::BTreeSet;

use super::shipped;

/// Rows of the table, each with names that stand wherever an existing thing of that kind is dealt with.
const ROWS: [(&str, &[&str]); 4] = [
    ("a new distribution", &["Triangular", "triangular:"]),
    ("a new monthly series", &["SeriesKind::CoverageWithout"]),
    ("a new outcome of a trial", &["OutcomeKind::LongestShortage"]),
    ("a new kind of disruption", &["enum DisruptionKind", "DisruptionKind::Outage", "DisruptionKind::ExportControl"]),
];

#[test]
fn the_table_of_additions_names_every_file() {
    let sources = shipped();
    let library = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).expect("text");
    for (row, names) in ROWS {
        let line = library.lines().find(|line| line.starts_with(&format!("//! | {row} |"))).expect(row);
        let named: BTreeSet<String> = line.split('`').filter(|word| word.ends_with(".rs")).map(String::from).collect();
        let touched: BTreeSet<String> = sources
            .iter()
            .filter(|(_, code)| names.iter().any(|name| code.contains(name)))
            .map(|(file, _)| file.trim_start_matches("src/").to_string())
            .collect();
        assert_eq!(named, touched, "{row}: the files named in src/lib.rs, and those that deal with {names:?}");
    }
}
