"""Shared by charts of sweeps: means over seeds for combinations of parameters, and labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.texts import plain
from lossopt_ui.state import names


def comparable(results: pd.DataFrame, *columns: str) -> dict[str, pd.DataFrame]:
    """Results that can share a chart: one table per loss if a column depends on the loss.

    A single table has the name "".
    """
    groups = {str(loss): rows for loss, rows in results.groupby("loss", sort=False)}
    apart = any(MEASURES[each].of_a_loss for each in columns if each in MEASURES)
    return groups if apart and len(groups) > 1 else {"": results}


def values_of(results: pd.DataFrame, name: str) -> list[Any]:
    return sorted(
        results[name].dropna().unique().tolist(), key=lambda each: (str(type(each)), each)
    )


def formatted(name: str, value: Any) -> str:
    return plain(names.value_text(name, value))


def short(value: str) -> str:
    return MEASURES[value].label.split(" (")[0] + (" (%)" if MEASURES[value].percent else "")


def cells_of(results: pd.DataFrame, x: str, y: str, value: str) -> list[dict[str, Any]]:
    """One cell per pair of values; if several groups share a cell, the best of them."""
    found: dict[tuple[Any, Any], dict[str, Any]] = {}
    for family, runs in results.groupby("family", sort=False):
        ended = runs[runs["status"] != "diverged"][value].dropna()
        cell = {
            "family": family, "x": runs[x].iloc[0], "y": runs[y].iloc[0], "n": len(runs),
            "diverged": int((runs["status"] == "diverged").sum()),
            "mean": ended.mean() if len(ended) == len(runs) else np.nan,
            "sd": ended.std() if len(ended) > 1 else np.nan,
        }  # fmt: skip
        pair = (cell["x"], cell["y"])
        if pair not in found or _cost(cell, value) < _cost(found[pair], value):
            found[pair] = cell
    return list(found.values())


def _cost(cell: Mapping[str, Any], value: str) -> float:
    """Lower is better; diverged and unknown results are worst."""
    if pd.isna(cell["mean"]):
        return np.inf
    return float(-cell["mean"] if MEASURES[value].better == "higher" else cell["mean"])
