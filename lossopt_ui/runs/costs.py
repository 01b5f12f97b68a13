"""The cost to reach a target for each group of runs, as a bar chart and a table."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.analysis.cost import cost_table
from lossopt_core.experiment.measures import SECONDS, X_AXES
from lossopt_ui.charts import cost as charts
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import widgets

NOT_REACHED, UNKNOWN = charts.NOT_REACHED, charts.UNKNOWN
HEADS = {
    "runs": "Runs", "reached": "Reached by", "low": "Min", "median": "Median", "high": "Max",
}  # fmt: skip
WORDS = {
    "test_accuracy": "test accuracy of at least",
    "train_accuracy": "training accuracy of at least",
    "distance_share": "certified gap of at most",
}


def show(shown: Sequence[Group], optima: Optima) -> None:
    """Show bars of the median cost per group; a group that misses the target is labelled so."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("target_of", width=320)
        widgets.setting("target", width=160)
        x = widgets.setting("x", width=280)
    chart, shown_table = pictures(shown, optima, figure.theme())
    figure.show(chart.figure, key=chart.key, alt=chart.alt, height=chart.height)
    if x == SECONDS:
        st.caption(
            "Wall-clock seconds on the machine that trained the run, without evaluations. Only runs"
            " trained alone, as on the Train page, are timed."
        )
    st.caption(
        "Measured at the first evaluation that reaches the target. The target may have been reached"
        " a little earlier, and later evaluations may be worse. Bars: median over the runs. Thin"
        " lines: range."
    )
    # The chart distinguishes targets that are not reached from unknown ones.
    st.dataframe(shown_table, key="cost-table", placeholder="–")


def pictures(shown: Sequence[Group], optima: Optima, theme: Theme) -> tuple[Drawn, pd.DataFrame]:
    """The bar chart, and the table of its values."""
    column, target, x = map(widgets.value, ("target_of", "target", "x"))
    costs = {
        group.label: cost_table(_histories(group, column, x, optima), column, target)
        for group in shown
    }
    goal = (
        f"{WORDS[column]} {target:.4g}"
        if column in DISTANCES
        else f"{WORDS[column]} {100 * target:.6g} %"
    )
    rows = {label: _summary(table, x) for label, table in costs.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").sort_values("median", na_position="last")
    bars = charts.bars(
        table,
        {group.label: group.colour for group in shown},
        title=f"{X_AXES[x]} to a {goal}",
        x_title=X_AXES[x],
        theme=theme,
    )
    alt = f"{X_AXES[x]} to a {goal}: {_in_words(table)}"
    return Drawn("cost", bars, alt, 130 + 34 * len(table)), table.rename(columns=HEADS)


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table as text, with the reason in place of each missing number."""
    why = [NOT_REACHED if runs > 0 else UNKNOWN for runs in table[HEADS["runs"]]]
    cells = [
        [unknown if math.isnan(cell) else f"{cell:.6g}" for cell in row]
        for unknown, row in zip(why, table.to_numpy(np.float64).tolist(), strict=True)
    ]
    return pd.DataFrame(cells, index=table.index, columns=table.columns)


def _histories(group: Group, column: str, x: str, optima: Optima) -> dict[str, pd.DataFrame]:
    """The histories with values of both metrics; distances need a certificate."""
    found = {}
    for member in group.members:
        history: pd.DataFrame | None = member.history
        if column in DISTANCES:
            history = None
            if member.experiment is not None:
                history = optima.distances(member.experiment, member.history)
        if history is None or column not in history:
            continue
        if history[[x, column]].notna().all(axis=1).any():
            found[member.id] = history
    return found


def _summary(costs: pd.DataFrame, x: str) -> dict[str, float]:
    """Summary over runs; the median counts runs that miss the target as infinite."""
    values = np.sort(costs[x].fillna(np.inf).to_numpy(float))
    reached = values[np.isfinite(values)]
    middle = values[(len(values) - 1) // 2] if len(values) else np.inf
    return {
        "runs": len(values),
        "reached": len(reached),
        "low": reached.min() if len(reached) else np.nan,
        "median": middle if np.isfinite(middle) else np.nan,
        "high": reached.max() if len(reached) == len(values) > 0 else np.nan,
    }


def _in_words(table: pd.DataFrame) -> str:
    cells = [f"{label} {_cost_in_words(row)}" for label, row in table.iterrows()]
    return "; ".join(cells)


def _cost_in_words(row: pd.Series) -> str:
    if not row["runs"]:
        return UNKNOWN
    return NOT_REACHED if pd.isna(row["median"]) else f"{row['median']:.4g}"
