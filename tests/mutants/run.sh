#!/usr/bin/env bash
# Mutation testing: changes the code in one place at a time, and tells which changes no test notices.
#
#     bash tests/mutants/run.sh PART [K/N] [OPTION...]
#
# PART is one of those below; K/N takes every N-th mutant, from the K-th on (0/1: all). Further options go to cargo-mutants
# (`cargo install cargo-mutants`), as in `--re clopper`. Results are in target/mutants/PART/mutants.out; what survived, and why,
# is in tests/mutants/survivors.md.
#
# What makes it affordable: parts that need nothing of the rest are a crate of their own, which builds in seconds; the
# others are tested by those tests that look at them most closely.
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1:?which part? random, distribution, statistics, disruptions, trade, month, tally or summary}
sample=${2:-0/1}
shift $(($# < 2 ? $# : 2))

# Files to change, and the tests that are to notice.
case $part in
random) files=(src/random.rs) ;;
distribution) files=('src/distribution/*') ;;
statistics) files=(src/statistics.rs 'src/statistics/*') ;;
disruptions) files=(src/engine/disruptions.rs 'src/engine/disruptions/*') tests=(--lib --test portable --test reproducible) ;;
trade) files=(src/engine/trade.rs) tests=(--lib --test portable --test reproducible) ;;
month) files=(src/engine/month.rs 'src/engine/month/*') tests=(--lib --test portable --test reproducible) ;;
tally) files=('src/tally/*') tests=(--lib --test reproducible --test tally_file --test figures --test limits_are_real) ;;
summary) files=(src/summary.rs 'src/summary/*') tests=(--lib --test reproducible --test figures --test require --test size --test choose --test stress) ;;
*) echo "there is no part $part" >&2 && exit 2 ;;
esac

root=$PWD
out=$root/target/mutants/$part
mkdir -p "$out"
export CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0
if [ -z "${tests:-}" ]; then
    # A crate of the modules that stand on nothing else.
    crate=$out/crate
    mkdir -p "$crate/src"
    for module in math random simd special statistics distribution text; do
        for from in "src/$module" "src/$module.rs"; do [ ! -e "$from" ] || cp -R "$from" "$crate/src/"; done
        echo "pub mod $module;"
    done | cat <(echo '#![allow(dead_code, unused)]') - >"$crate/src/lib.rs"
    cp Cargo.lock "$crate/"
    {
        printf '[package]\nname = "numerics"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n'
        grep -E '^(rand|rand_distr|libm|pulp|serde|sha2|unicode-width) = ' Cargo.toml
        printf '[dev-dependencies]\n'
        grep -E '^proptest = ' Cargo.toml
    } >"$crate/Cargo.toml"
    tests=(--lib)
else
    # A copy, so that nobody's work is changed.
    crate=$out/crate
    mkdir -p "$crate"
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from - -c | tar -x -C "$crate"
fi
cd "$crate"
args=()
for file in "${files[@]}"; do args+=(-f "$file"); done
cargo mutants --in-place --timeout 300 --build-timeout 900 --shard "$sample" --sharding round-robin --no-shuffle \
    "${args[@]}" --output "$out" "$@" -- "${tests[@]}"
