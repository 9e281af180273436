//! Entries in tables: the same model as entries in TOML, the same words for what is wrong, and nothing read that should not be.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use shortfall::config::source::Document;
use shortfall::config::tables::TABLED;
use shortfall::output::entries;
use shortfall::{Diagnostics, Error, Study};
use tempfile::TempDir;
use toml::{Table, Value};

const HEAD: &str = r#"
title = "A mill"
start = "2026-01"
horizon_years = 2
markets.home.countries = ["Home"]
stages.metal = {}
capacities.standing = { country = "Home", stage = "metal", tonnes_per_year = 300 }
demands.users = { market = "home", stage = "metal", tonnes_per_year = 320 }
"#;

/// The entries of `good.xlsx`, `good.ods` and [`CSV`].
const ENTRIES: &str = r#"
[projects.new]
title = "New line"
country = "Home"
stage = "metal"
tonnes_per_year = 30
announced_start = "2026-05"
slip_months = { triangular = [1, 2, 5] }
success_probability = 0.85

[projects.other]
title = "=1+1"
country = "Home"
stage = "metal"
tonnes_per_year = 12.5
announced_start = "2026-09"
slip_months = 3
requires = ["new"]
"#;

const CSV: &str = "\
id,title,country,stage,tonnes_per_year,announced_start,slip_months,requires,success_probability,comment,slip_months source,source
# what comes
new,New line,Home,metal,30,2026-05-01,\"triangular(1, 2, 5)\",,0.85,=not a formula,oracle,book

other,=1+1,Home,metal,12.5,2026-09,3,new,,,,
";

fn books() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbooks")
}

/// A folder with a config and files beside it.
fn folder(config: &str, files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("c.toml"), config).expect("written");
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).expect("written"));
    folder
}

