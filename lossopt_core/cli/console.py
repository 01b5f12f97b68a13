"""Terminal output: messages, tables, a progress bar, and Ctrl-C."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

import pandas as pd

from lossopt_core.experiment.grid import write

FAILED, BAD_VALUE, INTERRUPTED = 1, 2, 128 + signal.SIGINT
"""Exit codes other than 0."""


def say(message: str) -> None:
    """Print a message to stderr; only results go to stdout."""
    print(message, file=sys.stderr, flush=True)


def one_line(message: object) -> str:
    """The message on one line."""
    return " ".join(str(message).split())


def print_table(table: pd.DataFrame) -> None:
    """Print a table with formatted numbers."""
    names = [str(name) for name in table.columns]
    shown = pd.DataFrame({name: [cell(name, each) for each in table[name]] for name in names})
    if len(shown):
        print(shown.to_string(index=False), flush=True)


def cell(name: str, value: Any) -> str:
    """Format a table cell; a dash for settings that do not apply."""
    if pd.isna(value):
        return "-"
    if name.endswith("accuracy"):
        return f"{100 * value:.1f} %"
    return f"{value:.5g}" if name == "objective" else write(value)


@contextmanager
def interruptible(*, at_once: bool) -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag; the second raises KeyboardInterrupt as usual.

    Yields a function that returns whether Ctrl-C was pressed.  With `at_once` the first Ctrl-C
    also raises KeyboardInterrupt, for work that cannot poll the flag.
    """
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)
        if at_once:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


class ProgressBar:
    """A progress bar on a terminal; elsewhere, one line per 25 %."""

    WIDTH = 30

    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self.stream = stream
        self.interactive = stream.isatty()
        self.started = time.monotonic()
        self.shown = -1

    def show(self, fraction: float) -> None:
        """Update the bar if the displayed value changes; `fraction` is between 0 and 1."""
        percent = int(100 * fraction)
        step = percent if self.interactive else percent // 25
        if step > self.shown:
            self.shown = step
            self._draw(percent)

    def end(self) -> None:
        """End the line of the bar."""
        if self.interactive:
            print(file=self.stream, flush=True)

    def _draw(self, percent: int) -> None:
        seconds = time.monotonic() - self.started
        if self.interactive:
            bar = "#" * (percent * self.WIDTH // 100)
            line = f"\r{self.title}  [{bar:.<{self.WIDTH}}] {percent:3d} %  {seconds:.0f} s "
            print(line, end="", file=self.stream, flush=True)
        else:
            print(f"{self.title}: {percent} %, {seconds:.1f} s", file=self.stream, flush=True)
