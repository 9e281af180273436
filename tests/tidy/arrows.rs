//! Which module may use which: layers from bottom to top, and no circles among the files of a layer.

use std::collections::{BTreeMap, BTreeSet};

use super::shipped;

/// The layers of the library from bottom to top: each may use those before it.
const LAYERS: [&str; 17] = [
    "text",
    "math",
    "simd",
    "random",
    "special",
    "statistics",
    "distribution",
    "config",
    "error",
    "model",
    "engine",
    "tally",
    "study",
    "simulation",
    "summary",
    "output",
    "run",
];

/// A module or an item, by its names from the root of the library.
type Path = Vec<String>;

/// The modules of the library by path, each with its code.
struct Library {
    code: BTreeMap<Path, String>,
    /// By module: what its `use` statements bring in, by the name it has there.
    imports: BTreeMap<Path, BTreeMap<String, Path>>,
}

impl Library {
    fn new(sources: &[(String, String)]) -> Self {
        let module = |name: &str| -> Option<Path> {
            let name = name.strip_prefix("src/")?.strip_suffix(".rs")?;
            let of_program = name == "main" || name.starts_with("commands/");
            let parts = name.split('/').filter(|part| !["mod", "lib"].contains(part)).map(String::from);
            (!of_program).then(|| parts.collect())
        };
        let code: BTreeMap<Path, String> =
            sources.iter().filter_map(|(name, code)| Some((module(name)?, code.clone()))).collect();
        let mut library = Library { code, imports: BTreeMap::new() };
        for (at, code) in &library.code {
            let named = |used: Vec<String>| {
                let name = used.last()?.split(" as ").last()?.to_string();
                Some((name, library.absolute(at, &used)?))
            };
            let found = statements(code).into_iter().flat_map(|tree| expand(&tree)).filter_map(named).collect();
            library.imports.insert(at.clone(), found);
        }
        library
    }

    /// A path as written in the module `at`, from the root; none if it leads out of the library.
    fn absolute(&self, at: &Path, written: &[String]) -> Option<Path> {
        let mut base = at.clone();
        let mut rest = written;
        while let Some((first, after)) = rest.split_first() {
            match first.as_str() {
                "crate" => base.clear(),
                "super" => drop(base.pop()),
                "self" => {}
                _ => break,
            }
            rest = after;
        }
        if rest.len() == written.len() {
            base.push(rest.first()?.clone());
            self.code.contains_key(&base).then_some(())?; // a module below, or else another crate
            base.pop();
        }
        base.extend(rest.iter().map(|part| part.split(" as ").next().unwrap_or_default().to_string()));
        Some(base)
    }

    /// The module that defines what a path leads to, through what modules pass on.
    fn home(&self, path: &Path) -> Path {
        let mut at = Path::new();
        for (index, name) in path.iter().enumerate() {
            let below = [&at[..], std::slice::from_ref(name)].concat();
            if self.code.contains_key(&below) {
                at = below;
            } else {
                let passed_on = self.imports.get(&at).and_then(|imports| imports.get(name));
                return match passed_on.filter(|onwards| **onwards != path[..=index]) {
                    Some(onwards) => self.home(&[onwards, &path[index + 1..]].concat()),
                    None => at,
                };
            }
        }
        at
    }

    /// Which modules each module uses.
    fn uses(&self) -> BTreeMap<&Path, BTreeSet<Path>> {
        let used = |at: &Path, code: &str| {
            let imported = self.imports[at].values().cloned();
            let named = mentions(code).into_iter().filter_map(|written| self.absolute(at, &written));
            imported.chain(named).map(|path| self.home(&path)).filter(|home| home != at && !home.is_empty()).collect()
        };
        self.code.iter().filter(|(at, _)| !at.is_empty()).map(|(at, code)| (at, used(at, code))).collect()
    }
}