/// Runs the program to its end: exit code, standard output, standard error.
fn shortfall(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
    command.args(arguments).current_dir(folder).env_remove("GITHUB_STEP_SUMMARY");
    let out = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

fn study(folder: &TempDir) -> Study {
    Study::from_file(folder.path().join("c.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn faults(folder: &TempDir) -> Diagnostics {
    match Study::from_file(folder.path().join("c.toml")) {
        Err(Error::Config(faults)) => faults,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it has no faults"),
    }
}

fn with_table(table: &str) -> String {
    format!("{HEAD}projects = {{ table = {table} }}\n")
}

#[test]
fn a_table_says_what_entries_say() {
    let entries = Study::from_text(&format!("{HEAD}{ENTRIES}")).unwrap_or_else(|faults| panic!("{faults}"));
    let semicolons = format!("\u{feff}{}", CSV.replace(',', ";").replace("1; 2; 5", "1, 2, 5")).replace('\n', "\r\n");
    let book = |name: &str| fs::read(books().join(name)).expect("there");
    let cases: [(&str, &str, Vec<u8>); 5] = [
        ("\"t.csv\"", "t.csv", CSV.into()),
        ("[\"t.csv\"]", "t.csv", semicolons.into()),
        ("{ file = \"t.xlsx\", sheet = \"Projects\" }", "t.xlsx", book("good.xlsx")),
        ("\"t.xlsx\"", "t.xlsx", book("one-sheet.xlsx")),
        ("[{ file = \"t.ods\", sheet = \"Projects\" }]", "t.ods", book("good.ods")),
    ];
    for (table, name, bytes) in cases {
        let found = study(&folder(&with_table(table), &[(name, &bytes)]));
        assert_eq!(found.config, entries.config, "{table}");
        assert_eq!(found.files.keys().collect::<Vec<_>>(), [name]);
    }
    let dates = study(&folder(&with_table("\"t.xlsx\""), &[("t.xlsx", &book("dates-of-1904.xlsx"))]));
    assert_eq!(dates.config, entries.config, "the other date system");
    // A twin that reads another number is told apart.
    let other = study(&folder(&with_table("\"t.csv\""), &[("t.csv", CSV.replace("12.5", "12.4").as_bytes())]));
    assert_ne!(other.config, entries.config);
}

#[test]
fn sources_stand_beside_values_and_changes_reach_them() {
    let config = with_table("\"t.csv\"") + "scenarios.late.set = { \"projects.*.slip_months\" = 24 }\n";
    let folder = folder(&config, &[("t.csv", CSV.as_bytes())]);
    let found = study(&folder);
    let note = |key: &str| found.notes[&["projects", "new", key].map(String::from)[..]].as_str();
    assert_eq!((note("slip_months"), note("title")), ("oracle", "book"));
    let set = ["check", "c.toml", "--set", "projects.new.slip_months=nonsense"];
    let (code, _, said) = shortfall(folder.path(), &set);
    assert!(code == Some(3) && said.contains("command line"), "{said}");
    let (code, said, _) = shortfall(
        folder.path(),
        &["list", "c.toml", "projects.new.slip_months", "--set", "projects.new.slip_months=7"],
    );
    assert!(code == Some(0) && said.contains('7'), "{said}");
    // Another file is another table; its entries are in place of those of the first.
    fs::write(folder.path().join("u.csv"), CSV.replace("\nother", "\nthird")).expect("written");
    let (_, said, _) =
        shortfall(folder.path(), &["list", "c.toml", "projects.*.slip_months", "--set", "projects.table=\"u.csv\""]);
    assert!(said.contains("third") && !said.contains("other"), "{said}");
}

#[test]
fn tables_and_entries_stand_side_by_side() {
    let config = format!(
        "{HEAD}projects.table = [\"t.csv\", \"u.csv\"]\n[projects.mine]\ncountry = \"Home\"\nstage = \"metal\"\ntonnes_per_year = 1\nlead_months = 3\n"
    );
    let more = "name,country,stage,tonnes_per_year,lead_months\nmore,Home,metal,5,2\n";
    let found = study(&folder(&config, &[("t.csv", CSV.as_bytes()), ("u.csv", more.as_bytes())]));
    assert_eq!(found.config.projects.keys().collect::<Vec<_>>(), ["mine", "more", "new", "other"]);
    // An entry may be called `table`.
    let entry = "capacities.table = { country = \"Home\", stage = \"metal\", tonnes_per_year = 1 }\n";
    let text = Study::from_text(&format!("{HEAD}{entry}")).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(text.config.capacities.contains_key("table"));
    // A config that is no file has none beside it.
    let faults = Study::from_text(&with_table("\"t.csv\"")).expect_err("there is no folder");
    assert!(faults.to_string().contains("only a config that is a file"), "{faults}");
}

/// What is wrong in several tables and in the config is told at once, each with its place.
#[test]
fn all_faults_are_told_at_once() {
    let config =
        format!("{}stages.other = {{ titel = 5 }}\n", with_table("[\"t.csv\", \"u.csv\", \"gone.csv\", \"u.csv\"]"));
    let (one, two) = (CSV.replace("12.5", "\"1.200,5\""), CSV.replace("new,New line,Home", "late,New line,Hme"));
    let files: [(&str, &[u8]); 2] = [("t.csv", one.as_bytes()), ("u.csv", two.as_bytes())];
    let found = faults(&folder(&config, &files)).to_string();
    for part in [
        "t.csv, row 5, column tonnes_per_year (cell E5)",
        "`other` is given twice",
        "the other one is in t.csv, row 5, column id (cell A5)",
        "`gone.csv` cannot be read",
        "there is no key `titel`",
    ] {
        assert!(found.contains(part), "{part}\n{found}");
    }
}

/// The entries of the configs that use every key, written as tables and read again, are the same; and so are the results.
#[test]
fn what_is_written_as_a_table_is_read_as_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = 0;
    for name in ["configs/smoke.toml", "configs/quickstart.toml", "tests/common/every_key.toml"] {
        let text = fs::read_to_string(root.join(name)).expect("there");
        let document = Document::parse(name, &text).expect("sound");
        let before = Study::new(&document).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        let (mut config, mut files) = (text.parse::<Table>().expect("TOML"), Vec::new());
        for kind in TABLED {
            let Some(bytes) = entries::csv(&document, kind) else { continue };
            files.push((format!("{kind}.csv"), bytes));
            config.insert(
                kind.into(),
                Table::from_iter([("table".to_string(), Value::String(format!("{kind}.csv")))]).into(),
            );
            written += 1;
        }
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
        let after = folder(&config.to_string(), &files);
        assert_eq!(study(&after).config, before.config, "{name}");
        if name.contains("quickstart") {
            fs::write(after.path().join("before.toml"), &text).expect("written");
            let results = |config: &str, out: &str| {
                let line = ["run", config, "-n", "20", "--no-charts", "--quiet", "-o", out];
                assert_eq!(shortfall(after.path(), &line).0.map(|code| [0, 10, 11].contains(&code)), Some(true));
                ["results.json", "config.toml"]
                    .map(|file| fs::read(after.path().join(out).join(file)).expect("written"))
            };
            assert_eq!(results("c.toml", "after"), results("before.toml", "before"));
        }
    }
    assert!(written >= 10, "{written} tables");
}

/// The config as run has the entries in it: its folder can be verified, split and replayed without the files beside the config.
#[test]
fn the_config_as_run_stands_alone() {
    let events = "[disruptions.fire]\nkind = \"outage\"\nhits = [\"standing\"]\nevents = { file = \"e.csv\", from = \"2016-01\" }\n";
    let fires = "start,months\n2017-05,2\n2020-02-15,3\n";
    let folder = folder(&(with_table("\"t.csv\"") + events), &[("t.csv", CSV.as_bytes()), ("e.csv", fires.as_bytes())]);
    let does = |line: &str| {
        let (code, said, error) = shortfall(folder.path(), &line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{line}: {error}");
        said
    };
    does("run c.toml -n 30 --no-charts --quiet -o whole");
    does("run c.toml -n 30 --no-charts --quiet --shard 1/2 -o one");
    does("run c.toml -n 30 --no-charts --quiet --shard 2/2 -o two");
    ["t.csv", "e.csv"].iter().for_each(|name| fs::remove_file(folder.path().join(name)).expect("gone"));
    assert!(does("verify whole").contains("nothing differs"));
    does("merge one two --no-charts --quiet -o merged");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("written");
    assert_eq!(read("whole/results.json"), read("merged/results.json"));
    let manifests = ["whole/manifest.json", "merged/manifest.json"].map(|name| {
        let manifest: serde_json::Value = serde_json::from_str(&read(name)).expect("JSON");
        manifest["input_files"].clone()
    });
    assert_eq!(manifests[0], manifests[1]);
    let digest = shortfall::output::file::digest(CSV.as_bytes());
    assert_eq!(manifests[0]["t.csv"], digest);
    assert!(does("replay whole/config.toml --trial 3").contains("fire"));
    assert!(!read("whole/config.toml").contains(".csv"));
}

#[test]
fn nothing_outside_of_the_folder_is_read_unless_allowed() {
    let outside = folder("", &[("t.csv", CSV.as_bytes())]);
    let path = outside.path().join("t.csv");
    let inner = folder(&with_table(&format!("{:?}", path.to_str().expect("plain"))), &[]);
    symlink(&path, inner.path().join("link.csv")).expect("made");
    symlink(outside.path(), inner.path().join("link")).expect("made");
    fs::create_dir(inner.path().join("below")).expect("made");
    fs::write(inner.path().join("below/t.csv"), CSV).expect("written");
    symlink("below/t.csv", inner.path().join("inner.csv")).expect("made");
    let check = |table: &str, more: &[&str]| {
        let set = format!("projects.table={table:?}");
        shortfall(inner.path(), &[&["check", "c.toml", "--set", &set], more].concat())
    };
    let whole = path.to_str().expect("plain").to_string();
    for table in [whole.as_str(), "../x.csv", "link.csv", "link/t.csv", "below/../../t.csv"] {
        let (code, _, said) = check(table, &[]);
        assert!(code == Some(3) && said.contains("does not lie in the folder"), "{table}: {said}");
    }
    for table in [whole.as_str(), "link.csv", "link/t.csv"] {
        assert_eq!(check(table, &["--allow-outside"]).0, Some(0), "{table}");
    }
    for table in ["below/t.csv", "inner.csv"] {
        assert_eq!(check(table, &[]).0, Some(0), "{table}");
    }
    for (table, part) in
        [("below", "not a kind of table"), ("gone.csv", "cannot be read"), ("c.toml", "not a kind of table")]
    {
        let (code, _, said) = check(table, &[]);
        assert!(code == Some(3) && said.contains(part), "{table}: {said}");
    }
}

#[test]
fn a_table_is_written_where_it_is_asked_for() {
    let folder = folder(&format!("{HEAD}{ENTRIES}"), &[]);
    let table = |more: &[&str]| shortfall(folder.path(), &[&["table", "c.toml"], more].concat());
    let (code, printed, _) = table(&["--projects"]);
    assert!(code == Some(0) && printed.starts_with("id,title,country,stage,tonnes_per_year"), "{printed}");
    assert_eq!(table(&["--projects", "-o", "p.csv"]).0, Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("p.csv")).expect("written"), printed);
    assert_eq!(table(&["--projects", "-o", "p.csv"]).0, Some(4), "it is there already");
    assert_eq!(table(&["--projects", "-o", "p.csv", "--force"]).0, Some(0));
    let (code, _, said) = table(&["--stockpiles"]);
    assert!(code == Some(2) && said.contains("no stockpiles"), "{said}");
    assert_eq!((table(&[]).0, table(&["--projects", "--demands"]).0), (Some(2), Some(2)));
}

/// What begins a line that says what a table must be told: `row 3, column stage (cell C3): ..`, or `file: ..` of one as a whole.
const EXPECT: &str = "# expect ";

/// Whether the faults of a table are those that it says it has, in any order, and no others.
fn compare(name: &str, text: &str, found: &Diagnostics) -> Result<(), String> {
    let mut expected: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix(EXPECT)?.split_once(": ")).collect();
    let whole = format!("expected {expected:?}, but\n{found}");
    for one in found.iter() {
        let said = [&one.fault.message, &one.location.words(), one.fault.help.as_deref().unwrap_or("")].concat();
        let place = one.location.words();
        let is_told =
            |(at, part): &(&str, &str)| said.contains(part) && (*at == "file" || place == format!("{name}, {at}"));
        let at = expected.iter().position(is_told).ok_or_else(|| whole.clone())?;
        expected.remove(at);
    }
    if expected.is_empty() && !text.is_empty() { Ok(()) } else { Err(whole) }
}

#[test]
fn every_bad_table_is_refused_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_tables");
    let mut names: Vec<String> = fs::read_dir(&root)
        .expect("there")
        .map(|entry| entry.expect("one").file_name().into_string().expect("plain"))
        .collect();
    names.sort();
    assert!(names.len() >= 60, "{}", names.len());
    let mut failed = Vec::new();
    for name in names {
        let bytes = fs::read(root.join(&name)).expect("there");
        let text = String::from_utf8_lossy(&bytes).replace('\0', "");
        let text = &text[text.find(EXPECT).unwrap_or(0)..];
        let kind = name.split('-').next().expect("a kind");
        let mine = "{ country = \"Home\", stage = \"metal\", tonnes_per_year = 1, lead_months = 3 }";
        let config = format!("{HEAD}{kind}.table = {name:?}\nprojects.mine = {mine}\n");
        match Study::from_file(folder(&config, &[(&name, &bytes)]).path().join("c.toml")) {
            Err(Error::Config(faults)) => {
                failed.extend(compare(&name, text, &faults).err().map(|why| format!("{name}: {why}")))
            }
            other => failed.push(format!("{name}: {:?}", other.map(|_| ()))),
        }
    }
    assert!(failed.is_empty(), "{}\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn another_fault_or_place_is_noticed() {
    let csv = "id,country\na,Hme\n";
    let found = faults(&folder(&with_table("\"t.csv\""), &[("t.csv", csv.as_bytes())]));
    let right = "# expect row 2, column country (cell B2): no country";
    let whole = compare("t.csv", right, &found);
    assert!(whole.is_err(), "it has other faults too");
    for wrong in [
        "# expect row 3, column country (cell B3): no country",
        "# expect row 2, column country (cell B2): no stage",
        "",
    ] {
        assert!(compare("t.csv", wrong, &found).is_err(), "{wrong}");
    }
}

#[cfg(feature = "workbooks")]
#[test]
fn workbooks_are_refused_in_words_before_they_do_harm() {
    for (name, part) in [
        ("formula-without-value.xlsx", "has no value"),
        ("formula-without-value.ods", "has no value"),
        ("merged-header.xlsx", "merged"),
        ("merged-header.ods", "merged"),
        ("merged-cells.xlsx", "row 2, column country (cell C2)"),
        ("text-number.xlsx", "not written as a number"),
        ("error-value.xlsx", "an error in place of a value"),
        ("time.xlsx", "time of day"),
        ("date-for-number.xlsx", "not written as a number"),
        ("far-away.xlsx", "row 1048576"),
        ("bomb.xlsx", "unpacked"),
        ("claims-strings.xlsx", "claims to have"),
        ("not-a-workbook.xlsx", "cannot be read as a workbook"),
        ("repeated-rows.ods", "stand for"),
        ("repeated-gap.ods", "stand for"),
        ("spaces.ods", "spaces"),
        ("good.xlsx", "has 2 sheets"),
    ] {
        let bytes = fs::read(books().join(name)).expect("there");
        let found = faults(&folder(&with_table(&format!("{name:?}")), &[(name, &bytes)])).to_string();
        assert!(found.contains(part), "{name}: {part}\n{found}");
    }
    let good = fs::read(books().join("good.xlsx")).expect("there");
    let named = folder(&with_table("{ file = \"t.xlsx\", sheet = \"Plants\" }"), &[("t.xlsx", &good)]);
    assert!(faults(&named).to_string().contains("its sheets are: Projects, Notes"));
    let with_value = fs::read(books().join("formula-with-value.xlsx")).expect("there");
    let found = study(&folder(&with_table("\"t.xlsx\""), &[("t.xlsx", &with_value)]));
    assert_eq!(found.config.projects["new"].tonnes_per_year, Some(30.0.into()));
    // What is cut off or changed anywhere is refused or read, and nothing else.
    for at in (0..good.len()).step_by(97) {
        let mut changed = good.clone();
        changed[at] ^= 0x55;
        for bytes in [&good[..at], &changed] {
            let _ = Study::from_file(
                folder(&with_table("{ file = \"t.xlsx\", sheet = \"Projects\" }"), &[("t.xlsx", bytes)])
                    .path()
                    .join("c.toml"),
            );
        }
    }
}

#[cfg(not(feature = "workbooks"))]
#[test]
fn a_build_without_workbooks_says_so() {
    let good = fs::read(books().join("good.xlsx")).expect("there");
    let found = faults(&folder(&with_table("\"t.xlsx\""), &[("t.xlsx", &good)])).to_string();
    assert!(
        found.contains("which this build of shortfall does not read") && found.contains("save it as CSV"),
        "{found}"
    );
}
