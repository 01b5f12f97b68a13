"""Minibatch gradients beside the full one."""

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
    return batches.against_the_full_gradient(LOSSES[loss](), W, X, labels, SIZES)


def draw() -> None:
    """Direction and noise by batch size."""
    st.markdown(
        f"For each batch size {batches.DRAWS} minibatches are drawn. How well does their gradient"
        " point where the full one points, and how far is it off?"
    )
    _, loss, epochs = on_digits.choose()
    found, theme = _draws(loss, epochs), figure.theme()
    means = found.groupby("size").mean()
    frame.formula(rf"\text{{noise}} \approx \frac{{{means['noise'].iloc[0]:.3g}}}{{\sqrt{{B}}}}")
    pictures = {
        "cosine": ("Direction", "Cosine to the full gradient"),
        "noise": ("Noise", "Distance / length of the full gradient"),
    }
    for place, (column, (title, y_title)) in zip(st.columns(2), pictures.items(), strict=True):
        with place:
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
                    f"{noise * np.sqrt(size):.2f}" for size, noise in means["noise"].items()
                ],
            },
            index=[str(size) for size in means.index],
        )
    )
    with frame.question("What does a batch four times as large buy?"):
        st.markdown(
            "Half the noise, as of any mean: noise × √B hardly changes, until a batch is so large a"
            " part of all examples that little is left out. It costs four times as much."
        )
