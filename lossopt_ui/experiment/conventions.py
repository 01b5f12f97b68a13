"""The Conventions panel: how losses and penalties are defined here, and in other libraries."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Experiment
from lossopt_core.experiment.conventions import FULL, conventions
from lossopt_core.experiment.description import regularizer_of
from lossopt_ui.state import widgets
from lossopt_ui.state.names import escape_markdown


def panel(experiments: Sequence[Experiment]) -> None:
    """Show the conventions of these experiments in an expander; squared weights can be halved."""
    with st.expander("Conventions", icon=":material/balance:"):
        squared = any(regularizer_of(each).squared > 0 for each in experiments)
        penalty = widgets.setting("penalty_as") if squared else FULL
        st.table(table(experiments, penalty))


def table(experiments: Sequence[Experiment], penalty: str) -> pd.DataFrame:
    """One row per convention; if it depends on the loss, one row per loss."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for experiment in experiments:
        for each in conventions(experiment, penalty):
            losses = rows.setdefault((each.topic, each.here, each.elsewhere), [])
            losses.append(LOSSES[experiment.loss].label)
    topics = [topic for topic, _, _ in rows]
    shown = [
        {
            "": topic if topics.count(topic) == 1 else f"{topic}: {', '.join(losses)}",
            "In lossopt": escape_markdown(here),
            "Elsewhere": escape_markdown(elsewhere),
        }
        for (topic, here, elsewhere), losses in rows.items()
    ]
    return pd.DataFrame(shown).set_index("")
