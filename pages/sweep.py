"""Many trainings at once: every combination of some settings, each with several seeds."""

import streamlit as st

from lossopt_ui import (
    controls,
    fair_tuning,
    navigation,
    sweep_results,
    sweeping,
    training,
    workspace,
)
from lossopt_ui.state import pages

navigation.begin(pages.SWEEP)

with workspace.unreadable_said():
    with st.sidebar:
        base = sweeping.base()
    if controls.setting("mode", label_visibility="collapsed") == "fair":
        if base is not None and (comparison := fair_tuning.choose(base)) is not None:
            fair_tuning.show(comparison)
        st.stop()
    setup, seeds = st.columns([3, 2])
    with setup:
        sweeping.choose_axes()
    with seeds:
        controls.setting("seeds")
        controls.setting("vary")
        st.caption(sweeping.dataset_words())
    experiments = [] if base is None else sweeping.plan(base)
    if not experiments:
        st.info("There is nothing to train with these settings: see the messages above.")
        st.stop()
    wanted = st.button("Run the sweep", key="train", type="primary", icon=":material/play_arrow:")
    training.watch_many(
        experiments,
        wanted=wanted,
        draw=lambda running: sweep_results.results(experiments, running=running),
    )
