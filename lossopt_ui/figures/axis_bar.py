"""The axis bar: one row of controls for the axes of all curves on a page.

    with st.container(horizontal=True, vertical_alignment="bottom"):
        scales = axis_bar.show(x="work", suits_log=lanes.suits_log(shown, ["objective"]))
    figure.show(lanes.curves(shown, columns=["objective"], ..., scales=scales), ...)
    figure.show(lanes.curves(shown, columns=["test_accuracy"], ..., scales=scales.of_shares()), ...)

To have the bar below the charts, take the scales from `chosen` with the same arguments, and call
`show` after them.  Its values are in the address: a page declares `curves.AXES` in its options, and
an option for the x-axis, such as `curves.WORK`.
"""

from typing import Any

import streamlit as st

from lossopt_ui.charts.scales import Limits, Scales
from lossopt_ui.charts.smoothing import Smoothing
from lossopt_ui.state import widgets

LIMITS = ("x_limits", "y_limits")
SMOOTHING = ("smoothing", "smooth_with")
IN_POPOVER = (*LIMITS, "ignore_outliers", *SMOOTHING)


def chosen(
    *, x: str | None = "work", along: str = "epoch", suits_log: bool = False, log_only: bool = False
) -> Scales:
    """The scales of the main chart as set by the bar, without drawing it; see `show`."""
    log_y = widgets.value("log_y") if widgets.is_set("log_y") else suits_log
    x_limits, y_limits = (Limits(*widgets.value(name)) for name in LIMITS)
    return Scales(
        x=along if x is None else widgets.value(x),
        log_x=widgets.value("log_x"),
        log_y=log_y or log_only,
        x_limits=x_limits,
        y_limits=y_limits,
        smoothing=Smoothing(widgets.value("smooth_with"), widgets.value("smoothing")),
        ignore_outliers=widgets.value("ignore_outliers"),
    )


def show(
    *,
    x: str | None = "work",
    along: str = "epoch",
    suits_log: bool = False,
    log_only: bool = False,
    **looks: Any,
) -> Scales:
    """Draw the controls into the current container; returns the scales of the main chart.

    x           name of the option that chooses the x-axis; None for no choice
    along       the history column on the x-axis if there is no choice
    suits_log   whether the main chart's values suit a logarithmic axis (`lanes.suits_log`): what
                "Log y" shows until somebody sets it
    log_only    whether the y-axis is always logarithmic, as for a distance to the optimum
    looks       passed to the box of the x-axis, such as `label_visibility="collapsed"`
    """
    if x is not None:
        widgets.setting(x, **({"width": 240} | looks))
    widgets.setting("log_x")
    widgets.setting("log_y", suggested=suits_log, disabled=log_only)
    _limits_and_smoothing()
    return chosen(x=x, along=along, suits_log=suits_log, log_only=log_only)


def _limits_and_smoothing() -> None:
    everything_hidden = widgets.hidden(*IN_POPOVER)
    with st.container() if everything_hidden else st.popover("Limits, smoothing"):
        for name in (*LIMITS, "ignore_outliers"):
            widgets.setting(name)
        with st.container(horizontal=True):
            for name in SMOOTHING:
                widgets.setting(name, width=200)
        if any(widgets.is_set(name) for name in IN_POPOVER):
            st.button("Reset", key="reset-limits", on_click=_reset, type="tertiary")


def _reset() -> None:
    for name in IN_POPOVER:
        widgets.reset(name)
