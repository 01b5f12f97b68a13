"""The Sweep page: every combination of some settings, each with several seeds."""

import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import watching
from lossopt_ui.state import pages, widgets
from lossopt_ui.sweep import fair_tuning, form, results

navigation.begin(pages.SWEEP)

with workspace.store_errors_shown():
    with st.sidebar:
        base = form.base()
    if widgets.setting("mode", label_visibility="collapsed") == "fair":
        if base is not None and (comparison := fair_tuning.choose(base)) is not None:
            fair_tuning.show(comparison)
        st.stop()
    setup, seeds = st.columns([3, 2])
    with setup:
        form.choose_axes()
    with seeds:
        widgets.setting("seeds")
        widgets.setting("vary")
        st.caption(form.dataset_words())
    experiments = [] if base is None else form.plan(base)
    if not experiments:
        st.info("These settings give nothing to train: see the messages above.")
        st.stop()
    wanted = st.button("Run the sweep", key="train", type="primary", icon=":material/play_arrow:")
    watching.watch_many(
        experiments,
        wanted=wanted,
        draw=lambda running: results.results(experiments, running=running),
    )
