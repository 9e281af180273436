"""Mutation testing: changes the code in one place at a time, and tells which changes no test notices.

    python3 tests/mutants/run.py PART=K/N...        # such as trade=0/1 tally=3/16

Of each part the K-th mutant and every N-th after it, of those that cargo-mutants lists (`cargo install cargo-mutants`). Results
are in target/mutants: `results.json`. What survived, and why, is in tests/mutants/survivors.md.

What makes it affordable is that all mutants are built at once (mutant schemata: Untch, Offutt and Harrold 1993). A function
becomes one that asks which mutant is on, with a body for each of its mutants, and a variable of the environment turns one on:
so a mutant costs a run of the tests, up to the first that fails, and no build. The package is copied, with one set of
instructions.

Left out, and counted as such, is what cannot be told apart when the program runs: constants, `const fn`, functions whose result
is `impl Trait`, and functions within functions.
"""

import collections
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

# Of each part: where it is, its tests in the library, and those of `tests` that are run for all of it.
ENGINE = "plan_and_make invariants plants stock_needed metamorphic"
PARTS = {
    "random": ("src/random", "random::", ""),
    "distribution": ("src/distribution", "distribution::", "observed"),
    "statistics": ("src/statistics", "statistics::", "observed figures"),
    "disruptions": ("src/engine/disruptions", "engine::", ENGINE),
    "trade": ("src/engine/trade", "engine::", ENGINE),
    "month": ("src/engine/month", "engine::", ENGINE),
    "tally": ("src/tally", "tally::", "figures years"),
    "summary": ("src/summary", "summary::", "figures years scenarios"),
}
# Tests that are run where the path of the file has this in it.
OF_FILES = {
    "drivers": "drivers", "total_effect": "drivers", "first_order": "drivers", "information": "choose", "selection": "choose",
    "choose": "choose", "side_by_side": "size", "size": "size", "nested": "input_uncertainty", "weighted": "rare", "rare": "rare",
    "input_uncertainty": "input_uncertainty", "require": "require", "prim": "require", "stress": "stress", "plan": "plan",
    "asked": "drivers", "bars": "drivers", "investments": "plants", "stopping": "large_and_small",
    "histogram": "large_and_small", "tally/file": "tally_file", "bytes": "tally_file", "shards": "rounds",
}  # fmt: skip
# Tests that take longest: the first two compare instructions, of which there is one set here; the others are of `statistics`.
SLOW = [
    "engine::random_models::", "same_bits::instructions_change", "neither_threads_nor_parts_nor_their_order",
    "an_idle_input_is_never_named", "the_best_stays_as_often", "distances_hold_together",
]  # fmt: skip
PROFILE = "\n[profile.dev]\nopt-level = {}\ndebug = false\n"
SWITCH = """
/// Which mutant is on; 0 for none.
#[allow(missing_docs)]
pub mod mutant {
    static ON: std::sync::LazyLock<usize> =
        std::sync::LazyLock::new(|| std::env::var("MUTANT").map_or(0, |number| number.parse().expect("a number")));
    pub fn on() -> usize {
        *ON
    }
}
"""
MOST_MEMORY = 8 << 30  # a mutant may ask for any amount
LEAST_TIMEOUT = 60  # seconds

root = Path(__file__).resolve().parents[2]
out = root / "target/mutants"
crate = out / "crate"


