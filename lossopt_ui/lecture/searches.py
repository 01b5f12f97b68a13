"""Random search, random local search and gradient descent with the same number of tries."""

import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.lecture import searches
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import INK, LINES
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import tex
from lossopt_ui.state import widgets

HINGE = Experiment(loss="hinge", learning_rate=0.05)


@st.cache_data(max_entries=30, show_spinner="Searching …")
def _search(budget: int, scale: float) -> dict[str, pd.DataFrame]:
    return {
        "random search": searches.random_search(HINGE, budget, scale),
        "random local search": searches.local_search(HINGE, budget, scale),
        "gradient descent": searches.gradient_descent(HINGE, budget),
    }


def draw() -> None:
    """Show test accuracy over the number of tries."""
    st.markdown(
        "Three ways to minimize the hinge loss on digits, with the same number of tries: guess"
        " random weights and keep the best; take a random step if it helps; follow the gradient. A"
        " try is one guess or one gradient step."
    )
    with st.container(horizontal=True):
        budget = widgets.setting("budget", width=200)
        scale = widgets.setting("search_scale", width=200)
    frame.aligned(
        [
            rf"\text{{random:}}\;& W = {tex(scale)} \cdot \mathcal{{N}}(0, 1)",
            rf"\text{{local:}}\;& W' = W + {tex(scale)} \cdot \mathcal{{N}}(0, 1)",
            rf"\text{{gradient:}}\;& W' = W - {tex(HINGE.learning_rate)} \cdot \nabla L",
        ]
    )
    found, theme = _search(budget, scale), figure.theme()
    hues = {"random search": LINES[theme][1], "random local search": LINES[theme][0]}
    figure.show(
        charts.lines(
            {
                name: (table["evaluation"], 100 * table["accuracy"], hues.get(name, INK[theme]))
                for name, table in found.items()
            },
            title="Test accuracy, best weights by training loss",
            x_title="Guesses or gradient steps",
            y_title="Test accuracy (%)",
            theme=theme,
        ),
        key="card-searches",
        alt="Test accuracy over the number of tries for three strategies.",
        height=380,
    )
    st.caption(
        "The best weights so far are those with the lowest training loss, so their test accuracy"
        " may fall."
    )
    frame.table(
        pd.DataFrame(
            {
                name: [f"{table['loss'].iloc[-1]:.3g}", f"{table['accuracy'].iloc[-1]:.1%}"]
                for name, table in found.items()
            },
            index=["hinge loss", "test accuracy"],
        ).T
    )
    with frame.question("Is this a fair comparison?"):
        st.markdown(
            "A gradient step costs about two passes over the data, one forward and one backward; a"
            " guess costs one. Even with twice as many guesses, guessing stays far behind."
        )
