"""The start page: an experiment with one slider, recent runs, and ways in."""

import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.experiment import examples, saved_runs, showcase
from lossopt_ui.figures import figure
from lossopt_ui.identity import workspace
from lossopt_ui.lessons.lessons import LESSONS
from lossopt_ui.runs import recent, references
from lossopt_ui.state import pages

THUMBNAIL = 110  # pixels high

navigation.begin(pages.START)


def recent_runs() -> None:
    """Draw the newest runs apart from those of the experiment beside them, or what there is."""
    table = saved_runs.table()
    shown = {one.id for batch in showcase.compared().batches() for one in batch}
    others = table[~table["id"].isin(shown) & ~table["archived"]]
    others = others[others["status"] != saved_runs.IMPORTED]
    if others.empty:
        st.subheader("What you can do here")
        st.markdown(
            "Train linear classifiers with different losses and optimizers, and see whether the"
            " difference is real: every result is a mean over seeds with an interval."
        )
        for page in (pages.TRAIN, pages.OPTIMIZERS, pages.SWEEP, pages.PLAYGROUND):
            st.page_link(page.file, label=page.heading, icon=f":material/{page.icon}:")
        references.link_to_compare()
        return
    st.subheader("Recent runs")
    recent.cards(others)
    st.page_link(pages.COMPARE.file, label="Compare all runs", icon=":material/compare_arrows:")


def ready_made() -> None:
    """Draw the ready-made experiments with their pictures."""
    for k, (column, example) in enumerate(zip(st.columns(3), examples.READY_MADE, strict=True)):
        with column.container(border=True, height="stretch"):
            figure.show(
                example.thumbnail(figure.theme()),
                key=f"thumbnail-{k}",
                alt=f"Picture of: {example.title}",
                height=THUMBNAIL,
            )
            st.markdown(f"**{example.title}**")
            st.caption(example.text)
            st.page_link(
                example.page,
                label="Open and train",
                icon=":material/play_arrow:",
                query_params=example.query,
            )


def more_ways_in() -> None:
    """Draw links to the lessons, the lecture and the upload."""
    ways = (
        (pages.LESSONS, f"{len(LESSONS)} guided lessons", "Tasks that check themselves."),
        (pages.LECTURE, "The lecture's numbers", "Every formula, with numbers that you change."),
        (pages.DATA, "Your own data", "Upload a table or images, and train on them."),
    )
    for column, (page, title, text) in zip(st.columns(3), ways, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(page.file, label=f"**{title}**", icon=f":material/{page.icon}:")
            st.caption(text)


with workspace.store_errors_shown():
    experiment, beside = st.columns([5, 2], gap="large")
    with experiment:
        showcase.show(pages.START)
    with beside:
        recent_runs()
    st.subheader("Open a ready-made experiment")
    ready_made()
more_ways_in()
st.caption(f"{workspace.retention_notice()} To open an experiment again, copy its address.")
