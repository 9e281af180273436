"""Runs `shortfall` and the peers, checks that they agree, and prints how long a trial takes in each.

    python3 benches/peers/run.py [--rounds 5] [--config FILE] [--scenario A,B] [--only numpy,numba,simpy,naive] [--no-check]

It makes a virtual environment beside this file, and builds both Rust programs. Every round runs all programs one after
the other, each with two numbers of trials: the difference is what the trials cost, without start-up, reading and (nearly
all of) writing. `shortfall` plays all scenarios in one run, as its users do, and the peers one after the other: what is
printed is the time of a trial of one scenario. All use one thread. `shortfall` and the naive program are measured from
outside, the Python programs from inside, after their imports. Ends with 1 if a peer disagrees.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path

import check
import model

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = HERE / "venv" / "bin" / "python"
# Trials: of the two timed runs, and of the checked one. Fit for the speed of each.
TRIALS = {"shortfall": (2000, 12000, 40000), "numba": (2000, 10000, 40000), "numpy": (1000, 5000, 20000),
          "naive": (200, 1200, 4000), "simpy": (4, 44, 400)}


def environment():
    names = dict(os.environ, OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    # Some systems choose kernels for an older processor by these.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        names.pop(name, None)
    return names


def call(command, **more):
    """Runs a program; CPU and wall seconds."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], env={**environment(), **more})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - begin


def ours(given, folder, trials):
    command = [ROOT / "target/release/shortfall", "run", given.config, "-n", trials, "-j", "1", "--no-charts", "--quiet",
               "--output", folder, "--force"]
    return call(command + [part for scenario in given.scenarios for part in ("--scenario", scenario)])


def peer(name, work, scenario, trials, levels=(), seed=1):
    """Runs a peer; CPU and wall seconds, and its results."""
    output = work / f"{name}.json"
    program = [HERE / "naive/target/release/naive"] if name == "naive" else [PYTHON, HERE / f"{name}_peer.py"]
    more = [",".join(map(str, levels))] if levels else []
    times = call(program + [work / f"{scenario}-model.json", trials, seed, output] + more, NUMBA_CACHE_DIR=work / "numba")
    results = json.loads(output.read_text())
    if "cpu" in results:
        times = results["cpu"], results["wall"]
    return *times, results


def processor():
    with open("/proc/cpuinfo") as file:
        lines = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines())
    row = {key.strip(): value.strip() for key, value in lines.items()}
    widest = next((name for name in ("avx512f", "avx2") if name in row.get("flags", "").split()), "")
    return f"{row.get('model name', platform.machine())} (family {row.get('cpu family')}, model {row.get('model')}; {widest})"


def versions():
    text = lambda *command: subprocess.run(command, capture_output=True, text=True).stdout.strip()
    wanted = [line.split("==") for line in (HERE / "requirements.txt").read_text().split()]
    return ", ".join([text(ROOT / "target/release/shortfall", "--version"), text("rustc", "--version").rsplit(" (", 1)[0],
                      text(PYTHON, "--version")] + [f"{name} {version}" for name, version in wanted])


def is_supported(given, work, scenario):
    """Writes the model of a scenario for the peers, unless it has what they do not know; that is printed."""
    try:
        known = model.load(given.config, scenario)
    except model.Unsupported as what:
        print(f"{scenario} is left out: {what}")
        return False
    (work / f"{scenario}-model.json").write_text(json.dumps(known))
    return True


def play(given, name, work, trials):
    """All scenarios; CPU and wall seconds."""
    if name == "shortfall":
        return ours(given, work / "timed", trials)
    return [sum(times) for times in zip(*(peer(name, work, scenario, trials)[:2] for scenario in given.scenarios))]


def compare(given, peers, work):
    """Whether a peer disagrees with `shortfall` on any scenario."""
    failed, many = False, TRIALS["shortfall"][2]
    ours(given, work / "ours", many)
    tables = check.read(work / "ours")
    for scenario in given.scenarios:
        for name in peers:
            trials = TRIALS[name][2]
            results = peer(name, work, scenario, trials, check.levels(trials, many), seed=20251101)[2]
            bad, compared = check.check(results, tables[scenario], many)
            failed |= bool(bad)
            print(f"{scenario}, {name}: {compared - len(bad)} of {compared} agree ({trials} trials against {many})")
            print("".join(f"  {line}\n" for line in bad), end="", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--config", type=Path, default=ROOT / "configs/us-japan-2025.toml")
    parser.add_argument("--scenario", help="names, with commas between; all, if none is given")
    parser.add_argument("--only", default="numba,numpy,naive,simpy")
    parser.add_argument("--no-check", action="store_true")
    given = parser.parse_args()
    peers = given.only.split(",")

    if not PYTHON.exists():
        venv.create(HERE / "venv", with_pip=True)
    call([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"])
    call(["cargo", "build", "--release", "--quiet", "--manifest-path", ROOT / "Cargo.toml"])
    call(["cargo", "build", "--release", "--quiet", "--manifest-path", HERE / "naive/Cargo.toml"])

    with tempfile.TemporaryDirectory() as work:
        work, failed = Path(work), False
        # The config as run has in it what stands in tables beside the config.
        call([ROOT / "target/release/shortfall", "run", given.config, "-n", 1, "--no-charts", "--quiet", "-o", work / "as-run"])
        config_name, given.config = given.config.name, work / "as-run/config.toml"
        config = tomllib.loads(given.config.read_text())
        asked = given.scenario.split(",") if given.scenario else list(config["scenarios"])
        given.scenarios = [scenario for scenario in asked if is_supported(given, work, scenario)]
        if not given.scenarios:
            sys.exit("the peers support none of the scenarios")
        if "numba" in peers:
            compiled = peer("numba", work, given.scenarios[0], 1)[2]["compile"]
            print(f"Numba compiles for {compiled:.0f} s, once; not counted below.")
        if not given.no_check:
            failed = compare(given, peers, work)
        rounds = {name: [] for name in ["shortfall"] + peers}
        for _ in range(given.rounds):
            for name in rounds:
                few, many, _ = TRIALS[name]
                small, large = play(given, name, work, few), play(given, name, work, many)
                trials = (many - few) * len(given.scenarios)
                rounds[name].append([1e6 * (b - a) / trials for a, b in zip(small, large)])

    print(f"\n{processor()}, {os.cpu_count()} cores; {versions()}")
    print(f"{config_name}, scenarios {', '.join(given.scenarios)}; one thread, {given.rounds} rounds")
    print("Microseconds per trial and scenario\n")
    print("| | CPU min | CPU median | wall median | CPU median, shortfall = 1 |")
    print("|---|---:|---:|---:|---:|")
    base = statistics.median(cpu for cpu, _ in rounds["shortfall"])
    for name, times in rounds.items():
        cpu, wall = ([row[at] for row in times] for at in (0, 1))
        median = statistics.median(cpu)
        print(f"| {name} | {min(cpu):.0f} | {median:.0f} | {statistics.median(wall):.0f} | {median / base:.1f} |")
    sys.exit("a peer disagrees" if failed else 0)


if __name__ == "__main__":
    main()
