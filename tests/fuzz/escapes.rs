//! Text of others stays text: whatever it holds, every format has the same structure as with plain letters, and gives the text back.

use std::collections::BTreeMap;

use shortfall::output::tables::Table;
use shortfall::output::{Drawing, Results, finding, json, render, report, terminal};
use shortfall::study::Study;
use shortfall::summary::Summary;
use shortfall::text::{is_hidden, is_xml, sentence, visible, visible_lines};

use crate::common::{Verdict, trial_run};
use crate::harness::Chance;

/// What formats take for their own, what terminals take for orders, and what is no letter.
const PIECES: [&str; 62] = [
    "<",
    ">",
    "&",
    "\"",
    "'",
    "`",
    "*",
    "_",
    "|",
    "[",
    "]",
    "(",
    ")",
    "#",
    "\\",
    "~",
    "!",
    "=",
    "+",
    "-",
    "@",
    "%",
    "$",
    ";",
    ",",
    "/",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "&lt;",
    "&#x3c;",
    "<img src=x onerror=e()>",
    "</title>",
    "</style>",
    "](javascript:e())",
    "=H(\"x\")",
    "@SUM(1)",
    "1. ",
    "- ",
    "## ",
    "```",
    "{{x}}",
    "${x}",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fdd0}",
    "\u{10ffff}",
    "\u{e0041}",
    "磁石",
    "e\u{301}",
    "👩\u{200d}🔬",
    " ",
    "plain",
];

/// What a config refuses in a title, and a terminal would follow.
const CONTROLS: [&str; 8] = ["\0", "\u{7}", "\u{8}", "\u{1b}[31m", "\u{1b}]0;x\u{7}", "\u{9b}2J", "\r", "\n"];

/// Some hostile text; with control characters, if they are asked for.
pub fn hostile(chance: &mut Chance, controls: bool) -> String {
    let count = 1 + chance.below(7);
    let mut piece = || if controls && chance.is(0.3) { *chance.one_of(&CONTROLS) } else { *chance.one_of(&PIECES) };
    (0..count).map(|_| piece()).collect()
}

/// For terminals: nothing hidden, and what was there to be seen still is.
pub fn stays_visible(text: &str) -> Result<(), String> {
    let shown = visible(text);
    let hidden = |text: &str| text.chars().any(|letter| is_hidden(letter) && letter != '\n');
    if shown.contains(is_hidden) || hidden(&visible_lines(text, false)) || sentence(text).contains(is_hidden) {
        return Err(format!("hidden letters in {shown:?}"));
    }
    if sentence(&text.repeat(1000)).chars().count() > 10 * 2100 {
        return Err("a sentence without end".into());
    }
    // Only colours of the program's own, `ESC [ digits m`.
    let coloured = visible_lines(text, true).into_owned();
    for order in coloured.split('\u{1b}').skip(1) {
        let rest = order
            .strip_prefix('[')
            .map(|rest| rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';'));
        if !rest.is_some_and(|rest| rest.starts_with('m')) {
            return Err(format!("an order to a terminal in {coloured:?}"));
        }
    }
    let seen: String = text.chars().filter(|letter| !is_hidden(*letter)).collect();
    let kept: String = unspelt(&shown).chars().filter(|letter| !is_hidden(*letter)).collect();
    if !text.contains("\\u") && seen != kept { Err(format!("{seen:?} became {kept:?}")) } else { Ok(()) }
}

/// What `\u{1b}` and the like stand for.
fn unspelt(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut found = parts.next().unwrap_or("").to_string();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap_or(("", part));
        found.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
        found += rest;
    }
    found
}

