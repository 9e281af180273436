#!/usr/bin/env python3
"""The manifests that `plan` prints for Kubernetes are valid by its published schemas, and a misspelt key is not.

    python3 tests/kubernetes/run.py                 # of target/release/shortfall, or what PROGRAM names

The schemas are those of kubernetes-validate, which VALIDATE names or which comes from PyPI into a folder of its own; without
it the script is skipped.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from from_pypi import installed  # noqa: E402

PROGRAM = Path(os.environ.get("PROGRAM") or ROOT / "target/release/shortfall").resolve()
VERSION = "kubernetes-validate==1.37.0"
# The first version in which all keys are stable, and a later one.
KUBERNETES = ["1.33", "1.34"]


def main():
    if not PROGRAM.exists():
        raise SystemExit(f"{PROGRAM} is not there: cargo build --release")
    with tempfile.TemporaryDirectory(prefix="kubernetes-") as folder:
        folder = Path(folder)
        validate = installed(folder / "venv", VERSION, "kubernetes-validate", "VALIDATE")
        if not validate:
            print(f"skipped: {VERSION} cannot be installed from PyPI here")
            return 0
        config = ROOT / "configs/quickstart.toml"
        plan = [PROGRAM, "plan", config, "-n", "100000", "--pilot", "100", "--progress", "none"]
        plan += ["--for", "kubernetes", "--set", "projects.*.slip_months=24", "--shards"]

        def is_valid(version, text):
            (folder / "job.yaml").write_text(text)
            line = [validate, "--strict", "--kubernetes-version", version, folder / "job.yaml"]
            done = subprocess.run(line, capture_output=True, text=True)
            if done.returncode not in (0, 1):
                raise SystemExit(f"failed: kubernetes-validate ended with {done.returncode}\n{done.stdout}{done.stderr}")
            return done.returncode == 0, done.stdout + done.stderr

        for shards in ["1", "8", "5000"]:
            text = subprocess.run([*plan, shards], check=True, capture_output=True, text=True).stdout
            for version in KUBERNETES:
                valid, said = is_valid(version, text)
                if not valid or text.count("kind: Job") != 2:
                    raise SystemExit(f"failed: {shards} shards, {version}: {said}\n{text}")
        # Wrong twins: each key misspelt must be found.
        for key in ["backoffLimitPerIndex", "completionMode", "podFailurePolicy", "onExitCodes", "restartPolicy", "claimName"]:
            if key not in text or is_valid(KUBERNETES[0], text.replace(f"{key}:", f"{key[:-1]}:"))[0]:
                raise SystemExit(f"failed: {key}, misspelt, is taken for valid")
    print(f"the manifests are valid for Kubernetes {' and '.join(KUBERNETES)}, and no misspelt key is")
    return 0


if __name__ == "__main__":
    sys.exit(main())
