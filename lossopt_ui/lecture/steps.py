"""One step along the gradient, from very short to far too long."""

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
    return one_step.ladder(LOSSES[loss](), on_digits.weights(loss, epochs), X, labels)


def draw() -> None:
    """What a step takes off the loss, against what the slope promises."""
    st.markdown(
        "The gradient says which way is down, and how steep it is here. It does not say how far"
        " that holds. One step from the same weights, with learning rates from 10⁻¹⁰ on:"
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
                "promised by the slope": (found["step"], -found["predicted"], LINES[theme][1]),
                "real": (found["step"], fall.where(fall > 0), INK[theme]),
            },
            title="How much the loss falls in one step",
            x_title="Learning rate",
            y_title="Fall of the loss",
            theme=theme,
            log_x=True,
            log_y=True,
        ),
        key="card-ladder",
        alt="Promised and real fall of the loss over the learning rate.",
        height=380,
    )
    best = found.loc[found["change"].idxmin()]
    worse = found.loc[found["change"] > 0, "step"]
    st.markdown(
        f"The best step of these is **{best['step']:.2g}**: it takes {-best['change']:.3g} off the"
        " loss." + (f" From **{number(worse.min())}** on the loss rises." if len(worse) else "")
    )
    rows = found[found["step"].map(lambda step: f"{step:.0e}").str.startswith("1e")]
    frame.table(
        pd.DataFrame(
            {
                "change of the loss": [f"{each:.3g}" for each in rows["change"]],
                "promised": [f"{each:.3g}" for each in rows["predicted"]],
            },
            index=[f"{each:.0e}" for each in rows["step"]],
        )
    )
    with frame.question("Why not always take the step that is best now?"):
        st.markdown(
            "It costs many evaluations to find, for one step. And the longest good step depends on"
            " the curvature, which is another at the next place."
        )
