"""The lanes in the side bar: name, settings and learning rate of each, and their menus."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lossopt_core import FIELDS
from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.experiment import lanes
from lossopt_ui.experiment.lanes import RATE, Shown
from lossopt_ui.state import url, widgets
from lossopt_ui.state.lanes import MAX_LANES, MAX_NAME, Lane
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import SessionKey, WidgetKey

_PROBLEM: SessionKey[tuple[int, str]] = SessionKey("lanes.problem", lambda: (-1, ""))
"""A lane and why its last change was refused, to be shown once."""
_SAME: WidgetKey[bool] = WidgetKey("same-rate")


def draw(page: PageSpec, found: Sequence[Shown]) -> None:
    """Draw all lanes, and the button that adds one."""
    if widgets.custom_widget(page.lanes) is None:
        return
    fixed = page.lanes in widgets.value("fix")
    if len(found) > 1:
        _same_rate(found, disabled=fixed)
    for each in found:
        _card(page, found, each, disabled=fixed)
    if len(found) < MAX_LANES:
        add = partial(_copy, page, found, found[-1])
        _button("Add a lane", "add-lane", "add", add, disabled=fixed)


def _button(label: str, key: str, icon: str, act: Any, *, disabled: bool = False) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=act, disabled=disabled,
              width="stretch")  # fmt: skip


def _same_rate(found: Sequence[Shown], *, disabled: bool) -> None:
    """One learning rate for all lanes, instead of a tuned one for each."""
    if widgets.custom_widget(RATE) is None:
        return
    st.toggle(
        "Same rate for all",
        widgets.is_set(RATE),
        key=_SAME.name,
        on_change=_switch,
        args=(rate_of(found[0]),),
        disabled=disabled or RATE in widgets.value("fix"),
        help="Off: each lane has the learning rate that suits it best. On: all have one, which may"
        " suit some of them better than others.",
    )
    if widgets.is_set(RATE):
        widgets.setting(RATE)


def _switch(rate: float | None) -> None:
    if _SAME.get():
        widgets.put(RATE, FIELDS[RATE].default if rate is None else rate)
    else:
        widgets.reset(RATE)


def rate_of(lane: Shown) -> float | None:
    """The learning rate that a lane uses; None while it is not known."""
    rated = None if lane.entry is None else lane.entry.rated()
    return None if rated is None else rated.learning_rate


def _card(page: PageSpec, found: Sequence[Shown], lane: Shown, *, disabled: bool) -> None:
    with st.container(border=len(found) > 1, key=f"lane-{lane.number}", gap="small"):
        if len(found) > 1:
            with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
                faded = " (hidden)" if lane.lane.hidden else ""
                st.markdown(f"{swatch(lane.colour)} **{escape_markdown(lane.label)}**{faded}",
                            width="stretch")  # fmt: skip
                _menu(page, found, lane, disabled=disabled)
            if lane.entry is not None:
                st.caption(lanes.summary(lane.entry))
        _rate(page, found, lane, disabled=disabled)
        if lane.note:
            st.info(lane.note)
        if lane.problem:
            st.error(escape_markdown(lane.problem))
        if _PROBLEM.get()[0] == lane.number:
            st.error(escape_markdown(_PROBLEM.pop()[1]))


def swatch(colour: str) -> str:
    """A dot in this colour, for Markdown."""
    dot = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="12" height="12">'
        f'<circle cx="6" cy="6" r="6" fill="{colour}"/></svg>'
    )
    return f"![](data:image/svg+xml;base64,{b64encode(dot.encode()).decode()})"


def _rate(page: PageSpec, found: Sequence[Shown], lane: Shown, *, disabled: bool) -> None:
    """The lane's learning rate: tuned until somebody types one."""
    if lane.entry is None or widgets.hidden(RATE) or (len(found) > 1 and widgets.is_set(RATE)):
        return
    disabled = disabled or RATE in widgets.value("fix")
    if len(found) == 1:
        widgets.optional(RATE, empty=_in_words(lane))
    else:
        _number(page, found, lane, RATE, disabled=disabled, empty=_in_words(lane))


def _in_words(lane: Shown) -> str:
    """'0.32, tuned', for the field of a learning rate."""
    tuned = None if lane.entry is None else lane.entry.rate
    if isinstance(tuned, TunedRate):
        return f"α = {tuned.rate:g}, tuned"
    return "diverges at every rate" if tuned else "tuned"


