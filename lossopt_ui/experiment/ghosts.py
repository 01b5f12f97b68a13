"""The curves before the last change, which stay thin and grey."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lossopt_core import Experiment
from lossopt_core.experiment.settings import flat_settings
from lossopt_ui.jobs import comparing
from lossopt_ui.jobs.comparing import Comparison, Entry
from lossopt_ui.state import names
from lossopt_ui.state.lanes import LANE_SETTINGS, Lane
from lossopt_ui.state.session import SessionKey

SEEDS = ("seed", "split_seed")


@dataclass(frozen=True)
class Ghost:
    """A lane as it was before a change.

    changed   what is different now: 'α 0.1 → 1'
    """

    experiment: Experiment
    label: str
    changed: str


@dataclass(frozen=True)
class _Before:
    now: Comparison | None = None
    then: Comparison | None = None


_SEEN: SessionKey[dict[str, _Before]] = SessionKey("lanes.seen", dict)


def note(page: str, comparison: Comparison) -> None:
    """Note what a page shows; what it showed before becomes the ghost."""
    seen = _SEEN.get().get(page, _Before())
    rated = _rated(comparison)
    if rated and (seen.now is None or _rated(seen.now) != rated):
        _SEEN.get()[page] = _Before(comparison, seen.now)


def has_shown(page: str) -> bool:
    """Whether a page has shown curves in this visit."""
    return page in _SEEN.get()


def of(page: str, comparison: Comparison, labels: Sequence[str]) -> list[Ghost]:
    """The lanes before the last change that are not among today's lanes."""
    seen = _SEEN.get().get(page, _Before())
    now = _rated(comparison)
    then = seen.then if seen.now is not None and _rated(seen.now) == now else seen.now
    if then is None:
        return []
    before = _rated(then)
    ghosts = []
    for k, each in enumerate(before):
        if each in now:
            continue
        alike = len(before) == len(now)
        said = _difference(each, now[k]) if alike else ""
        label = labels[k] if alike and k < len(labels) else ""
        ghosts.append(Ghost(each, f"before: {said or label or 'removed'}", said))
    return ghosts


def _rated(comparison: Comparison) -> list[Experiment]:
    found = [each.rated() for each in comparison.entries]
    return [each for each in found if each is not None]


def _difference(before: Experiment, now: Experiment) -> str:
    """'α 0.1 → 1, batch size 32 → 8'."""
    old, new = flat_settings(before), flat_settings(now)
    said = []
    for name in [*new, *(name for name in old if name not in new)]:
        if name in SEEDS or old.get(name) == new.get(name):
            continue
        word = "α" if name == "learning_rate" else names.setting_name(name)
        ends = [names.value_text(name, one[name]) if name in one else "none" for one in (old, new)]
        said.append(f"{word} {' → '.join(ends)}")
    return ", ".join(said)


def histories(ghost: Ghost, comparison: Comparison) -> list[pd.DataFrame]:
    """The saved curves of a ghost, over the same seeds."""
    entry = Entry(ghost.experiment, tuned=False)
    alone = Comparison((entry,), comparison.seeds, comparison.varying)
    [lane] = comparing.look_up(alone).lanes
    return list(lane.histories.values())


def as_lane(ghost: Ghost) -> Lane:
    """A lane with the settings that the ghost had."""
    own = {name: each for name, each in ghost.experiment.settings.items() if name in LANE_SETTINGS}
    return Lane.of(**own)
