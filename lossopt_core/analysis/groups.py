"""Groups of runs: families that differ by their seeds only, and curves that stand for a group."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.measures import possible_range
from lossopt_core.objective.linear import Array
from lossopt_core.training.run import DIVERGED, STOPPED

SEEDS = ("seed", "split_seed")


def family_id(experiment: Experiment) -> str:
    """16 hexadecimal digits, equal for experiments that differ only by `SEEDS`."""
    settings = {name: each for name, each in experiment.settings.items() if name not in SEEDS}
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """Those rows of a table of runs whose families came to their end with all of their runs.

    A mean of the others alone would flatter a family of which some have diverged.
    """
    cut_short = table["status"].isin((DIVERGED, STOPPED))
    return table[~table["family"].isin(table.loc[cut_short, "family"])]


@dataclass(frozen=True)
class Centre:
    """What stands for a group at a point: (members, points) to (points,)."""

    label: str
    of: Callable[[Array], Array]


@dataclass(frozen=True)
class Band:
    """How far a group spreads at a point: (members, points) to two ends (points,)."""

    label: str
    of: Callable[[Array], tuple[Array, Array]]


def _mean(values: Array) -> Array:
    mean: Array = values.mean(axis=0)
    return mean


def _median(values: Array) -> Array:
    median: Array = np.median(values, axis=0)
    return median


def _around(half_width: Callable[[Array], Array]) -> Callable[[Array], tuple[Array, Array]]:
    def ends(values: Array) -> tuple[Array, Array]:
        mean, half = _mean(values), half_width(values)
        return mean - half, mean + half

    return ends


def _deviation(values: Array) -> Array:
    spread: Array = values.std(axis=0, ddof=1)
    return spread


def _error(values: Array) -> Array:
    error: Array = _deviation(values) / np.sqrt(len(values))
    return error


def _student(values: Array) -> Array:
    from scipy import stats

    half: Array = float(stats.t.ppf(0.975, len(values) - 1)) * _error(values)
    return half


def _quartiles(values: Array) -> tuple[Array, Array]:
    low, high = np.quantile(values, [0.25, 0.75], axis=0)
    return low, high


CENTRES: Mapping[str, Centre] = {
    "mean": Centre("Mean", _mean),
    "median": Centre("Median", _median),
}
BANDS: Mapping[str, Band] = {
    "none": Band("None", lambda values: (_mean(values), _mean(values))),
    "range": Band("Smallest to largest", lambda values: (values.min(axis=0), values.max(axis=0))),
    "sd": Band("Standard deviation", _around(_deviation)),
    "se": Band("Standard error", _around(_error)),
    "ci": Band("95 % interval of the mean", _around(_student)),
    "quartiles": Band("Middle half", _quartiles),
}
"""`ci` is Student's interval, for members that are independent of each other."""


def aggregate(
    histories: Sequence[pd.DataFrame], column: str, x: str, centre: str = "mean", band: str = "ci"
) -> pd.DataFrame:
    """One curve for several: columns x, centre, low, high, n.

    Members that were evaluated at different points are interpolated between theirs.  `n` says
    how many go as far as x.  Where one has ended, diverged for instance, a mean of the others
    would flatter the group: there centre, low and high are NaN.  low and high stay within
    the range of the column, which is 0 to 1 for accuracies.

    Raises ValueError without any history, and for a centre or band that is not registered.
    """
    if not histories:
        raise ValueError("histories must be at least one")
    if centre not in CENTRES or band not in BANDS:
        raise ValueError(
            f"centre must be one of {', '.join(CENTRES)} and band one of {', '.join(BANDS)},"
            f" got {centre!r} and {band!r}"
        )
    grid, values = on_one_grid(histories, column, x)
    there = np.isfinite(values)
    whole = there.all(axis=0)
    table = np.full((3, len(grid)), np.nan)
    table[0, whole] = CENTRES[centre].of(values[:, whole])
    if len(histories) == 1:
        table[1:] = table[0]
    else:
        table[1:, whole] = BANDS[band].of(values[:, whole])
    table[1:] = table[1:].clip(*possible_range(column))
    return pd.DataFrame(
        {"x": grid, "centre": table[0], "low": table[1], "high": table[2], "n": there.sum(axis=0)}
    )


def on_one_grid(histories: Sequence[pd.DataFrame], column: str, x: str) -> tuple[Array, Array]:
    """All points (p,) at which some member was evaluated, and values (members, p) there."""
    across = [each[x].to_numpy(np.float64) for each in histories]
    up = [each[column].to_numpy(np.float64) for each in histories]
    first = across[0]
    if all(len(each) == len(first) and (each == first).all() for each in across):
        return first, np.array(up)
    grid = np.unique(np.concatenate(across))
    values = [
        np.interp(grid, each, y, left=np.nan, right=np.nan)
        for each, y in zip(across, up, strict=True)
    ]
    return grid, np.array(values)
