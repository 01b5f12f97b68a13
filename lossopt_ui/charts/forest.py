"""Forest plot: differences from a baseline with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossopt_core.texts import counted
from lossopt_ui.charts.colours import BACKGROUND, GREY, INK, Theme, translucent

ROW, AROUND = 38, 92
"""Height of a row, and of everything around them, in pixels."""


@dataclass(frozen=True)
class Difference:
    """One row: a difference from the baseline; the ends of its interval are NaN if unknown.

    The baseline itself is a row without pairs.
    """

    label: str
    value: float
    low: float
    high: float
    colour: str
    pairs: int


def forest(
    rows: Sequence[Difference], *, title: str, x_title: str, theme: Theme, unit: str = ""
) -> go.Figure:
    """Dots with 95 % intervals around a line at 0; hollow dots have no interval."""
    at_zero = {"x0": 0.0, "x1": 0.0, "y0": 0.0, "y1": 1.0, "yref": "y domain"}
    # All at once: plotly validates a whole figure faster than its parts one by one.
    return go.Figure(
        [_dot(row, place, unit) for place, row in enumerate(rows)],
        {
            "title": title,
            "showlegend": False,
            "hovermode": "closest",
            "xaxis": {"title": x_title, "zeroline": False},
            "yaxis": {"visible": False, "range": [len(rows) - 0.5, -0.95]},
            "shapes": [{"type": "line", **at_zero, "line": {"color": GREY[theme], "width": 1.5}}],
            "annotations": [_label(row, place, theme) for place, row in enumerate(rows)],
        },
    )


def _dot(row: Difference, place: int, unit: str) -> dict[str, Any]:
    known = bool(np.isfinite(row.low) and np.isfinite(row.high))
    interval = f"{row.low:+.3g} to {row.high:+.3g}{unit}" if known else "no interval"
    about = f"{interval}; {counted(row.pairs, 'pair')}"
    return {
        "type": "scatter",
        "x": [row.value],
        "y": [place],
        "name": row.label,
        "mode": "markers",
        "showlegend": False,
        "marker": {
            "color": row.colour,
            "size": 11,
            "symbol": "circle" if known else "circle-open" if row.pairs else "line-ns",
            "line": {"width": 2, "color": row.colour},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [row.high - row.value if known else 0.0],
            "arrayminus": [row.value - row.low if known else 0.0],
            "color": row.colour,
            "thickness": 2.5,
            "width": 5,
        },
        "hovertemplate": f"%{{x:+.3g}}{unit} ({about})<extra></extra>"
        if row.pairs
        else "baseline<extra></extra>",
    }


def _label(row: Difference, place: int, theme: Theme) -> dict[str, Any]:
    """The name above its row, because labels beside the plot would leave no room for it.

    The line at 0 passes behind it.
    """
    return {
        "x": 0.0, "xref": "paper", "xanchor": "left", "y": place - 0.22, "yanchor": "bottom",
        "text": row.label, "showarrow": False, "font": {"size": 12, "color": INK[theme]},
        "bgcolor": translucent(BACKGROUND[theme], 0.85), "borderpad": 0,
    }  # fmt: skip


def height_of(rows: int) -> int:
    """The height of a forest plot with so many rows, in pixels."""
    return AROUND + ROW * rows
