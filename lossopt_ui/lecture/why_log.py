"""Why the loss is the negative logarithm of the probability."""

import numpy as np
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture.numbers import ANIMALS, SCORES
from lossopt_core.objective.losses import probabilities
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import LINES, of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

LEAD = np.linspace(-8.0, 8.0, 321)


def draw() -> None:
    """Show −ln p beside 1 − p over the lead of the correct score, and both slopes."""
    st.markdown(
        "The loss should be 0 at a probability of 1 and grow as the probability falls. 1 − p does"
        " so, too. Compare how strongly both pull when the classifier is badly wrong."
    )
    lead = widgets.setting("log_lead", width=320)
    scores, labels = np.vstack([LEAD, np.zeros_like(LEAD)]), np.zeros(len(LEAD), np.int64)
    entropy, theme = LOSSES["cross_entropy"](), figure.theme()
    p = probabilities(scores)[0]
    # Two classes: the slope of −ln p in the correct score is p − 1, that of 1 − p is p (p − 1).
    slopes = entropy.gradient(scores, labels)[0]
    ours, other = of_loss("cross_entropy", theme), LINES[theme][0]
    one, two = st.columns(2)
    for place, title, y_title, curves in (
        (one, "Loss", "Loss", {"−ln p": entropy.value(scores, labels), "1 − p": 1.0 - p}),
        (two, "Pull on the correct score", "−slope", {"−ln p": -slopes, "1 − p": -slopes * p}),
    ):
        with place:
            figure.show(
                charts.lines(
                    {
                        name: (LEAD, values, colour)
                        for (name, values), colour in zip(
                            curves.items(), (ours, other), strict=True
                        )
                    },
                    title=title,
                    x_title="Lead of the correct score",
                    y_title=y_title,
                    theme=theme,
                    here=lead,
                ),
                key=f"card-{y_title}",
                alt=f"{title} of −ln p and 1 − p over the lead of the correct score.",
                height=360,
            )
    here = float(probabilities(np.array([[lead], [0.0]]))[0, 0])
    st.markdown(
        f"At a lead of {number(lead)} the probability is {number(here)}. −ln p pulls with"
        f" **{number(1.0 - here)}**, 1 − p with **{number(here * (1.0 - here))}**."
    )
    with frame.question("What is wrong with 1 − p?"):
        st.markdown(
            "Far on the wrong side its slope vanishes: the worst mistakes teach nothing. −ln p"
            " pulls with nearly full strength there. And it is convex, so that there are no local"
            " minima."
        )
    with frame.question("Where else does the logarithm come from?"):
        each = [float(probabilities(row[:, None])[k, 0]) for k, row in enumerate(SCORES)]
        product = float(np.prod(each))
        st.markdown(
            "The probability of all labels together is a product, for the lecture's"
            f" {', '.join(ANIMALS)}: {' · '.join(map(number, each))} = {number(product)}. Its"
            " logarithm is a sum over images. Minimizing the mean of −ln p therefore means: choose"
            f" the W that makes the labels most likely. Here it is {number(-np.log(product) / 3)}."
        )
