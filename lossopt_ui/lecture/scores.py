"""From the scores of three images to their hinge losses, term by term."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture.numbers import ANIMALS, SCORES
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import Loss
from lossopt_ui.charts import lecture as charts
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets

TRUE = np.arange(len(ANIMALS))


def draw() -> None:
    """Scores and margin at the left, terms and losses at the right."""
    st.markdown(
        "For each wrong class the loss asks: by how much is its score short of being Δ below the"
        " correct one?"
    )
    fields, results = st.columns([2, 3])
    with fields:
        scores = np.array(widgets.setting("images"))
        margin = widgets.setting("images_margin")
    hinge = LOSSES["hinge"](margin=margin)
    terms = np.array([_terms_of(hinge, s, k) for k, s in enumerate(scores)])
    with results:
        for image in TRUE:
            _terms(scores[image], int(image), margin, terms[image])
        figure.show(
            charts.stacked(
                {f"term of {name}": terms[:, k] for k, name in enumerate(ANIMALS)},
                [f"{name} image" for name in ANIMALS],
                title="Hinge loss of each image, by wrong class",
                y_title="Loss",
                theme=figure.theme(),
            ),
            key="card-terms",
            alt=f"Losses of cat, car and frog: {', '.join(map(number, terms.sum(axis=1)))}.",
            height=320,
        )
    right = LOSSES["hinge"]().value(SCORES.T, TRUE)
    frame.erratum("frog", f"{number(right[2])} and a mean of {number(right.mean())}")
    _questions(scores, hinge)


def _terms_of(hinge: Loss, scores: Array, true: int) -> Array:
    """What each class adds to an image's loss; the correct one has no term."""
    [*_, terms] = hinge.steps(scores, true).values()
    return np.nan_to_num(terms, nan=0.0)


def _terms(scores: Array, true: int, margin: float, terms: Array) -> None:
    wrong = [k for k in TRUE if k != true]
    asked = [rf"\max(0, {tex(scores[k])} - {tex(scores[true])} + {tex(margin)})" for k in wrong]
    values = " + ".join(number(terms[k]) for k in wrong)
    frame.aligned(
        [
            rf"L_{{\text{{{ANIMALS[true]}}}}} =\;& {asked[0]}",
            rf"& + {asked[1]}",
            rf"=\;& {values} = {number(terms.sum())}",
        ]
    )


def _questions(scores: Array, hinge: Loss) -> None:
    losses = hinge.value(scores.T, TRUE)
    margin = float(np.asarray(getattr(hinge, "margin", 1.0)))
    squared = LOSSES["squared_hinge"](margin=margin).value(scores.T, TRUE)
    wrong = len(ANIMALS) - 1
    with frame.question("What happens to the loss if all scores are nearly equal?"):
        st.markdown(
            f"Each of {wrong} wrong classes misses the margin by Δ:"
            f" **{number(hinge.at_equal_scores(len(ANIMALS)))}**."
        )
    with frame.question("What if the sum ran over all classes, the correct one included?"):
        st.markdown("The correct class's term is Δ: every loss grows by it.")
        _said(losses + margin)
    with frame.question("What if we took the mean over the wrong classes instead of the sum?"):
        st.markdown(
            "Everything is divided by the same number. Without a penalty the best weights stay the"
            " same; with one they do if λ is divided by it too."
        )
        _said(losses / wrong)
    with frame.question("What if we squared each term?"):
        st.markdown("Another loss: large violations count more than several small ones.")
        _said(squared)
    with frame.question("What is the smallest loss, and what the largest?"):
        st.markdown("The smallest is 0. There is no largest: scores can be wrong without bound.")
    _is_it_the_only_one()


def _is_it_the_only_one() -> None:
    """By the lecture's scores: with others the car's loss may not be 0."""
    hinge = LOSSES["hinge"]()
    with frame.question("With the lecture's scores the car's loss is 0. Is its W the only one?"):
        double, half = (float(hinge.value(share * SCORES.T, TRUE)[1]) for share in (2.0, 0.5))
        st.markdown(
            f"With 2W all scores are doubled: the car's loss is **{number(double)}**. With ½W it is"
            f" **{number(half)}**. W is not unique where the loss is 0; a penalty chooses among"
            " them."
        )


def _said(losses: Array) -> None:
    cells = [number(each) for each in (*losses, losses.mean())]
    frame.table(pd.DataFrame([cells], columns=[*ANIMALS, "mean"], index=["loss"]))
