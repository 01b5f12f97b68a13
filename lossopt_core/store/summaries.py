"""What is kept beside a run so that many are listed without their numbers: final, spark, best."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.caches import cached_by_data
from lossopt_core.objective.linear import Array
from lossopt_core.training.run import HISTORY_COLUMNS

SPARK_POINTS = 24
BEST: dict[str, Callable[[Array], float]] = {
    "objective": np.min,
    "train_accuracy": np.max,
    "test_accuracy": np.max,
}
"""Columns of a history, and which of their values is the best."""


def summary(history: pd.DataFrame) -> dict[str, str]:
    """The columns final, spark and best of a row in `runs`."""
    columns = {name: history[name].to_numpy(np.float64) for name in HISTORY_COLUMNS}
    final = {name: _finite(column[-1]) for name, column in columns.items()}
    best = {name: _best(columns[name], choose) for name, choose in BEST.items()}
    return {
        "final": json.dumps(final),
        "spark": json.dumps(_spark(columns["objective"])),
        "best": json.dumps(best),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _best(column: Array, choose: Callable[[Array], float]) -> float | None:
    finite = column[np.isfinite(column)]
    return float(choose(finite)) if len(finite) else None


def _spark(column: Array) -> list[float]:
    """Few of the column's finite numbers, evenly among its rows, the first and last of them."""
    finite = column[np.isfinite(column)]
    if len(finite) > SPARK_POINTS:
        finite = finite[np.linspace(0, len(finite) - 1, SPARK_POINTS).round().astype(int)]
    return [float(f"{value:.6g}") for value in finite]


@dataclass(frozen=True)
class Figures:
    """A summary as numbers, NaN where one is not known or not finite.

    final  in the order of a history's columns
    best   in the order of `BEST`
    spark  the objective at a few evaluations; empty where it is not known
    """

    final: tuple[float, ...]
    best: tuple[float, ...]
    spark: tuple[float, ...]


@cached_by_data(10_000)
def to_figures(final: str, best: str | None, spark: str | None) -> Figures:
    """The figures of a summary, fully checked; one that was read before is known."""
    points = tuple(float(value) for value in json.loads(spark or "[]"))
    if len(points) > SPARK_POINTS or not all(map(math.isfinite, points)):
        raise ValueError(f"its spark is not one of at most {SPARK_POINTS} finite numbers")
    return Figures(
        final=_in_order(json.loads(final), HISTORY_COLUMNS),
        best=_in_order(json.loads(best) if best else dict.fromkeys(BEST), BEST),
        spark=points,
    )


def _in_order(values: Mapping[str, float | None], names: Iterable[str]) -> tuple[float, ...]:
    figures = (values[name] for name in names)
    return tuple(math.nan if figure is None else float(figure) for figure in figures)
