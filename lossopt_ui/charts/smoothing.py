"""Smoothing of the curves of a chart; the raw curves stay behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossopt_core.analysis.smoothing import SMOOTHINGS, smoothing_length

RAW = "raw"
"""The column with values before smoothing, and the mark of their traces."""


@dataclass(frozen=True)
class Smoothing:
    """How curves are smoothed; not at all by default.

    kind    a name in `SMOOTHINGS`
    weight  from 0 (off) to below 1; see `smoothing_length`
    span    the length in x to which the weight refers; by default that of the chart's curves
    """

    kind: str = "ema"
    weight: float = 0.0
    span: float | None = None

    def __bool__(self) -> bool:
        return self.weight > 0

    @property
    def words(self) -> str:
        """The note on a chart with smoothed curves."""
        return f"Smoothed ({SMOOTHINGS[self.kind].short} {self.weight:.3g}), raw faint"

    def length(self, tables: Sequence[pd.DataFrame], x: str) -> float:
        """The decay length in x for curves over the column `x` of the tables."""
        span = span_of(tables, x) if self.span is None else self.span
        return smoothing_length(self.weight, span)

    def of(self, table: pd.DataFrame, x: str, column: str, length: float) -> pd.DataFrame:
        """The table with the column smoothed, and its own values in the column `RAW`."""
        places, values = (table[name].to_numpy(np.float64) for name in (x, column))
        smooth = SMOOTHINGS[self.kind].of(places, values, length)
        return table.assign(**{column: smooth, RAW: values})


NO_SMOOTHING = Smoothing()


def span_of(tables: Sequence[pd.DataFrame], x: str) -> float:
    """From the first to the last value of the column `x` of all tables."""
    values: NDArray[np.float64] = np.concatenate(
        [np.empty(0), *(table[x].to_numpy(np.float64) for table in tables)]
    )
    values = values[np.isfinite(values)]
    return float(np.ptp(values)) if len(values) else 0.0


def raw_trace(trace: dict[str, Any], y: NDArray[np.float64]) -> dict[str, Any]:
    """The raw curve (values `y`) behind the trace of a smoothed one."""
    return {
        "type": "scatter",
        "x": trace["x"],
        "y": y,
        "name": f"{trace['name']}: raw",
        "legendgroup": trace["legendgroup"],
        "meta": RAW,
        "showlegend": False,
        "mode": "lines",
        "line": trace["line"] | {"width": 1.0},
        "opacity": 0.4,
        "hoverinfo": "skip",
    }