/// A table of CSV comes back cell by cell, and no cell is a formula.
pub fn comes_back_from_csv(cells: &[String]) -> Result<(), String> {
    let mut table = Table::new(&["a", "b", "c"]);
    let rows: Vec<Vec<String>> = cells.chunks_exact(3).map(<[String]>::to_vec).collect();
    rows.iter().for_each(|row| table.row(row.clone()));
    let bytes = table.finish();
    let records: Result<Vec<csv::StringRecord>, _> = csv::Reader::from_reader(&bytes[..]).into_records().collect();
    let records = records.map_err(|error| error.to_string())?;
    if records.len() != rows.len() {
        return Err(format!("{} rows of {}", records.len(), rows.len()));
    }
    for (cell, written) in records.iter().zip(&rows).flat_map(|(record, row)| record.iter().zip(row)) {
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        if is_formula || cell.strip_prefix('\'').unwrap_or(cell) != written && cell != written {
            return Err(format!("{written:?} came back as {cell:?}"));
        }
    }
    Ok(())
}

/// Texts of a config, in every place that has one.
#[derive(Debug)]
pub struct Texts(pub [String; 6]);

impl Texts {
    pub fn by_chance(chance: &mut Chance) -> Self {
        Texts(std::array::from_fn(|_| hostile(chance, false).chars().take(70).collect()))
    }

    /// As many letters, none of which means anything.
    fn plain(&self) -> Self {
        Texts(std::array::from_fn(|number| self.0[number].chars().map(|_| 'x').collect()))
    }

    fn config(&self) -> String {
        let [title, scenario, description, claim, who, source] =
            self.0.each_ref().map(|text| toml::Value::String(text.clone()));
        format!(
            "title = {title}\nstart = \"2026-01\"\nhorizon_years = 1\nmarkets.home.countries = [\"Home\"]\nstages.metal = {{}}\n\
             capacities.mill = {{ country = \"Home\", stage = \"metal\", tonnes_per_year = 300 }}\n\
             demands.users = {{ market = \"home\", stage = \"metal\", tonnes_per_year = 200 }}\n\
             disruptions.fire = {{ title = {claim}, kind = \"outage\", hits = [\"mill\"], rate_per_year = 0.5, duration_months = 2 }}\n\
             output.source_line = {source}\nmarkets.far = {{ title = {who}, countries = [\"Far\"] }}\n\
             scenarios.one = {{ title = {scenario}, description = {description} }}\nscenarios.two = {{}}\n\
             milestones.calm = {{ title = {claim}, series = \"shortage.home.metal\", at_most = 1 }}\n\
             claims.soon = {{ title = {claim}, who = {who}, quote = {description}, source = {source}, milestone = \"calm\", within_months = 6 }}\n\
             expect.met = {{ statistic = \"probability(claim.soon)\", at_least = 0.5 }}\n\
             charts = [{{ kind = \"milestone\", title = {title} }}]\n"
        )
    }
}

/// Everything that a run writes and prints.
pub struct Written {
    files: BTreeMap<String, Vec<u8>>,
    markdown: String,
    terminal: String,
}

pub fn written(study: &Study, summary: &Summary, drawing: Drawing) -> Written {
    let finding = finding::finding(study, summary);
    let results = Results {
        study,
        summary,
        finding: &finding,
        config_name: "test.toml",
        config_digest: "",
        sources: &BTreeMap::new(),
    };
    let (files, _) = render(&results, drawing);
    let mut files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
    if drawing == Drawing::Nothing {
        files.insert("report.html".into(), report::page(&results, &[]).into_bytes());
    }
    files.insert("results.json".into(), json::results(&results));
    let screen = terminal::Screen::USUAL;
    let terminal = terminal::report(&results, "out".as_ref(), screen, terminal::Detail::Full);
    Written { files, markdown: terminal::markdown(&results), terminal }
}

impl Written {
    /// Every file is what its name says, read by somebody else.
    pub fn is_well_formed(&self) -> Result<(), String> {
        for (name, bytes) in &self.files {
            let text = || String::from_utf8_lossy(bytes);
            let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
            let read = match kind {
                "svg" | "xml" => roxmltree::Document::parse(&text()).map(|_| ()).map_err(|error| error.to_string()),
                "json" => {
                    serde_json::from_slice::<serde_json::Value>(bytes).map(|_| ()).map_err(|error| error.to_string())
                }
                "toml" => text().parse::<toml::Table>().map(|_| ()).map_err(|error| error.to_string()),
                "csv" => csv::Reader::from_reader(&bytes[..])
                    .into_records()
                    .try_for_each(|row| row.map(|_| ()))
                    .map_err(|error| error.to_string()),
                "html" => tags(&text()).map(|_| ()),
                "png" => Ok(()),
                other => Err(format!("what is {other}?")),
            };
            read.map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(())
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.files[name]).into_owned()
    }
}

