"""Sweeps: every combination of some settings, each with several seeds.

An axis is written as text, so that it can stand in an address:

    hinge, cross_entropy        these values
    log 1e-3 1 7                7 values from 1e-3 to 1, each the same multiple of the one before
    linear 0 1 5                5 values from 0 to 1 at equal distances
    random log 1e-3 1 20        20 draws, uniform in the logarithm
    random linear 0 1 20        20 draws, uniform
    random choice sgd, adam 20  20 draws out of these values
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossopt_core.experiment.description import LARGEST_SEED, Experiment, declared_settings
from lossopt_core.experiment.grid import LARGEST_GRID, checked, write
from lossopt_core.fields import (
    Choice,
    Field,
    Number,
    brief,
)
from lossopt_core.objective.linear import Array

SEEDS = Number("Seeds", 10, 1, 1_000, "Runs of each combination, which differ by seed.", whole=True)
EVALUATIONS = 20
"""Points on the curves of a sweep's runs: it is their ends that are compared."""
LARGEST = LARGEST_GRID
DRAW_SEED = Number("Draw seed", 0, 0, LARGEST_SEED, "Another seed draws other values.", whole=True)
MOST_VALUES = 1_000
DIGITS = 4
"""Significant digits of values within a range: more would mean nothing."""
ORDER, SPLIT = "order", "split"
VARIED: Mapping[str, str] = {
    ORDER: "Start and order of the minibatches",
    SPLIT: "The split of the data too",
}
"""What differs from seed to seed."""
RANGES = ("log", "linear")
NOT_SWEPT = ("seed", "split_seed")


@dataclass(frozen=True)
class Axis:
    """A setting with the values that it takes; `drawn` by chance, or one after another.

    `text` is how they were asked for, where that is not by a list.
    """

    name: str
    values: tuple[Any, ...]
    drawn: bool = False
    text: str = ""


@dataclass(frozen=True)
class Sweep:
    """What to train: a base, axes whose settings replace its own, and seeds.

    Drawn axes go together: the k-th draw of one with the k-th of another.  All others are
    combined with each other and with these.
    """

    base: Experiment
    axes: tuple[Axis, ...]
    seeds: int = int(SEEDS.default)
    vary: str = ORDER

    def __post_init__(self) -> None:
        SEEDS.check("seeds", self.seeds)
        if self.vary not in VARIED:
            raise ValueError(f"vary must be one of {', '.join(VARIED)}, got {brief(self.vary)}")
        names = [axis.name for axis in self.axes]
        if len(set(names)) < len(names):
            raise ValueError(f"each setting can be swept once, got {', '.join(names)}")
        if len({len(axis.values) for axis in self.axes if axis.drawn}) > 1:
            raise ValueError("settings that are drawn need equally many draws, as they go together")
        if self.size > LARGEST:
            raise ValueError(f"the sweep has {self.size:,} runs; at most {LARGEST:,} are allowed")

    @property
    def size(self) -> int:
        """Runs, the impossible ones included."""
        return self.seeds * len(self._rounds()) * math.prod(len(a.values) for a in self._grid())

    def _grid(self) -> list[Axis]:
        return [axis for axis in self.axes if not axis.drawn]

    def _rounds(self) -> list[dict[str, Any]]:
        drawn = [axis for axis in self.axes if axis.drawn]
        draws = zip(*(axis.values for axis in drawn), strict=True) if drawn else [()]
        return [dict(zip((a.name for a in drawn), each, strict=True)) for each in draws]

    def experiments(self) -> tuple[list[Experiment], dict[str, int]]:
        """All possible experiments, each once; how many combinations are not, by the reason.

        Combinations that mean the same run, as of strengths without a penalty, are one.
        """
        found: dict[str, Experiment] = {}
        problems: dict[str, int] = {}
        grid = self._grid()
        values = itertools.product(*(axis.values for axis in grid))
        for combination, drawn in itertools.product(values, self._rounds()):
            changes = dict(zip((axis.name for axis in grid), combination, strict=True)) | drawn
            for k in range(self.seeds):
                try:
                    experiment = changed(self.base, changes | self._seeds(k))
                except ValueError as error:
                    problems[str(error)] = problems.get(str(error), 0) + 1
                    break
                found.setdefault(experiment.id, experiment)
        return list(found.values()), problems

    def _seeds(self, k: int) -> dict[str, int]:
        seeds = {"seed": self.base.seed + k}
        return seeds | {"split_seed": self.base.split_seed + k} if self.vary == SPLIT else seeds


