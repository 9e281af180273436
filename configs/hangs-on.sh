#!/usr/bin/env bash
# What the answer hangs on: runs the flagship's main scenario with each of ten assumptions at both ends of its range, and
# prints a Markdown table. Usage: configs/hangs-on.sh [TRIALS] [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."
trials=${1:-2000}
program=${2:-target/release/shortfall}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# The median of a series in a month, with two decimals; a total in thousand tonnes.
median() { awk -F, -v s="$1" -v d="$2" '$2 == s && $5 == d { printf "%.2f", $10; exit }' "$out/timeseries.csv"; }
total() { awk -F, '$2 == "total_shortage.allies.magnets" && $5 == 50 { printf "%.0f", $6 / 1000; exit }' "$out/percentiles.csv"; }

run() {
    local sets=()
    for change in "$@"; do sets+=(--set "$change"); done
    "$program" run configs/us-japan-2025.toml --scenario pipeline -n "$trials" --no-charts --quiet --force -o "$out" "${sets[@]}"
    local magnets=coverage_without.china.magnets goods=coverage_in_use_without.china.magnets
    echo "$(median $magnets 2030-11) | $(median $magnets 2035-11) | $(median $goods 2035-11) | $(total)"
}

row() { # name, range, changes of one end, --, changes of the other
    local name=$1 range=$2 low=() high=() end=low
    shift 2
    for word in "$@"; do
        if [ "$word" = -- ]; then end=high; elif [ $end = low ]; then low+=("$word"); else high+=("$word"); fi
    done
    local a b merged=""
    a=$(run "${low[@]}")
    b=$(run "${high[@]}")
    for column in 1 2 3 4; do
        merged+=" | $(cut -d'|' -f$column <<<"$a" | xargs) to $(cut -d'|' -f$column <<<"$b" | xargs)"
    done
    echo "| $name | $range$merged |"
}

metal() { # Vietnam, Thailand, Britain, Korea
    local country
    for country in vietnam thailand britain korea; do
        echo "capacities.$country-metal.tonnes_per_year=$1"
        shift
    done
}
closures() { echo "projects.*.closure_rate_per_year=$1" "investment.*.closure_rate_per_year=$1"; }

echo "| assumption | range | coverage in 2030 | in 2035 | in 2035, goods included | total shortage, kt |"
echo "|---|---|---:|---:|---:|---:|"
echo "| as it stands | | $(run) |"
row "growth of China's capacity" "2 to 12 % a year" 'capacities.china-*.growth_per_year=0.02' -- 'capacities.china-*.growth_per_year=0.12'
row "growth of demand" "2.8 to 8.7 % a year" 'demands.*.growth_per_year=0.028' -- 'demands.*.growth_per_year=0.087'
row "use inside imported goods" "15 to 76 kt a year" 'demands.in-goods.tonnes_per_year=15000' -- 'demands.in-goods.tonnes_per_year=76000'
# shellcheck disable=SC2046
row "metal made outside China today" "2.5 to 8.5 kt a year" $(metal 1500 800 100 50) -- $(metal 5000 2400 700 390)
row "plants that nobody has announced" "none to three times as many" 'investment.*.decisions_per_year=0' -- \
    'investment.mines.decisions_per_year=4' 'investment.magnets.decisions_per_year=2' 'investment.*.at_most=500'
row "projects that find finance" "25 to 90 %" 'projects.*.phases.0.success_probability=0.25' -- 'projects.*.phases.0.success_probability=0.9'
row "DyTb in a tonne of magnet" "0.4 to 1.55 %" 'stages.magnets.feeds.heavy-separation=0.004' -- 'stages.magnets.feeds.heavy-separation=0.0155'
row "NdPr in a tonne of magnet" "26.5 to 31.5 %" 'stages.magnets.feeds.metal=0.265' -- 'stages.magnets.feeds.metal=0.315'
# shellcheck disable=SC2046
row "closures of plants" "none to 6 % a year" $(closures 0) -- $(closures 0.06)
row "what China's licences refuse" "nothing to a quarter" 'disruptions.china-regime.severity=0.0001' -- 'disruptions.china-regime.severity=0.25'
