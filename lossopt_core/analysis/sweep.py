"""Sweeps: all combinations of some settings, each with several seeds.

An axis has a text form, so that it can be part of a URL:

    hinge, cross_entropy        these values
    log 1e-3 1 7                7 log-spaced values from 1e-3 to 1
    linear 0 1 5                5 linearly spaced values from 0 to 1
    random log 1e-3 1 20        20 random values, log-uniform
    random linear 0 1 20        20 random values, uniform
    random choice sgd, adam 20  20 random choices from these values
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossopt_core.experiment.description import (
    LARGEST_SEED,
    Experiment,
)
from lossopt_core.experiment.grid import LARGEST_GRID, checked, write
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import (
    Choice,
    Field,
    Number,
    brief,
)
from lossopt_core.objective.linear import Array

SEEDS = Number("Seeds", 10, 1, 1_000, "Runs per combination.", whole=True)
EVALUATIONS = 20
"""Points per curve in a sweep: few, because only final values are compared."""
LARGEST = LARGEST_GRID
DRAW_SEED = Number("Draw seed", 0, 0, LARGEST_SEED, "Random seed for drawn values.", whole=True)
MAX_VALUES = 1_000
DIGITS = 4
"""Significant digits of values in a range."""
ORDER, SPLIT = "order", "split"
VARIED: Mapping[str, str] = {
    ORDER: "Initial weights and minibatch order",
    SPLIT: "Train/test split too",
}
"""What varies between seeds."""
RANGES = ("log", "linear")
NOT_SWEPT = ("seed", "split_seed")


@dataclass(frozen=True)
class Axis:
    """A setting and its values; `drawn` if they are random.

    `text` is the text form, if it is not a list of values.
    """

    name: str
    values: tuple[Any, ...]
    drawn: bool = False
    text: str = ""


@dataclass(frozen=True)
class Sweep:
    """A base experiment, axes that override its settings, and a number of seeds.

    Random axes are zipped: the k-th value of one goes with the k-th value of another.  All other
    axes are combined with each other and with these.
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
            raise ValueError(f"each setting can be swept only once, got {', '.join(names)}")
        if len({len(axis.values) for axis in self.axes if axis.drawn}) > 1:
            raise ValueError(
                "random settings need equal numbers of values, because they are paired one to one"
            )
        if self.size > LARGEST:
            raise ValueError(f"the sweep has {self.size:,} runs; the maximum is {LARGEST:,}")

    @property
    def size(self) -> int:
        """Number of runs, including invalid combinations."""
        return self.seeds * len(self._rounds()) * math.prod(len(a.values) for a in self._grid())

    def _grid(self) -> list[Axis]:
        return [axis for axis in self.axes if not axis.drawn]

    def _rounds(self) -> list[dict[str, Any]]:
        drawn = [axis for axis in self.axes if axis.drawn]
        draws = zip(*(axis.values for axis in drawn), strict=True) if drawn else [()]
        return [dict(zip((a.name for a in drawn), each, strict=True)) for each in draws]

    def experiments(self) -> tuple[list[Experiment], dict[str, int]]:
        """All distinct valid experiments, and the number of invalid combinations by reason.

        Combinations that give the same run (several strengths without a penalty) count once.
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
    """Change settings, with options as `blobs.spread`; ValueError for invalid combinations."""
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
    """Parse the text form of an axis; ValueError names the setting and what is allowed.

    Random values depend only on the draw seed and the name of the setting.
    """
    declared = declared_settings()
    if name not in declared or name in NOT_SWEPT:
        raise ValueError(f"{brief(name)} cannot be swept")
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
    """Random numbers between 0 and 1, independent between settings."""
    return np.random.default_rng([draw_seed, *name.encode()]).random(count)


def _count(name: str, words: Sequence[str]) -> int:
    """The number of values, given by the last word."""
    most = Number("", 5, 1, MAX_VALUES, "", whole=True)
    return int(most.check(f"{name}: number of values", _whole(words[-1])))


def _example(declaration: Field) -> str:
    if isinstance(declaration, Choice):
        return ", ".join(list(declaration.registry)[:2])
    if isinstance(declaration, Number):
        return "log 1e-3 1 7" if declaration.logarithmic else "1, 2, 4"
    return "true, false"


def _spread(
    name: str, declaration: Number, words: Sequence[str], draw_seed: int | None
) -> tuple[Any, ...]:
    """Values from lowest to highest: random with a draw seed, otherwise evenly spaced."""
    kind = words[0]
    if len(words) != 4:
        raise ValueError(
            f"{name}: {kind} needs lowest, highest and count, got {len(words) - 1} values"
        )
    low, high = (float(checked(name, declaration, word)) for word in words[1:3])
    count = _count(name, words)
    if kind == "log" and low <= 0:
        raise ValueError(f"{name}: a log range must start above 0, got {low:g}")
    if high < low:
        raise ValueError(f"{name}: the range must be increasing, got {low:g} to {high:g}")
    equal = draw_seed is None
    shares = np.linspace(0.0, 1.0, count) if equal else _draws(name, count, draw_seed or 0)
    values = low * (high / low) ** shares if kind == "log" else low + (high - low) * shares
    rounded = [round(each) if declaration.whole else float(f"{each:.{DIGITS}g}") for each in values]
    inside = tuple(declaration.check(name, min(max(each, low), high)) for each in rounded)
    # Random values are paired with those of other settings, so keep duplicates.
    return tuple(dict.fromkeys(inside)) if equal else inside


def _whole(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def parse(text: str, draw_seed: int = 0) -> tuple[tuple[Axis, ...], list[str]]:
    """Parse axes written by `as_text`; returns the axes and error messages for invalid ones."""
    found, problems = [], []
    for part in filter(None, map(str.strip, text.split(";"))):
        name, _, values = part.partition("=")
        try:
            found.append(axis(name.strip(), values, draw_seed))
        except ValueError as error:
            problems.append(str(error))
    return tuple(found), problems


def as_text(axes: Sequence[Axis]) -> str:
    """The text form of axes: 'loss=hinge,cross_entropy;strength=log 1e-4 1 5'."""
    return ";".join(
        f"{each.name}={each.text or ','.join(map(write, each.values))}" for each in axes
    )
