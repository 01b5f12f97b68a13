"""Time travel through the updates made so far, without asking the server.

Curves and losses always carry their history.  Frames of the plane are many and large: they are
rendered and sent once the pointer or focus reaches the slider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from lossopt_core.playground.model import Model
from lossopt_ui.charts.frames import Change, Frames
from lossopt_ui.experiment.results import percent
from lossopt_ui.figures import time_travel
from lossopt_ui.playground import play
from lossopt_ui.playground.play import Play
from lossopt_ui.playground.trajectory import Moment, Trajectory

CLOCK = "time"
"""The key of the slider."""
LABEL = "Time travel"
MAX_TICKS = 50


@dataclass(frozen=True, eq=False)
class Timeline:
    """The updates made so far.

    ticks   updates the slider can select, including the current one
    still   whether the slider is enabled: not while playing or while a point is dragged
    """

    now: Play
    ticks: Sequence[int]
    still: bool

    @classmethod
    def of(cls, now: Play) -> Self:
        """The timeline of the session's models."""
        dragged = now.wanted is not None and now.wanted.points != now.settled
        if now.playing or dragged:
            return cls(now, [now.made], still=False)
        longest = max(
            (trajectory.model for trajectory in now.trajectories), key=lambda model: model.made
        )
        return cls(now, sorted({*longest.ticks(MAX_TICKS), now.made}), still=True)

    def curve(self, side: int) -> Model:
        """The model with the most updates."""
        return self.now.trajectories[side].model if self.still else self.now.models[side]

    def cursor(self) -> Frames | None:
        """Frames that move a vertical line along the updates."""
        if not self.still:
            return None
        return Frames(CLOCK, range(len(self.ticks)), cursor=[float(each) for each in self.ticks])

    def losses(self, side: int) -> list[Any]:
        """The losses (n,) of the points at each tick."""
        return [moment.losses for moment in self._moments(side)]

    def changes(self, values: Sequence[Any]) -> Frames | None:
        """Frames that set the bar heights at each tick."""
        if not self.still:
            return None
        heights = np.asarray(values, np.float32)
        return Frames(CLOCK, range(len(self.ticks)), [Change(0, "y", heights)])

    def pictures(self, side: int, present: dict[str, Any]) -> dict[str, Any] | None:
        """Frames of the plane at each tick; None unless the visitor is at the slider."""
        if not (self.still and self.now.looks_back):
            return None
        trajectory = self.now.trajectories[side]
        frames = [
            present if self._is_now(each) else trajectory.picture(each) for each in self.ticks
        ]
        return {"clock": CLOCK, "frames": frames}

    def _moments(self, side: int) -> list[Moment]:
        trajectory = self.now.trajectories[side]
        of_now = self.now.models[side]
        return [
            Moment(of_now.losses(), of_now.correct())
            if self._is_now(each)
            else trajectory.moment(each)
            for each in self.ticks
        ]

    def _is_now(self, update: int) -> bool:
        # The current update need not be among the stored ones.
        return update == self.now.made

    def words(self) -> list[str]:
        """The text below the slider at each tick."""
        sides = [self._words_of(side) for side in range(len(self.now.trajectories))]
        end = self.ticks[-1]
        return [
            f"Update {tick:,} of {end:,}: {'; '.join(texts)}"
            for tick, *texts in zip(self.ticks, *sides, strict=True)
        ]

    def _words_of(self, side: int) -> list[str]:
        trajectory = self.now.trajectories[side]
        name = ("left ", "right ")[side] if len(self.now.trajectories) > 1 else ""
        return [
            f"{name}objective {_objective(trajectory, tick):.4g},"
            f" accuracy {percent(moment.right / len(moment.losses))}"
            for tick, moment in zip(self.ticks, self._moments(side), strict=True)
        ]


def _objective(trajectory: Trajectory, update: int) -> float:
    return trajectory.model.row_at(update)[1]


def show(timeline: Timeline) -> None:
    """Show the slider; releasing it sets the current update."""
    now = timeline.now
    still = timeline.still and len(timeline.ticks) > 1
    time_travel.slider(
        timeline.words() if still else [f"Update {now.made:,}"],
        clock=CLOCK,
        of=f"{now.wanted}{now.rates}{now.furthest}{still}",
        tick=timeline.ticks.index(now.made) if still else 0,
        on_change=lambda tick: play.go_to(timeline.ticks[tick]),
        label=LABEL,
        play="Replay",
        disabled=not still,
        on_approach=None if now.looks_back else play.look_back,
    )
