#!/usr/bin/env bash
# Builds the program twice from what is committed, each time in a folder of its own and from nothing, and tells whether the two
# are the same file: what a release holds can then be made again by anybody with the same toolchain.
#
#     bash tests/same_executable.sh [EXECUTABLE]
#
# With EXECUTABLE, built from the same commit with `cargo build --release --locked`, only one more is built.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build() {
    mkdir -p "$folder/$1"
    git archive HEAD | tar -x -C "$folder/$1"
    (cd "$folder/$1" && CARGO_TARGET_DIR=$folder/$1-target cargo build --release --locked --quiet)
    digest "$folder/$1-target/release/shortfall"
}
digest() { sha256sum "$1" | cut -d' ' -f1; }

one=$([ $# -gt 0 ] && digest "$1" || build one)
# A longer name, so that no path in the executable goes unnoticed.
other=$(build a-folder-with-a-longer-name)
if [ "$one" != "$other" ]; then
    echo "two builds of $(git rev-parse HEAD) differ: $one and $other" >&2
    exit 1
fi
echo "two builds in two folders are the same executable: $one"