def copy(asked):
    """A copy of the package, so that nobody's work is changed. Where the engine is full of mutants it would take hours to optimise."""
    of_engine = any(PARTS[part][0].startswith("src/engine") for part in asked)
    shutil.rmtree(crate, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        (crate / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, crate / name)
    if of_engine:
        edit("src/**/*.rs", r"#\[inline\(always\)\]", "")
    edit("src/simd/mod.rs", r"^( *)(let work = Work\(kernel\);)", r"\1return Work(kernel).with_simd(pulp::Scalar);\n\1#[allow(unreachable_code)]\n\1\2")
    for name, more in {"Cargo.toml": PROFILE.format(1 if of_engine else 3), "src/lib.rs": SWITCH}.items():
        with open(crate / name, "a") as file:
            file.write(more)


def edit(pattern_of_names, pattern, replacement):
    for path in crate.glob(pattern_of_names):
        path.write_text(re.sub(pattern, replacement, path.read_text(), flags=re.MULTILINE))


def listed(asked):
    """Every N-th mutant of each part."""
    patterns = [word for part in asked for word in ("-f", f"{PARTS[part][0]}.rs", "-f", f"{PARTS[part][0]}/**")]
    told = subprocess.run(["cargo", "mutants", "--list", "--json", *patterns], cwd=root, check=True, capture_output=True)
    mutants = json.loads(told.stdout)
    chosen = []
    for part, sample in asked.items():
        first, step = map(int, sample.split("/"))
        place = PARTS[part][0]
        of_part = [dict(one, part=part) for one in mutants if one["file"].startswith((f"{place}.rs", f"{place}/"))]
        chosen += of_part[first % step :: step]
    return [dict(mutant, number=number) for number, mutant in enumerate(chosen, 1)]


def positions(text, span):
    """Where a span begins and ends; cargo-mutants tells places as lines and columns."""
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    return tuple(starts[end["line"] - 1] + end["column"] - 1 for end in (span["start"], span["end"]))


TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.[^']*|[^'\\])'|[{]", re.DOTALL)


def body_of(text, begin, end):
    """Where the body of a function begins, if it is one that can ask which mutant is on."""
    name = re.compile(r"\bfn\s").search(text, begin)
    for token in TOKEN.finditer(text, name.end(), end):
        if token.group() == "{":
            signature = text[begin : token.start()]
            cannot = re.search(r"\bconst\s+fn\b|->[^{]*\bimpl\b", signature)
            return None if cannot else token.start()
    return None


def weave(text, mutants):
    """The text with a body for every mutant; by mutant the first and last line of its body; and the mutants left out."""
    by_function, left_out = collections.defaultdict(list), []
    for mutant in mutants:
        span = mutant["function"] and positions(text, mutant["function"]["span"])
        body = span and body_of(text, *span)
        (left_out if body is None else by_function[(body, span[1])]).append(mutant)
    new, at, lines = "", 0, {}
    for (body, end), of_function in sorted(by_function.items(), key=lambda one: one[0]):
        if body < at:
            left_out.extend(of_function)
            continue
        new += text[at:body] + "{ match crate::mutant::on() {\n"
        for mutant in of_function:
            low, high = positions(text, mutant["span"])
            first = new.count("\n") + 1
            new += f"{mutant['number']} => {text[body:low]} {mutant['replacement']} {text[high:end]}\n"
            lines[mutant["number"]] = (first, new.count("\n"))
        new += f"_ => {text[body:end]} }} }}"
        at = end
    return new + text[at:], lines, left_out


