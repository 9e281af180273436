//! Text that others wrote stays text: whatever a config, an argument, a path or a manifest holds, the terminal is given no orders
//! and nothing is hidden.

mod common;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::ConfigBuilder;
use shortfall::text::is_hidden;

/// Orders to a terminal (colour, title, link, erase, the eight-bit form), what hides, reorders or ends a text, a forged line.
const HOSTILE: [&str; 12] = [
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\",
    "\x1b[2J\x1b[H",
    "\u{9b}31m",
    "a\u{85}b",
    "user\u{202e}nimda",
    "\u{2066}isolate",
    "zero\u{200b}width",
    "\u{feff}mark",
    "back\x08\x08",
    "line\nerror: forged",
];

fn sound() -> ConfigBuilder {
    ConfigBuilder::new(2.0).demand(400).plant("mill", 300)
}

/// The text as a string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.into()).to_string()
}

/// As TOML would write it in one line, whatever it holds.
fn basic(text: &str) -> String {
    let letter = |letter: char| match letter {
        '"' | '\\' => format!("\\{letter}"),
        _ if letter.is_control() => format!("\\u{:04x}", u32::from(letter)),
        _ => letter.to_string(),
    };
    format!("\"{}\"", text.chars().map(letter).collect::<String>())
}

/// Runs the program; what it prints has no hidden letter, and no line that begins as the forged one. Returns all of it.
fn told(folder: &Path, arguments: &[OsString]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY").stdin(Stdio::null());
    let out = command.output().expect("it starts");
    assert!(matches!(out.status.code(), Some(0 | 2..=11)), "{arguments:?}: {:?}", out.status);
    let text = String::from_utf8_lossy(&[&out.stdout[..], b"\n", &out.stderr].concat()).into_owned();
    let hidden = text.chars().find(|letter| is_hidden(*letter) && *letter != '\n');
    assert!(hidden.is_none(), "{arguments:?}: {hidden:?} in\n{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{arguments:?}:\n{text}");
    text
}

fn arguments(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[test]
fn names_and_values_of_a_config_stay_text() {
    let folder = tempfile::tempdir().expect("a folder");
    for text in HOSTILE {
        let name = basic(text);
        for line in [
            format!("{name} = 1"),
            format!("capacities.{name} = {{ country = \"Everywhere\", stage = \"product\", tonnes_per_year = 1 }}"),
            format!("capacities.c = {{ country = {name}, stage = \"product\", tonnes_per_year = 1 }}"),
            format!("capacities.c = {{ country = \"Everywhere\", stage = \"product\", tonnes_per_year = {name} }}"),
            format!("output.series = [{name}]"),
            format!("output.outcome = {name}"),
            format!("scenarios.s.set.{name} = 1"),
            format!("scenarios.{name} = {{}}"),
            format!("disruptions.d = {{ kind = {name} }}"),
            format!("disruptions.d = {{ kind = \"outage\", hits = [{name}], rate_per_year = 1, duration_months = 1 }}"),
            format!("expect.e = {{ statistic = {name}, at_most = 1 }}"),
            format!("charts = [{{ kind = \"fan\", file = {name}, series = {name} }}]"),
            format!("run.until = {name}"),
            format!("x = [\"{text}"), // not TOML, and the line is shown as it stands
        ] {
            fs::write(folder.path().join("test.toml"), sound().text() + &line).expect("written");
            let said = told(folder.path(), &arguments(&["check", "test.toml"]));
            assert!(said.contains("fault") && said.contains("error: "), "{line}: {said}");
        }
    }
}

/// Where it may be printed at all, a title is a title.
#[test]
fn titles_are_printed_with_nothing_hidden() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut accepted = 0;
    for text in HOSTILE {
        let title = basic(text);
        let config =
            sound().replace("title = \"test\"", &format!("title = {title}")).entry("stages.other.title", &title);
        let config = config.entry("scenarios.s.title", &title).entry("output.source_line", quoted("made up"));
        let config = config
            .entry("milestones.m", format!("{{ title = {title}, series = \"shortage.all.product\", at_most = 1 }}"));
        let config = config
            .entry("claims.c", format!("{{ title = {title}, who = {title}, milestone = \"m\", within_months = 6 }}"));
        fs::write(folder.path().join("test.toml"), config.text()).expect("written");
        for command in [
            &["run", "test.toml", "-n", "20", "--no-charts", "--force", "-o", "out"][..],
            &["run", "test.toml", "-n", "20", "--no-charts", "--force", "-o", "out", "--format", "md"],
            &["replay", "test.toml", "--trial", "1"],
            &["check", "test.toml"],
        ] {
            let said = told(folder.path(), &arguments(command));
            accepted += usize::from(!said.contains("error: "));
        }
    }
    assert!(accepted > 10, "some of them are titles: {accepted}");
}

