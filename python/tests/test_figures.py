"""Figures are those of the command line, to the last bit."""

import json

import pytest
import shortfall as sf
from conftest import cells, cells_of


def same_tables(folder, tables):
    files = {path.stem for path in folder.glob("*.csv")}
    assert set(tables) == files
    for stem, table in tables.items():
        assert cells(table) == cells_of(folder / f"{stem}.csv", table), stem


def test_a_run_has_the_bytes_of_results_json_and_every_table(smoke, command):
    folder = command("run", smoke, "-n", 500, "--no-charts", "--no-tally")
    run = sf.run(smoke, trials=500)
    assert run.json == (folder / "results.json").read_text()
    assert run.config == (folder / "config.toml").read_text()
    same_tables(folder, run.tables)
    assert {"input_uncertainty", "years"} <= run.tables.keys()
    assert (run.n, run.seed, run.confidence) == (500, 7, 0.9)
    assert run.results["trials"] == 500 and run.finding == run.results["finding"]
    assert run.exit_code == run.results["exit_code"]
    assert run.input_uncertainty is run.tables["input_uncertainty"] and run.years is run.tables["years"]


def test_another_seed_has_other_figures(quickstart):
    one, other = (sf.run(quickstart, trials=300, seed=seed) for seed in (1, 2))
    assert one.json != other.json


@pytest.mark.parametrize(
    "options, arguments",
    [
        (
            {"set": {"demands.importer.tonnes_per_year": 1300, "title": 'An "odd" title: ä \\ \u00e9'}, "seed": 5, "threads": 1},
            ["--set", "demands.importer.tonnes_per_year=1300", "--set", 'title="An \\"odd\\" title: ä \\\\ é"', "--seed", 5],
        ),
        (
            {"set": {"disruptions.*.duration_months": {"uniform": [2, 9]}, "run.percentiles": (10, 90.5)}},
            ["--set", "disruptions.*.duration_months={ uniform = [2, 9] }", "--percentiles", "10,90.5"],
        ),
        ({"set": ["run.seed=9"], "scenarios": "evidence", "confidence": 0.99}, ["--seed", 9, "--scenario", "evidence", "--confidence", 0.99]),
        ({"until": "verdict", "max_trials": 2400}, ["--until", "verdict", "--max-trials", 2400]),
        ({"input_uncertainty": 100, "drivers": True, "trials": 2000}, ["--input-uncertainty=100", "--drivers", "-n", 2000]),
        ({"percentiles": [1, 99], "with_inputs": True}, ["--percentiles", "1,99"]),
    ],
)
def test_every_option_does_what_that_of_the_command_line_does(quickstart, command, options, arguments):
    few = [] if "-n" in arguments else ["-n", 300]
    folder = command("run", quickstart, *few, "--no-charts", "--no-tally", *arguments)
    run = sf.run(quickstart, **{"trials": 300, **options})
    assert run.json == (folder / "results.json").read_text()
    same_tables(folder, run.tables)


def test_every_trial_is_the_row_of_the_trials_file(smoke, command):
    series = ["shortage_fraction.*", "stock.west.*"]
    files = ["--trials-file", "every.csv", "--with-inputs", "--with-series", ",".join(series)]
    folder = command("run", smoke, "-n", 70, "--no-charts", "--no-tally", *files)
    run = sf.run(smoke, trials=70, with_inputs=True, with_series=series, threads=2)
    assert len(run.trials) == 70 * len(run.scenarios)
    assert cells(run.trials) == cells_of(folder / "every.csv", run.trials)
    assert cells(run.trial_series) == cells_of(folder / "every-series.csv", run.trial_series)
    assert len(run.trial_series) == 48 * len(run.trials)


def test_very_many_rows_do_not_stand_in_one_piece(quickstart, command):
    files = ["--trials-file", "every.csv", "--with-series", "coverage_without.exporter.metal"]
    folder = command("run", quickstart, "-n", 300, "--no-charts", "--no-tally", *files)
    series = sf.run(quickstart, trials=300, with_series="coverage_without.exporter.metal").trial_series
    assert len(series) == 300 * 2 * 120 > 1 << 16
    assert cells(series) == cells_of(folder / "every-series.csv", series)
    assert len(series.head(70_000)) == 1 << 16


def test_trials_that_are_not_kept_are_missed_by_name(quickstart):
    run = sf.run(quickstart, trials=100, keep_trials=False)
    with pytest.raises(AttributeError, match="keep_trials=True"):
        run.trials
    with pytest.raises(AttributeError, match="with_series"):
        run.trial_series


def test_a_comparison_has_the_bytes_of_results_json(quickstart, smoke, command, tmp_path):
    folder = command("compare", quickstart, "evidence", "as-planned", "-n", 300)
    compared = sf.compare(quickstart, "evidence", "as-planned", trials=300)
    assert compared.json == (folder / "results.json").read_text()
    same_tables(folder, compared.tables)
    assert compared.table is compared.tables["difference"]
    assert "every difference is b minus a" in str(compared) and "b minus a" in compared._repr_html_()


def test_two_configs_are_compared_with_the_seed_of_the_first(quickstart, command, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(quickstart.read_text() + "\n[run]\nseed = 99\n")
    folder = command("compare", quickstart, other, "-n", 300, "--scenario", "evidence")
    compared = sf.compare(quickstart, other, trials=300, scenarios=["evidence"])
    assert compared.json == (folder / "results.json").read_text()
    same_tables(folder, compared.tables)


@pytest.mark.parametrize(
    "options, arguments",
    [
        (
            {"of": "total_shortage.importer.metal", "total": ["projects.*.slip_months"], "pairs": 500},
            ["--of", "total_shortage.importer.metal", "--total", "projects.*.slip_months", "--pairs", 500],
        ),
        ({"percentile": 90}, ["--percentile", 90]),
        ({"one_at_a_time": True, "scenarios": ["evidence", "as-planned"]}, ["--one-at-a-time", "--scenario", "evidence", "--scenario", "as-planned"]),
    ],
)
def test_drivers_have_the_bytes_of_drivers_json(quickstart, command, options, arguments):
    folder = command("drivers", quickstart, "-n", 2000, *arguments)
    drivers = sf.drivers(quickstart, trials=2000, **options)
    assert drivers.json == (folder / "drivers.json").read_text()
    same_tables(folder, drivers.tables)
    assert set(drivers.charts) == {path.stem for path in (folder / "charts").glob("*.png")} != set()


def test_a_stress_test_has_the_bytes_of_stress_json(quickstart, command):
    folder = command("stress", quickstart, "-n", 100, "--lose", "*plant*")
    stress = sf.stress(quickstart, trials=100, lose="*plant*")
    assert stress.json == (folder / "stress.json").read_text()
    same_tables(folder, stress.tables)
    assert stress.finding.startswith("Stress test of scenario evidence") and set(stress.charts) == {"stress"}
    assert json.loads(stress.json) == stress.results


def test_charts_are_those_of_the_command_line(quickstart, command):
    folder = command("run", quickstart, "-n", 300, "--svg")
    charts = sf.run(quickstart, trials=300).charts
    files = {path.stem: path.read_text() for path in (folder / "charts").glob("*.svg")}
    assert charts == files and files
