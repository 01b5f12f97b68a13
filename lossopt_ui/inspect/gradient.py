"""Gradient check of a run's objective at one point."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.inspect.microscope import (
    VERDICTS,
    Comparison,
    Objective,
    compare,
)
from lossopt_core.objective.linear import Array
from lossopt_ui.charts import inside as charts
from lossopt_ui.figures import figure
from lossopt_ui.figures.caching import cached
from lossopt_ui.inspect.run import Point, names_of_features
from lossopt_ui.state import widgets

WORST_ENTRIES = 20


def check(point: Point) -> None:
    """Compare analytic and numerical gradient per entry, with the verdicts of the course notes."""
    h = widgets.setting("h", width=180)
    objective = Objective.of(point.experiment)
    seen = _compared(point.experiment, point.theta, h)
    _verdict(seen, objective, point)
    one, two = st.columns([3, 2])
    columns = names_of_features(point.data)
    with one:
        figure.show(
            charts.gradient_check(seen, point.data.class_names, columns, figure.theme()),
            key="microscope",
            alt="Relative error of the analytic gradient for every weight; the largest are in the"
            " table below.",
            height=380,
        )
    with two:
        _counts(seen)
    st.markdown("**Entries with the largest relative error**")
    st.dataframe(
        worst_entries(seen, point.data.class_names, columns),
        hide_index=True,
        key="worst-entries",
        column_config={
            name: st.column_config.NumberColumn(name, format="%.6e")
            for name in ("analytic", "numeric")
        }
        | {"relative error": st.column_config.NumberColumn("relative error", format="%.1e")},
    )


def _verdict(seen: Comparison, objective: Objective, point: Point) -> None:
    of = f"{seen.analytic.size:,} entries, {objective.examples:,} training examples"
    if objective.examples < len(point.data.train_labels):
        of += " (only the first ones, for speed)"
    kinks = int((seen.verdicts == "kink").sum())
    words = f"**{VERDICTS[seen.overall]}.** {of}."
    if kinks:
        words += (
            f" Not counted: {kinks:,} entries with a kink. There the derivative of the loss jumps"
            " within h of the weight, and the two gradients differ by no more than the jump."
        )
    if seen.overall in ("wrong", "doubtful"):
        st.warning(words, icon=":material/error:")
    else:
        st.info(words, icon=":material/check_circle:")


def _counts(seen: Comparison) -> None:
    found = [int((seen.verdicts == verdict).sum()) for verdict in VERDICTS]
    st.dataframe(
        pd.DataFrame({"verdict": list(VERDICTS.values()), "entries": found}),
        hide_index=True,
        key="verdicts",
    )
    st.caption("Relative error: |analytic − numeric| / max(|analytic|, |numeric|).")


def worst_entries(
    seen: Comparison, class_names: tuple[str, ...], columns: list[str]
) -> pd.DataFrame:
    """The entries with the largest relative error, as rows."""
    error = seen.relative_error
    order = np.argsort(-error, axis=None, kind="stable")[:WORST_ENTRIES]
    rows, places = np.unravel_index(order, error.shape)

    def of(values: Array) -> Array:
        return np.asarray(values[rows, places])

    return pd.DataFrame(
        {
            "class": [class_names[row] for row in rows],
            "feature": [columns[place] for place in places],
            "analytic": of(seen.analytic),
            "numeric": of(seen.numeric),
            "relative error": of(error),
            "verdict": [VERDICTS[each] for each in seen.verdicts[rows, places]],
        }
    )


@cached(20, spinner="Computing the numerical gradient …")
def _compared(experiment: Experiment, theta: Array, h: float) -> Comparison:
    return compare(Objective.of(experiment), theta, h)
