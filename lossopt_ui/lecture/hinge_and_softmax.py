"""Hinge loss and cross-entropy of the same scores as the correct score changes."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture import numbers as lecture
from lossopt_core.lecture import small_losses
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Hinge, SquaredHinge
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

RANGE = np.linspace(-10.0, 20.0, 301)
SMALLEST = float(np.finfo(float).smallest_subnormal)
COMPARED = ("hinge", "squared_hinge", "cross_entropy")


def _values(scores: Array, labels: Labels, margin: float = 1.0) -> dict[str, Array]:
    """Values of each loss for scores (classes, examples)."""
    return {
        "hinge": Hinge(margin=margin).value(scores, labels),
        "squared_hinge": SquaredHinge(margin=margin).value(scores, labels),
        "cross_entropy": small_losses.cross_entropy(scores, labels),
    }


def _formatted(name: str, value: float) -> str:
    """A loss in five digits; cross-entropy is never 0, even if it underflows float64."""
    return f"below {SMALLEST:.0e}" if name == "cross_entropy" and value == 0 else number(value)


def draw() -> None:
    """Show both losses over the correct score, and their values at the current one."""
    st.markdown(
        "Increase the correct score. The hinge loss is exactly 0 once the correct score leads by"
        " Δ; beyond that there is nothing to gain. Cross-entropy keeps falling forever."
    )
    fields, results = st.columns([2, 3])
    with fields:
        [wrong] = widgets.setting("content")
        correct = widgets.setting("correct")
        margin = widgets.setting("content_margin")
    moved = np.array([[correct], *([each] for each in wrong)])
    now = _values(moved, np.zeros(1, np.int64), margin)
    along = np.vstack([RANGE, *(np.full_like(RANGE, each) for each in wrong)])
    curves = _values(along, np.zeros(len(RANGE), np.int64), margin)
    theme = figure.theme()
    with results:
        figure.show(
            charts.lines(
                {
                    LOSSES[name].label: (RANGE, curves[name], of_loss(name, theme))
                    for name in ("hinge", "cross_entropy")
                },
                title="Loss as the correct score changes",
                x_title="Correct score",
                y_title="Loss",
                theme=theme,
                here=correct,
            ),
            key="card-both",
            alt=f"At a correct score of {number(correct)}, the hinge loss is"
            f" {_formatted('hinge', now['hinge'][0])} and the cross-entropy"
            f" {_formatted('cross_entropy', now['cross_entropy'][0])}.",
            height=330,
        )
        frame.table(
            pd.DataFrame(
                {
                    LOSSES[name].label: [_formatted(name, now[name][0])]
                    for name in ("hinge", "cross_entropy")
                },
                index=[f"correct score {number(correct)}"],
            )
        )
    st.subheader("Three images with zero hinge loss", anchor=False)
    _table(lecture.CONTENT_SCORES, np.zeros(3, np.int64), ("hinge", "cross_entropy"))
    st.subheader("The example in the notes", anchor=False)
    example = lecture.FEATURE_WEIGHTS @ lecture.FEATURES + lecture.FEATURE_BIAS
    st.markdown(
        f"W x + b gives the scores {', '.join(map(number, example))}; the third class is correct."
    )
    _table(example[None], np.array([lecture.FEATURE_LABEL]), COMPARED)
    exponentials = np.exp(example)
    steps = {"exp": exponentials, "probability": exponentials / exponentials.sum()}
    frame.table(
        pd.DataFrame({name: map(number, each) for name, each in steps.items()},
                     index=["first class", "second", "third"])
    )  # fmt: skip
    [nats] = LOSSES["cross_entropy"]().value(example[:, None], np.array([lecture.FEATURE_LABEL]))
    st.caption(
        f"In base 10 the cross-entropy is {number(nats / np.log(10))}. The notes print 0.452,"
        " computed from the rounded probability."
    )
    with frame.question(
        "Scores 13, −7, 11, first class correct, margin 10: what is the hinge loss?"
    ):
        [loss] = Hinge(margin=10.0).value(np.array([[13.0], [-7.0], [11.0]]), np.zeros(1, np.int64))
        st.markdown(f"max(0, −7 − 13 + 10) + max(0, 11 − 13 + 10) = **{number(loss)}**.")


def _table(scores: Array, labels: Labels, names: tuple[str, ...]) -> None:
    values = _values(scores.T, labels)
    frame.table(
        pd.DataFrame(
            {
                LOSSES[name].label: [_formatted(name, each) for each in values[name]]
                for name in names
            },
            index=[", ".join(map(number, row)) for row in scores],
        )
    )
