//! What the program is given by hand: bytes that are no text, depths and lengths without end, arguments, paths.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shortfall::text::is_hidden;
use tempfile::TempDir;

use crate::common::in_parallel;

/// Most memory of a refusal, kilobytes of addresses: what is really taken is less.
const MOST_MEMORY: u64 = 200_000;

/// Most seconds of a processor that a refusal takes: how long that is by the clock depends on what else is running.
const MOST_SECONDS: u64 = if cfg!(debug_assertions) { 20 } else { 1 };

/// Whether something took no longer than a refusal may.
pub fn is_brief(took: Duration) -> bool {
    took < Duration::from_secs(MOST_SECONDS)
}

/// A sound config.
pub const SOUND: &str = r#"title = "A mill"
start = "2026-01"
horizon_years = 1
markets.home.countries = ["Home"]
stages.metal = {}
capacities.mill = { country = "Home", stage = "metal", tonnes_per_year = 300 }
demands.users = { market = "home", stage = "metal", tonnes_per_year = 200 }
disruptions.fire = { kind = "outage", hits = ["mill"], rate_per_year = 0.5, duration_months = 2 }
"#;

/// The program in a folder of its own, in which it must write nothing.
pub struct Program {
    folder: TempDir,
}

impl Program {
    /// With a sound config in it.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("sound.toml"), SOUND).expect("written");
        Program { folder }
    }

    /// Whether the program ends with one of these exit codes, says all of `parts` on standard error, within its time and memory, with
    /// nothing on standard output and nothing written.
    pub fn refuses(&self, words: &[&str], input: Option<&[u8]>, codes: &[i32], parts: &[&str]) -> Result<(), String> {
        let before = listing(self.folder.path());
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("ulimit -v {MOST_MEMORY}; ulimit -t {MOST_SECONDS}; exec timeout 120 \"$0\" \"$@\""),
        ]);
        command.arg(env!("CARGO_BIN_EXE_shortfall")).args(words).current_dir(self.folder.path());
        command.env_remove("GITHUB_STEP_SUMMARY").env_remove("NO_COLOR");
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let begun = Instant::now();
        let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        if let Some(bytes) = input {
            // Whoever has read enough closes the pipe.
            let _ = child.stdin.take().expect("a pipe").write_all(bytes);
        }
        let out = child.wait_with_output().map_err(|error| error.to_string())?;
        let took = begun.elapsed();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        let short: String = said.chars().take(2000).collect();
        let fail = |what: &str| Err(format!("{what}: {:?} after {took:?}\n{short}", out.status.code()));
        if !out.status.code().is_some_and(|code| codes.contains(&code)) {
            return fail("another exit code");
        }
        if let Some(part) = parts.iter().find(|part| !said.contains(**part)) {
            return fail(&format!("`{part}` is missing"));
        }
        if said.chars().any(|letter| is_hidden(letter) && letter != '\n') {
            return fail("hidden letters");
        }
        if !out.stdout.is_empty() || said.len() > 100_000 {
            return fail("more than a message");
        }
        if listing(self.folder.path()) != before { fail("something was written") } else { Ok(()) }
    }
}

/// Names of everything in a folder.
fn listing(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        fs::read_dir(folder).expect("readable").map(|entry| entry.expect("one").file_name()).collect();
    names.sort();
    names
}