#[test]
fn arguments_stay_text() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("test.toml"), sound().text()).expect("written");
    for text in HOSTILE {
        let set = format!("{text}=1");
        let value = format!("title={text}");
        for words in [
            vec!["check", "test.toml", "--set", &set],
            vec!["check", "test.toml", "--set", &value],
            vec!["check", "test.toml", "--set", text],
            vec!["check", "test.toml", "--scenario", text],
            vec!["run", "test.toml", "--until", text],
            vec!["run", "test.toml", "--percentiles", text],
            vec!["run", "test.toml", "--format", text],
            vec!["run", "test.toml", "-n", text],
            vec!["rare", "test.toml", "--tilt", text],
            vec!["rare", "test.toml", "--tilt", &set],
            vec!["rare", "test.toml", "--tilt", "disruptions.x.rate_per_year=1", "--above", &set],
            vec!["compare", "test.toml", text],
            vec!["compare", "test.toml", text, text],
            vec![text],
            vec!["check", text],
            vec!["check", "test.toml", text],
            vec!["--color", "always", "check", "test.toml", text],
        ] {
            told(folder.path(), &arguments(&words));
        }
    }
}

#[test]
fn names_of_files_and_folders_stay_text() {
    let root = tempfile::tempdir().expect("a folder");
    let not_unicode = OsString::from_vec(b"not\xff\x1b[31mutf8".to_vec());
    for name in HOSTILE
        .map(OsString::from)
        .into_iter()
        .chain([not_unicode])
        .filter(|name| !name.to_string_lossy().contains('/'))
    {
        let config = root.path().join(&name);
        fs::write(&config, sound().text()).expect("written");
        let with = |words: &[&str], name: &OsString, more: &[&str]| {
            [arguments(words), vec![name.clone()], arguments(more)].concat()
        };
        told(root.path(), &with(&["check"], &name, &[]));
        let mut folder = OsString::from("out-");
        folder.push(&name);
        let ran = with(&["run", "-n", "20", "--no-charts", "--force", "-o"], &folder, &[]);
        let ran = [ran, vec![name.clone()]].concat();
        told(root.path(), &ran);
        told(root.path(), &ran[..].iter().filter(|word| *word != "--force").cloned().collect::<Vec<_>>());
        told(root.path(), &with(&["compare"], &name, &[]).into_iter().chain([name.clone()]).collect::<Vec<_>>());
        for format in ["table", "md"] {
            told(root.path(), &[arguments(&["compare", "--format", format]), vec![folder.clone(); 2]].concat());
        }
        // A manifest that somebody forged.
        for key in ["tool", "seed", "scenarios"] {
            let path = root.path().join(&folder).join("manifest.json");
            let mut manifest: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).expect("whole")).expect("JSON");
            let text = name.to_string_lossy().into_owned();
            manifest[key] = if key == "scenarios" { serde_json::json!([text]) } else { text.into() };
            fs::write(&path, manifest.to_string()).expect("written");
            told(root.path(), &[arguments(&["compare"]), vec![folder.clone(); 2]].concat());
        }
        fs::write(&config, "title = 1").expect("written");
        told(root.path(), &with(&["check"], &name, &[]));
        told(root.path(), &with(&["init"], &name, &[]));
        told(root.path(), &with(&["init", "--force"], &name, &[]));
    }
}

