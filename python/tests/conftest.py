"""What the tests share: the configs of the repository, and the command line, with which every figure is compared."""

import csv
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def program():
    """The command line: the one of the variable PROGRAM, or what Cargo built last."""
    built = [ROOT / f"target/{profile}/shortfall" for profile in ("release", "debug")]
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    found = os.environ.get("PROGRAM") or (built[-1] if built else None)
    assert found, "there is no program to compare with: `cargo build`, or name one in PROGRAM"
    return str(found)


@pytest.fixture(scope="session")
def smoke():
    return ROOT / "configs/smoke.toml"


@pytest.fixture(scope="session")
def quickstart():
    return ROOT / "configs/quickstart.toml"


@pytest.fixture
def command(tmp_path):
    """Runs a command into a folder of its own, and returns the folder."""

    def run(*arguments):
        folder = tmp_path / "out"
        line = [program(), *map(str, arguments), "-q", "-o", str(folder)]
        done = subprocess.run(line, capture_output=True, text=True)
        # An expectation may be refuted or undecided, a precision not reached.
        assert done.returncode in (0, 6, 10, 11), done.stderr
        return folder

    return run


def cells_of(path, table):
    """The cells of a CSV file, as the kinds of the columns of `table` say; that it has the same columns."""
    with open(path, newline="") as text:
        header, *rows = csv.reader(text)
    assert header == [column.name for column in table.columns]
    return {column.name: [typed(row[at], column.kind) for row in rows] for at, column in enumerate(table.columns)}


def typed(text, kind):
    if text == "":
        return None
    if kind == "date":
        return text[:7]
    return {"float": float, "int": int, "bool": "true".__eq__}.get(kind, str)(text)


def cells(table):
    """The same of a table in memory."""
    dates = {column.name for column in table.columns if column.kind == "date"}
    month = lambda day: day and f"{day:%Y-%m}"
    return {name: list(map(month, values)) if name in dates else values for name, values in table.to_dict().items()}
