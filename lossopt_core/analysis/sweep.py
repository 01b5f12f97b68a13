"""Sweeps: all combinations of some settings, each with several seeds."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossopt_core.analysis.axes import Axis
from lossopt_core.experiment.description import (
    LARGEST_SEED,
    Experiment,
)
from lossopt_core.experiment.grid import LARGEST_GRID
from lossopt_core.fields import Number, brief

SEEDS = Number("Seeds", 10, 1, 1_000, "Runs per combination.", whole=True)
EVALUATIONS = 20
"""Points per curve in a sweep: few, because only final values are compared."""
LARGEST = LARGEST_GRID
DRAW_SEED = Number("Draw seed", 0, 0, LARGEST_SEED, "Random seed for drawn values.", whole=True)
ORDER, SPLIT = "order", "split"
VARIED: Mapping[str, str] = {
    ORDER: "Initial weights and minibatch order",
    SPLIT: "Train/test split too",
}
"""What varies between seeds."""


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
