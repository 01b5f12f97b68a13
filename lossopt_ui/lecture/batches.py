"""Minibatch gradients compared with the full gradient."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture import batches
from lossopt_ui.charts import lecture as charts
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame, on_digits

SIZES = (1, 4, 16, 64, 256, 1024)


@st.cache_data(max_entries=50, show_spinner=False)
def _draws(loss: str, epochs: int) -> pd.DataFrame:
    X, labels = on_digits.examples()
    W = on_digits.weights(loss, epochs)
    return batches.minibatch_gradients(LOSSES[loss](), W, X, labels, SIZES)


def draw() -> None:
    """Show how direction and noise of the gradient depend on the batch size."""
    st.markdown(
        f"For each batch size, {batches.DRAWS} minibatches are drawn. How close is the direction"
        " of their gradients to that of the full gradient, and how large is the error?"
    )
    _, loss, epochs = on_digits.choose()
    found, theme = _draws(loss, epochs), figure.theme()
    means = found.groupby("size").mean()
    frame.formula(rf"\text{{noise}} \approx \frac{{{means['noise'].iloc[0]:.3g}}}{{\sqrt{{B}}}}")
    panels = {
        "cosine": ("Direction", "Cosine similarity to full gradient"),
        "noise": ("Noise", "Error / norm of full gradient"),
    }
    for cell, (column, (title, y_title)) in zip(st.columns(2), panels.items(), strict=True):
        with cell:
            figure.show(
                charts.spreads(found, column, title=title, y_title=y_title, theme=theme),
                key=f"card-{column}",
                alt=f"{y_title}, by batch size.",
                height=340,
            )
    frame.table(
        pd.DataFrame(
            {
                "cosine": [f"{each:.2f}" for each in means["cosine"]],
                "noise": [f"{each:.2f}" for each in means["noise"]],
                "noise × √B": [
                    f"{noise * np.sqrt(size):.2f}"
                    for size, noise in zip(means.index.to_numpy(), means["noise"], strict=True)
                ],
            },
            index=[str(size) for size in means.index],
        )
    )
    with frame.question("What do you gain from a batch four times as large?"):
        st.markdown(
            "Half the noise, as for any mean: noise × √B hardly changes until the batch contains"
            " a large part of the training set. It costs four times as much."
        )