/// The trees of all `use` statements.
fn statements(code: &str) -> Vec<String> {
    let begins = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("pub").map_or(line, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
        line.strip_prefix("use ").map(String::from)
    };
    let mut found = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if let Some(mut tree) = begins(line) {
            while !tree.contains(';') {
                let Some(more) = lines.next() else { break };
                tree.push_str(more.trim());
            }
            found.push(tree.trim_end_matches(';').to_string());
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::d}`.
fn expand(tree: &str) -> Vec<Path> {
    let Some((before, inner)) = tree.split_once('{') else {
        let parts: Path = tree.trim().split("::").map(String::from).collect();
        // `a::{self}` is `a`.
        return vec![if parts.last().is_some_and(|last| last == "self") && parts.len() > 1 {
            parts[..parts.len() - 1].to_vec()
        } else {
            parts
        }];
    };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for letter in inner.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ',' && depth == 0 {
            branches.push(String::new());
        } else if let Some(branch) = branches.last_mut() {
            branch.push(letter);
        }
    }
    let whole = branches.iter().filter(|branch| !branch.trim().is_empty());
    whole.flat_map(|branch| expand(&format!("{before}{}", branch.trim()))).collect()
}

/// Paths outside of `use` statements that begin with `crate` or `super`.
fn mentions(code: &str) -> Vec<Path> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter| !is_part(letter));
    let paths = words.filter(|word| word.starts_with("crate::") || word.starts_with("super::"));
    paths.map(|word| word.trim_end_matches(':').split("::").map(String::from).collect()).collect()
}

/// Uses from a layer to one above it, and layers that have no place.
fn upward(library: &Library) -> Vec<String> {
    let place = |path: &Path| LAYERS.iter().position(|layer| *layer == path[0]);
    let mut found = Vec::new();
    for (from, used) in library.uses() {
        for to in used.iter().filter(|to| place(to) > place(from)) {
            found.push(format!("{} uses {}, which stands above it", from.join("::"), to.join("::")));
        }
        if place(from).is_none() {
            found.push(format!("{} has no place among the layers", from.join("::")));
        }
    }
    found
}

/// Files that use each other in a circle. A file may use what the modules around it define, since that is what they are for;
/// those use whatever stands in them.
fn circles(library: &Library) -> Vec<String> {
    let mut arrows = library.uses();
    for (from, used) in &mut arrows {
        used.retain(|to| !from.starts_with(to));
        let below = |other: &&Path| other.len() == from.len() + 1 && other.starts_with(from);
        used.extend(library.code.keys().filter(below).cloned());
    }
    let leads_to = |from: &Path, end: &Path| {
        let (mut reached, mut waiting) = (BTreeSet::from([from]), vec![from]);
        while let Some(at) = waiting.pop() {
            waiting.extend(arrows[at].iter().filter(|to| reached.insert(*to)));
        }
        reached.contains(end)
    };
    let on_circle = |(from, used): (&&Path, &BTreeSet<Path>)| {
        let back: Vec<String> = used.iter().filter(|to| leads_to(to, from)).map(|to| to.join("::")).collect();
        (!back.is_empty()).then(|| format!("{} uses {}", from.join("::"), back.join(", ")))
    };
    arrows.iter().filter_map(on_circle).collect()
}

#[test]
fn layers_use_only_what_stands_below_them() {
    let library = Library::new(&shipped());
    for layer in LAYERS {
        assert!(library.code.contains_key(&vec![layer.to_string()]), "there is no layer {layer}");
    }
    let found = upward(&library);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn files_of_a_layer_use_each_other_in_no_circle() {
    let found = circles(&Library::new(&shipped()));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_arrow_up_and_a_circle_are_found() {
    let sound = [
        ("src/lib.rs", "pub mod math;\npub mod model;\npub mod engine;"),
        ("src/math.rs", "pub fn exp() {}"),
        ("src/model/mod.rs", "mod unit;\nmod bins;\npub use unit::{Unit, Other as Another};\npub struct Model;"),
        ("src/model/unit.rs", "use super::Model;\npub enum Unit {}\npub struct Other;"),
        ("src/model/bins.rs", "use std::fmt;\nuse super::{Model, Unit};\nuse crate::math::{self, exp};"),
        ("src/engine/mod.rs", "mod month;\nuse crate::{math, model::Unit};\npub struct Engine;"),
        ("src/engine/month.rs", "use super::Engine;\nfn f() { crate::math::exp() }"),
    ];
    let planted = |name: &str, line: &str| {
        let plant = |(known, code): (&str, &str)| {
            (known.to_string(), if known == name { format!("{code}\n{line}") } else { code.to_string() })
        };
        let library = Library::new(&sound.map(plant));
        (upward(&library), circles(&library).len())
    };
    assert_eq!(planted("", ""), (Vec::new(), 0));
    for (name, line) in [
        ("src/math.rs", "use crate::model::Unit;"),
        ("src/math.rs", "    fn f(of: &crate::model::Model) {}"),
        ("src/math.rs", "pub(crate) use super::model::{\n    Model,\n    Unit,\n};"),
        ("src/model/bins.rs", "use super::super::engine;"),
        ("src/model/unit.rs", "use crate::{engine::{Engine}, math};"),
    ] {
        assert_eq!(planted(name, line).0.len(), 1 + usize::from(line.contains("Unit,")), "{name}: {line}");
    }
    // Through what the module around them passes on, too.
    for line in ["use super::bins::cell;", "use crate::model::bins;", "fn f() { super::bins::cell() }"] {
        assert_eq!(planted("src/model/unit.rs", line), (Vec::new(), 2), "{line}");
    }
    assert_eq!(planted("src/model/bins.rs", "use super::Another;"), (Vec::new(), 0));
}
