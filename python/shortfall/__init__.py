"""Monte Carlo simulator of supply disruptions, and of the capacity that may replace a lost supplier.

    import shortfall as sf

    run = sf.run("my.toml", set={"projects.*.slip_months": 24}, trials=20_000)
    run                         # in a notebook: finding, chart and tables
    run.percentiles.to_pandas()
    run.trials                  # every trial as a row, for polars, DuckDB, pyarrow

What is simulated is said by a config, the same as for the command line, and every figure is the same to the last bit: `run.json`
is the `results.json` that `shortfall run` writes for the same config, changes, trials and seed. Units are those of the config:
amounts in the unit of their product, rates by year, spans in months, probabilities and shares as fractions from 0 to 1. Each
column of a table says its own (`run.percentiles.columns`).
"""

from ._api import check, compare, drivers, run, stress
from ._faults import ConfigError, Fault
from ._native import version as _version
from ._results import Answer, Chart, Checked, Run
from ._table import Column, Table

__version__: str = _version()

__all__ = [
    "Answer",
    "Chart",
    "Checked",
    "Column",
    "ConfigError",
    "Fault",
    "Run",
    "Table",
    "check",
    "compare",
    "drivers",
    "run",
    "stress",
]
