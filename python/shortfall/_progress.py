"""How far a simulation is, told while it goes on."""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Optional, Union

#: Is called with the trials that are done and those that there will be, over all scenarios.
Callback = Callable[[int, int], object]

#: What is done sooner is not worth telling, seconds.
_QUIET = 0.5

#: Time between two tellings, seconds.
_PAUSE = 0.2


def callback_of(progress: Union[bool, Callback]) -> Optional[Callback]:
    """Whom to tell: a function that was given, a line below the cell of a notebook, a terminal, or nobody."""
    if callable(progress):
        return progress
    if not progress:
        return None
    display = _display_of_notebook()
    if display is not None:
        return _Told(_Notebook(display))
    if sys.stderr is not None and sys.stderr.isatty():
        return _Told(_Terminal())
    return None


def _display_of_notebook() -> Optional[Callable[..., Any]]:
    """IPython's `display`, if this is a notebook; nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display


class _Told:
    """Says it now and then, with the time that is left."""

    def __init__(self, out: Union[_Notebook, _Terminal]) -> None:
        self.out = out
        self.start = time.monotonic()
        self.last = self.start
        self.is_shown = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        is_over = 0 < total <= done
        if is_over and self.is_shown:
            self.out.end(f"{_count(done)} trials in {now - self.start:.1f} s")
            self.is_shown = False
        elif not is_over and done > 0 and now - self.start > _QUIET and now - self.last > _PAUSE:
            self.last, self.is_shown = now, True
            left = (now - self.start) / done * max(total - done, 0)
            self.out.show(f"{_count(done)} of {_count(total)} trials, {left:.0f} s left", done / max(total, 1))


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


class _Terminal:
    def show(self, text: str, share: float) -> None:
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def end(self, text: str) -> None:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Notebook:
    def __init__(self, display: Callable[..., Any]) -> None:
        self.display = display
        self.handle: Any = None

    def show(self, text: str, share: float) -> None:
        self._put(f'<progress value="{share:.4f}"></progress> {text}', text)

    def end(self, text: str) -> None:
        self._put(text, text)

    def _put(self, html: str, text: str) -> None:
        data = {"text/html": html, "text/plain": text}
        if self.handle is None:
            self.handle = self.display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)
