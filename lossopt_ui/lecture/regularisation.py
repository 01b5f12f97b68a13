"""Two weight vectors with the same score but different penalties."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import L1, L2, ElasticNet
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets


def draw() -> None:
    """Show input and weights on the left, scores and penalties on the right."""
    opening = st.empty()
    fields, results = st.columns(2)
    with fields:
        [x] = np.array(widgets.setting("input"))
        [w1] = np.array(widgets.setting("w1"))
        [w2] = np.array(widgets.setting("w2"))
        beta = widgets.setting("beta")
    opening.markdown(_intro(float(w1 @ x), float(w2 @ x)))
    penalties = {
        "L2": L2(strength=1.0),
        "L1": L1(strength=1.0),
        # The course adds β times the sum of squares to the sum of absolute values.
        "elastic net": ElasticNet(strength=1.0 + beta, l1_ratio=1.0 / (1.0 + beta)),
    }
    rows = {"score": [number(w1 @ x), number(w2 @ x)]}
    for name, penalty in penalties.items():
        rows[name] = [number(float(penalty.value(w[None]))) for w in (w1, w2)]
    with results:
        for k, w in enumerate((w1, w2), start=1):
            squares = " + ".join(f"{tex(each)}^2" for each in w)
            sizes = " + ".join(tex(abs(each)) for each in w)
            frame.aligned(
                [
                    rf"\text{{L2}}(w_{k}) &= {squares} = {rows['L2'][k - 1]}",
                    rf"\text{{L1}}(w_{k}) &= {sizes} = {rows['L1'][k - 1]}",
                ]
            )
        frame.formula(rf"\text{{elastic net}} = {tex(beta)} \cdot \text{{L2}} + \text{{L1}}")
        frame.table(pd.DataFrame(rows, index=["first weights", "second weights"]).T)
        st.markdown(_preferred(w1, w2))
    frame.picture(
        {
            f"{name}, {which}": float(penalty.value(w[None]))
            for name, penalty in penalties.items()
            for which, w in (("first", w1), ("second", w2))
        },
        title="Penalty of the first and the second weights",
        y_title="Penalty",
    )
    with frame.question("The slide says that L1 prefers the first weights. Does it?"):
        st.markdown(
            "Not by the slide's two values: both are 1. The point is that optimal weights under L1"
            " tend to contain zeros; see the next card."
        )


def _intro(first: float, second: float) -> str:
    if np.isclose(first, second):
        return (
            "The data cannot distinguish the two weight vectors: they give the same score. A"
            " penalty can."
        )
    return (
        "The two give different scores, so the data can distinguish them. If the scores were the"
        " same, only a penalty could."
    )


def _preferred(w1: Array, w2: Array) -> str:
    squares = [float(L2(strength=1.0).value(w[None])) for w in (w1, w2)]
    if squares[0] == squares[1]:
        return "L2 prefers neither."
    return f"L2 prefers the **{'first' if squares[0] < squares[1] else 'second'}** weights."
