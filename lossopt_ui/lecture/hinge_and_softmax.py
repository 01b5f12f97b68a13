"""Both losses of the same scores while the correct score moves."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture import numbers as lecture
from lossopt_core.lecture import small_losses
from lossopt_core.objective.linear import Array
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

RANGE = np.linspace(-10.0, 20.0, 301)
SMALLEST = float(np.finfo(float).smallest_subnormal)
COMPARED = ("hinge", "squared_hinge", "cross_entropy")


def _values(scores: Array, labels: Array, margin: float = 1.0) -> dict[str, Array]:
    """Each loss of scores (classes, examples)."""
    hinges = ("hinge", "squared_hinge")
    return {name: LOSSES[name](margin=margin).value(scores, labels) for name in hinges} | {
        "cross_entropy": small_losses.cross_entropy(scores, labels)
    }


def _said(name: str, value: float) -> str:
    """A loss in five digits; a cross-entropy is never 0, though float64 may hold it no more."""
    return f"below {SMALLEST:.0e}" if name == "cross_entropy" and value == 0 else number(value)


def draw() -> None:
    """Curves over the correct score, and the numbers at the present one."""
    st.markdown(
        "Move the correct score up. Hinge is exactly 0 as soon as it leads by Δ, and asks for"
        " nothing more. Cross-entropy falls for ever."
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
                title="Loss while the correct score moves",
                x_title="Correct score",
                y_title="Loss",
                theme=theme,
                here=correct,
            ),
            key="card-both",
            alt=f"At a correct score of {number(correct)} hinge is"
            f" {_said('hinge', now['hinge'][0])} and cross-entropy"
            f" {_said('cross_entropy', now['cross_entropy'][0])}.",
            height=330,
        )
        frame.table(
            pd.DataFrame(
                {
                    LOSSES[name].label: [_said(name, now[name][0])]
                    for name in ("hinge", "cross_entropy")
                },
                index=[f"correct score {number(correct)}"],
            )
        )
    st.subheader("Three images with which hinge is content", anchor=False)
    _table(lecture.CONTENT_SCORES, np.zeros(3, np.int64), ("hinge", "cross_entropy"))
    st.subheader("The example of the notes", anchor=False)
    example = lecture.FEATURE_WEIGHTS @ lecture.FEATURES + lecture.FEATURE_BIAS
    st.markdown(
        f"W x + b gives the scores {', '.join(map(number, example))}; the class is the third."
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
        f"By base 10 the cross-entropy is {number(nats / np.log(10))}: the notes print 0.452, from"
        " the rounded probability."
    )
    with frame.question("Scores 13, −7, 11, the first class, a margin of 10: what is the hinge?"):
        [loss] = LOSSES["hinge"](margin=10.0).value(
            np.array([[13.0], [-7.0], [11.0]]), np.zeros(1, np.int64)
        )
        st.markdown(f"max(0, −7 − 13 + 10) + max(0, 11 − 13 + 10) = **{number(loss)}**.")


def _table(scores: Array, labels: Array, names: tuple[str, ...]) -> None:
    values = _values(scores.T, labels)
    frame.table(
        pd.DataFrame(
            {LOSSES[name].label: [_said(name, each) for each in values[name]] for name in names},
            index=[", ".join(map(number, row)) for row in scores],
        )
    )
