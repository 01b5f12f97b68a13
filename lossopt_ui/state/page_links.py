"""Links between pages that pass settings or runs on."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import Experiment
from lossopt_ui.state import pages, url


def link_to_train_page(experiment: Experiment) -> None:
    """A link to the Train page with the experiment's settings."""
    # A button with st.switch_page would leave a wrong address in the browser's history.
    st.page_link(
        pages.TRAIN.file,
        label="Open in Train",
        icon=":material/open_in_new:",
        query_params=url.query_of(url.values_of(experiment)),
    )


def link_to_inspect_page(run: str, label: str = "Inspect") -> None:
    """A link to the page that inspects a run, by its id."""
    st.page_link(
        pages.INSPECT.file, label=label, icon=":material/frame_inspect:", query_params={"run": run}
    )


def link_to_landscape_page(runs: Sequence[str]) -> None:
    """A link to the objective's landscape with the trajectories of some runs, by their ids."""
    st.page_link(
        pages.LANDSCAPE.file,
        label="Landscape",
        icon=":material/landscape:",
        query_params={"runs": ",".join(runs)},
    )
