"""What a simulation says."""

from __future__ import annotations

import html
import json
from functools import cached_property
from typing import Any, Optional

from . import _native
from ._table import Table


class Chart(str):
    """A chart as SVG text; a notebook draws it."""

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, path: Any) -> None:
        """Writes it into a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self)


class Run:
    """What the trials of a config say. A notebook shows the finding, the first chart and the tables.

    Every table is the file of the same name that `shortfall run` writes. An estimate has its interval beside it, at the confidence
    in `confidence`; where it is "never within the horizon", it is empty and the column `note` says so.
    """

    def __init__(self, native: _native.Run) -> None:
        self._native = native

    @property
    def title(self) -> str:
        """Title of the config."""
        return self._native.title

    @property
    def finding(self) -> str:
        """What was found, a sentence a line."""
        return self._native.finding

    @property
    def n(self) -> int:
        """Trials of each scenario."""
        return self._native.n

    @property
    def seed(self) -> int:
        """Seed of all random numbers: the same config and seed give the same figures."""
        return self._native.seed

    @property
    def confidence(self) -> float:
        """Confidence of every interval, a fraction."""
        return self._native.confidence

    @property
    def scenarios(self) -> list[str]:
        """Ids of the scenarios, the one that comes first put first."""
        return self._native.scenarios

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0; 10 if an expectation is refuted; 11 if none is, and one is undecided; 6 if the
        precision of `until` was not reached."""
        return self._native.exit_code

    @cached_property
    def json(self) -> str:
        """`results.json`, the same bytes as those that `shortfall run` writes."""
        return self._native.json()

    @cached_property
    def results(self) -> dict[str, Any]:
        """The same, as dictionaries and lists."""
        return dict(json.loads(self.json))

    @property
    def config(self) -> str:
        """The config as run, all defaults filled in, as TOML."""
        return self._native.config()

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table that `shortfall run` writes, by the name of its file without `.csv`."""
        return _tables(self._native.tables())

    @property
    def percentiles(self) -> Table:
        """A row for every scenario, outcome and statistic: mean, probabilities of zero and never, percentiles.

        `value`, `ci_low` and `ci_high` are in the unit of the outcome, which `unit` says; probabilities are fractions.
        """
        return self.tables["percentiles"]

    @property
    def timeseries(self) -> Table:
        """A row for every scenario, recorded series and month: mean and percentiles, in the unit that `unit` says.

        `month` counts from the start, `date` is its first day.
        """
        return self.tables["timeseries"]

    @property
    def milestones(self) -> Table:
        """A row for every scenario, milestone and month: the probability, a fraction, that it is reached by then."""
        return self.tables["milestones"]

    @property
    def claims(self) -> Table:
        """A row for every scenario and claim: its probability, a fraction, and the verdict on it."""
        return self.tables["claims"]

    @property
    def drivers(self) -> Optional[Table]:
        """A row for every result and every input that explains some of it, with its share of the variance, a fraction; None where
        the run tells none (`drivers=True` asks for it)."""
        return self.tables.get("drivers")

    @property
    def input_uncertainty(self) -> Optional[Table]:
        """How much of the spread comes from the inputs, a fraction; None unless `input_uncertainty` was asked for."""
        return self.tables.get("input_uncertainty")

    @property
    def years(self) -> Optional[Table]:
        """Shortage by calendar year, in the unit that `unit` says; None unless the config has `output.years`."""
        return self.tables.get("years")

    @cached_property
    def trials(self) -> Table:
        """A row for every trial and scenario: outcomes in their units, dates of milestones, whether claims hold; inputs where
        `with_inputs` asked for them. Trial `i` is the same future in every scenario, and in every run with this seed."""
        return _kept(self._native.trials, "trials", "keep_trials=True")

    @cached_property
    def trial_series(self) -> Table:
        """A row for every trial, scenario and month: the series that `with_series` asked for, in their units."""
        return _kept(self._native.trial_series, "trials-series", "with_series='...'")

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """The charts that the config asks for, or all that the results have something for, as SVG by name."""
        return {name: Chart(svg) for name, svg in self._native.charts()}

    def to_markdown(self) -> str:
        """Finding and tables in Markdown, as `shortfall run --format md` prints them."""
        return self._native.markdown()

    def __repr__(self) -> str:
        return f"<shortfall.Run {self.title!r}: {self.n} trials of {', '.join(self.scenarios)}, seed {self.seed}>"

    def __str__(self) -> str:
        return f"{self.title}\n{self.finding}"

    def _repr_html_(self) -> str:
        return self._native.html()


class Answer:
    """What `compare`, `drivers` or `stress` says. A notebook shows the answer, its chart and its tables."""

    def __init__(self, native: _native.Answer, main: str) -> None:
        self._native = native
        self._main = main

    @property
    def title(self) -> str:
        """Title of the config."""
        return self._native.title

    @property
    def finding(self) -> str:
        """What is answered, and the answer where it is one in sentences, a line each."""
        return self._native.finding

    @property
    def json(self) -> str:
        """The JSON file that the command writes, the same bytes."""
        return self._native.json

    @cached_property
    def results(self) -> dict[str, Any]:
        """The same, as dictionaries and lists."""
        return dict(json.loads(self.json))

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table that the command writes, by the name of its file without `.csv`."""
        return _tables(self._native.tables)

    @property
    def table(self) -> Table:
        """The main one of them."""
        return self.tables[self._main]

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """Its charts as SVG, by name."""
        return {name: Chart(svg) for name, svg in self._native.charts}

    def __repr__(self) -> str:
        return f"<shortfall.Answer {self._main} of {self.title!r}>"

    def __str__(self) -> str:
        """As a terminal shows it."""
        return self._native.text

    def _repr_html_(self) -> str:
        return self._native.html or f"<pre>{html.escape(self._native.text)}</pre>"


class Checked:
    """A config without faults."""

    def __init__(self, native: _native.Study) -> None:
        #: Title of the config.
        self.title: str = native.title
        #: Ids of the scenarios, the one that comes first put first.
        self.scenarios: list[str] = native.scenarios
        #: Names of all outcomes.
        self.outcomes: list[str] = native.outcomes
        #: Names of the monthly series that are recorded.
        self.series: list[str] = native.series
        #: What was worked out of observations, and hints.
        self.notes: list[str] = native.notes
        #: The config as it would be run, all defaults filled in, as TOML.
        self.config: str = native.config

    def __repr__(self) -> str:
        return f"<shortfall.Checked {self.title!r}: no faults; scenarios {', '.join(self.scenarios)}>"


def _tables(tables: dict[str, _native.Table]) -> dict[str, Table]:
    stems = {name: name[: -len(".csv")] for name in tables}
    return {stems[name]: Table(table, stems[name]) for name, table in tables.items()}


def _kept(table: Optional[_native.Table], name: str, how: str) -> Table:
    if table is None:
        raise AttributeError(f"the run kept no such rows: run with `{how}`")
    return Table(table, name)