def changed(base: Experiment, changes: Mapping[str, Any]) -> Experiment:
    """The base with other settings, `blobs.spread` for an option; ValueError where it can't be."""
    options = {name: value for name, value in changes.items() if "." in name}
    fields = {name: value for name, value in changes.items() if "." not in name}
    dataset = fields.get("dataset", base.dataset)
    if dataset != base.dataset:
        own: dict[str, Any] = {}
    else:
        own = dict(base.dataset_options)
    for name, value in options.items():
        owner, _, option = name.rpartition(".")
        if owner == dataset:
            own[option] = value
    return base.replace(**fields, dataset_options=own)


def axis(name: str, text: str, draw_seed: int = 0) -> Axis:
    """The axis that a text stands for; ValueError names the setting and what is allowed.

    What is drawn depends on the draw seed and the setting's name alone.
    """
    declared = declared_settings()
    if name not in declared or name in NOT_SWEPT:
        raise ValueError(f"a sweep cannot vary {brief(name)}")
    declaration = declared[name]
    words = text.replace(",", " ").split()
    if not words:
        raise ValueError(f"{name} needs values, such as {_example(declaration)}")
    kind = " ".join(words[:2]) if words[0] == "random" else words[0]
    if kind == "random choice":
        shares = _draws(name, _count(name, words), draw_seed)
        choices = _listed(name, declaration, words[2:-1])
        picked = tuple(choices[int(share * len(choices))] for share in shares)
        return Axis(name, picked, drawn=True, text=" ".join(words))
    if isinstance(declaration, Number) and kind.removeprefix("random ") in RANGES:
        drawn = words[0] == "random"
        values = _spread(name, declaration, words[drawn:], draw_seed if drawn else None)
        return Axis(name, values, drawn, text=" ".join(words))
    if words[0] == "random":
        raise ValueError(
            f"{name}: random needs {'log, linear or ' * isinstance(declaration, Number)}choice,"
            f" such as random choice {_example(declaration)} 5"
        )
    return Axis(name, _listed(name, declaration, words))


def _listed(name: str, declaration: Field, words: Sequence[str]) -> tuple[Any, ...]:
    if not words:
        raise ValueError(f"{name} needs values, such as {_example(declaration)}")
    return tuple(dict.fromkeys(checked(name, declaration, word) for word in words))


def _draws(name: str, count: int, draw_seed: int) -> Array:
    """Numbers between 0 and 1, independent of those of any other setting."""
    return np.random.default_rng([draw_seed, *name.encode()]).random(count)


def _count(name: str, words: Sequence[str]) -> int:
    """How many values the last word asks for."""
    most = Number("", 5, 1, MOST_VALUES, "", whole=True)
    return int(most.check(f"{name}: how many", _whole(words[-1])))


def _example(declaration: Field) -> str:
    if isinstance(declaration, Choice):
        return ", ".join(list(declaration.registry)[:2])
    if isinstance(declaration, Number):
        return "log 1e-3 1 7" if declaration.logarithmic else "1, 2, 4"
    return "true, false"


def _spread(
    name: str, declaration: Number, words: Sequence[str], draw_seed: int | None
) -> tuple[Any, ...]:
    """Values from lowest to highest, at equal distances without a draw seed."""
    kind = words[0]
    if len(words) != 4:
        raise ValueError(f"{name}: {kind} needs lowest, highest and how many, got {len(words) - 1}")
    low, high = (float(checked(name, declaration, word)) for word in words[1:3])
    count = _count(name, words)
    if kind == "log" and low <= 0:
        raise ValueError(f"{name}: a logarithmic range must begin above 0, got {low:g}")
    if high < low:
        raise ValueError(f"{name}: a range must end above its beginning, got {low:g} to {high:g}")
    equal = draw_seed is None
    shares = np.linspace(0.0, 1.0, count) if equal else _draws(name, count, draw_seed or 0)
    values = low * (high / low) ** shares if kind == "log" else low + (high - low) * shares
    rounded = [round(each) if declaration.whole else float(f"{each:.{DIGITS}g}") for each in values]
    inside = tuple(declaration.check(name, min(max(each, low), high)) for each in rounded)
    # The k-th draw goes with the k-th of other settings: none may be lost.
    return tuple(dict.fromkeys(inside)) if equal else inside


def _whole(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def parse(text: str, draw_seed: int = 0) -> tuple[tuple[Axis, ...], list[str]]:
    """Axes as `as_text` writes them, and what is wrong with those that are none."""
    found, problems = [], []
    for part in filter(None, map(str.strip, text.split(";"))):
        name, _, values = part.partition("=")
        try:
            found.append(axis(name.strip(), values, draw_seed))
        except ValueError as error:
            problems.append(str(error))
    return tuple(found), problems


def as_text(axes: Sequence[Axis]) -> str:
    """Axes as one would type them: 'loss=hinge,cross_entropy;strength=log 1e-4 1 5'."""
    return ";".join(
        f"{each.name}={each.text or ','.join(map(write, each.values))}" for each in axes
    )
