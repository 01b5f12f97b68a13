"""The session's playground: its models, trained ahead of what the browser shows.

The browser plays: it draws the models at its own pace from frames that were trained ahead, and asks
for more before they run out.  A setting that changes while it plays applies from the update
that is on the screen; while it is paused, the models are retrained from their start.  A new
learning rate always applies from the update on the screen.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lossopt_core.experiment.description import LARGEST_SEED
from lossopt_core.playground.classifier import Snapshot
from lossopt_core.playground.model import MAX_UPDATES, Model, Setup, replay, write_weights
from lossopt_core.playground.points import DEMO_SETTINGS, DEMO_WEIGHTS
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.playground import SPEEDS
from lossopt_ui.state.session import SessionKey

FRAMES_PER_SECOND = 60
AHEAD = 5.0
"""Seconds of playing that an answer trains ahead."""
AT_ONCE = 0.5
"""Seconds of playing that the answer to a change trains ahead: the change must show soon."""
OPENING = 300
"""Updates made when the page opens, unless its address says otherwise."""
MOST_WHILE_DRAGGED = 40
"""Frames sent while a point is dragged and all updates change with it."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Frames for the browser.

    number   counts the chunks of the session
    keep     frames after this update are replaced by these; -1 for all
    sides    the snapshots of each model, at the same updates
    """

    number: int
    keep: int
    sides: Sequence[Sequence[Snapshot]]


@dataclass(eq=False)
class Play:
    """The state of the session's playground.

    plan        setups of both sides, with the update from which on they hold
    models      trained to `furthest`
    made        the update on the screen while paused; while playing, the one at `since`
    furthest    the number of updates made
    orders      counts the times that the browser has to go to `made` and stop or play as we say
    opened_at   the number of updates in the address when it was last read or written
    opening     whether nobody has done anything yet: the browser plays up to `made` by itself
    settled     the points as text; while a point is dragged, only the setups have its position
    stale       whether the page has to be rerun to show the current settings
    problem     why the last edit was rejected
    undo, redo  points as text
    original    the points before any manual edit, as text
    own         value of `own_points` at the last run of the page
    answered    number of the last event from the browser
    """

    plan: list[tuple[int, tuple[Setup, ...]]] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    made: int = 0
    since: float = 0.0
    furthest: int = 0
    playing: bool = False
    orders: int = 0
    opened_at: int = 0
    opening: bool = False
    chunk: Chunk = field(default_factory=lambda: Chunk(0, -1, []))
    settled: str = ""
    stale: bool = False
    problem: str = ""
    undo: list[str] = field(default_factory=list)
    redo: list[str] = field(default_factory=list)
    original: str = ""
    own: str = ""
    answered: int = 0

    @property
    def setups(self) -> tuple[Setup, ...]:
        """The current setup of each side."""
        return self.plan[-1][1]

    @property
    def over(self) -> bool:
        """Whether training has ended: all models diverged or too many updates."""
        return self.furthest >= MAX_UPDATES or all(model.diverged for model in self.models)

    def shown(self) -> list[Model]:
        """The models at the update on the screen."""
        if self.made == self.furthest:
            return self.models
        return [self._again(side, self.made) for side in range(len(self.models))]

    def _again(self, side: int, update: int) -> Model:
        return replay([(start, setups[side]) for start, setups in self.plan], update)

    def position(self) -> int:
        """The update on the screen; while playing, as far as the clock tells."""
        if not self.playing:
            return self.made
        played = (time.monotonic() - self.since) * speed()
        return min(self.furthest, self.made + int(played))

    def note(self, position: int, *, playing: bool) -> None:
        """The browser says what it shows."""
        self.made, self.since = min(max(0, position), self.furthest), time.monotonic()
        self.playing = playing

    def train(self, updates: int) -> None:
        """Train up to this update, and send the frames on the way."""
        stride = max(1, speed() // FRAMES_PER_SECOND)
        sides = [model.advance(updates - model.made, stride) for model in self.models]
        before, self.furthest = self.furthest, max(model.made for model in self.models)
        self.send(before, sides)

    def train_ahead(self, seconds: float) -> None:
        """Train what playing needs for some time."""
        self.train(self.position() + max(2, round(seconds * speed())))

    def send(self, keep: int, sides: Sequence[Sequence[Snapshot]]) -> None:
        """Send these frames; a model that stopped early stays where it is."""
        longest = max(map(len, sides))
        whole = [
            [*some, *[some[-1] if some else model.snapshots[-1]] * (longest - len(some))]
            for some, model in zip(sides, self.models, strict=True)
        ]
        self.chunk = Chunk(self.chunk.number + 1, keep, whole)

    def send_all(self, most: int | None = None) -> None:
        """Send all recorded frames, or at most so many."""
        recorded = [model.snapshots for model in self.models]
        if most is not None:
            stride = 1 + len(recorded[0]) // most
            recorded = [[*some[:-1:stride], some[-1]] for some in recorded]
        self.send(-1, recorded)

    def order(self, made: int, *, playing: bool) -> None:
        """Have the browser show this update, and play or pause."""
        self.note(made, playing=playing)
        self.orders += 1
        self.opening = False

    def branch(self, at: int, setups: tuple[Setup, ...]) -> None:
        """Use these setups from this update on; they must fit the weights."""
        for side, model in enumerate(self.models):
            if not model.go_back(at):
                self.models[side] = self._again(side, at)
            self.models[side].change(setups[side])
        self.plan = [each for each in self.plan if each[0] < at] + [(at, setups)]
        self.furthest = at
        now = [Snapshot(at, model.weights, model.problem) for model in self.models]
        stride = max(1, speed() // FRAMES_PER_SECOND)
        ahead = round(AT_ONCE * speed()) + 2 if self.playing else 0
        sides = [
            [snapshot, *model.advance(ahead, stride)]
            for snapshot, model in zip(now, self.models, strict=True)
        ]
        self.furthest = max(model.made for model in self.models)
        self.send(at - 1, sides)

    def retrain(self, plan: list[tuple[int, tuple[Setup, ...]]], updates: int) -> None:
        """Train new models up to this update."""
        self.plan = plan
        self.models = [self._again(side, updates) for side in range(len(plan[-1][1]))]
        self.furthest = max(model.made for model in self.models)


_PLAY = SessionKey("playground.play", Play)


def session() -> Play:
    """The state of this session."""
    return _PLAY.get()


def speed() -> int:
    """Updates per second."""
    return SPEEDS[widgets.value("speed")]


def bring_up_to_date(setups: tuple[Setup, ...]) -> Play:
    """Apply the settings of the page and return the state."""
    play = session()
    play.stale = False
    play.settled = setups[0].points
    first = not play.plan
    apply(play, setups)
    updates = _opening_updates()
    if play.opened_at != updates:
        play.opened_at = updates
        if updates > play.furthest:
            play.train(updates)
            play.send_all()
        play.order(updates, playing=False)
        play.opening = first and not widgets.is_set("updates")
    return play


def _opening_updates() -> int:
    """What the address says; else enough to see what training does, or weights set by hand."""
    if widgets.is_set("updates"):
        return int(widgets.value("updates"))
    return 0 if widgets.value("weights") else OPENING


def apply(play: Play, setups: tuple[Setup, ...], *, dragged: bool = False) -> None:
    """Train with these setups from now on, or from the start; see the module."""
    if not play.plan:
        play.retrain([(0, setups)], 0)
        play.send_all()
        return
    before = play.setups
    if setups == before:
        return
    at = play.position()
    fits = [(each.shape, each.start) for each in setups] == [
        (each.shape, each.start) for each in before
    ]
    if fits and (play.playing or _only_rates_differ(setups, before)):
        play.branch(at, setups)
    elif play.playing:
        play.retrain([(0, setups)], round(AT_ONCE * speed()))
        play.send_all()
        play.order(0, playing=True)
    else:
        play.retrain(_with_rates(play.plan, setups), at)
        play.send_all(MOST_WHILE_DRAGGED if dragged else None)


def _only_rates_differ(one: Sequence[Setup], other: Sequence[Setup]) -> bool:
    return [each.replace(learning_rate=0) for each in one] == [
        each.replace(learning_rate=0) for each in other
    ]


def _with_rates(
    plan: Sequence[tuple[int, tuple[Setup, ...]]], setups: tuple[Setup, ...]
) -> list[tuple[int, tuple[Setup, ...]]]:
    """These setups from the start, with the learning rates of the plan."""
    found: list[tuple[int, tuple[Setup, ...]]] = []
    for start, before in plan:
        rate = before[0].setting("learning_rate")
        if not found or found[-1][1][0].setting("learning_rate") != rate:
            found.append((start, tuple(each.replace(learning_rate=rate) for each in setups)))
    rate = setups[0].setting("learning_rate")
    if found[-1][1][0].setting("learning_rate") != rate:
        found[-1] = (found[-1][0], setups)
    return found


def drag(points: str) -> None:
    """Show the effect of a point that is being dragged."""
    play = session()
    apply(play, tuple(replace(each, points=points) for each in play.setups), dragged=True)


def reset() -> None:
    """Go back to the initial weights; a callback, like all functions below."""
    play = session()
    if play.plan:
        play.retrain([(0, play.setups)], 0)
        play.send_all()
    play.order(0, playing=False)
    note_updates()


def note_updates() -> None:
    """Keep the update on the screen in the address."""
    play = session()
    play.opened_at = play.made
    widgets.put("updates", play.made)
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
