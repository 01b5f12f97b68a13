"""The training log printed in the case-study notes, reproduced."""

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
def _train(rate: float) -> tuple[list[float], float]:
    return training_log.train_as_in_notes(rate)


def draw() -> None:
    """Show the printed losses next to the reproduced ones."""
    st.markdown(
        "The notes train a softmax classifier on a spiral with three arms and print the loss every"
        " ten steps. They give no seed. With NumPy's seed 0 and the notes' order of random draws,"
        " every digit is reproduced."
    )
    rate = widgets.setting("log_rate", width=200)
    losses, accuracy = _train(rate)
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
            f"**{equal} of {len(PRINTED)}** losses agree with the notes to all six decimals."
        )
    st.markdown(
        f"Training accuracy: **{accuracy:.4f}**. A linear classifier cannot follow a spiral."
    )
    frame.table(
        pd.DataFrame(
            {"printed in the notes": [f"{each:.6f}" for each in PRINTED], "reproduced": ours},
            index=[f"iteration {k * EVERY}" for k in range(len(PRINTED))],
        )
    )
