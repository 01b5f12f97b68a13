"""Groups (runs that differ by seed only) and their aggregate curves."""

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


def group_id(experiment: Experiment) -> str:
    """The id of a group: 16 hexadecimal digits, equal for experiments that differ by seed only."""
    settings = {name: each for name, each in experiment.settings.items() if name not in SEEDS}
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of runs that belong to groups in which every run finished.

    If some runs of a group diverged, a mean over the remaining runs would be too optimistic.
    """
    cut_short = table["status"].isin((DIVERGED, STOPPED))
    return table[~table["family"].isin(table.loc[cut_short, "family"])]


@dataclass(frozen=True)
class Centre:
    """An aggregate of a group: values (runs, points) to (points,)."""

    label: str
    of: Callable[[Array], Array]


@dataclass(frozen=True)
class Band:
    """An uncertainty band of a group: values (runs, points) to lower and upper ends (points,)."""

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
    "range": Band("Min to max", lambda values: (values.min(axis=0), values.max(axis=0))),
    "sd": Band("Standard deviation", _around(_deviation)),
    "se": Band("Standard error", _around(_error)),
    "ci": Band("95 % CI of the mean", _around(_student)),
    "quartiles": Band("Interquartile range", _quartiles),
}
"""`ci` is Student's t interval for independent runs."""


def aggregate(
    histories: Sequence[pd.DataFrame], column: str, x: str, centre: str = "mean", band: str = "ci"
) -> pd.DataFrame:
    """Aggregate several histories to one curve: columns x, centre, low, high, n.

    Histories evaluated at different points are interpolated.  `n` is the number of histories that
    reach x.  Beyond the end of any history (because a run diverged, for instance) centre, low and
    high are NaN, since a mean over the remaining runs would be too optimistic.  low and high are
    clipped to the range of the column, which is 0 to 1 for accuracies.

    Raises ValueError without histories and for an unknown centre or band.
    """
    if not histories:
        raise ValueError("at least one history is needed")
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
    """All points (p,) at which any run was evaluated, and interpolated values (runs, p)."""
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
