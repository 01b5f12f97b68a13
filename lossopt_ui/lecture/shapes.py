"""All losses over the lead of the correct score, for two classes."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.experiment.description import parameter_names
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import Loss
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import INK, of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets

LEAD = np.linspace(-3.0, 3.0, 241)


def draw() -> None:
    """Show one curve per loss, next to the zero-one loss."""
    st.markdown(
        "Two classes. The wrong score is held at 0, so the correct score is also its lead. What"
        " counts in the end is the zero-one loss (wrong or right), but it is a step function: it"
        " has no slope to follow. The other losses are upper bounds of it, or nearly so."
    )
    margin = widgets.setting("shapes_margin", width=200)
    scores = np.vstack([LEAD, np.zeros_like(LEAD)])
    labels = np.zeros(len(LEAD), np.int64)
    theme = figure.theme()
    curves = {"Zero-one loss": (*_zero_one_loss(), INK[theme])}
    for name, entry in LOSSES.items():
        make: Callable[..., Loss] = entry
        loss = make(margin=margin) if "margin" in parameter_names(entry) else make()
        curves[entry.label] = (LEAD, loss.value(scores, labels), of_loss(name, theme))
    frame.formula(
        rf"\text{{hinge}} = \max(0,\; {tex(margin)} - \text{{lead}}) \qquad"
        r" \text{cross-entropy} = \ln(1 + e^{-\text{lead}})"
    )
    figure.show(
        charts.lines(
            curves,
            title="Losses for two classes",
            x_title="Lead of the correct score, s_y − s_j",
            y_title="Loss",
            theme=theme,
            dashed=[LOSSES["crammer_singer"].label],
        ),
        key="card-shapes",
        alt=f"{', '.join(curves)} over the lead of the correct score.",
        height=420,
    )
    st.markdown(
        "With a single wrong class, hinge and Crammer–Singer are the same: their curves coincide."
        " All losses except one-vs-rest depend on the lead alone. One-vs-rest judges each score by"
        f" itself: the wrong score, at 0, always adds Δ = {number(margin)}."
    )
    with frame.question("Why do hinge, Crammer–Singer and one-vs-rest differ for ten classes?"):
        st.markdown(
            "Hinge sums the violations of all wrong classes; Crammer–Singer takes only the largest;"
            " one-vs-rest requires each score to be on the right side of 0 by itself."
        )


def _zero_one_loss() -> tuple[Array, Array]:
    """Zero-one loss over the lead; the lead of 0 appears twice to make the step vertical."""
    wrong, right = LEAD[LEAD <= 0], LEAD[LEAD >= 0]
    return np.concatenate([wrong, right]), np.repeat([1.0, 0.0], [len(wrong), len(right)])