def cargo(*arguments):
    """The exit code, and messages, of cargo."""
    command = ["cargo", *arguments, "--message-format", "json"]
    variables = dict(os.environ, CARGO_TARGET_DIR=str(out / "target"))
    ran = subprocess.run(command, cwd=crate, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def errors_of(messages):
    said = (message["message"] for message in messages if message["reason"] == "compiler-message")
    return [message for message in said if message["level"] == "error"]


def woven(mutants):
    """Puts all mutants that compile into the copy: these, those that do not, and those left out."""
    texts = {file: (crate / file).read_text() for file in sorted({mutant["file"] for mutant in mutants})}
    refused = []
    while True:
        places, left_out = {}, []
        for file, text in texts.items():
            new, lines, without = weave(text, [mutant for mutant in mutants if mutant["file"] == file])
            (crate / file).write_text(new)
            left_out += without
            places.update({number: (file, *span) for number, span in lines.items()})
        code, messages = cargo("check", "--lib")
        if code == 0:
            return [mutant for mutant in mutants if mutant["number"] in places], refused, left_out
        errors = errors_of(messages)
        spans = [span for error in errors for span in error["spans"] if span["is_primary"]]
        is_at = lambda span, file, first, last: span["file_name"] == file and first <= span["line_start"] <= last
        bad = {number for number, place in places.items() if any(is_at(span, *place) for span in spans)}
        if not bad:
            sys.exit("\n".join(error["rendered"] for error in errors))
        print(f"{len(bad)} do not compile", flush=True)
        refused += [mutant for mutant in mutants if mutant["number"] in bad]
        mutants = [mutant for mutant in mutants if mutant["number"] not in bad]


def built(tests):
    """The executables with the tests of the library, and with those of `tests`, by name."""
    names = [word for test in sorted(tests) for word in ("--test", test)]
    code, messages = cargo("test", "--no-run", "--lib", *names)
    if code:
        sys.exit("\n".join(error["rendered"] for error in errors_of(messages)))
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable") and m["profile"]["test"]}


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def failing(executable, number, arguments, timeout, only_first=True):
    """Tests that fail with a mutant; the first one alone, unless all are asked for."""
    test = subprocess.Popen(
        [executable, *arguments], cwd=crate, env=dict(os.environ, MUTANT=str(number)), text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limited,
    )  # fmt: skip
    late = []

    def stop():
        late.append("timeout")
        os.killpg(test.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, stop)
    timer.start()
    failed = []
    for line in test.stdout:
        if found := re.match(r"test (\S+).* \.\.\. FAILED", line):
            failed.append(found[1])
            if only_first:
                os.killpg(test.pid, signal.SIGKILL)
                break
    timer.cancel()
    code = test.wait()
    return failed or late or ([f"exit code {code}"] if code else [])


def tests_of(mutant):
    """Those of `tests` that are run for a mutant, in this order."""
    of_file = [test for words, test in OF_FILES.items() if words in mutant["file"]]
    return list(dict.fromkeys(of_file + PARTS[mutant["part"]][2].split()))


def runs(mutant, executables, skipping):
    """What is run for a mutant, in this order: executables and their arguments."""
    own = (executables["shortfall"], [PARTS[mutant["part"]][1], *skipping])
    return [own, *((executables[test], skipping) for test in tests_of(mutant))]


def main():
    asked = dict(argument.split("=") for argument in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    copy(asked)
    mutants = listed(asked)
    print(f"{len(mutants)} mutants", flush=True)
    viable, refused, left_out = woven(mutants)
    random.Random(0).shuffle(viable)  # whoever stops early has looked at an even sample
    executables = built({test for mutant in viable for test in tests_of(mutant)})
    skipping = [word for test in SLOW for word in ("--skip", test)]
    timeouts, failed = {}, set()
    for executable, arguments in {str(run): run for one in viable for run in runs(one, executables, skipping)}.values():
        begin = time.monotonic()
        failed.update(failing(executable, 0, arguments, 3600, only_first=False))
        took = time.monotonic() - begin
        timeouts[executable] = max(LEAST_TIMEOUT, 3 * took, timeouts.get(executable, 0))
    print("these fail without a mutant, and are skipped:", *failed, flush=True)
    skipping += [word for test in sorted(failed) for word in ("--skip", test)]
    results = {part: {"unviable": 0, "left out": 0, "caught": {}, "missed": []} for part in asked}
    for kind, some in {"unviable": refused, "left out": left_out}.items():
        for mutant in some:
            results[mutant["part"]][kind] += 1
    for mutant in viable:
        of_part = results[mutant["part"]]
        some = runs(mutant, executables, skipping)
        ran = (failing(executable, mutant["number"], arguments, timeouts[executable]) for executable, arguments in some)
        found = next(filter(None, ran), None)
        if found:
            of_part["caught"][mutant["name"]] = found[0]
        else:
            of_part["missed"].append(mutant["name"])
        print(f"{mutant['name']}: {found[0] if found else 'MISSED'}", flush=True)
        (out / "results.json").write_text(json.dumps(results, indent=1))
    for part, of_part in results.items():
        print(part, {kind: some if isinstance(some, int) else len(some) for kind, some in of_part.items()})


if __name__ == "__main__":
    main()
