"""Shows a plotly figure, keeps its view, and tells which mark was clicked.

Streamlit's own plotly element is made anew at every change of its figure, and with it go
zoom, hidden traces and hover.  Here `Plotly.react` redraws the same node.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io.json
import streamlit as st

from lossopt_core.experiment.caches import Cache
from lossopt_ui.charts.colours import ON_WHITE, Theme
from lossopt_ui.charts.frames import Frames
from lossopt_ui.figures import caching
from lossopt_ui.figures.recipes import Recipe, Sent, digest
from lossopt_ui.state.session import component_event

MOST_IN_HOVER = 24
"""Where more lines than these cross one x, a list of them all would cover the chart."""
MOST_CHARACTERS = 20_000_000
"""Of figures that are held, for all visitors together."""
_NOT_IN_LEGENDS = {"contour", "heatmap", "surface"}
"""Kinds of traces that have no entry in a legend unless they ask for one."""
_LIBRARY = "app/static/plotly-cartesian.min.js"
_LIBRARY_OF_SURFACES = "app/static/plotly-gl3d.min.js"
_component = st.components.v2.component(
    "lossopt_figure",
    # A figure, not an image: plotly's buttons are in it, and an image has no parts.
    html='<div class="lossopt-figure" role="figure" style="width: 100%"></div>',
    js=Path(__file__).with_name("figure.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def show(
    figure: go.Figure | Recipe,
    *,
    key: str,
    alt: str,
    height: int = 340,
    on_click: Callable[[Any], None] | None = None,
    frames: Frames | None = None,
) -> None:
    """Draw the figure; `alt` says in words what it shows, `height` is in pixels.

    With `frames` it follows a slider of `time_travel` without a word to the server.

    What a person has set in it stays as long as the key does.

    A click on a mark (a point, a line, a bar, a cell) calls `on_click` with the mark's
    `customdata`, before the script runs again.  Marks without `customdata` cannot be clicked.
    The content comes from the browser: look it up, never trust it.

    Marks cannot be reached by the keyboard.  A page must offer the same by a table or a select
    box.
    """
    sent = _sent(figure, key, height)
    listener = {} if on_click is None else {"on_click_change": lambda: _tell(key, on_click)}
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
            "frames": None if frames is None else frames.packed(theme()),
            "onWhite": ON_WHITE if theme() == "dark" else {},
        },
        height=height,
        **listener,
    )


_SENT: Cache[Sent] = Cache(MOST_CHARACTERS, lambda sent: len(sent.json))
"""All that a figure is made of is in its key: nobody gets one who does not have that."""


def _sent(figure: go.Figure | Recipe, key: str, height: int) -> Sent:
    """The figure as it is sent; one that is known by its recipe is not made again."""
    if not isinstance(figure, Recipe):
        return _finished(figure, key, height)
    named = (figure.make.__module__, figure.make.__qualname__, key, height)
    of = digest(*named, figure.of, figure.named)
    return _SENT.get(of, lambda: _finished(figure(), key, height), owner=caching.owner())


def _finished(figure: go.Figure, key: str, height: int) -> Sent:
    # As plain values: plotly would check the whole layout once more for each that is set.
    content = figure.to_dict()
    traces, layout = content["data"], content.setdefault("layout", {})
    _name(traces)
    layout |= {
        "height": height,
        "autosize": True,
        "uirevision": layout.get("uirevision") or key,
        "margin": {"l": 8, "r": 12, "t": 40, "b": 8},
    }
    layout.setdefault("showlegend", _has_legend(traces))
    if "unified" in str(layout.get("hovermode")) and _told_by_hover(traces) > MOST_IN_HOVER:
        layout["hovermode"] = "closest"
    solid = any(trace["type"] == "surface" for trace in traces)
    return Sent(plotly.io.json.to_json_plotly(content), solid)


def _has_legend(traces: Sequence[Mapping[str, Any]]) -> bool:
    """Whether plotly shows a legend by default.

    Told to the browser, so that a downloaded picture, which leaves out hidden lines, has a legend
    where the page has one: the browser would decide again by the lines that are left.
    """
    entries = [
        trace.get("showlegend")
        for trace in traces
        if trace.get("visible") is not False
        and (trace["type"] not in _NOT_IN_LEGENDS or trace.get("showlegend"))
    ]
    shown = [entry for entry in entries if entry is not False]
    return bool(shown) and len(entries) + sum(entry is True for entry in shown) > 1


def _name(traces: Sequence[dict[str, Any]]) -> None:
    """Give traces the names by which plotly knows them again where others come and go."""
    seen: Counter[str] = Counter()
    for trace in traces:
        # They become part of selectors in the page, where not every name may stand.
        name = blake2b((trace.get("name") or "").encode(), digest_size=8).hexdigest()
        trace["uid"] = f"{name}-{seen[name]}"
        seen[name] += 1


def _told_by_hover(traces: Sequence[Mapping[str, Any]]) -> int:
    return sum(trace.get("hoverinfo") not in {"skip", "none"} for trace in traces)


def _tell(key: str, on_click: Callable[[Any], None]) -> None:
    content = component_event(key, "click")
    if content is not None:
        on_click(content)


def theme() -> Theme:
    """The theme that the visitor sees."""
    return "dark" if st.context.theme.type == "dark" else "light"


def describe(what: str, history: pd.DataFrame, column: str) -> str:
    """A chart in words, for those who cannot see it."""
    first, last = history[column].iloc[0], history[column].iloc[-1]
    epochs = history["epoch"].iloc[-1]
    return (
        f"{what} over {epochs:g} epochs; {column.replace('_', ' ')} from {first:.4g} to {last:.4g}."
    )
