"""The session's playground: models that stand after some updates, and what can be done to them.

Whatever is changed but the learning rate, both models are trained anew to where they were, from
the same start.  A learning rate holds from when it was chosen.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from lossopt_core.experiment.description import LARGEST_SEED
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.model import (
    MOST_UPDATES,
    Model,
    read_weights,
    replay,
    write_weights,
)
from lossopt_core.playground.points import (
    DEMO_SETTINGS,
    DEMO_WEIGHTS,
    Points,
    read_points,
)
from lossopt_ui.playground.way import Way, onward
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.playground import SPEEDS
from lossopt_ui.state.session import SessionKey

FASTEST_ANSWER = 0.15
"""Seconds in which nobody answers a label that has just been drawn."""


@dataclass(frozen=True)
class Side:
    """One of the two models.

    settings   those of an experiment but for the learning rate
    start      its weights at the start as text; without, those of the seed
    """

    features: FeatureMap
    settings: tuple[tuple[str, Any], ...]
    start: str

    def model(self, points: Points, rate: float) -> Model:
        """The model at its start."""
        settings = dict(self.settings) | {"learning_rate": rate}
        start = read_weights(self.start) if self.start else None
        return Model(points, self.features, settings, start)


@dataclass(frozen=True)
class Wanted:
    """What determines the models, but for the learning rate and the number of updates."""

    points: str
    sides: tuple[Side, ...]


@dataclass(eq=False)
class Play:
    """Where the session's playground stands.

    ways       those of the models that have gone furthest
    furthest   the most updates that were made since the start
    rates      from which update on which learning rate holds
    settled    the points as text; while one is dragged, `wanted` has it where it is
    stale      whether the page shows other settings than now hold
    looks_back whether somebody is at the slider through time, and pictures of the way are sent
    problem    why the last change was refused
    undo, redo points as text
    original   what the points were before they were changed by hand, as text
    own        the value `own_points` at the last run of the page
    labelled   which of Play and Pause the button was drawn with, as `playing`, and when first
    """

    wanted: Wanted | None = None
    models: list[Model] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    rates: list[tuple[int, float]] = field(default_factory=list)
    made: int = 0
    furthest: int = 0
    playing: bool = False
    settled: str = ""
    stale: bool = False
    looks_back: bool = False
    problem: str = ""
    undo: list[str] = field(default_factory=list)
    redo: list[str] = field(default_factory=list)
    original: str = ""
    own: str = ""
    labelled: tuple[bool, float] = (False, 0.0)

    @property
    def over(self) -> bool:
        """Whether no model goes any further."""
        return self.made >= MOST_UPDATES or all(model.diverged for model in self.models)


_PLAY = SessionKey("playground.play", Play)


def session() -> Play:
    """The session's own."""
    return _PLAY.get()


def bring_up_to_date(wanted: Wanted) -> Play:
    """The session's playground with these settings, after as many updates as before."""
    play = session()
    play.stale = False
    take_rate(play)
    play.settled = wanted.points
    if play.wanted != wanted:
        train_anew(play, wanted)
    return play


def train_anew(play: Play, wanted: Wanted) -> None:
    """Models of these settings, from their start to where one is."""
    play.wanted, play.looks_back = wanted, False
    play.ways = onward([], _trained(play, wanted, play.furthest))
    _stand(play)


def _stand(play: Play) -> None:
    """Let the models be as they were after so many updates as one wants to see."""
    if play.made == play.furthest or play.wanted is None:
        play.models = [way.model for way in play.ways]
    else:
        play.models = _trained(play, play.wanted, play.made)


def _trained(play: Play, wanted: Wanted, updates: int) -> list[Model]:
    points = read_points(wanted.points)
    return [
        replay(side.model(points, play.rates[0][1]), play.rates, updates) for side in wanted.sides
    ]


def take_rate(play: Play) -> None:
    """Let the chosen learning rate hold from now on, if it is another."""
    if not play.rates or play.rates[-1][1] != widgets.value("learning_rate"):
        _branch_off(play)


def _branch_off(play: Play) -> None:
    """What came after the present update has not happened."""
    rate = widgets.value("learning_rate")
    play.rates = [each for each in play.rates if each[0] < play.made] + [(play.made, rate)]
    play.furthest, play.ways = play.made, onward(play.ways, play.models)
    for model in play.models:
        model.set_rate(rate)


def tick(play: Play) -> None:
    """Go on while it plays."""
    take_rate(play)
    if play.playing:
        advance(SPEEDS[widgets.value("speed")])
        play.playing = not play.over


def advance(updates: int) -> None:
    """Take both models so many updates further; for callbacks too."""
    play = session()
    if play.made < play.furthest:
        _branch_off(play)
    updates = min(updates, MOST_UPDATES - play.made)
    for model in play.models:
        model.advance(updates)
    play.made += updates
    play.furthest = play.made
    play.looks_back = False


def set_playing(playing: bool) -> None:
    """Play or pause; for callbacks, as all below."""
    play = session()
    shown, since = play.labelled
    # On a busy machine Streamlit may call back twice for one click.  The second time the button
    # already stands for the opposite, which nobody can have asked for yet.
    if shown != playing and time.monotonic() - since > FASTEST_ANSWER:
        play.playing = playing
    play.stale = True


def note_label(play: Play) -> None:
    """All has been drawn, with Play or Pause on the button."""
    if play.labelled[0] != play.playing:
        play.labelled = (play.playing, time.monotonic())


def go_to(update: int) -> None:
    """Back, or forth again, to where it was after so many updates."""
    play = session()
    play.made = min(max(0, update), play.furthest)
    _stand(play)


def look_back() -> None:
    """Somebody is at the slider: pictures of the way are needed in the browser."""
    session().looks_back = True


def reset() -> None:
    """Back to the start: the same one."""
    play = session()
    play.made, play.furthest, play.wanted, play.playing = 0, 0, None, False
    play.rates = [(0, rate) for _, rate in play.rates[-1:]]
    play.stale = True


def new_start() -> None:
    """Back to a start that has not been seen."""
    seed = (widgets.value("seed") + 1) % (LARGEST_SEED + 1)
    widgets.put_all({"seed": seed, "weights": ""})
    reset()


def other_points() -> None:
    """Points of the same kind that have not been seen."""
    widgets.put("split_seed", (widgets.value("split_seed") + 1) % (LARGEST_SEED + 1))


def load_demo() -> None:
    """The course's demo as it stands there: its points, its settings, its W and b."""
    points = {"points": "course", "own_points": "", "features": "plain"}
    widgets.put_all(DEMO_SETTINGS | points | {"weights": write_weights(DEMO_WEIGHTS)})
    reset()
