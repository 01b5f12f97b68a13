"""The Sweep page: every combination of some settings, each with several seeds."""

import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.identity import workspace
from lossopt_ui.state import pages, widgets
from lossopt_ui.sweep import axes, fair_tuning, form, results

navigation.begin(pages.SWEEP)

with workspace.store_errors_shown():
    with st.sidebar:
        setup = st.container()
        base = form.base()
    with setup:
        fair = widgets.setting("mode", label_visibility="collapsed") == "fair"
        if fair:
            comparison = None if base is None else fair_tuning.choose(base)
            wanted = comparison is not None and fair_tuning.plan(comparison)
        else:
            axes.choose()
            form.choose_rate()
            form.choose_seeds()
            plan = None if base is None else form.plan(base)
            wanted = plan is not None and form.run()
    if fair and comparison is not None:
        fair_tuning.show(comparison, wanted=wanted)
    elif not fair and plan is not None:
        results.show(plan, wanted=wanted)
    else:
        st.info("These settings give nothing to train: see the messages beside them.")
