"""Detects whether the best value of a sweep is at the edge of its range, and extends the range."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.analysis.axes import Axis
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Number

STEPS = 2
"""Number of values added when an axis is extended."""


@dataclass(frozen=True)
class Border:
    """The best group is at the lowest or highest value of an axis."""

    name: str
    value: float
    low: bool
    wider: Axis


def borders(results: pd.DataFrame, column: str, axes: Sequence[Axis]) -> list[Border]:
    """The axes with three or more numbers for which the best mean is at the edge of the range.

    `results` has one row per run, with `family` (the group), the settings and the column.  Edges
    that coincide with the limit of the setting are skipped, as are ties with interior values.
    """
    better = MEASURES[column].better
    means = results.dropna(subset=column).groupby("family")[column].mean()
    if means.empty or not better:
        return []
    best = means.max() if better == "higher" else means.min()
    rows = results[results["family"].isin(means.index[means == best])]
    found = []
    for axis in axes:
        declaration = declared_settings()[axis.name]
        if not isinstance(declaration, Number) or len(axis.values) < 3 or axis.drawn:
            continue
        values = {float(each) for each in rows[axis.name].dropna()}
        if len(values) == 1 and values <= {min(axis.values), max(axis.values)}:
            [value] = values
            low = value == min(axis.values)
            wider = widened(axis, declaration, low=low)
            if len(wider.values) > len(axis.values):
                found.append(Border(axis.name, value, low, wider))
    return found


def widened(axis: Axis, declaration: Number, *, low: bool) -> Axis:
    """Extend the axis at one end with the same spacing."""
    values = sorted(float(each) for each in axis.values)
    end, neighbour = (values[0], values[1]) if low else (values[-1], values[-2])
    ratios = np.diff(np.log(values)) if values[0] > 0 else np.array([0.0, 1.0])
    even = np.allclose(np.diff(values), values[1] - values[0])
    logarithmic = values[0] > 0 and (np.allclose(ratios, ratios[0]) or not even)
    more = []
    for step in range(1, STEPS + 1):
        beyond = end * (end / neighbour) ** step if logarithmic else end + (end - neighbour) * step
        beyond = min(max(float(f"{beyond:.6g}"), declaration.low), declaration.high)
        more.append(round(beyond) if declaration.whole else beyond)
    all_values = sorted({*axis.values, *(each for each in more if math.isfinite(each))})
    return Axis(axis.name, tuple(all_values))