def _menu(page: PageSpec, found: Sequence[Shown], lane: Shown, *, disabled: bool) -> None:
    of_page = [each.lane for each in found]
    name, number = lane.lane.name, lane.number
    with st.popover("", icon=":material/tune:", key=f"lane-menu-{number}", help="Edit this lane"):
        key = _key(lane, "name")
        st.text_input("Name", name, key=key.name, max_chars=MAX_NAME, placeholder=lane.label,
                      on_change=lambda: _rename(page, of_page, number, key),
                      disabled=disabled)  # fmt: skip
        settings = lanes.settings_of(lane.lane)
        for setting, value in settings.items():
            if not widgets.hidden(setting):
                fixed = disabled or setting in widgets.value("fix")
                _field(page, found, lane, setting, value, disabled=fixed)
        with st.container(horizontal=True):
            if len(found) < MAX_LANES:
                _button("Duplicate", f"copy-lane-{number}", "content_copy",
                        partial(_copy, page, found, lane), disabled=disabled)  # fmt: skip
            hidden = lane.lane.hidden
            hide = replace(lane.lane, hidden=not hidden)
            _button("Show" if hidden else "Hide", f"hide-lane-{number}",
                    "visibility" if hidden else "visibility_off",
                    partial(lanes.change, page, of_page, number, hide),
                    disabled=disabled)  # fmt: skip
            if len(found) > 1:
                _button("Remove", f"remove-lane-{number}", "delete",
                        partial(lanes.change, page, of_page, number, None),
                        disabled=disabled)  # fmt: skip


def _copy(page: PageSpec, found: Sequence[Shown], lane: Shown) -> None:
    lanes.add(page, [each.lane for each in found], lanes.copied(lane.lane), lane.number)


def _rename(page: PageSpec, of_page: Sequence[Lane], number: int, key: WidgetKey[str]) -> None:
    named = replace(of_page[number], name=" ".join(key.get().split())[:MAX_NAME])
    lanes.change(page, of_page, number, named)


def _key(lane: Shown, name: str) -> WidgetKey[Any]:
    return WidgetKey(f"lane-{lane.number}-{name}")


def _field(
    page: PageSpec, found: Sequence[Shown], lane: Shown, name: str, value: Any, *, disabled: bool
) -> None:
    """The control of one setting of one lane."""
    declared, key = FIELDS[name], _key(lane, name)
    take = partial(_take, page, found, lane, name)
    match declared:
        case Choice():
            key.set(value)
            st.selectbox(
                declared.label, list(declared.registry), key=key.name, on_change=take,
                format_func=lambda entry: url.label(declared.registry[entry]), disabled=disabled,
            )  # fmt: skip
        case Switch():
            key.set(value)
            st.toggle(declared.label, key=key.name, on_change=take, help=declared.help,
                      disabled=disabled)  # fmt: skip
        case Number():
            _number(page, found, lane, name, value=value, disabled=disabled)


def _number(
    page: PageSpec,
    found: Sequence[Shown],
    lane: Shown,
    name: str,
    *,
    value: Any = None,
    disabled: bool = False,
    empty: str = "",
) -> None:
    declared, key = FIELDS[name], _key(lane, name)
    assert isinstance(declared, Number)
    key.set(lane.lane.own.get(name) if value is None else value)
    st.number_input(
        declared.label, value=None, step=1 if declared.whole else None, key=key.name,
        format="%d" if declared.whole else "%g", placeholder=empty, disabled=disabled,
        on_change=partial(_take, page, found, lane, name),
        help=f"{declared.help} Range: {declared.low:.12g} to {declared.high:.12g}.",
    )  # fmt: skip


def _take(page: PageSpec, found: Sequence[Shown], lane: Shown, name: str) -> None:
    """Take a changed setting of a lane, if it is valid; an emptied field is tuned or shared."""
    value = _key(lane, name).get()
    try:
        checked = None if value is None else FIELDS[name].check(FIELDS[name].label, value)
    except ValueError as error:
        _PROBLEM.set((lane.number, f"{error}. The value was not changed."))
        return
    of_page = [each.lane for each in found]
    lanes.change(page, of_page, lane.number, lane.lane.but(**{name: checked}))
