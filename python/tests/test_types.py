"""Annotations, stubs, docstrings and pages are true."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import shortfall as sf
from conftest import ROOT, program

PACKAGE = Path(sf.__file__).parent


def test_the_version_is_that_of_the_command_line():
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["shortfall", sf.__version__]


def test_types_are_sound(tmp_path):
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path)]
    done = subprocess.run([*mypy, "shortfall"], capture_output=True, text=True, cwd=ROOT / "python")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stub_is_that_of_the_native_part(tmp_path):
    # Where the sources are not taken for the package that is installed.
    line = [sys.executable, "-m", "mypy.stubtest", "shortfall._native"]
    done = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_that_is_public_says_what_it_is():
    assert (PACKAGE / "py.typed").exists() and sf.__doc__
    for name in sf.__all__:
        public = getattr(sf, name)
        assert inspect.getdoc(public), name
        members = vars(public).items() if inspect.isclass(public) and name != "ConfigError" else ()
        for member, value in members:
            if not member.startswith("_") and (callable(value) or hasattr(value, "__get__")):
                assert inspect.getdoc(value), f"{name}.{member}"
    for function in (sf.run, sf.compare, sf.drivers, sf.stress, sf.check):
        for argument in inspect.signature(function).parameters:
            assert f"{argument}:" in function.__doc__ or f"{argument}," in function.__doc__ or f", {argument}" in function.__doc__


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_what_the_pages_show_runs(page, tmp_path, monkeypatch):
    blocks = [part.split("```")[0] for part in (ROOT / page).read_text().split("```python\n")[1:]]
    # Fewer trials say the same.
    blocks = [block.replace("20_000", "300").replace("5000", "300") for block in blocks if "sf." in block]
    assert blocks, page
    (tmp_path / "my.toml").write_text((ROOT / "configs/quickstart.toml").read_text())
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
