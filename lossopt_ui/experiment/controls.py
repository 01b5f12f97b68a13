"""The controls of an experiment page: the settings that all lanes share."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lossopt_core import DATASETS
from lossopt_core.experiment.precision import PRECISIONS
from lossopt_core.optim.stopping import STOPPING
from lossopt_ui.experiment import form, lanes
from lossopt_ui.state import pages, widgets
from lossopt_ui.state.lanes import LANE_SETTINGS, Lane

ROWS = (("loss",), ("regularizer", "strength"), ("optimizer", "batch_size"))
"""Settings of lanes that are always in sight, as long as all lanes share them."""
MORE = tuple(
    name for name in LANE_SETTINGS if name != lanes.RATE and not any(name in row for row in ROWS)
)
SPLIT = ("test_fraction", "validation", "standardize", "label_noise", "split_seed")
RUN = ("seed", "init_scale", "evaluations", "precision", "stopping")


def draw(of_page: Sequence[Lane]) -> dict[str, Any]:
    """Draw them; returns the settings of the whole comparison, without those of lanes."""
    shared = lanes.in_use(of_page) - lanes.own_somewhere(of_page)
    dataset = widgets.setting("dataset")
    options = form.own_data() if DATASETS[dataset].uploaded else None
    epochs, _ = _row(("epochs", "seeds"))
    for row in ROWS:
        _row([name for name in row if name in shared])
    with form.folded("More", *DATASETS[dataset].options, *MORE, *SPLIT, *RUN):
        _explain(of_page)
        if options is None:
            options = {name: widgets.setting(f"{dataset}.{name}") for name in
                       DATASETS[dataset].options}  # fmt: skip
        for name in MORE:
            if name in shared:
                widgets.setting(name)
        widgets.setting("varying")
        rest = {name: widgets.setting(name) for name in (*RUN, *SPLIT)}
        if rest["stopping"] != "none":
            rest["tolerance"] = widgets.setting("tolerance")
    return {"dataset": dataset, "dataset_options": options, "epochs": epochs} | rest


def _row(settings: Sequence[str]) -> list[Any]:
    """Controls side by side."""
    if not settings:
        return []
    found = []
    for place, name in zip(st.columns(len(settings)), settings, strict=True):
        with place:
            found.append(widgets.setting(name))
    return found


def _explain(of_page: Sequence[Lane]) -> None:
    """What the chosen entries are, with their formulas."""
    for name in ("dataset", "loss", "regularizer", "optimizer"):
        if widgets.hidden(name):
            continue
        declared = pages.DECLARED[name]
        values = (
            [widgets.value(name)]
            if name == "dataset"
            else [lanes.settings_of(each)[name] for each in of_page]
        )
        for value in dict.fromkeys(values):
            entry = getattr(declared, "registry", {})[value]
            formula = f" $\\displaystyle {entry.formula}$" if getattr(entry, "formula", "") else ""
            if entry.summary or formula:
                st.caption(f"**{entry.label}.** {entry.summary}{formula}")
    if not widgets.hidden("precision"):
        st.caption(PRECISIONS[widgets.value("precision")].summary)
    if not widgets.hidden("stopping"):
        st.caption(STOPPING[widgets.value("stopping")].summary)
