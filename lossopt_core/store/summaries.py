"""Summaries stored with a run, so that runs can be listed without their arrays."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lossopt_core.experiment.caches import cached_by_data
from lossopt_core.objective.linear import Array
from lossopt_core.training.run import HISTORY_COLUMNS

SPARK_POINTS = 24
BEST: dict[str, Callable[[Array], float]] = {
    "objective": np.min,
    "train_accuracy": np.max,
    "test_accuracy": np.max,
}
"""History columns, and how to select their best value."""


def summary(history: Array) -> dict[str, str]:
    """The columns final, spark and best of a row in `runs`, from a history's numbers (rows, 11)."""
    columns = dict(zip(HISTORY_COLUMNS, history.T, strict=True))
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
    """Evenly spaced finite values of the column, including the first and last."""
    finite = column[np.isfinite(column)]
    if len(finite) > SPARK_POINTS:
        finite = finite[np.linspace(0, len(finite) - 1, SPARK_POINTS).round().astype(int)]
    return [float(f"{value:.6g}") for value in finite]


@dataclass(frozen=True)
class Summary:
    """A summary as numbers; NaN if unknown or not finite.

    final  in the order of the history columns
    best   in the order of `BEST`
    spark  the objective at a few evaluations; empty if unknown
    """

    final: tuple[float, ...]
    best: tuple[float, ...]
    spark: tuple[float, ...]


@cached_by_data(10_000)
def parse_summary(final: str, best: str | None, spark: str | None) -> Summary:
    """Parse and validate a summary (cached)."""
    points = tuple(float(value) for value in json.loads(spark or "[]"))
    if len(points) > SPARK_POINTS or not all(map(math.isfinite, points)):
        raise ValueError(f"its spark is not a list of at most {SPARK_POINTS} finite numbers")
    return Summary(
        final=_in_order(json.loads(final), HISTORY_COLUMNS),
        best=_in_order(json.loads(best) if best else dict.fromkeys(BEST), BEST),
        spark=points,
    )


def _in_order(values: Mapping[str, float | None], names: Iterable[str]) -> tuple[float, ...]:
    numbers = (values[name] for name in names)
    return tuple(math.nan if number is None else float(number) for number in numbers)
