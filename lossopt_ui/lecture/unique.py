"""Is W unique?  All multiples of a W with zero loss, and the penalty that chooses one."""

import numpy as np
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture.numbers import ANIMALS, SCORES
from lossopt_core.objective.regularizers import L2
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import GREY, INK, of_loss
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

FACTORS = np.linspace(0.0, 3.0, 241)
CAR = ANIMALS.index("car")


def draw() -> None:
    """Show data loss, penalty and objective over multiples of W."""
    st.markdown(
        "The car's hinge loss is 0. Multiply W by a factor: all scores grow with it, and so does"
        " the lead of the car. Every factor from some value on gives a loss of 0."
    )
    strength = widgets.setting("unique_strength", width=200)
    hinge = LOSSES["hinge"]()
    car = np.full(len(FACTORS), CAR)
    losses = hinge.value(FACTORS * SCORES[CAR][:, None], car)
    # A W of norm 1: what counts is how the penalty grows with the factor.
    penalties = np.array([L2(strength=strength).value(np.full((1, 1), a)) for a in FACTORS])
    objective = losses + penalties
    best, theme = FACTORS[objective.argmin()], figure.theme()
    figure.show(
        charts.lines(
            {
                "hinge loss of the car": (FACTORS, losses, of_loss("hinge", theme)),
                "penalty λ a²": (FACTORS, penalties, GREY[theme]),
                "objective": (FACTORS, objective, INK[theme]),
            },
            title="Loss of a · W for the car image",
            x_title="Factor a",
            y_title="Loss",
            theme=theme,
            here=float(best),
        ),
        key="card-unique",
        alt=f"The loss is 0 from a factor on; the objective is lowest at {number(best)}.",
        height=380,
    )
    doubled = float(hinge.value(2.0 * SCORES[CAR][:, None], np.array([CAR]))[0])
    st.markdown(
        f"With 2W the loss is **{number(doubled)}**, as with W: W is not unique. With the penalty"
        f" the objective has one minimum, here at a = **{number(best)}**."
        if strength > 0
        else f"With 2W the loss is **{number(doubled)}**, as with W: W is not unique. Without a"
        " penalty nothing chooses between them."
    )
    with frame.question("Is W unique for cross-entropy?"):
        st.markdown(
            "Its loss is never 0: on data that can be separated, a larger factor is always a little"
            " better, without end. There, too, a penalty is needed."
        )
