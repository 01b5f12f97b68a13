"""Time travel through runs: the slider of a page, and the frames of the figures tied to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import Run
from lossopt_core.inspect.clock import Clock
from lossopt_core.training.path import WeightPath
from lossopt_ui.charts.frames import Change, Frames
from lossopt_ui.experiment import results
from lossopt_ui.figures import time_travel
from lossopt_ui.state.names import counted

ACCURACY = {"test": "test_accuracy", "training": "train_accuracy"}
CLOCK = "moment"
"""Key of the slider; a page has one."""


@dataclass(frozen=True, eq=False)
class Player:
    """The saved points of some runs on the same data, under one slider.

    names   label of each run; unused for a single run
    of      what part of the results the runs are, such as "the first split"
    """

    runs: Sequence[Run]
    names: Sequence[str]
    clock: Clock
    of: str = ""

    def cursor(self, x: str = "epoch") -> Frames | None:
        """A vertical line that moves along the x-axis; None if the runs differ in its positions."""
        places = self._places(x)
        ticks = range(len(self.clock.epochs))
        return None if places is None else Frames(CLOCK, ticks, cursor=places)

    def together(self, changes: Sequence[Change]) -> Frames:
        """Frames of a figure of all runs, one per slider position."""
        return Frames(CLOCK, range(len(self.clock.epochs)), changes)

    @property
    def updates(self) -> list[list[int]]:
        """Number of updates of each run at every slider position."""
        pairs = zip(self.clock.paths, self.clock.points, strict=True)
        return [path.updates[points].tolist() for path, points in pairs]

    def frames(self, run: int, changes: Sequence[Change]) -> Frames:
        """Frames of a figure of one run."""
        return Frames(CLOCK, self.clock.points[run].tolist(), changes)

    def _places(self, x: str) -> Sequence[float] | None:
        if x == "epoch":
            return [float(each) for each in self.clock.epochs]
        if x == "gradient_evaluations":
            examples = self.runs[0].experiment.train_examples
            return [float(each) for each in self.clock.epochs * examples]
        first, *others = self.updates
        return first if all(each == first for each in others) else None

    def words(self) -> list[str]:
        """The text below the slider at each of its positions."""
        rows = [rows_at(run, of_run) for run, of_run in zip(self.runs, self.updates, strict=True)]
        part = "training" if rows[0]["test_accuracy"].isna().all() else "test"
        shares = [[results.percent(share) for share in of_run[ACCURACY[part]]] for of_run in rows]
        if len(self.runs) == 1:
            pairs = zip(self.updates[0], rows[0]["objective"], shares[0], strict=True)
            said = [
                f"{counted(update, 'update')}, objective {objective:.4g}, {part} accuracy {share}"
                for update, objective, share in pairs
            ]
        else:
            said = [
                f"{part} accuracy of "
                + ", ".join(f"{name} {share}" for name, share in zip(self.names, now, strict=True))
                for now in zip(*shares, strict=True)
            ]
        whose = f" of {self.of}" if self.of else ""
        return [
            f"Epoch {epoch:.4g}{whose}: {words}"
            for epoch, words in zip(self.clock.epochs, said, strict=True)
        ]


def rows_at(run: Run, updates: Sequence[int]) -> pd.DataFrame:
    """For each number of updates, the last row of the history up to it."""
    places = np.searchsorted(run.history["update"].to_numpy(), updates, side="right") - 1
    rows: pd.DataFrame = run.history.iloc[places.clip(0)]
    return rows


def begin(
    runs: Sequence[Run] | None,
    names: Sequence[str] = ("",),
    *,
    of: str = "",
    tick: Callable[[WeightPath], int] | None = None,
    on_change: Callable[[WeightPath, int], None] | None = None,
) -> Player | None:
    """Show the slider of the page; None while there are no runs, or if they have no saved path.

    `of` says what part of the page's results the runs are. `tick` returns the initial position, and
    `on_change` receives the position where the slider was released, both for the path of the first
    run: for pages about one run.

    Exactly one element is drawn in any case, so that the charts below keep their identity.
    """
    if not runs:
        st.empty()
        return None
    try:
        player = Player(runs, names, Clock.of(runs), of)
    except ValueError as error:
        st.caption(f"No time travel: {error}. Train again to save a path.")
        return None
    first = player.clock.paths[0]
    time_travel.slider(
        player.words(),
        clock=CLOCK,
        of=" ".join(f"{run.id}{run.final['update']}" for run in runs),
        tick=None if tick is None else tick(first),
        on_change=None if on_change is None else lambda number: on_change(first, number),
    )
    return player


def cursor(player: Player | None, x: str = "epoch") -> Frames | None:
    """The moving line for curves, if there is a player."""
    return None if player is None else player.cursor(x)
