"""What is wrong with a config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class Fault:
    """One fault of a config, or of a change to it."""

    #: What is wrong, in a sentence.
    message: str
    #: What was found there.
    found: Optional[str]
    #: What would be right.
    help: Optional[str]
    #: The key of the config, as in `projects.nolans.slip_months`; empty if it is about the whole.
    key: str
    #: Name of the file, or what stands for it: a change is called `command line`.
    file: str
    #: Line of the file, or row of a table, from 1.
    line: int
    #: Letter of the line, from 1.
    column: int
    #: Which cell of a table it is, if it is one, as in `column slip_months (cell E7)`.
    cell: Optional[str]
    #: What stands there.
    text: str

    def __str__(self) -> str:
        place = f"{self.file}, row {self.line}, {self.cell}" if self.cell else f"{self.file}, line {self.line}"
        help = f" ({self.help})" if self.help else ""
        return f"{place}: {self.message}{help}"


class ConfigError(ValueError):
    """A config that cannot be simulated. Its text shows every fault with its line; `faults` has them one by one."""

    #: All faults; of very many alike the first ones.
    faults: list[Fault]
    #: How many there are, with those that `faults` leaves out.
    count: int

    def __init__(self, text: str, faults: list[Fault], count: int) -> None:
        super().__init__(text, faults, count)
        self.faults = faults
        self.count = count

    def __str__(self) -> str:
        return str(self.args[0])

    @classmethod
    def of(cls, text: str, faults: list[dict[str, Any]], count: int) -> ConfigError:
        return cls(text, [Fault(**fault) for fault in faults], count)
