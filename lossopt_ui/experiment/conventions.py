"""The panel of conventions: how losses and penalties are counted here, and elsewhere."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Experiment
from lossopt_core.experiment.conventions import FULL, conventions
from lossopt_core.experiment.description import regularizer_of
from lossopt_ui.state import widgets
from lossopt_ui.state.names import in_markdown


def panel(experiments: Sequence[Experiment]) -> None:
    """The conventions of these experiments, folded away; squared weights halved on demand."""
    with st.expander("Conventions", icon=":material/balance:"):
        squared = any(regularizer_of(each).squared > 0 for each in experiments)
        penalty = widgets.setting("penalty_as") if squared else FULL
        st.table(table(experiments, penalty))


def table(experiments: Sequence[Experiment], penalty: str) -> pd.DataFrame:
    """One row a convention; where it depends on the loss, one row a loss."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for experiment in experiments:
        for each in conventions(experiment, penalty):
            losses = rows.setdefault((each.topic, each.here, each.elsewhere), [])
            losses.append(LOSSES[experiment.loss].label)
    topics = [topic for topic, _, _ in rows]
    shown = [
        {
            "": topic if topics.count(topic) == 1 else f"{topic}: {', '.join(losses)}",
            "Here": in_markdown(here),
            "Elsewhere": in_markdown(elsewhere),
        }
        for (topic, here, elsewhere), losses in rows.items()
    ]
    return pd.DataFrame(shown).set_index("")
