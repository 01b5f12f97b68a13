"""The loss at zero weights: the first sanity check of any training."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.experiment.description import parameter_names
from lossopt_core.objective.losses import Loss
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets


def draw() -> None:
    """Show the value of each loss when all scores are equal."""
    st.markdown(
        "With zero weights all scores are equal, so the initial loss can be computed before any"
        " training. If training starts with a different loss, look for a bug."
    )
    with st.container(horizontal=True):
        classes = widgets.setting("start_classes", width=200)
        margin = widgets.setting("start_margin", width=200)
    rows, values = {}, {}
    for entry in LOSSES.values():
        make: Callable[..., Loss] = entry
        loss = make(margin=margin) if "margin" in parameter_names(entry) else make()
        formula = entry.start_formula.replace(r"\Delta", rf"\cdot {tex(margin)}")
        formula = formula.removeprefix(r"\cdot ").replace("C", str(classes))
        values[entry.label] = loss.at_equal_scores(classes)
        rows[entry.label] = [
            f"${entry.start_formula} = {formula}$" if formula else "",
            number(values[entry.label]),
        ]
    frame.table(pd.DataFrame(rows, index=["formula", "initial loss"]).T)
    frame.picture(values, title=f"Initial loss with {classes:,} classes", y_title="Loss")
    with frame.question("What is the initial loss with small random weights?"):
        st.markdown("Nearly the same: some losses start slightly higher, some slightly lower.")
