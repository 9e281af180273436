"""What the package does: each function is the command of the same name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

from . import _native
from ._changes import changes_of, names, threads_of
from ._progress import Callback, callback_of
from ._results import Answer, Checked, Run

Path = Union[str, "os.PathLike[str]"]
Names = Union[str, Sequence[str], None]
Changes = Union[Mapping[str, Any], Sequence[str], None]


def run(
    config: Path,
    *,
    set: Changes = None,
    trials: Optional[int] = None,
    seed: Optional[int] = None,
    threads: int = 0,
    scenarios: Names = None,
    confidence: Optional[float] = None,
    percentiles: Optional[Sequence[float]] = None,
    until: Optional[str] = None,
    max_trials: Optional[int] = None,
    input_uncertainty: Optional[int] = None,
    drivers: Optional[bool] = None,
    keep_trials: bool = True,
    with_inputs: bool = False,
    with_series: Names = None,
    allow_outside: bool = False,
    progress: Union[bool, Callback] = True,
) -> Run:
    """Simulates a config and its scenarios, as `shortfall run` does.

    Other threads of Python go on meanwhile. Ctrl-C stops it.

    Args:
        config: Path of the TOML file.
        set: Changes to values of the config, by path: `{"projects.nolans.slip_months": 24}`; `*` stands for any name. A value is a
            number, a text, a truth, a list, or a dictionary such as `{"uniform": [6, 24]}`, in the unit that its key names. Or a
            list of texts as after `--set`.
        trials: Number of trials of each scenario, in place of `run.trials`.
        seed: Seed of all random numbers, in place of `run.seed`.
        threads: Threads, at most 256; 0 takes all cores. No figure depends on it.
        scenarios: Ids of the scenarios to simulate; all, if none are given.
        confidence: Confidence of every interval, a fraction, in place of `run.confidence`.
        percentiles: Which ones to report, in percent, in place of `run.percentiles`.
        until: Double the number of trials until a statistic is precise, as in `"p95(total_shortage.allies.magnets) +- 2%"`, or
            until `"verdict"`: every claim and expectation is decided.
        max_trials: With `until`: the largest number of trials.
        input_uncertainty: Tell how much of the spread comes from the inputs: simulate those of so many trials again, each with 8
            samples of other events.
        drivers: Whether to tell which inputs explain how much of the main results; by default where that costs little.
        keep_trials: Whether to keep every trial as a row, in `Run.trials`.
        with_inputs: With a column for every uncertain input, in the unit that its key names.
        with_series: Recorded series to keep month by month, in `Run.trial_series`: names, `*` for any letters.
        allow_outside: Read files that the config names outside of its folder too.
        progress: Whether to show it below the cell of a notebook or in a terminal; or a function that is called with the trials
            that are done and those that there will be, over all scenarios.

    Raises:
        ConfigError: The config has faults, or a change cannot be made; all of them are in `faults`.
        ValueError: There is no such scenario or series, or the trials do not fit into memory.
        OSError: The config cannot be read.
    """
    own = {
        "run.percentiles": None if percentiles is None else list(percentiles),
        "run.until": until,
        "run.max_trials": max_trials,
        "run.input_uncertainty": input_uncertainty,
        "run.drivers": drivers,
    }
    changes = changes_of(set, seed, trials, confidence, own)
    input = _native.Input(os.fspath(config), changes, names(scenarios), allow_outside)
    series = None if with_series is None else ",".join(names(with_series))
    keep = (keep_trials or with_inputs or series is not None, with_inputs, series)
    return Run(_native.run(input, threads_of(threads), callback_of(progress), keep))


def compare(
    config: Path,
    a: Path,
    b: Optional[str] = None,
    *,
    set: Changes = None,
    trials: Optional[int] = None,
    seed: Optional[int] = None,
    threads: int = 0,
    scenarios: Names = None,
    confidence: Optional[float] = None,
    allow_outside: bool = False,
    progress: Union[bool, Callback] = True,
) -> Answer:
    """Compares two scenarios of a config, or two configs, trial by trial on the same random numbers, as `shortfall compare` does.

        sf.compare("my.toml", "evidence", "as-planned")
        sf.compare("my.toml", "other.toml", scenarios="evidence")

    The main table, `difference`, has differences of the second from the first, in the unit that `unit` says.

    Args:
        config: Path of the TOML file.
        a, b: Ids of two scenarios; or `a` alone: the path of another config, which is simulated with the seed of the first.
        set, trials, seed, threads, scenarios, confidence, allow_outside, progress: As for `run`.

    Raises:
        ConfigError, ValueError, OSError: As for `run`.
    """
    changes = changes_of(set, seed, trials, confidence)
    input = _native.Input(os.fspath(config), changes, names(scenarios), allow_outside)
    others = [os.fspath(other) for other in (a, b) if other is not None]
    return Answer(_native.compare(input, others, threads_of(threads), callback_of(progress)), "difference")


def drivers(
    config: Path,
    *,
    of: Names = None,
    total: Names = None,
    pairs: int = 2000,
    percentile: Optional[float] = None,
    one_at_a_time: bool = False,
    set: Changes = None,
    trials: Optional[int] = None,
    seed: Optional[int] = None,
    threads: int = 0,
    scenarios: Names = None,
    confidence: Optional[float] = None,
    allow_outside: bool = False,
    progress: Union[bool, Callback] = True,
) -> Answer:
    """Tells which uncertain inputs explain how much of the results, as `shortfall drivers` does.

    The main table, `drivers`, has shares of the variance, fractions, and the result where an input is low and where it is high, in
    the unit that `unit` says.

    Args:
        config: Path of the TOML file.
        of: Which numbers: outcomes, as `"total_shortage.allies.magnets"`; `"claim.ID"`; series in a month, as
            `"coverage_without.china.magnets@2035-01"`. By default the main ones.
        total: Inputs whose total effect is estimated too, as `"projects.*.slip_months"`.
        pairs: Pairs of trials for each of these, 500 at least.
        percentile: Bars end at this percentile of the result, in percent, in place of its mean.
        one_at_a_time: Bars end where the input stands at its 10th and 90th percentile and all others at their medians, in place of
            the lowest and highest tenth of the trials, in which the others vary as ever.
        set, trials, seed, threads, scenarios, confidence, allow_outside, progress: As for `run`; at least 2000 trials.

    Raises:
        ConfigError, ValueError, OSError: As for `run`.
    """
    if not 500 <= pairs <= 100_000_000:
        raise ValueError(f"pairs lies between 500 and 100 000 000; {pairs} is asked for")
    if percentile is not None and not 0 < percentile < 100:
        raise ValueError(f"a percentile lies above 0 and below 100; {percentile} is asked for")
    changes = changes_of(set, seed, trials, confidence)
    input = _native.Input(os.fspath(config), changes, names(scenarios), allow_outside)
    asked, bars = (names(of), names(total), pairs), (percentile, one_at_a_time)
    return Answer(_native.drivers(input, asked, bars, threads_of(threads), callback_of(progress)), "drivers")


def stress(
    config: Path,
    *,
    lose: Names = None,
    set: Changes = None,
    trials: Optional[int] = None,
    seed: Optional[int] = None,
    threads: int = 0,
    scenario: Optional[str] = None,
    confidence: Optional[float] = None,
    allow_outside: bool = False,
    progress: Union[bool, Callback] = True,
) -> Answer:
    """Loses every supplier in turn, without any probability, as `shortfall stress` does.

    The main table, `stress`, has months survived, shortage and the stock that would bridge it, in the unit that `unit` says; the
    other one, `n-minus-one`, what is left without the largest plant of each product.

    Args:
        config: Path of the TOML file.
        lose: What else to lose together: ids of capacities or projects, countries, markets or stages, with `*` for any letters.
        trials: Also simulate each loss in so many trials.
        scenario: Id of the scenario; by default the one that comes first.
        set, seed, threads, confidence, allow_outside, progress: As for `run`.

    Raises:
        ConfigError, ValueError, OSError: As for `run`.
    """
    changes = changes_of(set, seed, trials, confidence)
    input = _native.Input(os.fspath(config), changes, names(scenario), allow_outside)
    return Answer(_native.stress(input, (names(lose), trials), threads_of(threads), callback_of(progress)), "stress")


def check(
    config: Path,
    *,
    set: Changes = None,
    seed: Optional[int] = None,
    scenarios: Names = None,
    allow_outside: bool = False,
) -> Checked:
    """Reads and cross-checks a config with all of its scenarios, and simulates nothing, as `shortfall check` does.

    Args:
        config: Path of the TOML file.
        set, seed, scenarios, allow_outside: As for `run`.

    Raises:
        ConfigError: It has faults; all of them are in `faults`.
        ValueError, OSError: As for `run`.
    """
    changes = changes_of(set, seed)
    input = _native.Input(os.fspath(config), changes, names(scenarios), allow_outside)
    return Checked(input.check())
