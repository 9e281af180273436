"""Checks that a peer and `shortfall` simulate the same model.

The rule. Let a peer have played n trials and `shortfall` N. The p-quantile of `shortfall` must lie between the quantiles
of the peer at p - d and p + d, with d = Z sqrt(p (1 - p) (1/n + 1/N)): the joint sampling error of two empirical
distribution functions at p, whatever the unit, with or without atoms. It may miss them by a cell of the histograms. With
Z = 5 about one comparison of two correct programs in 1.7 million fails. A probability ("never") must agree within
Z standard errors of the difference and Z^2 / 3n (as in Bernstein's inequality: what is rare is no normal number).

Compared are p5, p50 and p95 of every outcome, and of every series in some months. The peers count neither shortages nor the
decisions of an investment by year (`output.years`): those outcomes are left out.

With fewer than 300 trials p - d or p + d lies beyond the range of levels: the ends of what the peer found stand in for them,
and a correct program may fail.
"""

import csv
import math
from collections import defaultdict

Z = 5.0
LEVELS = [5, 50, 95]
MONTHS = [0, 11, 23, 35, 59, 95, 119, 179, 239]
# A cell: relative, and absolute.
SERIES_CELL = {"price_multiple": (2**-7, 0), "shortage_fraction": (0, 2**-10), "share": (0, 2**-10), "thrift": (0, 2**-10),
               "stock_days": (2**-7, 1), "coverage_without": (2**-7, 2**-9), "coverage_in_use_without": (2**-7, 2**-9)}
SERIES_CELL_OF_AMOUNTS = 2**-6, 2**-15
OUTCOME_CELL = {"worst_month": (0, 2**-12), "fill_rate": (0, 2**-12), "disrupted_months": (0, 2**-4)}
LEFT_OUT = "shortage_in.", "decisions_in."
# From here on all is the same: the last cells of the peers.
MOST = {"coverage_without": 3.9, "coverage_in_use_without": 3.9, "stock_days": 4000}


def around(level, few, many):
    """Levels, in percent, between whose quantiles of the peer that of `shortfall` must lie."""
    p = level / 100
    d = Z * math.sqrt(p * (1 - p) * (1 / few + 1 / many))
    return [round(100 * min(max(q, 0.0001), 0.9999), 4) for q in (p - d, p + d)]


def levels(few, many):
    """All levels that a peer must report."""
    return sorted({q for level in LEVELS for q in around(level, few, many)})


def read(folder):
    """Percentiles of `shortfall` by scenario: by (name, level), or by (name, month, level), and the probabilities of never.
    Infinite means never."""
    scenarios = defaultdict(lambda: ({}, {}))
    with open(folder / "percentiles.csv") as file:
        for row in csv.DictReader(file):
            table, never = scenarios[row["scenario"]]
            if row["statistic"] == "percentile":
                value = math.inf if row["note"].startswith("never") else float(row["value"])
                table[row["output"], float(row["percentile"])] = value
            elif row["statistic"] == "probability_never":
                never[row["output"]] = float(row["value"])
    with open(folder / "timeseries.csv") as file:
        for row in csv.DictReader(file):
            for level in LEVELS:
                value = float(row[f"p{level}"] or math.inf)  # empty: never
                scenarios[row["scenario"]][0][row["series"], int(row["month"]), level] = value
    return scenarios


def check(peer, ours, many):
    """Lines about what disagrees, and the number of comparisons. `many` trials are behind `ours`."""
    few, (table, never) = peer["trials"], ours
    bad, compared = [], 0

    def compare(what, value, find, relative, absolute, level, most=math.inf):
        nonlocal compared
        compared += 1
        low, high = (math.inf if (found := find(f"{q:g}")) is None else found for q in around(level, few, many))
        low, high, value = min(low, most), min(high, most), min(value, most)
        margin = 0 if math.isinf(value) else relative * value + absolute
        if not low - margin <= value <= high + margin:
            bad.append(f"{what} p{level}: ours {value:.6g} is not within {low:.6g} .. {high:.6g}")

    for name, row in peer["outcomes"].items():
        relative, absolute = OUTCOME_CELL.get(name.split(".")[0], (2**-8, 0))
        for level in LEVELS:
            compare(name, table[name, level], row.get, relative, absolute, level)
        p, q = row["never"], never[name]
        pooled = (p * few + q * many) / (few + many)
        compared += 1
        if abs(p - q) > Z * math.sqrt(pooled * (1 - pooled) * (1 / few + 1 / many)) + Z**2 / (3 * few):
            bad.append(f"{name} never: {p:.4f}, ours {q:.4f}")
    for name, rows in peer["series"].items():
        kind = name.split(".")[0]
        relative, absolute = SERIES_CELL.get(kind, SERIES_CELL_OF_AMOUNTS)
        for month in [month for month in MONTHS if month < len(rows["50"])]:
            for level in LEVELS:
                find, most = lambda q: rows[q][month], MOST.get(kind, math.inf)
                compare(f"{name} month {month}", table[name, month, level], find, relative, absolute, level, most)
    missing = {key[0] for key in table} - set(peer["outcomes"]) - set(peer["series"])
    bad += [f"{name}: the peer does not have it" for name in sorted(missing) if not name.startswith(LEFT_OUT)]
    return bad, compared
