"""Shows a plotly figure, keeps its view, and reports clicks on marks.

Streamlit's own plotly element is recreated whenever its figure changes, which loses zoom, hidden
traces and hover.  This component redraws the same node with `Plotly.react`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io.json
import streamlit as st

from lossopt_core.experiment.caches import Cache
from lossopt_ui.charts.colours import ON_WHITE, Theme
from lossopt_ui.charts.frames import Frames
from lossopt_ui.figures import caching
from lossopt_ui.figures.modules import joined
from lossopt_ui.figures.recipes import Recipe, Sent, digest
from lossopt_ui.state.session import component_event

MAX_IN_HOVER = 24
"""With more lines than this, a unified hover label would cover the chart."""
MAX_IN_LINE = 48
"""Characters of a legend's entry in one line."""
MAX_CHARACTERS = 20_000_000
"""Total size of cached figures, for all visitors together."""
_NOT_IN_LEGENDS = {"contour", "heatmap", "surface"}
"""Types of traces that have no legend entry by default."""
_LIBRARY = "app/static/plotly-cartesian.min.js"
_LIBRARY_OF_SURFACES = "app/static/plotly-gl3d.min.js"
_component = st.components.v2.component(
    "lossopt_figure",
    # A figure, not an image: it contains plotly's buttons, and an image must not have children.
    html='<div class="lossopt-figure" role="figure" style="width: 100%"></div>',
    js=joined(Path(__file__).with_name("figure.js")),
    isolate_styles=False,
)


def show(
    figure: go.Figure | Recipe,
    *,
    key: str,
    alt: str,
    height: int = 340,
    on_click: Callable[[Any], None] | None = None,
    on_box: Callable[[Any], None] | None = None,
    frames: Frames | None = None,
) -> None:
    """Draw the figure; `alt` is its text alternative, `height` is in pixels.

    With `frames` it follows a slider of `time_travel` without requests to the server.

    Zoom and hidden traces persist as long as the key stays the same.

    A click on a mark (a point, a line, a bar, a cell) calls `on_click` with the mark's
    `customdata` before the script reruns.  Marks without `customdata` cannot be clicked.  The
    value comes from the browser and is untrusted: look it up before using it.

    With `on_box` a drag draws a box, instead of zooming, and its corners in the units of the axes
    are passed on as {"x": [..], "y": [..]}.  They are untrusted too.

    Marks and boxes cannot be reached with the keyboard.  A page must offer the same with a table, a
    select box or a text field.
    """
    sent = _sent(figure, key, height)
    listener: dict[str, Any] = {}
    if on_click is not None:
        listener["on_click_change"] = lambda: _forward("click", key, on_click)
    if on_box is not None:
        listener["on_box_change"] = lambda: _forward("box", key, on_box)
    _component(
        key=key,
        data={
            "figure": sent.json,
            "alt": alt,
            "height": height,
            "name": key,
            "library": _LIBRARY_OF_SURFACES if sent.solid else _LIBRARY,
            "solid": sent.solid,
            "clickable": on_click is not None,
            "boxes": on_box is not None,
            "frames": None if frames is None else frames.packed(theme()),
            "onWhite": ON_WHITE if theme() == "dark" else {},
        },
        height=height,
        **listener,
    )


_SENT: Cache[Sent] = Cache(MAX_CHARACTERS, lambda sent: len(sent.json))
"""The key contains all inputs of a figure, so that visitors without them never get it."""


def _sent(figure: go.Figure | Recipe, key: str, height: int) -> Sent:
    """The figure as sent to the browser; cached if it is given as a recipe."""
    if not isinstance(figure, Recipe):
        return _finished(figure, key, height)
    named = (figure.make.__module__, figure.make.__qualname__, key, height)
    of = digest(*named, figure.of, figure.named)
    return _SENT.get(of, lambda: _finished(figure(), key, height), owner=caching.owner())


def _finished(figure: go.Figure, key: str, height: int) -> Sent:
    # As plain values: plotly would validate the whole layout again for each assignment.
    content = figure.to_dict()
    traces, layout = content["data"], content.setdefault("layout", {})
    _set_ids(traces)
    for trace in traces:
        if "name" in trace:
            trace["name"] = _in_lines(trace["name"])
    layout |= {
        "height": height,
        "autosize": True,
        "uirevision": layout.get("uirevision") or key,
        "margin": {"l": 8, "r": 12, "t": 40 + 20 * _further_lines(layout), "b": 8}
        | (layout.get("margin") or {}),
    }
    layout.setdefault("showlegend", _has_legend(traces))
    if "unified" in str(layout.get("hovermode")) and _hoverable(traces) > MAX_IN_HOVER:
        layout["hovermode"] = "closest"
    solid = any(trace["type"] == "surface" for trace in traces)
    return Sent(plotly.io.json.to_json_plotly(content), solid)


def _further_lines(layout: Mapping[str, Any]) -> int:
    """How many lines the title has beyond the first."""
    return str((layout.get("title") or {}).get("text") or "").count("<br>")


def _in_lines(name: str) -> str:
    """A name in lines that fit the narrowest legend; plotly would cut it off."""
    return name if "<" in name else "<br>".join(wrap(name, MAX_IN_LINE, break_long_words=False))


def _has_legend(traces: Sequence[Mapping[str, Any]]) -> bool:
    """Whether plotly shows a legend by default.

    Set explicitly, so that a download without hidden lines keeps the legend of the page: plotly
    would otherwise decide again by the remaining lines.
    """
    entries = [
        trace.get("showlegend")
        for trace in traces
        if trace.get("visible") is not False
        and (trace["type"] not in _NOT_IN_LEGENDS or trace.get("showlegend"))
    ]
    shown = [entry for entry in entries if entry is not False]
    return bool(shown) and len(entries) + sum(entry is True for entry in shown) > 1


def _set_ids(traces: Sequence[dict[str, Any]]) -> None:
    """Give traces ids, so that plotly recognizes them when other traces come and go."""
    counts: Counter[str] = Counter()
    for trace in traces:
        # The ids become part of CSS selectors, in which not every name is valid.
        name = blake2b((trace.get("name") or "").encode(), digest_size=8).hexdigest()
        trace["uid"] = f"{name}-{counts[name]}"
        counts[name] += 1


def _hoverable(traces: Sequence[Mapping[str, Any]]) -> int:
    return sum(trace.get("hoverinfo") not in {"skip", "none"} for trace in traces)


def _forward(name: str, key: str, take: Callable[[Any], None]) -> None:
    content = component_event(key, name)
    if content is not None:
        take(content)


def theme() -> Theme:
    """The visitor's theme."""
    return "dark" if st.context.theme.type == "dark" else "light"


def describe(what: str, history: pd.DataFrame, column: str) -> str:
    """Text alternative of a chart of one column."""
    first, last = history[column].iloc[0], history[column].iloc[-1]
    epochs = history["epoch"].iloc[-1]
    return (
        f"{what} over {epochs:g} epochs; {column.replace('_', ' ')} from {first:.4g} to {last:.4g}."
    )
