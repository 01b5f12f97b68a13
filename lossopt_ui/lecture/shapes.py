"""All losses over the margin, of two classes."""

import numpy as np
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.experiment.description import parameter_names
from lossopt_core.objective.linear import Array
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import INK, of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets

LEAD = np.linspace(-3.0, 3.0, 241)


def draw() -> None:
    """One curve a loss; the error that is counted in the end beside them."""
    st.markdown(
        "Two classes. The wrong score is held at 0, and the correct one moves: it is its own lead."
        " What is counted in the end, the error, is a step: no slope to follow. All losses lean on"
        " it from above, or nearly so."
    )
    margin = widgets.setting("shapes_margin", width=200)
    scores = np.vstack([LEAD, np.zeros_like(LEAD)])
    labels = np.zeros(len(LEAD), np.int64)
    theme = figure.theme()
    curves = {"Error (0 or 1)": (*_error(), INK[theme])}
    for name, entry in LOSSES.items():
        loss = entry(margin=margin) if "margin" in parameter_names(entry) else entry()
        curves[entry.label] = (LEAD, loss.value(scores, labels), of_loss(name, theme))
    frame.formula(
        rf"\text{{hinge}} = \max(0,\; {tex(margin)} - \text{{lead}}) \qquad"
        r" \text{cross-entropy} = \ln(1 + e^{-\text{lead}})"
    )
    figure.show(
        charts.lines(
            curves,
            title="Losses of two classes",
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
        "With one wrong class Hinge and Crammer–Singer are the same: their curves coincide. All but"
        " one against all depend on the lead alone. One against all asks each score by itself: the"
        f" wrong one, at 0, always adds Δ = {number(margin)}."
    )
    with frame.question("Why do hinge, Crammer–Singer and one against all differ for ten classes?"):
        st.markdown(
            "Hinge adds up what all wrong classes miss; Crammer–Singer takes the largest alone; one"
            " against all asks every score to be on the right side of 0 by itself."
        )


def _error() -> tuple[Array, Array]:
    """The error over the lead; the lead of 0 comes twice, so that the step is vertical."""
    wrong, right = LEAD[LEAD <= 0], LEAD[LEAD >= 0]
    return np.concatenate([wrong, right]), np.repeat([1.0, 0.0], [len(wrong), len(right)])
