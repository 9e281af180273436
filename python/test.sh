#!/usr/bin/env bash
# Builds the Python package and holds its figures against those of the command line.
#
#     bash python/test.sh [PROGRAM]
#
# Without PROGRAM, the one that `cargo build` makes. Skips, and says so, where there is no Python or where PyPI cannot be reached.
set -euo pipefail
cd "$(dirname "$0")"

skip() {
    echo "$1: the Python package is not tested"
    exit 0
}
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || skip "there is no Python 3.11 or later here"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv" >/dev/null 2>&1 || skip "Python makes no environment here"
bin=$folder/venv/bin
"$bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 -r tests/requirements.txt >/dev/null 2>&1 ||
    skip "the packages of python/tests/requirements.txt cannot be had here"

if [ $# -gt 0 ]; then
    PROGRAM=$(cd .. && realpath "$1")
else
    (cd .. && cargo build --locked --quiet)
    PROGRAM=$(realpath ../target/debug/shortfall)
fi
export PROGRAM

cargo fmt --check
# A development build of the simulator gives the same bits, and is built in a fraction of the time.
"$bin/maturin" build --locked --profile dev --quiet --interpreter "$bin/python" --out "$folder/wheels"
cargo clippy --locked --quiet -- -D warnings
"$bin/pip" install --quiet --disable-pip-version-check --no-deps "$folder"/wheels/*.whl
# Not from here, so that the package is the one that was installed.
cd "$folder"
"$bin/python" -m pytest -q -p no:cacheprovider "$OLDPWD/tests"
