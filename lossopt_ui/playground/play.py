"""The session's playground state: its models after some updates, and operations on them.

When any setting but the learning rate changes, both models are retrained from their start to the
current update.  A new learning rate takes effect at the update where it was chosen.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from lossopt_core.experiment.description import LARGEST_SEED
from lossopt_core.playground.feature_maps import FeatureMap
from lossopt_core.playground.model import (
    MAX_UPDATES,
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
from lossopt_ui.playground.trajectory import Trajectory, trajectories_of
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.playground import SPEEDS
from lossopt_ui.state.session import SessionKey

FASTEST_ANSWER = 0.15
"""Seconds in which nobody answers a label that has just been drawn."""


@dataclass(frozen=True)
class Side:
    """One of the two models.

    settings   settings of an experiment, without the learning rate
    start      initial weights as text; if empty, random weights from the seed
    """

    features: FeatureMap
    settings: tuple[tuple[str, Any], ...]
    start: str

    def model(self, points: Points, rate: float) -> Model:
        """The untrained model."""
        settings = dict(self.settings) | {"learning_rate": rate}
        start = read_weights(self.start) if self.start else None
        return Model(points, self.features, settings, start)


@dataclass(frozen=True)
class Wanted:
    """Everything that determines the models, except learning rate and number of updates."""

    points: str
    sides: tuple[Side, ...]


@dataclass(eq=False)
class Play:
    """The state of the session's playground.

    trajectories  of the models with the most updates
    furthest      largest number of updates since the start
    rates         (update, learning rate) pairs: each rate is in effect from its update on
    settled       the points as text; while a point is dragged, only `wanted` has its position
    stale         whether the page has to be rerun to show the current settings
    looks_back    whether the visitor is at the time slider, so that frames are sent
    problem       why the last edit was rejected
    undo, redo    points as text
    original      the points before any manual edit, as text
    own           value of `own_points` at the last run of the page
    labelled      whether the button was last drawn as Pause, and when it was first drawn so
    """

    wanted: Wanted | None = None
    models: list[Model] = field(default_factory=list)
    trajectories: list[Trajectory] = field(default_factory=list)
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
        """Whether training has ended: all models diverged or too many updates."""
        return self.made >= MAX_UPDATES or all(model.diverged for model in self.models)


_PLAY = SessionKey("playground.play", Play)


def session() -> Play:
    """The state of this session."""
    return _PLAY.get()


def bring_up_to_date(wanted: Wanted) -> Play:
    """Apply the settings and return the state, at the same number of updates as before."""
    play = session()
    play.stale = False
    take_rate(play)
    play.settled = wanted.points
    if play.wanted != wanted:
        retrain(play, wanted)
    return play


def retrain(play: Play, wanted: Wanted) -> None:
    """Retrain the models with these settings up to the current update."""
    play.wanted, play.looks_back = wanted, False
    play.trajectories = trajectories_of(_trained(play, wanted, play.furthest), [])
    _restore_models(play)


def _restore_models(play: Play) -> None:
    """Set the models to their state at the current update."""
    if play.made == play.furthest or play.wanted is None:
        play.models = [trajectory.model for trajectory in play.trajectories]
    else:
        play.models = _trained(play, play.wanted, play.made)


def _trained(play: Play, wanted: Wanted, updates: int) -> list[Model]:
    points = read_points(wanted.points)
    return [
        replay(side.model(points, play.rates[0][1]), play.rates, updates) for side in wanted.sides
    ]


def take_rate(play: Play) -> None:
    """Use the selected learning rate from now on, if it has changed."""
    if not play.rates or play.rates[-1][1] != widgets.value("learning_rate"):
        _branch_off(play)


def _branch_off(play: Play) -> None:
    """Discard everything after the current update."""
    rate = widgets.value("learning_rate")
    play.rates = [each for each in play.rates if each[0] < play.made] + [(play.made, rate)]
    play.furthest, play.trajectories = play.made, trajectories_of(play.models, play.trajectories)
    for model in play.models:
        model.set_rate(rate)


def tick(play: Play) -> None:
    """Train a few updates if playing."""
    take_rate(play)
    if play.playing:
        advance(SPEEDS[widgets.value("speed")])
        play.playing = not play.over


def advance(updates: int) -> None:
    """Train both models for some more updates; can be used as a callback."""
    play = session()
    if play.made < play.furthest:
        _branch_off(play)
    updates = min(updates, MAX_UPDATES - play.made)
    for model in play.models:
        model.advance(updates)
    play.made += updates
    play.furthest = play.made
    play.looks_back = False


def set_playing(playing: bool) -> None:
    """Play or pause; a callback, like all functions below."""
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
    """Show the models as they were after this many updates."""
    play = session()
    play.made = min(max(0, update), play.furthest)
    _restore_models(play)


def look_back() -> None:
    """Called when the pointer or focus reaches the slider: frames are sent to the browser."""
    session().looks_back = True


def reset() -> None:
    """Go back to the initial weights."""
    play = session()
    play.made, play.furthest, play.wanted, play.playing = 0, 0, None, False
    play.rates = [(0, rate) for _, rate in play.rates[-1:]]
    play.stale = True


def new_random_start() -> None:
    """Start over with new random weights."""
    seed = (widgets.value("seed") + 1) % (LARGEST_SEED + 1)
    widgets.put_all({"seed": seed, "weights": ""})
    reset()


def resample_points() -> None:
    """Draw new points from the same distribution."""
    widgets.put("split_seed", (widgets.value("split_seed") + 1) % (LARGEST_SEED + 1))


def load_demo() -> None:
    """Load the course's demo: its points, settings, W and b."""
    points = {"points": "course", "own_points": "", "features": "plain"}
    widgets.put_all(DEMO_SETTINGS | points | {"weights": write_weights(DEMO_WEIGHTS)})
    reset()
