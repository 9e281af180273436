"""What the Python peers share: the cells of the histograms, percentiles, and the file of results."""

import json
import sys
import time

import numpy as np

LEVELS = [5, 10, 25, 50, 75, 90, 95]  # and those that are asked for

# By kind of series: "linear" with cells to a unit, or "log" with binary digits to a doubling; number of cells. Cell 0 is
# the value zero, the last one takes all that is larger. About as fine as those of `shortfall`.
LINEAR, LOG = 0, 1
LOWEST = -16  # binary exponent of the first cell of a logarithmic histogram
AMOUNT = LOG, 6, 46 << 6
CELLS = {
    "shortage_fraction": (LINEAR, 1024, 1024 + 2),
    "share": (LINEAR, 1024, 1024 + 2),
    "thrift": (LINEAR, 1024, 1024 + 2),
    "stock_days": (LINEAR, 1, 4096 + 2),
    "coverage_without": (LINEAR, 512, 2048 + 2),
    "coverage_in_use_without": (LINEAR, 512, 2048 + 2),
    "price_multiple": (LOG, 7, 26 << 7),
}


def cells_of(kind):
    """Law, fineness and number of the cells of a kind of series."""
    return CELLS.get(kind, AMOUNT)


def cell_values(kind):
    """The middle of every cell."""
    law, fine, cells = cells_of(kind)
    if law == LINEAR:
        return np.concatenate([[0.0], (np.arange(cells - 1) + 0.5) / fine])
    whole, part = np.divmod(np.arange(cells), 1 << fine)
    return np.where(np.arange(cells) > 0, 2.0 ** (LOWEST + whole) * (1 + (part + 0.5) / (1 << fine)), 0.0)


def of_histogram(kind, counts):
    """Percentiles of the rows of a histogram, and the mean."""
    values, total = cell_values(kind), counts.sum(axis=1)
    running = np.cumsum(counts, axis=1)
    rows = {}
    for level in LEVELS:
        rank = np.ceil(total * (level / 100)).astype(int).clip(1)
        rows[f"{level:g}"] = values[(running >= rank[:, None]).argmax(axis=1)]
    rows["mean"] = counts @ values / total
    return {key: row.tolist() for key, row in rows.items()}


def of_values(values):
    """Percentiles of values, of which some may be infinite ("never")."""
    ordered, count = np.sort(values), len(values)
    row = {f"{level:g}": ordered[max(int(np.ceil(count * level / 100)), 1) - 1] for level in LEVELS}
    row = {level: None if np.isinf(value) else float(value) for level, value in row.items()}
    finite = ordered[np.isfinite(ordered)]
    row["mean"] = float(finite.mean()) if len(finite) else None
    row["never"] = 1 - len(finite) / count
    return row


def arguments():
    """`program MODEL.json TRIALS SEED OUTPUT.json [LEVELS]`: what every peer is given."""
    if len(sys.argv) > 5:
        LEVELS[:] = sorted({*LEVELS, *map(float, sys.argv[5].split(","))})
    with open(sys.argv[1]) as file:
        return json.load(file), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


class Clock:
    """CPU and wall time since it was made, seconds."""

    def __init__(self):
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def read(self):
        return {"cpu": time.process_time() - self.cpu, "wall": time.perf_counter() - self.wall}


def save(path, trials, times, outcomes, series, **more):
    with open(path, "w") as file:
        json.dump({"trials": trials, **times, "outcomes": outcomes, "series": series, **more}, file)
