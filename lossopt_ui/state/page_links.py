"""Links from one page to another that carry settings or runs along."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import Experiment
from lossopt_ui.state import pages, url


def link_to_train_page(experiment: Experiment) -> None:
    """A link to the train page with all settings as in the experiment."""
    # A button with st.switch_page would leave an address in the browser's history that never was.
    st.page_link(
        pages.TRAIN.file,
        label="Open on the train page",
        icon=":material/open_in_new:",
        query_params=url.query_of(url.values_of(experiment)),
    )


def link_to_inspect_page(run: str, label: str = "Look inside") -> None:
    """A link to the inside of a run, by its id."""
    st.page_link(
        pages.INSPECT.file, label=label, icon=":material/frame_inspect:", query_params={"run": run}
    )


def link_to_landscape_page(runs: Sequence[str]) -> None:
    """A link to the ways of some runs through the landscape of their objective, by their ids."""
    st.page_link(
        pages.LANDSCAPE.file,
        label="Landscape",
        icon=":material/landscape:",
        query_params={"runs": ",".join(runs)},
    )
