"""The start page: ready-made experiments, lessons and recent runs."""

import streamlit as st

from lossopt_ui.app import lesson_panel, navigation
from lossopt_ui.experiment import examples, saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.runs import references, run_columns
from lossopt_ui.state import pages

navigation.begin(pages.START)
st.markdown(
    "Run experiments with loss functions and optimizers, and compare the results. Train a linear"
    " classifier on data of your choice, and see hinge vs cross-entropy or gradient descent vs"
    " minibatch SGD side by side."
    f" {workspace.retention_notice()} To open an experiment again, copy its address."
)
st.subheader("Open a ready-made experiment")
for column, example in zip(st.columns(3), examples.READY_MADE, strict=True):
    with column.container(border=True, height="stretch"):
        st.markdown(f"**{example.title}**")
        st.caption(example.text)
        st.page_link(
            example.page,
            label="Open and train",
            icon=":material/play_arrow:",
            query_params=example.query,
        )

st.page_link(pages.DATA.file, label="Or upload your own data", icon=":material/upload_file:")

st.subheader("Follow a lesson")
lesson_panel.offer()

st.subheader("Recent runs")
with workspace.store_errors_shown():
    table = saved_runs.table()
    trained = table[(table["status"] != saved_runs.IMPORTED) & ~table["archived"]]
    if trained.empty:
        st.info("No saved runs yet. Open an experiment above, or train one of your own.")
        references.glance()
    else:
        run_columns.glance(trained.tail(5))
    with st.container(horizontal=True):
        st.page_link(pages.COMPARE.file, label="Compare all runs", icon=":material/compare_arrows:")
        references.link_to_compare()
