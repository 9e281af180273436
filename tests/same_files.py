"""What a folder of results holds, for scripts that compare two of them."""

import json


def contents(folder):
    """All files below a folder; of the manifest, all but the wall clock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    manifest = json.loads(found["manifest.json"])
    if "simulation_seconds" not in manifest.pop("wall_clock"):
        raise ValueError(f"{folder}: the manifest has no clock")
    found["manifest.json"] = json.dumps(manifest)
    return found


def differences(one, other):
    """Names of the files that are not the same in both."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
