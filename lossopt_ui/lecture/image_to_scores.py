"""From the pixels of an image to class scores, including the bias."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.lecture import numbers as lecture
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets


def affine(W: Array, x: Array, b: Array) -> Array:
    """W x + b, computed with the column of ones that all training uses."""
    stacked = np.hstack([W, b[:, None]])[None]
    return linear.scores(stacked, linear.with_ones(x[None]))[0, :, 0]


def draw() -> None:
    """Show pixels, weights and bias on the left, scores on the right."""
    st.markdown(
        "Each class has a row of weights, its template. Its score is the dot product of template"
        " and pixels, plus a bias."
    )
    fields, results = st.columns(2)
    with fields:
        [x] = np.array(widgets.setting("pixels"))
        W = np.array(widgets.setting("image_weights"))
        [b] = np.array(widgets.setting("image_bias"))
    scores = affine(W, x, b)
    with results:
        for name, row, bias, score in zip(lecture.ANIMALS, W, b, scores, strict=True):
            terms = [rf"{tex(w)} \cdot {tex(each)}" for w, each in zip(row, x, strict=True)]
            frame.aligned(
                [
                    rf"s_{{\text{{{name}}}}} =\;& {terms[0]} + {terms[1]}",
                    rf"& + {terms[2]} + {terms[3]}",
                    rf"& + {tex(bias)} = {number(score)}",
                ]
            )
        frame.table(pd.DataFrame([map(number, scores)], columns=lecture.ANIMALS, index=["score"]))
        frame.picture(
            dict(zip(lecture.ANIMALS, scores, strict=True)),
            title="Score of each class",
            y_title="Score",
            mark=lecture.ANIMALS[int(scores.argmax())],
        )
    correct = affine(lecture.IMAGE_WEIGHTS, lecture.PIXELS, lecture.IMAGE_BIAS)
    frame.erratum("bias", number(correct[2]))
    with frame.question("Can the bias be treated as one more weight?"):
        st.markdown(
            "Yes: append a pixel that is always 1, with the bias as its weight. All training here"
            " works this way; only the penalty excludes the bias."
        )
