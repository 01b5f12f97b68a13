"""Runs point by point: the slider of a page, and the frames of the figures that follow it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
"""The key of the one slider on a page."""


@dataclass(frozen=True, eq=False)
class Journey:
    """The way of some runs on equal data, under one slider.

    names   what each run is called; of one run alone nobody needs to know
    """

    runs: Sequence[Run]
    names: Sequence[str]
    clock: Clock

    def cursor(self, x: str = "epoch") -> Frames | None:
        """A line that moves along the x-axis of curves; None where runs differ in its places."""
        places = self._places(x)
        ticks = range(len(self.clock.epochs))
        return None if places is None else Frames(CLOCK, ticks, cursor=places)

    def together(self, changes: Sequence[Change]) -> Frames:
        """Frames of a figure of all runs, one a tick."""
        return Frames(CLOCK, range(len(self.clock.epochs)), changes)

    @property
    def updates(self) -> list[list[int]]:
        """The updates of each run at every tick."""
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
        """What stands below the slider at each tick."""
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
        return [
            f"Epoch {epoch:.4g}: {words}"
            for epoch, words in zip(self.clock.epochs, said, strict=True)
        ]


def rows_at(run: Run, updates: Sequence[int]) -> pd.DataFrame:
    """For each number of updates the history's last row until then."""
    places = run.history["update"].searchsorted(updates, side="right") - 1
    return run.history.iloc[places.clip(0)]


def begin(
    runs: Sequence[Run] | None,
    names: Sequence[str] = ("",),
    *,
    tick: Callable[[WeightPath], int] | None = None,
    on_change: Callable[[WeightPath, int], None] | None = None,
) -> Journey | None:
    """The slider of the page; None, said where it is for good, while there is none.

    `tick` says where it stands and `on_change` is told where it was let go, both for the path
    of the first run: for pages of one run, whose ticks are its points.

    One element stands there in any case, so that the charts below it stay the same.
    """
    if not runs:
        st.empty()
        return None
    try:
        journey = Journey(runs, names, Clock.of(runs))
    except ValueError as error:
        st.caption(f"No time travel: {error}. Train it again to have one.")
        return None
    first = journey.clock.paths[0]
    time_travel.slider(
        journey.words(),
        clock=CLOCK,
        of=" ".join(f"{run.id}{run.final['update']}" for run in runs),
        tick=None if tick is None else tick(first),
        on_change=None if on_change is None else lambda number: on_change(first, number),
    )
    return journey


def cursor(journey: Journey | None, x: str = "epoch") -> Frames | None:
    """The moving line for curves, where there is a journey."""
    return None if journey is None else journey.cursor(x)
