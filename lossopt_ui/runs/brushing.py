"""Brushing: a box over the axes of parallel coordinates becomes a filter, which can also be typed.

The filter is in the language of the Compare page, so it can be read, changed and shared.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Choice, Number
from lossopt_core.query.columns import Mask, known_columns
from lossopt_core.query.filters import FilterError, parse
from lossopt_ui.charts.parallel import Box, in_box
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.session import SessionKey

AND = " and "
_WITHOUT_EFFECT: SessionKey[dict[str, tuple[str, str]]] = SessionKey(
    "brushing.without_effect", dict
)
"""For each filter that the last box left as it was: its text, and why.

Kept until the filter changes: the part of the page that says so may poll, and be drawn again."""


def taker(
    option: str, results: pd.DataFrame, columns: Sequence[str], value: str
) -> Callable[[Any], None]:
    """A callback for boxes over parallel coordinates, which writes a filter into an option."""

    def take(event: Any) -> None:
        try:
            box = Box.of(event)
        except ValueError:
            return  # the browser can send anything
        selected = in_box(results, columns, value, box)
        found = conditions(selected, results)
        if found:
            widgets.put(option, with_conditions(widgets.value(option), found))
        unchanged = {} if found else {option: (widgets.value(option), _why_not(selected))}
        _WITHOUT_EFFECT.set(unchanged)

    return take


def _why_not(selected: Mapping[str, Sequence[Any]]) -> str:
    """Why a box that selects this changes no filter."""
    if not selected:
        return "The box contains no value of the axis, so nothing changed."
    labels = " and ".join(MEASURES[name].label for name in selected)
    return f"The filter has no column for {labels}, so the box changed nothing."


def explain(purpose: str, value: str, option: str) -> None:
    """Say below the charts what a box does, and why the last one did nothing.

    purpose   what a box is for, after "Drag a box over axes to"
    value     the metric on the last axis
    option    the filter that boxes write
    """
    said = f"Drag a box over axes to {purpose}."
    if value not in known_columns():
        what = MEASURES[value].label
        said += f" {what} is computed here, not saved with runs, so its axis cannot filter."
    st.caption(said)
    text, why = _WITHOUT_EFFECT.get().get(option, ("", ""))
    if why and text == widgets.value(option):
        st.warning(why, icon=":material/filter_alt_off:")


def conditions(selected: Mapping[str, Sequence[Any]], results: pd.DataFrame) -> dict[str, str]:
    """The selected values of each column as a condition; '' for a setting with all its values."""
    known = known_columns()
    return {
        name: _of_metric(name, *values)
        if name in MEASURES
        else ""
        if set(values) >= set(results[name].dropna())
        else _of_setting(name, values)
        for name, values in selected.items()
        if name in known
    }


def _of_metric(name: str, low: float, high: float) -> str:
    """Rounded outwards, so that what was in the box stays in it."""
    scale, unit = (100.0, " %") if MEASURES[name].percent else (1.0, "")
    ends = [_rounded(end * scale, up=up) for end, up in ((low, False), (high, True))]
    return f"{name} >= {ends[0]}{unit}{AND}{name} <= {ends[1]}{unit}"


def _rounded(value: float, *, up: bool) -> str:
    """Four significant digits, as a plain decimal or with an exponent."""
    if value == 0:
        return "0"
    step = 10.0 ** (np.floor(np.log10(abs(value))) - 3)
    return f"{(np.ceil if up else np.floor)(value / step) * step:.4g}"


def _of_setting(name: str, values: Sequence[Any]) -> str:
    declaration = pages.DECLARED[name]
    if isinstance(declaration, Number):
        low, high = min(values), max(values)
        if low == high:
            return f"{name} = {low!r}"
        return f"{name} >= {low!r}{AND}{name} <= {high!r}"
    if isinstance(declaration, Choice) and len(values) > 1:
        return f"{name} in ({', '.join(map(str, values))})"
    return f"{name} = {str(values[0]).lower()}"


def with_conditions(text: str, found: Mapping[str, str]) -> str:
    """A filter with further conditions, which replace those on the same columns.

    A filter that is more than conditions joined by "and" is replaced as a whole.
    """
    simple = not re.search(r'\bor\b|\bnot\b|"', text, re.IGNORECASE)
    old = re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if simple and text else []
    kept = [each for each in old if each.split(" ")[0] not in found]
    return AND.join(filter(None, [*kept, *found.values()]))


def matching(rows: pd.DataFrame, option: str) -> Mask:
    """The rows that the option's filter selects; all of them, with an error, if it is no filter."""
    text = widgets.value(option)
    try:
        return np.asarray(parse(text).matches(rows), np.bool_)
    except FilterError as error:
        stop = "" if error.message.endswith("?") else "."
        said = f"Filter: {names.escape_markdown(error.message)}{stop} Everything is shown."
        st.error(said, icon=":material/filter_alt_off:")
        return np.ones(len(rows), np.bool_)
