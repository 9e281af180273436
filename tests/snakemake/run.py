#!/usr/bin/env python3
"""The workflow of examples/snakemake, started by the line that `plan` prints: its files are those of the run in one, and a shard
that is deleted is simulated again alone.

    python3 tests/snakemake/run.py                  # of target/release/shortfall, or what PROGRAM names

Snakemake is the one that SNAKEMAKE names, or comes from PyPI into a folder of its own; without it the script is skipped.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from from_pypi import installed  # noqa: E402
from same_files import contents, differences  # noqa: E402

PROGRAM = Path(os.environ.get("PROGRAM") or ROOT / "target/release/shortfall").resolve()
VERSION = "snakemake==9.27.1"
SHARDS = int(os.environ.get("SHARDS", 40))


def require(is_so, what):
    if not is_so:
        raise SystemExit(f"failed: {what}")


def main():
    if not PROGRAM.exists():
        raise SystemExit(f"{PROGRAM} is not there: cargo build --release")
    with tempfile.TemporaryDirectory(prefix="snakemake-") as folder:
        folder = Path(folder)
        snakemake = installed(folder / "venv", VERSION, "snakemake", "SNAKEMAKE")
        if not snakemake:
            print(f"skipped: {VERSION} cannot be installed from PyPI here")
            return 0
        (folder / "bin").mkdir()
        (folder / "bin/shortfall").symlink_to(PROGRAM)
        variables = os.environ | {"PATH": f"{folder}/bin:{snakemake.parent}:{os.environ['PATH']}", "HOME": str(folder)}
        variables.pop("GITHUB_STEP_SUMMARY", None)
        work = folder / "work"
        shutil.copytree(ROOT / "examples/snakemake", work / "examples/snakemake")
        config = (ROOT / "configs/quickstart.toml").read_text()
        (work / "my.toml").write_text(config + '\n[[charts]]\nkind = "fan"\nseries = "shortage_fraction.importer.metal"\n')

        def run(line):
            done = subprocess.run(["bash", "-c", line], cwd=work, env=variables, capture_output=True, text=True)
            require(done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}")
            return done.stdout + done.stderr

        options = "-n 2000 --set 'projects.*.slip_months={ uniform = [1, 24] }'"
        run(f"shortfall run my.toml {options} -q -o whole")
        whole = contents(work / "whole")
        line = run(f"shortfall plan my.toml {options} --pilot 100 --progress none --shards {SHARDS} --for snakemake")
        shards = [work / f"shortfall-out/my-shards/{k}-of-{SHARDS}/tally.bin" for k in range(1, SHARDS + 1)]

        def workflow(expected, what):
            before = {path: path.stat().st_mtime_ns for path in shards if path.exists()}
            begun = time.monotonic()
            said = run(line.strip() + " 2>&1")
            simulated = {int(k) for k in re.findall(r"wildcards: k=(\d+)", said)}
            require(simulated == expected, f"{what}: shards {sorted(simulated)} were simulated\n{said}")
            again = {path for path, since in before.items() if path.stat().st_mtime_ns != since}
            require(not again & {shards[k - 1] for k in range(1, SHARDS + 1) if k not in expected}, f"{what}: {again} are new")
            differ = differences(contents(work / "shortfall-out/my"), whole)
            require(not differ, f"{what}: these files are not those of the run in one: {differ}")
            print(f"  the same {len(whole)} files as the run in one: {what} ({time.monotonic() - begun:.0f} s)", flush=True)

        print(f"{run('snakemake --version').strip()}: {line.strip()}", flush=True)
        workflow(set(range(1, SHARDS + 1)), f"{SHARDS} shards and their merge")
        shards[2].unlink()
        workflow({3}, "shard 3 was deleted, and simulated again alone")
        workflow(set(), "nothing was left to do")
        said = run(line.strip().replace('"2000"', '"4000"') + " --dry-run 2>&1")
        require(len(set(re.findall(r"wildcards: k=(\d+)", said))) == SHARDS, f"with other options all shards are others\n{said}")
    print("all is well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
