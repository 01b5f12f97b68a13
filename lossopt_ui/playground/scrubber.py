"""Through the time of the playground, as far as one has been, in the browser.

Curves and losses always know the way so far.  Pictures of the plane are many and large: they are
made and sent when somebody comes near the slider, and nothing is asked while it moves.
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
from lossopt_ui.playground.way import Moment, Way

CLOCK = "time"
"""The key of the slider."""
LABEL = "Back and forth in time"
MOST_TICKS = 50


@dataclass(frozen=True, eq=False)
class Past:
    """The way so far.

    ticks   updates at which the slider stands, the present one among them
    still   whether it can be gone through: while something moves there is only the present
    """

    now: Play
    ticks: Sequence[int]
    still: bool

    @classmethod
    def of(cls, now: Play) -> Self:
        """Of the session's models."""
        dragged = now.wanted is not None and now.wanted.points != now.settled
        if now.playing or dragged:
            return cls(now, [now.made], still=False)
        longest = max((way.model for way in now.ways), key=lambda model: model.made)
        return cls(now, sorted({*longest.ticks(MOST_TICKS), now.made}), still=True)

    def curve(self, side: int) -> Model:
        """The model that has gone furthest."""
        return self.now.ways[side].model if self.still else self.now.models[side]

    def cursor(self) -> Frames | None:
        """A line that moves over the updates."""
        if not self.still:
            return None
        return Frames(CLOCK, range(len(self.ticks)), cursor=[float(each) for each in self.ticks])

    def losses(self, side: int) -> list[Any]:
        """The losses (n,) of the points at each tick."""
        return [moment.losses for moment in self._moments(side)]

    def changes(self, values: Sequence[Any]) -> Frames | None:
        """Bars of these heights at each tick."""
        if not self.still:
            return None
        heights = np.asarray(values, np.float32)
        return Frames(CLOCK, range(len(self.ticks)), [Change(0, "y", heights)])

    def pictures(self, side: int, present: dict[str, Any]) -> dict[str, Any] | None:
        """The plane at each tick; None while nobody is at the slider."""
        if not (self.still and self.now.looks_back):
            return None
        way = self.now.ways[side]
        frames = [present if self._is_now(each) else way.picture(each) for each in self.ticks]
        return {"clock": CLOCK, "frames": frames}

    def _moments(self, side: int) -> list[Moment]:
        way = self.now.ways[side]
        of_now = self.now.models[side]
        return [
            Moment(of_now.losses(), of_now.right()) if self._is_now(each) else way.moment(each)
            for each in self.ticks
        ]

    def _is_now(self, update: int) -> bool:
        # It need not be among the kept ones.
        return update == self.now.made

    def words(self) -> list[str]:
        """What stands below the slider at each tick."""
        sides = [self._words_of(side) for side in range(len(self.now.ways))]
        end = self.ticks[-1]
        return [
            f"Update {tick:,} of {end:,}: {'; '.join(said)}"
            for tick, *said in zip(self.ticks, *sides, strict=True)
        ]

    def _words_of(self, side: int) -> list[str]:
        way, name = self.now.ways[side], ("left ", "right ")[side]
        return [
            f"{name if len(self.now.ways) > 1 else ''}total {_total(way, tick):.4g},"
            f" {percent(moment.right / len(moment.losses))} of the points right"
            for tick, moment in zip(self.ticks, self._moments(side), strict=True)
        ]


def _total(way: Way, update: int) -> float:
    return way.model.row_at(update)[1]


def show(past: Past) -> None:
    """The slider; where it is let go is where the playground goes on."""
    now = past.now
    still = past.still and len(past.ticks) > 1
    time_travel.slider(
        past.words() if still else [f"Update {now.made:,}"],
        clock=CLOCK,
        of=f"{now.wanted}{now.rates}{now.furthest}{still}",
        tick=past.ticks.index(now.made) if still else 0,
        on_change=lambda tick: play.go_to(past.ticks[tick]),
        label=LABEL,
        play="Replay",
        disabled=not still,
        on_approach=None if now.looks_back else play.look_back,
    )
