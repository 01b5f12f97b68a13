"""One gradient step with learning rates from tiny to far too large."""

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture import one_step
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import INK, LINES
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame, on_digits
from lossopt_ui.lecture.frame import number


@st.cache_data(max_entries=50, show_spinner=False)
def _ladder(loss: str, epochs: int) -> pd.DataFrame:
    X, labels = on_digits.examples()
    return one_step.one_step(LOSSES[loss](), on_digits.weights(loss, epochs), X, labels)


def draw() -> None:
    """Compare the actual decrease in loss with the decrease predicted from the gradient."""
    st.markdown(
        "The gradient says which way is down and how steep it is here. It does not say how far"
        " that holds. The chart shows one step from the same weights, with learning rates from"
        " 10⁻¹⁰ up."
    )
    _, loss, epochs = on_digits.choose()
    found, theme = _ladder(loss, epochs), figure.theme()
    fall = -found["change"]
    slope = -found["predicted"].iloc[0] / found["step"].iloc[0]
    frame.formula(
        rf"\Delta L \approx -\alpha\, \lVert \nabla L \rVert^2 = -{number(slope)}\, \alpha"
    )
    figure.show(
        charts.lines(
            {
                "predicted from the gradient": (
                    found["step"],
                    -found["predicted"],
                    LINES[theme][1],
                ),
                "actual": (found["step"], fall.where(fall > 0), INK[theme]),
            },
            title="Decrease in loss after one step",
            x_title="Learning rate",
            y_title="Decrease in loss",
            theme=theme,
            log_x=True,
            log_y=True,
        ),
        key="card-ladder",
        alt="Predicted and actual decrease in loss over the learning rate.",
        height=380,
    )
    best = found.iloc[int(found["change"].argmin())]
    worse = found.loc[found["change"] > 0, "step"]
    st.markdown(
        f"The best of these learning rates is **{best['step']:.2g}**: it lowers the loss by"
        f" {-best['change']:.3g}."
        + (f" From **{number(worse.min())}** on, the loss rises." if len(worse) else "")
    )
    rows = found[found["step"].map(lambda step: f"{step:.0e}").str.startswith("1e")]
    frame.table(
        pd.DataFrame(
            {
                "change in loss": [f"{each:.3g}" for each in rows["change"]],
                "predicted": [f"{each:.3g}" for each in rows["predicted"]],
            },
            index=[f"{each:.0e}" for each in rows["step"]],
        )
    )
    with frame.question("Why not always use the learning rate that is best for the current step?"):
        st.markdown(
            "Finding it takes many evaluations, for a single step. And the largest useful step"
            " depends on the curvature, which changes from point to point."
        )