/// What HTML, SVG, CSV, XML and Markdown would take for their own.
#[test]
fn titles_become_no_markup_in_any_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "</script><script>evil()</script><!--";
    let image = "\"'><img src=x onerror=evil()>]]>&amp;";
    let cell = "=H(\"x\"),a;b|*c*_d_[e](javascript:e())`f`";
    // The last two are letters of Unicode that XML knows no way to write.
    let title = format!("{script}{image}{cell}\u{fffe}\u{ffff}");
    let config = sound()
        .replace("title = \"test\"", &format!("title = {}", basic(&title)))
        .entry("scenarios.s", format!("{{ title = {}, description = {} }}", basic(cell), basic(script)))
        .entry(
            "milestones.m",
            format!("{{ title = {}, series = \"shortage.all.product\", at_most = 1 }}", basic(image)),
        )
        .entry(
            "claims.c",
            format!(
                "{{ title = {}, who = {}, quote = {}, milestone = \"m\", within_months = 6 }}",
                basic(cell),
                basic(script),
                basic(image)
            ),
        )
        .entry("expect.e", "{ statistic = \"probability(claim.c)\", at_least = 0.5 }")
        .entry("charts", format!("[{{ kind = \"milestone\", title = {} }}]", basic(&format!("{script}{image}"))));
    fs::write(folder.path().join("test.toml"), config.text()).expect("written");
    let printed = told(folder.path(), &arguments(&["run", "test.toml", "-n", "20", "--svg", "-o", "out"]));
    assert!(printed.contains("Files are in out"), "{printed}");
    let out = folder.path().join("out");
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let page = read("report.html");
    assert!(
        !page.contains("<img src=x") && !page.contains("<script>evil") && page.contains("&lt;script&gt;evil"),
        "HTML"
    );
    let svg = read("charts/milestone.svg");
    assert!(svg.contains("evil") && !svg.contains("<script") && !svg.contains("<img"), "SVG: {svg}");
    let read_xml =
        |text: &str| roxmltree::Document::parse(text).map(|_| ()).map_err(|error| format!("{error}: {text}"));
    assert_eq!(read_xml(&svg), Ok(()));
    let junit = read("claims.junit.xml");
    let tests = roxmltree::Document::parse(&junit).unwrap_or_else(|error| panic!("{error}: {junit}"));
    let suite = tests.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
    assert_eq!(suite.attribute("name"), Some(&*title.replace(['\u{fffe}', '\u{ffff}'], " ")));
    let elements: Vec<&str> =
        suite.descendants().filter(|node| node.is_element()).map(|node| node.tag_name().name()).collect();
    assert_eq!(elements[..2], ["testsuite", "testcase"], "{junit}");
    assert!(elements.len() == 3 && ["system-out", "error", "failure"].contains(&elements[2]), "{junit}");
    let mut rows = 0;
    for entry in fs::read_dir(&out).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|kind| kind == "csv") {
            // The reader refuses rows with more or fewer cells than the header.
            let records = csv::Reader::from_path(&path).expect("readable").into_records();
            rows += records.collect::<Result<Vec<_>, _>>().expect("as wide as the header").len();
        }
    }
    assert!(rows > 10, "{rows}");
    let printed =
        told(folder.path(), &arguments(&["run", "test.toml", "-n", "20", "--no-charts", "--format", "md", "-o", "md"]));
    // Without what is escaped, nothing is left of them.
    let mut plain = String::new();
    let mut letters = printed.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else {
            plain.push(letter);
        }
    }
    for own in ["<script", "<img", "](", "*c*", "`f`"] {
        assert!(!plain.contains(own), "Markdown: {own} in\n{printed}");
    }
}
