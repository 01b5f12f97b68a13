"""A self-contained HTML report of a page.

Its content security policy forbids all network requests. Plotly is embedded, so charts can be
zoomed and hovered. The template escapes all text from users.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment
from markupsafe import Markup

from lossopt_core import __version__
from lossopt_core.shipped import path_of
from lossopt_ui import figures
from lossopt_ui.figures.modules import joined

LIBRARY = path_of("static/plotly-cartesian.min.js")
DOWNLOADS = Path(figures.__path__[0]) / "downloads.js"
INK, GRID, LINE = "#1A1A1A", "#E3E3E3", "#B0B0B0"
PACKAGES = ("numpy", "scikit-learn", "plotly")


@dataclass(frozen=True)
class Text:
    """A heading, a paragraph, an emphasised one, or code."""

    text: str
    heading: bool = False
    strong: bool = False
    code: bool = False


@dataclass(frozen=True, eq=False)
class Table:
    """A table; its index becomes the first column."""

    table: pd.DataFrame
    title: str


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure for a light background, with its alternative text."""

    figure: go.Figure
    alt: str
    height: int = 460


Part = Text | Table | Chart

TEMPLATE = Path(__file__).with_name("report.html")


def report(title: str, address: str, parts: Sequence[Part]) -> bytes:
    """Render the file: title, date, address, then the parts in order."""
    page = Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    text = page.render(
        title=title,
        made=f"Created with lossopt {__version__} on {now}.",
        address=address,
        parts=[_described(part) for part in parts],
        versions=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        library=Markup(LIBRARY.read_text(encoding="utf-8")),
        downloads=Markup(joined(DOWNLOADS)),
        ink=INK,
        grid=GRID,
        line=LINE,
    )
    return text.encode()


def _described(part: Part) -> Mapping[str, object]:
    match part:
        case Text():
            return {"kind": "text"} | vars(part)
        case Table():
            heads = ["", *map(str, part.table.columns)]
            rows = [
                [str(label), *map(_cell, row)]
                for label, row in zip(
                    part.table.index, part.table.itertuples(index=False), strict=True
                )
            ]
            return {"kind": "table", "title": part.title, "heads": heads, "rows": rows}
    return {
        "kind": "chart", "alt": part.alt, "height": part.height, "json": Markup(_json(part.figure)),
    }  # fmt: skip


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:.6g}"
    return str(value)


def _json(figure: go.Figure) -> str:
    """The figure on a white background, as JSON that is safe inside a script element."""
    on_paper = go.Figure(figure)
    axis = {"gridcolor": GRID, "linecolor": LINE, "zerolinecolor": LINE, "automargin": True}
    on_paper.update_layout(
        autosize=True,
        paper_bgcolor="#FFFFFF",
        plot_bgcolor="#FFFFFF",
        font={"color": INK, "family": "system-ui, sans-serif"},
        margin={"l": 8, "r": 12, "t": 40, "b": 8},
    )
    on_paper.update_xaxes(**axis)
    on_paper.update_yaxes(**axis)
    text = json.dumps(json.loads(on_paper.to_json()))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
