"""The pages, and the frame around each of them."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from lossopt_core import Experiment, own_data
from lossopt_ui import (
    class_link,
    controls,
    crowd,
    interrupted,
    lesson_panel,
    links,
    places,
    sign_in,
    training,
    workspace,
)

_FRAMED = "navigation.framed"


def pages() -> Sequence[StreamlitPage]:
    """All pages; a page's address is the stem of its file."""
    return [
        st.Page(places.START, title="Start", icon=":material/home:", default=True),
        st.Page(places.LECTURE, title="Lecture", icon=":material/school:"),
        st.Page(places.TRAIN, title="Train", icon=":material/model_training:"),
        st.Page(
            places.LOSSES, title="Hinge vs cross-entropy", icon=":material/balance:",
            url_path="hinge-vs-cross-entropy",
        ),
        st.Page(
            places.OPTIMIZERS, title="GD vs SGD", icon=":material/trending_down:",
            url_path="gd-vs-sgd",
        ),
        st.Page(places.PLAYGROUND, title="Playground", icon=":material/scatter_plot:"),
        st.Page(places.SWEEP, title="Sweep", icon=":material/grid_on:"),
        st.Page(places.COMPARE, title="Compare runs", icon=":material/compare_arrows:"),
        # Of runs that are there already: pages that show runs lead to them.  The bar has no room.
        st.Page(places.INSPECT, title="Inside a run", visibility="hidden"),
        st.Page(places.LANDSCAPE, title="Landscape", visibility="hidden"),
        st.Page(places.DATA, title="Own data", visibility="hidden"),
    ]  # fmt: skip


def run() -> None:
    """The whole app: the frame, and the page that the address names."""
    with crowd.PAGES.turn():
        st.session_state[_FRAMED] = True
        own_data.look_in(workspace.shelf)
        page = _frame()
        training.warm_up()
        page.run()


def _frame() -> StreamlitPage:
    # The icon is a local file: a material icon here would be fetched from another host.
    st.set_page_config(page_title="lossopt", page_icon="static/favicon.png", layout="wide")
    return st.navigation(pages(), position="top")


def begin(title: str, in_address: frozenset[str] = links.ON_TRAINING) -> None:
    """The first line of every page: its title, inside the whole app, and its address read.

    `in_address` names what stands in the page's address.

    On a fresh server a visit straight to a page runs the page's file without
    `streamlit_app.py`, because the folder is called `pages`.  Naming the pages once and
    starting over brings the frame.
    """
    if not st.session_state.get(_FRAMED):
        _frame()
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, width="stretch")
        if in_address:
            class_link.offer()
        sign_in.offer()
    workspace.note_visit()
    controls.take_address(title, in_address | links.EVERYWHERE)
    class_link.say()
    sign_in.offer_to_move()
    interrupted.offer()
    lesson_panel.show(title)


def link_to_train_page(experiment: Experiment) -> None:
    """A link to the train page with all settings as in the experiment."""
    # A button with st.switch_page would leave an address in the browser's history that never was.
    st.page_link(
        places.TRAIN,
        label="Open on the train page",
        icon=":material/open_in_new:",
        query_params=links.query_of(links.values_of(experiment)),
    )


def link_to_inspect_page(run: str, label: str = "Look inside") -> None:
    """A link to the inside of a run, by its id."""
    st.page_link(
        places.INSPECT, label=label, icon=":material/frame_inspect:", query_params={"run": run}
    )


def link_to_landscape_page(runs: Sequence[str]) -> None:
    """A link to the ways of some runs through the landscape of their objective, by their ids."""
    st.page_link(
        places.LANDSCAPE,
        label="Landscape",
        icon=":material/landscape:",
        query_params={"runs": ",".join(runs)},
    )
