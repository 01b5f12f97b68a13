"""The report: one file, no network requests, escaped text."""

from html.parser import HTMLParser
from importlib.metadata import version

import pandas as pd
import plotly.graph_objects as go

from lossopt_core import __version__
from lossopt_ui.runs.report import (
    PACKAGES,
    Chart,
    Table,
    Text,
    report,
)

HOSTILE = "</script><img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(made: bytes) -> Reader:
    reader = Reader()
    reader.feed(made.decode())
    return reader


def test_user_text_is_escaped_everywhere() -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4], name=HOSTILE))
    table = pd.DataFrame({HOSTILE: [HOSTILE, 0.5]}, index=[HOSTILE, "b"])
    reader = read(
        report(HOSTILE, HOSTILE, [Text(HOSTILE), Chart(figure, HOSTILE), Table(table, HOSTILE)])
    )
    assert "img" not in {tag for tag, _ in reader.tags}
    assert [tag for tag, _ in reader.tags].count("script") == 3
    assert reader.text.count(HOSTILE) >= 7


def test_it_makes_no_network_requests() -> None:
    reader = read(report("Title", "http://127.0.0.1/compare", [Text("One", heading=True)]))
    assert not [attrs for _, attrs in reader.tags if "src" in attrs or "href" in attrs]
    [policy] = [a["content"] for tag, a in reader.tags if tag == "meta" and "content" in a][:1]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_it_says_where_it_comes_from_and_with_which_versions() -> None:
    address = "https://lossopt.example/compare?runs=all"
    text = read(report("Title", address, [Text("One")])).text
    assert address in text
    assert all(f"{name} {version(name)}" in text for name in PACKAGES)
    assert f"lossopt {__version__}" in text
