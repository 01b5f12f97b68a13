"""The person at the terminal: messages, tables, a bar that fills, and Ctrl-C."""

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
"""What the program exits with, beside 0."""


def say(message: str) -> None:
    """Tell the person; results go to stdout, all else to stderr."""
    print(message, file=sys.stderr, flush=True)


def one_line(message: object) -> str:
    """The message without line breaks."""
    return " ".join(str(message).split())


def counted(runs: int) -> str:
    """'1 run', '2 runs'."""
    return f"{runs:,} run{'s' * (runs != 1)}"


def print_table(table: pd.DataFrame) -> None:
    """Columns under their names, numbers with as many digits as they mean."""
    names = [str(name) for name in table.columns]
    shown = pd.DataFrame({name: [cell(name, each) for each in table[name]] for name in names})
    if len(shown):
        print(shown.to_string(index=False), flush=True)


def cell(name: str, value: Any) -> str:
    """A value as the table shows it; a dash where the setting has no say."""
    if pd.isna(value):
        return "-"
    if name.endswith("accuracy"):
        return f"{100 * value:.1f} %"
    return f"{value:.5g}" if name == "objective" else write(value)


@contextmanager
def interruptible(*, at_once: bool) -> Iterator[Callable[[], bool]]:
    """Within, Ctrl-C is a question that can be asked; a second one acts as ever.

    `at_once` the first one acts as ever, too: nobody may be there to ask.
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
    """One line that fills up on a terminal; elsewhere, a line for every quarter."""

    WIDTH = 30

    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self.stream = stream
        self.alive = stream.isatty()
        self.begun = time.monotonic()
        self.shown = -1

    def show(self, share: float) -> None:
        """Draw the share that is done, unless it looks as before."""
        percent = int(100 * share)
        step = percent if self.alive else percent // 25
        if step > self.shown:
            self.shown = step
            self._draw(percent)

    def end(self) -> None:
        """Leave the line."""
        if self.alive:
            print(file=self.stream, flush=True)

    def _draw(self, percent: int) -> None:
        seconds = time.monotonic() - self.begun
        if self.alive:
            bar = "#" * (percent * self.WIDTH // 100)
            line = f"\r{self.title}  [{bar:.<{self.WIDTH}}] {percent:3d} %  {seconds:.0f} s "
            print(line, end="", file=self.stream, flush=True)
        else:
            print(f"{self.title}: {percent} %, {seconds:.1f} s", file=self.stream, flush=True)
