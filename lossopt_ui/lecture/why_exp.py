"""Why the exponential turns scores into probabilities, and not another function."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.lecture.numbers import ANIMALS
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import probabilities
from lossopt_ui.charts import lecture as charts
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets


def _share(positive: Array) -> Array:
    return positive / positive.sum() if positive.sum() > 0 else np.full_like(positive, np.nan)


CANDIDATES: Mapping[str, Callable[[Array], Array]] = {
    "exp(s)": lambda scores: probabilities(scores[:, None])[:, 0],
    "max(0, s)": lambda scores: _share(np.maximum(0.0, scores)),
    "s²": lambda scores: _share(scores**2),
    "|s|": lambda scores: _share(np.abs(scores)),
}


def draw() -> None:
    """Show the shares that candidates give to the classes of one image."""
    st.markdown(
        "Scores can be negative, and they do not add up to 1. Something must make them positive"
        " before they are divided by their sum. Why the exponential? Choose the frog image: its own"
        " score is the lowest, yet s² gives it the largest share."
    )
    fields, results = st.columns([2, 3])
    with fields:
        image = ANIMALS.index(widgets.setting("image"))
        scores = np.array(widgets.setting("images"))[image]
    shares = {name: make(scores) for name, make in CANDIDATES.items()}
    with results:
        figure.show(
            charts.stacked(
                {name: [share[k] for share in shares.values()] for k, name in enumerate(ANIMALS)},
                list(shares),
                title="Share of each class",
                y_title="Share",
                theme=figure.theme(),
            ),
            key="card-shares",
            alt="; ".join(
                f"{name}: {', '.join(map(number, share))}" for name, share in shares.items()
            ),
            height=360,
        )
    frame.table(pd.DataFrame({n: map(number, s) for n, s in shares.items()}, index=[*ANIMALS]).T)
    with frame.question("What goes wrong with the others?"):
        st.markdown(
            "- **max(0, s)** gives a negative score a probability of 0, and an infinite loss if"
            " that class is correct.\n"
            "- **s²** and **|s|** give a very negative score a high probability: a better score can"
            " lower the probability.\n"
            "- **exp** is positive, grows with the score, and never reaches 0."
        )
    with frame.question("Is that all? Other functions are positive and growing, too."):
        st.markdown(
            "With exp only differences of scores matter: adding the same number to all scores"
            " changes nothing, and a lead of 1 always means a ratio of e. The score is the"
            " logarithm of the odds, up to a constant. And the gradient of the loss becomes simply"
            " the probabilities minus 1 for the correct class."
        )
