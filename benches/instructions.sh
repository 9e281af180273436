#!/usr/bin/env bash
# Instructions per trial of the flagship, by callgrind: the same in every run, so that a check can hold them.
#
#     bash benches/instructions.sh PROGRAM
#
# Fails if they are more than a tenth above the figure in instructions.txt. Callgrind knows no AVX-512, so these are the
# instructions of the AVX2 path. The difference of two runs leaves out start-up and writing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${1:?the program to count}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" run "$here/../configs/us-japan-2025.toml" \
        --scenario pipeline -n "$1" -j 1 -o "$out/$1" -q --no-charts --no-tally 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

few=$(count 256)
many=$(count 1280)
found=$(((many - few) / 1024))
known=$(cat "$here/instructions.txt")
echo "$found instructions per trial; $known on record"
if ((10 * found > 11 * known)); then
    echo "error: that is more than a tenth above the record: find out why, or put the new figure into instructions.txt"
    exit 1
fi
if ((10 * found < 9 * known)); then
    echo "note: put the new figure into instructions.txt, so that the gain is held"
fi
