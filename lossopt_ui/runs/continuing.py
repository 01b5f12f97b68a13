"""Links that continue from the selected runs: the same settings, more seeds, longer, around."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis import related
from lossopt_core.analysis.axes import as_text
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.sweep import Sweep
from lossopt_ui.state import names, pages, url
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.settings import number
from lossopt_ui.state.pages.sweep import OWN_OPTIONS

MAX_GROUPS = 24
"""Groups for which more seeds are planned at once."""


def popover(experiments: Sequence[Experiment]) -> None:
    """Show the links for the experiments of the selected runs."""
    if not experiments:
        return
    groups = {group_id(each): each for each in reversed(experiments)}
    with st.popover("Continue", icon=":material/redo:"):
        if len(groups) == 1:
            _open(experiments[0])
            _train_longer(experiments[0])
        if len(groups) <= MAX_GROUPS:
            _more_seeds(experiments)
        if len(groups) == 1:
            _sweep_around(experiments[0])
        else:
            st.caption("Select one row to open its settings, train longer or sweep around it.")


def _open(experiment: Experiment) -> None:
    """Links to the training pages with the experiment's settings."""
    values = url.values_of(experiment)
    _link(pages.LOSSES, "Open in Hinge vs cross-entropy", "balance", values)
    _link(pages.OPTIMIZERS, "Open in GD vs SGD", "trending_down", values)


def _train_longer(experiment: Experiment) -> None:
    """A link to the same training with twice as many epochs, and what it starts from."""
    epochs = min(2 * experiment.epochs, int(number("epochs").high))
    if epochs == experiment.epochs:
        return
    values = url.values_of(experiment) | {"epochs": epochs, "live": True}
    _link(pages.TRAIN, f"Train longer ({epochs} epochs)", "schedule", values)
    said = "Trains from the start: training is deterministic, so it passes the same weights."
    if experiment.schedule != "constant":
        schedule = names.value_text("schedule", experiment.schedule).lower()
        said = (
            f"Trains from the start: the {schedule} schedule stretches over all {epochs} epochs, so"
            " it takes another path."
        )
    st.caption(said)


def _more_seeds(experiments: Sequence[Experiment]) -> None:
    try:
        sweep = related.with_more_seeds(experiments)
    except ValueError:  # more runs than a sweep may have
        sweep = None
    if sweep is None:
        st.caption(
            "More seeds of all of them at once needs every combination of the settings in which"
            " they differ. Select one row, or a whole grid."
        )
        return
    _link(pages.SWEEP, f"More seeds ({sweep.seeds} of each)", "casino", _values_of(sweep))


def _sweep_around(experiment: Experiment) -> None:
    sweep = related.around(experiment)
    rate = names.value_text("learning_rate", experiment.learning_rate)
    _link(pages.SWEEP, f"Sweep around learning rate {rate}", "grid_on", _values_of(sweep))


def _values_of(sweep: Sweep) -> dict[str, Any]:
    """The options of the Sweep page that plan the sweep."""
    swept = {axis.name for axis in sweep.axes}
    base = {
        OWN_OPTIONS.get(name, name): each
        for name, each in url.values_of(sweep.base).items()
        if name not in swept
    }
    return base | {
        "axes": as_text(sweep.axes),
        "seeds": sweep.seeds,
        "vary": sweep.vary,
    }


def _link(page: PageSpec, label: str, icon: str, values: Mapping[str, Any]) -> None:
    offered = {name: each for name, each in values.items() if name in page.options}
    st.page_link(
        page.file, label=label, icon=f":material/{icon}:", query_params=url.query_of(offered)
    )
