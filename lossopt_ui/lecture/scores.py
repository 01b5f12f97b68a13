"""Hinge losses of three images, computed from their scores term by term."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture.numbers import ANIMALS, SCORES
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import Hinge, Loss, SquaredHinge
from lossopt_ui.charts import lecture as charts
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets

TRUE = np.arange(len(ANIMALS))


def draw() -> None:
    """Show scores and margin on the left, terms and losses on the right."""
    st.markdown(
        "For each wrong class, the hinge loss adds the amount by which its score fails to stay Δ"
        " below the correct one."
    )
    fields, results = st.columns([2, 3])
    with fields:
        scores = np.array(widgets.setting("images"))
        margin = widgets.setting("images_margin")
    hinge = Hinge(margin=margin)
    terms = np.array([_terms_of(hinge, s, k) for k, s in enumerate(scores)])
    with results:
        for image in TRUE:
            _terms(scores[image], int(image), margin, terms[image])
        losses = terms.sum(axis=1)
        frame.formula(
            rf"\text{{mean}} = ({' + '.join(map(number, losses))}) / 3 = {number(losses.mean())}"
        )
        figure.show(
            charts.stacked(
                {
                    f"{name} term": [*terms[:, k], terms[:, k].mean()]
                    for k, name in enumerate(ANIMALS)
                },
                [*(f"{name} image" for name in ANIMALS), "mean"],
                title="Hinge loss per image, by wrong class",
                y_title="Loss",
                theme=figure.theme(),
            ),
            key="card-terms",
            alt=f"Losses of the three images: {', '.join(map(number, losses))}; mean"
            f" {number(losses.mean())}.",
            height=320,
        )
    correct = LOSSES["hinge"]().value(SCORES.T, TRUE)
    frame.erratum("frog", f"{number(correct[2])} and a mean of {number(correct.mean())}")
    _questions(scores, hinge)


def _terms_of(hinge: Loss, scores: Array, true: int) -> Array:
    """Each class's term in an image's loss; 0 for the correct class."""
    [*_, terms] = hinge.steps(scores, true).values()
    return np.nan_to_num(terms, nan=0.0)


def _terms(scores: Array, true: int, margin: float, terms: Array) -> None:
    wrong = [k for k in TRUE if k != true]
    differences = [
        rf"\max(0, {tex(scores[k])} - {tex(scores[true])} + {tex(margin)})" for k in wrong
    ]
    values = " + ".join(number(terms[k]) for k in wrong)
    frame.aligned(
        [
            rf"L_{{\text{{{ANIMALS[true]}}}}} =\;& {differences[0]}",
            rf"& + {differences[1]}",
            rf"=\;& {values} = {number(terms.sum())}",
        ]
    )


def _questions(scores: Array, hinge: Loss) -> None:
    losses = hinge.value(scores.T, TRUE)
    margin = float(np.asarray(getattr(hinge, "margin", 1.0)))
    squared = SquaredHinge(margin=margin).value(scores.T, TRUE)
    wrong = len(ANIMALS) - 1
    with frame.question("What is the loss if all scores are nearly equal?"):
        st.markdown(
            f"Each of the {wrong} wrong classes misses the margin by Δ:"
            f" **{number(hinge.at_equal_scores(len(ANIMALS)))}**."
        )
    with frame.question("What if the sum ran over all classes, including the correct one?"):
        st.markdown("The correct class adds Δ, so every loss grows by Δ.")
        _loss_table(losses + margin)
    with frame.question("What if we took the mean over the wrong classes instead of the sum?"):
        st.markdown(
            "Every loss is divided by the same number. Without a penalty the optimal weights stay"
            " the same; with one they do if λ is divided by it too."
        )
        _loss_table(losses / wrong)
    with frame.question("What if we squared each term?"):
        st.markdown(
            "That is a different loss: one large violation costs more than several small ones with"
            " the same sum."
        )
        _loss_table(squared)
    with frame.question("What are the smallest and the largest possible loss?"):
        st.markdown("The smallest is 0. There is no largest: scores can be wrong without bound.")


def _loss_table(losses: Array) -> None:
    cells = [number(each) for each in (*losses, losses.mean())]
    frame.table(pd.DataFrame([cells], columns=[*ANIMALS, "mean"], index=["loss"]))
