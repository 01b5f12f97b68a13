"""Ways on from the selected runs: the same settings, longer, more seeds, around."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis import related
from lossopt_core.analysis.axes import as_text
from lossopt_core.analysis.groups import SEEDS, group_id
from lossopt_core.analysis.sweep import ORDER, SPLIT, Sweep
from lossopt_core.experiment.settings import flat_settings
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.runs import train_longer
from lossopt_ui.state import names, page_links, pages, url
from lossopt_ui.state.lanes import LANE_SETTINGS, MAX_LANES, Lane
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.sweep import OWN_OPTIONS

MAX_GROUPS = 24
"""Groups for which more seeds are planned at once."""


def popover(members: Sequence[SavedRun]) -> None:
    """Show the ways on from the selected runs; imported curves have none."""
    trained = [each for each in members if each.experiment is not None]
    experiments = [each.experiment for each in trained if each.experiment is not None]
    if not experiments:
        return
    groups = {group_id(each): each for each in reversed(experiments)}
    with st.popover("Continue", icon=":material/redo:"):
        if len(groups) == 1:
            _open(experiments[0])
            train_longer.offer(trained)
        else:
            _open_as_lanes(experiments, list(groups.values()))
        if len(groups) <= MAX_GROUPS:
            _more_seeds(experiments)
        if len(groups) == 1:
            _sweep_around(experiments[0])
        else:
            st.caption("Select one row to open its settings, train longer or sweep around it.")


def _open(experiment: Experiment) -> None:
    """Links to the training pages with the experiment's settings."""
    page_links.link_to_train_page(experiment)
    values = url.values_of(experiment)
    _link(pages.LOSSES, "Open in Hinge vs cross-entropy", "balance", values)
    _link(pages.OPTIMIZERS, "Open in GD vs SGD", "trending_down", values)


def _open_as_lanes(experiments: Sequence[Experiment], groups: Sequence[Experiment]) -> None:
    """A link to the Train page with one lane for each group, or why there is none."""
    tables = [flat_settings(each) for each in groups]
    names_ = {name for table in tables for name in table} - {*SEEDS}
    varied = {name for name in names_ if len({table.get(name) for table in tables}) > 1}
    if len(groups) > MAX_LANES:
        st.caption(f"At most {MAX_LANES} rows can be opened as lanes.")
        return
    if others := sorted(varied - {*LANE_SETTINGS}):
        words = ("data set" if "." in each else names.setting_name(each) for each in others)
        what = ", ".join(dict.fromkeys("data set" if w == "dataset" else w for w in words))
        st.caption(f"Not offered as lanes, which share one value of: {what}.")
        return
    own = {*varied, "learning_rate"}  # a lane without a rate of its own has it tuned
    lanes = tuple(
        Lane.of(**{name: table[name] for name in own if name in table}) for table in tables
    )
    splits = {each.split_seed for each in experiments}
    values = url.values_of(min(experiments, key=lambda each: (each.seed, each.split_seed)))
    values |= {
        "lanes": lanes,
        "seeds": len({(each.seed, each.split_seed) for each in experiments}),
        "varying": SPLIT if len(splits) > 1 else ORDER,
    }
    _link(pages.TRAIN, f"Open as {len(lanes)} lanes", "view_column", values)


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
