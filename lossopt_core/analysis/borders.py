"""Whether the best value of a sweep lies on its border, and how to go on from there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.analysis.sweep import Axis
from lossopt_core.experiment.description import declared_settings
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Number

STEPS = 2
"""How many values a widened axis has more."""


@dataclass(frozen=True)
class Border:
    """The best family has the lowest, or the highest, value that an axis has."""

    name: str
    value: float
    low: bool
    wider: Axis


def borders(results: pd.DataFrame, column: str, axes: Sequence[Axis]) -> list[Border]:
    """Where the best mean lies on the border of an axis of three numbers or more.

    `results` has a row a run, with `family`, the settings and the column.  Not told is a border
    beyond which the setting has no values, and one that is no better than a value within.
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
    """The axis with more values at one end, as far apart as those beside them."""
    values = sorted(float(each) for each in axis.values)
    end, beside = (values[0], values[1]) if low else (values[-1], values[-2])
    ratios = np.diff(np.log(values)) if values[0] > 0 else np.array([0.0, 1.0])
    even = np.allclose(np.diff(values), values[1] - values[0])
    logarithmic = values[0] > 0 and (np.allclose(ratios, ratios[0]) or not even)
    more = []
    for step in range(1, STEPS + 1):
        beyond = end * (end / beside) ** step if logarithmic else end + (end - beside) * step
        beyond = min(max(float(f"{beyond:.6g}"), declaration.low), declaration.high)
        more.append(round(beyond) if declaration.whole else beyond)
    all_values = sorted({*axis.values, *(each for each in more if math.isfinite(each))})
    return Axis(axis.name, tuple(all_values))