/// All that fails of these, each with its name.
fn all_refused<T: Sync>(cases: &[(String, T)], refused: impl Fn(&T) -> Result<(), String> + Sync) {
    let failed = in_parallel(cases.len(), |number| {
        let (name, case) = &cases[number];
        refused(case).err().map(|why| format!("{name}: {why}"))
    });
    assert!(failed.is_empty(), "{} of {}\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// UTF-16 with its mark.
fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn with(more: &[u8]) -> Vec<u8> {
    [SOUND.as_bytes(), more].concat()
}

/// A config in which `title` is these bytes.
fn titled(bytes: &[u8]) -> Vec<u8> {
    [b"title = \"", bytes, b"\"\n", SOUND.split_once('\n').expect("lines").1.as_bytes()].concat()
}

/// Bytes that are no UTF-8, and what UTF-8 allows but TOML does not, by what the message says.
fn encodings() -> Vec<(String, (Vec<u8>, &'static str))> {
    let no_text = "a config is UTF-8 text; byte";
    let no_toml = "this is not valid TOML";
    let cases: Vec<(&str, Vec<u8>, &'static str)> = vec![
        ("UTF-16 of small ends", utf_16(SOUND, u16::to_le_bytes), no_text),
        ("UTF-16 of big ends", utf_16(SOUND, u16::to_be_bytes), no_text),
        ("UTF-16 without a mark", utf_16(SOUND, u16::to_le_bytes)[2..].to_vec(), no_toml),
        ("UTF-32", [&[0xff, 0xfe, 0, 0], SOUND.as_bytes()].concat(), no_text),
        ("Latin 1", titled(b"\xe4rger"), no_text),
        ("overlong slash", titled(b"\xc0\xaf"), no_text),
        ("overlong nought", titled(b"\xc0\x80"), no_text),
        ("overlong of three", titled(b"\xe0\x80\xaf"), no_text),
        ("half of a pair", titled(b"\xed\xa0\x80"), no_text),
        ("beyond Unicode", titled(b"\xf4\x90\x80\x80"), no_text),
        ("a lone tail", titled(b"\x80"), no_text),
        ("cut in a letter", with(b"# \xe7\xa3"), no_text),
        ("bytes of a program", (0..=255).cycle().take(5000).collect(), no_text),
        ("noughts", vec![0; 5000], no_toml),
        ("a nought", titled(b"a\0b"), no_toml),
        ("a bell", titled(b"a\x07b"), no_toml),
        ("delete", titled(b"a\x7fb"), no_toml),
        ("form feed", with(b"\x0c"), no_toml),
        ("lone CR", SOUND.replace('\n', "\r").into_bytes(), no_toml),
        ("CR in a text", titled(b"a\rb"), no_toml),
        ("NEL", SOUND.replace('\n', "\u{85}").into_bytes(), no_toml),
        ("line separator", SOUND.replace('\n', "\u{2028}").into_bytes(), no_toml),
        ("two marks at the start", ["\u{feff}\u{feff}", SOUND].concat().into_bytes(), no_toml),
        ("a mark within", SOUND.replace("start", "\u{feff}start").into_bytes(), no_toml),
        ("a space without a break", SOUND.replace("start = ", "start\u{a0}=\u{a0}").into_bytes(), no_toml),
        ("C1 control in a text", titled("a\u{9b}31mb".as_bytes()), "no control characters"),
        ("a compressed file", [&[0x1f, 0x8b, 8, 0], &[7; 100][..]].concat(), no_text),
        ("too large", with(&[b'#'; 1 << 20]), "at most 1048576 bytes"),
    ];
    cases.into_iter().map(|(name, bytes, part)| (name.to_string(), (bytes, part))).collect()
}

#[test]
fn what_is_no_text_is_told_by_its_byte_or_line() {
    let (program, folder) = (Program::new(), tempfile::tempdir().expect("a folder"));
    let cases = encodings();
    all_refused(&cases, |(bytes, part)| {
        program.refuses(&["check", "-"], Some(bytes), &[3], &[part, "--> standard input"])
    });
    let files: Vec<(String, (String, &str))> = (cases.iter().enumerate())
        .map(|(number, (name, (bytes, part)))| {
            let path = folder.path().join(format!("case-{number}.toml"));
            fs::write(&path, bytes).expect("written");
            (name.clone(), (path.to_string_lossy().into_owned(), *part))
        })
        .collect();
    all_refused(&files, |(path, part)| program.refuses(&["run", path, "-o", "out"], None, &[3], &[part, path]));
}

/// The same letters in another guise are the same config.
#[test]
fn marks_and_line_ends_of_other_systems_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("mark", ["\u{feff}", SOUND].concat()),
        ("crlf", SOUND.replace('\n', "\r\n")),
        ("both", ["\u{feff}", &SOUND.replace('\n', "\r\n")].concat()),
        ("no-end", SOUND.trim_end().into()),
        ("tabs", SOUND.replace(" = ", "\t=\t")),
    ] {
        fs::write(folder.path().join(name), text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_shortfall"));
        let out = command.args(["check", name]).current_dir(folder.path()).output().expect("it starts");
        assert_eq!(out.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

/// Depths and lengths that no stack and no patience would hold.
fn without_end() -> Vec<(String, (Vec<u8>, &'static str))> {
    const DEEP: usize = 100_000;
    let many = |text: &str, count: usize| text.repeat(count);
    let (a, not_toml) = ("a".repeat(DEEP), "this is not valid TOML");
    let dotted = vec!["a"; DEEP].join(".");
    let cases: Vec<(&str, String, &'static str)> = vec![
        ("lists", format!("x = {}{}", many("[", DEEP), many("]", DEEP)), not_toml),
        ("open lists", format!("x = {}", many("[", DEEP)), not_toml),
        ("closed lists", format!("x = {}", many("]", DEEP)), not_toml),
        ("tables", format!("x = {}1{}", many("{ a = ", DEEP), many(" }", DEEP)), not_toml),
        ("open tables", format!("x = {}", many("{ a = ", DEEP)), not_toml),
        ("lists and tables", format!("x = {}", many("[{ a = ", DEEP)), not_toml),
        (
            "mixtures",
            format!(
                "demands.more = {{ market = \"home\", stage = \"metal\", tonnes_per_year = {}5{} }}",
                many("{ mixture = [{ weight = 1, of = ", 20_000),
                many(" }] }", 20_000)
            ),
            not_toml,
        ),
        ("dotted key", format!("{dotted} = 1"), ""),
        ("header", format!("[{dotted}]"), ""),
        ("header of a list", format!("[[{dotted}]]"), ""),
        ("quotes", format!("x = {}", many("\"", DEEP)), not_toml),
        ("minus signs", format!("x = {}1", many("-", DEEP)), not_toml),
        ("digits", format!("run.seed = {}", many("9", DEEP)), not_toml),
        ("digits after the point", format!("run.confidence = 0.{}", many("3", DEEP)), "`confidence`"),
        ("exponent", format!("run.confidence = 1e{}", many("9", DEEP)), "TOML"),
        ("a long key", format!("{a} = 1"), "there is no key"),
        (
            "a long id",
            format!("capacities.{a} = {{ country = \"Home\", stage = \"metal\", tonnes_per_year = 1 }}"),
            "an id is a letter",
        ),
        ("a long name", format!("output.outcome = \"{a}\""), "there is no outcome"),
        ("a long country", format!("markets.far.countries = [\"{a}\"]"), "at most"),
        ("a long path to set", format!("scenarios.s.set.\"{}\" = 1", many("*.", 50_000)), "is not in this config"),
        ("a long series", format!("output.series = [\"{}\"]", many("*.", 50_000)), "at most"),
        (
            "a long statistic",
            format!("expect.e = {{ statistic = \"{}\", at_most = 1 }}", many("mean(", 20_000)),
            "is no statistic",
        ),
        ("many keys", (0..50_000).map(|number| format!("k{number} = 1\n")).collect(), "and 49990 more like this"),
        ("many headers", (0..50_000).map(|number| format!("[t{number}]\n")).collect(), "more like this"),
        ("many lines at fault", many("x\n", 100_000), not_toml),
        ("many values", format!("run.percentiles = [{}]", many("50, ", 200_000)), "1 to 50 `percentiles`"),
        ("many comments", format!("{}title = 5", many("#\n", 400_000)), not_toml),
    ];
    cases.into_iter().map(|(name, text, part)| (name.to_string(), (with(text.as_bytes()), part))).collect()
}

#[test]
fn depth_and_length_end_soon_and_within_memory() {
    let program = Program::new();
    all_refused(&without_end(), |(bytes, part)| program.refuses(&["check", "-"], Some(bytes), &[3], &[part]));
}

/// Words of a command line, its exit code, and part of what is said.
type Refused = (Vec<&'static str>, i32, &'static str);

/// Arguments that are none.
fn arguments() -> Vec<(String, Refused)> {
    let sound = "sound.toml";
    let cases: Vec<Refused> = vec![
        (vec!["run", sound, "-n", "0"], 3, "`trials` lies between"),
        (vec!["run", sound, "-n=-1"], 2, "--trials"),
        (vec!["run", sound, "-n", "1e18"], 2, "--trials"),
        (vec!["run", sound, "-n", "99999999999999999999"], 2, "--trials"),
        (vec!["run", sound, "-n", "1000000000000000000"], 3, "`trials` lies between"),
        (vec!["run", sound, "-s=-1"], 2, "--seed"),
        (vec!["run", sound, "-s", "18446744073709551615"], 3, "seed"),
        (vec!["run", sound, "-j", "many"], 2, "--threads"),
        (vec!["run", sound, "-j=-1"], 2, "--threads"),
        (vec!["run", sound, "--percentiles", ""], 3, "percentiles"),
        (vec!["run", sound, "--percentiles", "50,nan"], 3, "command line"),
        (vec!["run", sound, "--percentiles", "50]\nrun.seed = [1"], 3, "command line"),
        (vec!["run", sound, "--until", "\"\n"], 3, "a run stops at"),
        (vec!["run", sound, "--set", ""], 3, "a change is written"),
        (vec!["run", sound, "--set", "="], 3, "command line"),
        (vec!["run", sound, "--set", "title"], 3, "a change is written"),
        (vec!["run", sound, "--set", "title="], 3, "not valid TOML"),
        (vec!["run", sound, "--set", "=1"], 3, "there is no key ``"),
        (vec!["run", sound, "--set", ".=1"], 3, "command line"),
        (vec!["run", sound, "--set", "..=1"], 3, "command line"),
        (vec!["run", sound, "--set", "*=1"], 3, "command line"),
        (vec!["run", sound, "--set", "*.*=1"], 3, "command line"),
        (vec!["run", sound, "--set", "title=1\nstart=2"], 3, "not valid TOML"),
        (vec!["run", sound, "--set", "title=\"a\" # b\n[run]"], 3, "not valid TOML"),
        (vec!["run", sound, "--set", "markets=1"], 3, "a table is expected"),
        (vec!["run", sound, "--set", "run=5"], 3, "a table is expected"),
        (vec!["run", sound, "--set", "run.trials.deep=5"], 3, "run.trials"),
        (vec!["run", sound, "--set", "demands.users.tonnes_per_year=nan"], 3, "must be finite"),
        (vec!["run", sound, "--set", "demands.users.tonnes_per_year=9223372036854775808"], 3, "TOML"),
        (vec!["run", sound, "--set", "capacities.none.tonnes_per_year=1"], 3, "is not in this config"),
        (vec!["run", sound, "--set", "charts.0.kind=\"fan\""], 3, "is not in this config"),
        (vec!["run", sound, "--set", "markets.home.countries.99999999999999999999=\"x\""], 3, "is not in this config"),
        (vec!["run", sound, "--scenario", ""], 2, "scenario"),
        (vec!["run", sound, "--scenario", "hard"], 2, "hard"),
        (vec!["run", sound, "--input-uncertainty=-1"], 2, "--input-uncertainty"),
        (vec!["run", sound, "--drivers=perhaps"], 2, "--drivers"),
        (vec!["run", sound, "--format", "yaml"], 2, "--format"),
        (vec!["run", sound, "--nonsense"], 2, "--nonsense"),
        (vec!["run"], 2, "<CONFIG>"),
        (vec![], 2, "Usage"),
        (vec![""], 2, "''"),
        (vec!["rum", sound], 2, "'run'"),
        (vec!["replay", sound, "--trial", "-1"], 2, "'--trial <N>'"),
        (vec!["run", sound, "--seed", "-1"], 2, "'--seed <SEED>'"),
        (vec!["run", sound, "--until", "claims", "--max-trials", "-5"], 2, "'--max-trials <N>'"),
        (vec!["size", sound, "--risk", "-0.5"], 2, "--risk"),
        (vec!["replay", sound, "--trials", "-1..5"], 2, "FROM..TO"),
        (vec!["replay", sound, "--trial", "1e3"], 2, "--trial"),
        (vec!["rare", sound], 2, "--tilt"),
        (vec!["rare", sound, "--tilt", "x"], 2, "x"),
        (vec!["rare", sound, "--tilt", "disruptions.fire.rate_per_year=nan"], 2, "is not that"),
        (vec!["rare", sound, "--tilt", "disruptions.fire.rate_per_year=1e308"], 2, "tilted rate"),
        (vec!["rare", sound, "--tilt", "disruptions.fire.rate_per_year=0"], 2, "tilted rate"),
        (vec!["rare", sound, "--tilt", "disruptions.fire.rate_per_year=2", "--above", "x=nan"], 2, "x"),
        (vec!["compare", sound], 2, "FOLDER"),
        (vec!["compare", "none", "none"], 4, "none"),
        (vec!["list", "none.toml"], 4, "none.toml"),
        (vec!["init", sound], 4, "sound.toml"),
        (vec!["completions", "nosh"], 2, "nosh"),
        (vec!["stress", sound, "--lose", "nothing"], 2, "nothing"),
        (vec!["drivers", sound, "--total", "nothing"], 2, "nothing"),
    ];
    cases.into_iter().map(|(words, code, part)| (format!("{words:?}"), (words, code, part))).collect()
}

#[test]
fn arguments_that_are_none_are_told_and_nothing_is_written() {
    let program = Program::new();
    all_refused(&arguments(), |(words, code, part)| program.refuses(words, None, &[*code], &[part]));
}

#[test]
fn paths_that_lead_nowhere_are_told() {
    let program = Program::new();
    let at = |name: &str| program.folder.path().join(name);
    fs::create_dir(at("folder")).expect("made");
    fs::create_dir(at("full")).expect("made");
    fs::write(at("full/mine.txt"), "of somebody").expect("written");
    symlink("loop-a", at("loop-b")).and_then(|()| symlink("loop-b", at("loop-a"))).expect("linked");
    symlink("nowhere", at("broken")).expect("linked");
    let long = "n".repeat(300);
    let deep = vec!["d"; 3000].join("/");
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["check", ""], 2, "<CONFIG>"),
        (vec!["check", "none.toml"], 4, "none.toml"),
        (vec!["check", "folder"], 4, "this is a folder"),
        (vec!["check", "folder/none/none.toml"], 4, "none.toml"),
        (vec!["check", "sound.toml/deeper"], 4, "sound.toml/deeper"),
        (vec!["check", "loop-a"], 4, "loop-a"),
        (vec!["check", "broken"], 4, "broken"),
        (vec!["check", &long], 4, "nnn"),
        (vec!["check", &deep], 4, "d/d"),
        (vec!["check", "/dev/full"], 4, "a pipe or a device"),
        (vec!["check", "/proc/self/mem"], 4, "/proc/self/mem"),
        (vec!["check", "two\nlines.toml"], 4, "two\\u{a}lines.toml"),
        (vec!["run", "sound.toml", "-o", ""], 2, "--output"),
        (vec!["run", "sound.toml", "-o", "sound.toml"], 4, "sound.toml"),
        (vec!["run", "sound.toml", "-o", "sound.toml/out"], 4, "sound.toml/out"),
        (vec!["run", "sound.toml", "-o", "full"], 4, "full"),
        (vec!["run", "sound.toml", "-o", "broken"], 4, "broken"),
        (vec!["run", "sound.toml", "-o", "loop-a"], 4, "loop-a"),
        (vec!["run", "sound.toml", "-o", "/dev/null"], 4, "/dev/null"),
        (vec!["run", "sound.toml", "-o", "/proc/nothing"], 4, "/proc/nothing"),
        (vec!["run", "sound.toml", "-o", &long], 4, "nnn"),
        (vec!["run", "sound.toml", "-o", &deep], 4, "d/d"),
        (vec!["compare", "folder", "full"], 2, "is not the folder of a whole run"),
        (vec!["init", "folder"], 4, "folder"),
    ];
    let named: Vec<(String, _)> = cases.into_iter().map(|case| (format!("{:.80?}", case.0), case)).collect();
    all_refused(&named, |(words, code, part)| program.refuses(words, None, &[*code], &[part]));
}

/// A manifest that somebody wrote is held against what a run writes.
#[test]
fn folders_that_are_none_of_a_run_are_told() {
    let program = Program::new();
    let manifests: [&[u8]; 9] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{\"tool\":\"shortfall 0.0.0\",\"seed\":-1,\"trials\":1e300,\"scenarios\":[\"base\"]}",
        b"{\"tool\":5,\"seed\":\"1\",\"trials\":[],\"scenarios\":{}}",
        b"{\"compared\":[1,2]}",
        b"\xff\xfe{\0}\0",
        &[b'['; 100_000],
    ];
    let cases: Vec<(String, String)> = (manifests.iter().enumerate())
        .map(|(number, bytes)| {
            let name = format!("run-{number}");
            let folder = program.folder.path().join(&name);
            fs::create_dir(&folder).expect("made");
            fs::write(folder.join("manifest.json"), bytes).expect("written");
            (String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned(), name)
        })
        .collect();
    all_refused(&cases, |name| program.refuses(&["compare", name, name], None, &[2], &[name, "folder"]));
    let not_unicode = std::ffi::OsStr::from_bytes(b"run-\xff");
    assert!(!program.folder.path().join(not_unicode).exists());
}
