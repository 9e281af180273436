"""What is wrong is told with its place and its remedy, all at once."""

import pickle

import pytest
import shortfall as sf

FAULTY = """title = "t"
start = "2026-01"
horizon_years = 10
markets.all.countries = ["Everywhere"]
stages.metal = {}
capacities.plant = { country = "Everywhere", stage = "metall", tonnes_per_year = 5 }
demands.users = { market = "al", stage = "metal", tonnes_per_year = 1000 }
"""


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "faulty.toml"
    path.write_text(FAULTY)
    return path


def test_a_sound_config_tells_what_it_has(quickstart):
    checked = sf.check(quickstart)
    assert checked.scenarios == sf.run(quickstart, trials=100).scenarios
    assert "total_shortage.importer.metal" in checked.outcomes
    assert "shortage_fraction.importer.metal" in checked.series
    assert checked.config.startswith("# Config as run") and "no faults" in repr(checked)
    assert isinstance(checked.notes, list)


@pytest.mark.parametrize(
    "call",
    [
        sf.check,
        lambda path: sf.run(path, progress=False),
        lambda path: sf.compare(path, "a", "b"),
        sf.drivers,
        sf.stress,
    ],
)
def test_all_faults_are_raised_at_once(faulty, call):
    with pytest.raises(sf.ConfigError) as raised:
        call(faulty)
    error = raised.value
    assert error.count == len(error.faults) == 2
    stage = next(fault for fault in error.faults if fault.key == "capacities.plant.stage")
    assert "metall" in stage.message and stage.help == "did you mean `metal`?"
    assert (stage.file, stage.line, stage.text) == (str(faulty), 6, FAULTY.splitlines()[5])
    assert stage.text[stage.column - 1 :].startswith('"metall"')
    assert f"{faulty}, line 6" in str(stage) and "did you mean" in str(stage)
    # The text is what the command line prints.
    assert "2 faults" in str(error) and "faulty.toml:6:" in str(error)
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.faults, again.count) == (str(error), error.faults, error.count)


def test_a_change_that_cannot_be_made_is_a_fault(quickstart):
    with pytest.raises(sf.ConfigError) as raised:
        sf.run(quickstart, set={"demand.importer.tonnes_per_year": 5, "project.new-plant.slip_months": 5})
    assert {fault.file for fault in raised.value.faults} == {"command line"}
    with pytest.raises(sf.ConfigError, match="run.trials"):
        sf.run(quickstart, trials=-1)


def test_names_that_do_not_exist(quickstart):
    with pytest.raises(ValueError, match="there is no scenario `evidenc`: did you mean `evidence`"):
        sf.run(quickstart, scenarios="evidenc")
    with pytest.raises(ValueError, match="did you mean"):
        sf.run(quickstart, with_series="shortage_fractions.importer.metal")
    with pytest.raises(ValueError, match="did you mean"):
        sf.drivers(quickstart, of="total_shortages.importer.metal", trials=2000)
    with pytest.raises(ValueError, match="at least 2000 trials"):
        sf.drivers(quickstart, trials=100)
    for wrong in ({"pairs": 10}, {"percentile": 100}, {"threads": 257}, {"threads": -1}):
        with pytest.raises(ValueError, match="between|above"):
            sf.drivers(quickstart, **wrong)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.toml"):
        sf.run(tmp_path / "none.toml")
    with pytest.raises(OSError, match="a folder"):
        sf.check(tmp_path)


def test_values_that_are_none(quickstart):
    with pytest.raises(TypeError, match="run.trials: a value is a number"):
        sf.run(quickstart, set={"run.trials": None})
    with pytest.raises(TypeError, match="dictionary"):
        sf.run(quickstart, set="run.trials=5")


def test_more_trials_than_memory_has_room_for(quickstart):
    with pytest.raises(ValueError, match="keep_trials=False"):
        sf.run(quickstart, trials=1_000_000_000, progress=False)
