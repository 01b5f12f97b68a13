"""From scores to probabilities to the loss, step by step."""

import math

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture.numbers import ANIMALS, SCORES, SOFT_SCORES
from lossopt_core.objective.losses import probabilities
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

GIVEN, GIVEN_LABEL = np.array([0.2, 0.3, 0.5]), 1
"""Probabilities from the case-study notes, and the correct class."""
UNITS = {"nat": 1.0, "bit": math.log(2), "log₁₀": math.log(10)}
"""Size of each unit in nats."""


def draw() -> None:
    """Show one image step by step, then the losses of all three images in three units."""
    st.markdown(
        "Exponentials make the scores positive; dividing by their sum turns them into"
        " probabilities. The loss is the negative logarithm of the correct class's probability."
    )
    fields, results = st.columns([2, 3])
    with fields:
        image = ANIMALS.index(widgets.setting("image"))
        scale = widgets.setting("weights_scale")
        scores = scale * np.array(widgets.setting("images"))
    entropy = LOSSES["cross_entropy"]()
    own = scores[image]
    exponentials = np.exp(own - own.max()) * math.exp(min(own.max(), 700.0))
    p = probabilities(own[:, None])[:, 0]
    losses = entropy.value(scores.T, np.arange(len(ANIMALS)))
    with results:
        frame.formula(
            rf"L = -\log \frac{{e^{{{number(own[image])}}}}}{{\sum_j e^{{s_j}}}}"
            rf" = -\ln {number(p[image])} = {number(losses[image])}"
        )
        frame.table(
            pd.DataFrame(
                {
                    "score": map(number, own),
                    "exp": map(number, exponentials),
                    "probability": map(number, p),
                    "−ln": [number(losses[image]) if k == image else "" for k in range(len(p))],
                },
                index=list(ANIMALS),
            )
        )
        frame.picture(
            dict(zip(ANIMALS, p, strict=True)),
            title=f"Probability of each class for the {ANIMALS[image]} image",
            y_title="Probability",
            mark=ANIMALS[image],
        )
        st.caption(f"Sum of the exponentials: {number(exponentials.sum())}.")
    st.subheader("The same losses in other units", anchor=False)
    rows = {unit: [*(losses / size), losses.mean() / size] for unit, size in UNITS.items()}
    frame.table(pd.DataFrame(rows, index=[*ANIMALS, "mean"]).T.map(number))
    of_cat = float(entropy.value(SCORES[:1].T, np.zeros(1, np.int64))[0])
    frame.erratum("log10", f"{number(of_cat)} (and {number(of_cat / math.log(10))} in base 10)")
    with frame.question("What happens to the probabilities if the weights are halved?"):
        soft, softer = (probabilities(share * SOFT_SCORES[:, None])[:, 0] for share in (1.0, 0.5))
        st.markdown(
            "They become softer, that is, closer to each other. The scores"
            f" {', '.join(map(number, SOFT_SCORES))} give"
            f" **{', '.join(f'{each:.3f}' for each in soft)}**; half of each score gives"
            f" **{', '.join(f'{each:.3f}' for each in softer)}**."
        )
    with frame.question("What is the gradient with respect to the scores?"):
        gradient = entropy.gradient(np.log(GIVEN)[:, None], np.array([GIVEN_LABEL]))[:, 0]
        st.markdown(
            "The probabilities, minus 1 for the correct class. With probabilities"
            f" {', '.join(map(number, GIVEN))} and the second class correct:"
            f" **{', '.join(map(number, gradient))}**."
        )
    with frame.question("What are the smallest and the largest possible loss?"):
        st.markdown("The smallest is 0, which no finite scores reach. There is no largest.")
