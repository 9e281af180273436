"""Changes to a config, as the command line has them: `path=value`, the value in TOML."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union


def changes_of(
    set: Union[Mapping[str, Any], Sequence[str], None],
    seed: Optional[int] = None,
    trials: Optional[int] = None,
    confidence: Optional[float] = None,
    own: Optional[Mapping[str, Any]] = None,
) -> list[str]:
    """All changes, in the order in which the command line makes them."""
    if isinstance(set, str):
        raise TypeError("`set` is a dictionary of values by path, or a list of texts such as 'run.trials=1000'")
    if set is None or isinstance(set, Mapping):
        changes = [f"{path}={_toml(value, path)}" for path, value in (set or {}).items()]
    else:
        changes = list(set)
    options = {"run.seed": seed, "run.trials": trials, "run.confidence": confidence, **(own or {})}
    return changes + [f"{path}={_toml(value, path)}" for path, value in options.items() if value is not None]


def threads_of(threads: int) -> int:
    """How many threads, if there may be so many."""
    if not 0 <= threads <= 256:
        raise ValueError(f"threads lies between 0, which takes all cores, and 256; {threads} is asked for")
    return threads


def names(given: Union[str, Sequence[str], None]) -> list[str]:
    """None, one or several names."""
    if given is None:
        return []
    return [given] if isinstance(given, str) else list(given)


def _toml(value: Any, path: str) -> str:
    if hasattr(value, "tolist"):
        value = value.tolist()  # an array of NumPy, or a number of one
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        # Text of JSON is text of TOML, but for this letter.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime.date):
        return f'"{value:%Y-%m}"'
    if isinstance(value, Mapping):
        pairs = (f"{_toml(str(key), path)} = {_toml(inner, path)}" for key, inner in value.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_toml(inner, path) for inner in value) + "]"
    raise TypeError(f"{path}: a value is a number, a text, a truth, a list or a dictionary, not {type(value).__name__}")
