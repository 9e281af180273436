"""Tables are the same in every program that takes them."""

import datetime
import math
import subprocess
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest
import shortfall as sf


@pytest.fixture(scope="module")
def run(smoke):
    return sf.run(smoke, trials=100, with_inputs=True)


def bits(value):
    """A cell, so that floats are the same only if all their bits are."""
    if value is None or value is pandas.NA or value is pandas.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (datetime.datetime, numpy.datetime64, datetime.date)):
        return str(value)[:10]
    return value.hex() if isinstance(value, float) else value


def rows(table):
    return [tuple(map(bits, row)) for row in zip(*table.to_dict().values())]


@pytest.mark.parametrize("name", ["percentiles", "timeseries", "claims", "milestones", "trials"])
def test_every_reader_has_the_same_cells(run, name):
    table = getattr(run, name)
    expected = rows(table)
    assert len(expected) == len(table) > 0
    arrow, given = pyarrow.table(table), table
    readers = {
        "pyarrow": zip(*[column.to_pylist() for column in arrow.columns]),
        "polars": polars.DataFrame(table).rows(),
        "DuckDB": duckdb.sql("select * from given").fetchall(),
        "pandas": table.to_pandas().astype(object).itertuples(index=False, name=None),
        "NumPy": zip(*[table[column.name].astype(object) for column in table.columns]),
    }
    for reader, found in readers.items():
        assert [tuple(map(bits, row)) for row in found] == expected, reader
    # A stream is handed out as often as it is asked for.
    assert pyarrow.table(table) == arrow


def test_units_and_meanings_go_along(run):
    table = run.trials
    schema = pyarrow.schema(table)
    for column, field in zip(table.columns, schema):
        told = {name.decode(): text.decode() for name, text in (field.metadata or {}).items()}
        assert told == {name: text for name, text in [("unit", column.unit), ("meaning", column.meaning)] if text}
    units = table.to_pandas().attrs["units"]
    assert units["total_shortage.west.magnets"] == "t"
    assert schema.metadata[b"shortfall.seed"] == b"7" == table.about["seed"].encode()
    assert run.claims.about["rows"] == "a row for every scenario and claim"


def test_kinds_are_kept(run):
    frame = run.trials.to_pandas()
    assert frame["trial"].dtype == "int64" and frame["total_shortage.west.magnets"].dtype == "float64"
    assert frame["milestone.calm.date"].dtype == "datetime64[s]"
    claims = [column.name for column in run.trials.columns if column.name.startswith("claim.")]
    assert claims and all(str(frame[name].dtype) in ("bool", "boolean") for name in claims)
    assert run.timeseries.to_pandas()["date"].dtype == "datetime64[s]"
    # Whole numbers that may be missing are not floats.
    undecided = run.claims.to_pandas()["more_trials"]
    assert str(undecided.dtype) in ("Int64", "int64")


def test_a_column_by_name(run):
    table = run.percentiles
    assert table["value"].dtype == numpy.float64 and len(table["value"]) == len(table)
    first = next(iter(table))
    assert first["scenario"] == "plain" and first["percentile"] is None
    with pytest.raises(KeyError, match="it has scenario, output"):
        table["valu"]
    assert len(table.head(3)) == 3 and list(table.head(3)) == [row for _, row in zip(range(3), table)]
    assert "rows of scenario" in repr(table) and table._repr_html_().count("<tr>") == 11


def test_text_that_looks_like_a_formula_is_as_it_is(quickstart):
    run = sf.run(quickstart, trials=100, set={"claims.*.who": "=1+1"})
    assert set(run.claims["who"]) == {"=1+1"}


BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "pyarrow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
import shortfall as sf
run = sf.run(sys.argv[1], trials=100)
frame = run.percentiles.to_pandas()
assert len(frame) == len(run.percentiles) and frame["value"].sum() > 0 and "pyarrow" not in sys.modules
assert run.trials.to_pandas().groupby("scenario")["claim.soon"].mean()["evidence"] == run.claims["probability"][0]
"""


def test_pandas_without_pyarrow(quickstart):
    done = subprocess.run([sys.executable, "-c", BLOCKED, quickstart], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ALONE = """
import sys
import shortfall as sf
run = sf.run(sys.argv[1], trials=100, progress=True)
assert run.percentiles.to_dict()["n"][0] == 100 and run._repr_html_() and repr(run.trials)
assert not {"numpy", "pandas", "pyarrow", "polars", "IPython"} & sys.modules.keys()
"""


def test_nothing_else_is_needed(quickstart):
    done = subprocess.run([sys.executable, "-c", ALONE, quickstart], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
