"""The log that the case-study notes print, made again."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.lecture import training_log
from lossopt_core.lecture.training_log import EVERY, NOTES, PRINTED
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.state import widgets


@st.cache_data(max_entries=50, show_spinner=False)
def _trained(rate: float) -> tuple[list[float], float]:
    return training_log.train_as_noted(rate)


def draw() -> None:
    """The printed losses beside those that come out here."""
    st.markdown(
        "The notes train a softmax classifier on a spiral of three arms and print the loss at every"
        " tenth step. They print no seed. With NumPy's seed 0 and their own order of draws, every"
        " digit comes out here."
    )
    rate = widgets.setting("log_rate", width=200)
    losses, accuracy = _trained(rate)
    theme = figure.theme()
    figure.show(
        charts.lines(
            {"loss": (np.arange(len(losses)), losses, of_loss("cross_entropy", theme))},
            title="Loss on the spiral",
            x_title="Updates",
            y_title="Objective (nats)",
            theme=theme,
        ),
        key="card-log",
        alt=f"The loss falls from {losses[0]:.4g} to {losses[-1]:.4g}.",
        height=320,
    )
    ours = [f"{each:.6f}" for each in losses[::EVERY]]
    if rate == NOTES.learning_rate:
        equal = sum(a == f"{b:.6f}" for a, b in zip(ours, PRINTED, strict=True))
        st.markdown(
            f"**{equal} of {len(PRINTED)}** losses agree with the notes in all six decimals."
        )
    st.markdown(
        f"Accuracy on the training points: **{accuracy:.4f}**. Lines cannot follow a spiral."
    )
    frame.table(
        pd.DataFrame(
            {"printed in the notes": [f"{each:.6f}" for each in PRINTED], "here": ours},
            index=[f"iteration {k * EVERY}" for k in range(len(PRINTED))],
        )
    )
