"""Reads what the program writes with the programs that others read it with.

    python tests/data_out/check.py target/release/shortfall [TRIALS]

Needs what requirements.txt names. Files of trials are read by polars, DuckDB, pandas and pyarrow, and by R where it is there; all
must have the same cells, doubles to the last bit. What the pages show in Python is run as it stands there, and its figures are
held against those of the run. Every datapackage.json is held against the tables beside it by frictionless.
"""

import csv
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import lifelines
import pandas
import polars
import pyarrow.parquet
import statsmodels.formula.api as formula
from frictionless import validate

ROOT = Path(__file__).resolve().parents[2]
TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
# Of months there are many more rows, and cells that are the same need not many trials.
WITH_MONTHS = TRIALS // 8


def run(program, folder, line):
    subprocess.run([program, *line.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def bits(value):
    """A cell, so that doubles are the same only if all their bits are."""
    if value is None or value is pandas.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float):
        return struct.pack("<d", value)
    return value.isoformat()[:10] if hasattr(value, "isoformat") else value


def cells(rows):
    return [[bits(value) for value in row] for row in rows]


def typed(text, kind):
    """A cell of a CSV file, as the description of the columns says."""
    if text == "":
        return None
    return {"number": float, "integer": int, "boolean": "true".__eq__}.get(kind, str)(text)


def same_cells_everywhere(folder):
    """The Parquet file in every reader, and the CSV file by its description."""
    package = json.loads((folder / "csv/datapackage.json").read_text())
    for name in ["trials", "trials-series"]:
        file = folder / f"parquet/{name}.parquet"
        fields = next(one for one in package["resources"] if one["path"] == f"{name}.csv")["schema"]["fields"]
        kinds = [field["type"] for field in fields]
        with open(folder / f"csv/{name}.csv", newline="") as text:
            header, *rows = csv.reader(text)
        assert header == [field["name"] for field in fields]
        expected = cells([typed(cell, kind) for cell, kind in zip(row, kinds)] for row in rows)
        table = pyarrow.parquet.read_table(file)
        assert table.column_names == header
        readers = {
            "polars": polars.read_parquet(file).rows(),
            "pyarrow": zip(*[column.to_pylist() for column in table.columns]),
            "DuckDB": duckdb.execute(f"select * from '{file}'").fetchall(),
            "pandas": pandas.read_parquet(file, dtype_backend="pyarrow").astype(object).itertuples(index=False, name=None),
        }
        for reader, found in readers.items():
            found = [[None if value is pandas.NA else value for value in row] for row in found]
            assert cells(found) == expected, f"{name} in {reader}"
        # And CSV by programs that guess what its columns are.
        text = folder / f"csv/{name}.csv"
        for reader, columns in [
            ("polars", polars.read_csv(text, infer_schema_length=None, try_parse_dates=True).to_dict(as_series=False).values()),
            ("DuckDB", zip(*duckdb.execute(f"select * from read_csv('{text}', sample_size = -1)").fetchall())),
        ]:
            for place, (column, kind, found) in enumerate(zip(header, kinds, columns, strict=True)):
                found = [float(value) if kind == "number" and value is not None else value for value in found]
                assert [bits(value) for value in found] == [row[place] for row in expected], f"{column} in {reader}"
        about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        manifest = json.loads((folder / "parquet/manifest.json").read_text())
        assert about["shortfall.config_sha256"] == manifest["config_sha256"]
        assert about["shortfall.trials"] == str(WITH_MONTHS)
        assert json.loads(about["shortfall.schema"])["fields"] == fields
        print(f"{name}: {len(expected)} rows of {len(header)} columns are the same in {', '.join(readers)} and CSV")


def in_r(folder):
    if shutil.which("Rscript") is None:
        print("R is not here: it reads nothing")
        return
    script = """
        read <- function() read.csv("csv/trials.csv", check.names = FALSE)
        for (package in c("nanoparquet", "arrow")) if (requireNamespace(package, quietly = TRUE)) {
            trials <- as.data.frame(getExportedValue(package, "read_parquet")("parquet/trials.parquet"))
            stopifnot(identical(trials[["total_shortage.importer.metal"]], read()[["total_shortage.importer.metal"]]))
            cat(package, "")
        }
        shortage <- read()[["total_shortage.importer.metal"]][read()$scenario == "evidence"]
        cat(length(shortage), sprintf("%.17g", sum(sort(shortage)))) """
    out = subprocess.run(["Rscript", "-e", script], cwd=folder, check=True, capture_output=True, text=True).stdout
    *packages, count, total = out.split()
    own = polars.read_parquet(folder / "parquet/trials.parquet").filter(scenario="evidence")
    assert int(count) == own.height
    assert math.isclose(float(total), own["total_shortage.importer.metal"].sum(), rel_tol=1e-12), out
    print(f"R reads the CSV file{' and, with ' + packages[0] + ', the Parquet file' if packages else ''}")


def blocks(page):
    parts = (ROOT / page).read_text().split("```python\n")[1:]
    # What takes the Python package is run by python/tests.
    return [block for block in (part.split("```")[0] for part in parts) if "sf." not in block]


def pages_run(folder):
    """What the pages show, in a folder as they have it; and whether its figures are those of the run."""
    names = {}
    for page in ["README.md", "docs/trials.md"]:
        found = blocks(page)
        assert found, page
        for block in found:
            exec(compile(block, page, "exec"), names)
    assert {"indices", "fitted", "reached"} <= names.keys()
    results = folder / "my-trials"
    # Kaplan-Meier, censored at the horizon alone, is what the run counts: exactly.
    with open(results / "milestones.csv", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["scenario"] == "evidence"]
    curve = names["reached"].survival_function_at_times(range(len(rows)))
    assert all(abs(1 - left - float(row["probability"])) < 1e-12 for left, row in zip(curve, rows)), "Kaplan-Meier"
    # A quantile regression on nothing is the percentile, and plants that come later do not make shortage less.
    trials = polars.read_parquet(results / "trials.parquet").filter(scenario="evidence")
    data = trials.select(shortage="total_shortage.importer.metal").to_pandas()
    alone = formula.quantreg("shortage ~ 1", data).fit(q=0.9).params["Intercept"]
    with open(results / "percentiles.csv", newline="") as text:
        told = next(
            row
            for row in csv.DictReader(text)
            if (row["scenario"], row["output"], row["percentile"]) == ("evidence", "total_shortage.importer.metal", "90")
        )
    assert math.isclose(alone, float(told["value"]), rel_tol=0.02), (alone, told)
    assert names["fitted"].params["slip"] > 0
    # The input that explains most is the same one as in drivers.csv.
    with open(results / "drivers.csv", newline="") as text:
        of_shortage = [row for row in csv.DictReader(text) if row["output"] == "total_shortage.importer.metal"]
    drivers = {row["name"]: float(row["share"]) for row in of_shortage if row["of"] == "input" and row["share"]}
    first = max(drivers, key=drivers.get)
    indices = names["indices"]["S1"]
    assert indices.idxmax() == f"input.{first}", (indices, drivers)
    assert abs(indices.max() - drivers[first]) < 0.1, (indices, drivers)
    print(f"pages: Kaplan-Meier as counted, quantile regression {alone:.0f}, first-order index {indices.max():.2f} of {first}")


def packages_are_valid(program, folder):
    shutil.copy(ROOT / "configs/smoke.toml", folder)
    few = "-n 200 -q"
    run(program, folder, f"run smoke.toml -n 2000 -q --no-charts --drivers --set output.years=true -o every --trials-file t.csv")
    run(program, folder, f"run my.toml {few} --shard 2/3 -o shard --trials-file t.csv --with-inputs")
    run(program, folder, f"compare my.toml evidence as-planned {few} -o compare")
    run(program, folder, f"stress my.toml -q -o stress")
    run(program, folder, f"size my.toml --stock importer.metal --risk 0.3 {few} -o size")
    run(program, folder, f"require my.toml --claim soon -n 2000 -q -o require")
    run(program, folder, f"choose my.toml {few} -o choose")
    tables = 0
    for name in ["csv", "my-trials", "every", "shard", "compare", "stress", "size", "require", "choose"]:
        report = validate(str(folder / name / "datapackage.json"))
        faults = report.flatten(["name", "rowNumber", "fieldName", "type", "note"])
        assert report.valid, (name, faults[:5], [error.message for error in report.errors])
        told = json.loads((folder / name / "datapackage.json").read_text())["resources"]
        there = {path.name for path in (folder / name).iterdir() if path.suffix in (".csv", ".parquet")}
        assert {one["path"] for one in told} == there, (name, there)
        tables += len(told)
    print(f"frictionless: {tables} tables are as their datapackage.json says")


def main(program):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(ROOT / "configs/quickstart.toml", folder / "my.toml")
        for name in ["csv", "parquet"]:
            asked = f"--trials-file trials.{name} --with-inputs --with-series shortage_fraction.*"
            run(program, folder, f"run my.toml -n {WITH_MONTHS} -q --no-charts -o {name} {asked}")
        run(program, folder, f"run my.toml -n {TRIALS} -q --no-charts --drivers --trials-file trials.parquet --with-inputs -o my-trials")
        same_cells_everywhere(folder)
        in_r(folder)
        os.chdir(folder)
        pages_run(folder)
        packages_are_valid(program, folder)


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()))