/// Tags of a page with the names of their attributes; scripts and styles as what they hold.
fn tags(page: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let mut quote = false;
        let end = rest.find(|letter: char| {
            quote ^= letter == '"';
            letter == '>' && !quote
        });
        let end = end.ok_or("a tag without an end")?;
        let tag = &rest[..end];
        let name: String =
            tag.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "/!".contains(*letter)).collect();
        let attributes: Vec<&str> = tag.split('"').step_by(2).map(str::trim).collect();
        found.push(format!("{name} {}", attributes[..].join(" ").trim_start_matches(&name)));
        rest = &rest[end + 1..];
        if ["script", "style"].contains(&name.as_str()) {
            let close = rest.find(&format!("</{name}")).ok_or("no end of a script")?;
            rest = &rest[close..];
        }
    }
    Ok(found)
}

/// Markdown without what is escaped.
fn bare(markdown: &str) -> String {
    let mut is_escaped = false;
    let mut kept = String::new();
    for letter in markdown.chars() {
        let escapes = letter == '\\' && !is_escaped;
        if !escapes && !is_escaped {
            kept.push(letter);
        }
        is_escaped = escapes;
    }
    kept
}

/// What a line of Markdown has of its own.
fn marks(markdown: &str) -> Vec<String> {
    let own = |letter: &char| "|*_`[<#~".contains(*letter);
    bare(markdown).lines().map(|line| line.chars().filter(own).collect()).collect()
}

fn simulated(texts: &Texts) -> Result<Option<Written>, String> {
    Ok(match trial_run(&texts.config(), 8)? {
        Verdict::Simulated(found) => Some(written(&found.0, &found.1, Drawing::Nothing)),
        Verdict::Refused(_) => None,
    })
}

/// A run with hostile texts is built as one with plain letters, and its texts can be read back.
pub fn stays_text(texts: &Texts) -> Result<(), String> {
    let (Some(hostile), Some(plain)) = (simulated(texts)?, simulated(&texts.plain())?) else { return Ok(()) };
    hostile.is_well_formed()?;
    let compare = |what: &str, one: Vec<String>, other: Vec<String>| match one.iter().zip(&other).find(|(a, b)| a != b)
    {
        Some((one, other)) => Err(format!("{what}: {one:?} in place of {other:?}")),
        None if one.len() != other.len() => Err(format!("{what}: {} in place of {}", one.len(), other.len())),
        None => Ok(()),
    };
    compare("HTML", tags(&hostile.text("report.html"))?, tags(&plain.text("report.html"))?)?;
    compare("Markdown", marks(&hostile.markdown), marks(&plain.markdown))?;
    let suite = hostile.text("claims.junit.xml");
    let suite = roxmltree::Document::parse(&suite).map_err(|error| error.to_string())?;
    let name = suite.descendants().find(|node| node.has_tag_name("testsuite")).and_then(|node| node.attribute("name"));
    let title: String = texts.0[0].chars().map(|letter| if is_xml(letter) { letter } else { ' ' }).collect();
    if name != Some(&title) {
        return Err(format!("JUnit: {name:?} in place of {title:?}"));
    }
    let config: toml::Table =
        hostile.text("config.toml").parse().map_err(|error: toml::de::Error| error.to_string())?;
    let results: serde_json::Value = serde_json::from_str(&hostile.text("results.json")).expect("well formed");
    if config["title"].as_str() != Some(&texts.0[0]) || results["title"].as_str() != Some(&texts.0[0]) {
        return Err(format!("{} and {} in place of {:?}", config["title"], results["title"], texts.0[0]));
    }
    stays_visible(&hostile.terminal.replace('\n', " "))
}
