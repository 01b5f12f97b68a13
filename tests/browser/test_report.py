"""The report as it is printed on A4."""

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Page

from lossopt_ui.runs.report import Chart, Table, Text, report
from tests.browser.figure_files import choose_width, keep_what_is_printed, printed, size_in_points

BETWEEN_MARGINS = 680
CUT_OFF = """
(width) => [...document.querySelectorAll("table, .main-svg, pre, p, h1")]
  .filter((each) => each.getBoundingClientRect().right > width + 1)
  .map((each) => each.outerHTML.slice(0, 80))
"""


def test_nothing_is_cut_off_on_paper(page: Page, tmp_path: Path) -> None:
    words = ["Learning rate α", "Test accuracy (%)", "Distance to optimum (worst run)"] * 4
    cells = pd.DataFrame({f"{word} {k}": ["96.44 ± 0.38"] * 3 for k, word in enumerate(words)})
    figure = go.Figure(go.Scatter(x=[0, 1], y=[1, 0]), {"width": 980})
    parts = [Text("A verdict.", strong=True), Text("x = 1 " * 80, code=True)]
    file = tmp_path / "report.html"
    file.write_bytes(report("Runs", "", [*parts, Chart(figure, "A curve"), Table(cells, "All")]))
    page.set_viewport_size({"width": BETWEEN_MARGINS, "height": 900})
    page.goto(file.as_uri())
    page.locator(".main-svg").first.wait_for()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(500)
    assert page.evaluate(CUT_OFF, BETWEEN_MARGINS) == []
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_figure_of_a_report_is_saved_at_a_chosen_width(page: Page, tmp_path: Path) -> None:
    figure = go.Figure(go.Scatter(x=[0, 1], y=[1, 0])).update_layout(title="Falling")
    file = tmp_path / "report.html"
    file.write_bytes(report("Runs", "", [Chart(figure, "A curve")]))
    keep_what_is_printed(page)
    page.goto(file.as_uri())
    chart = page.locator("#chart-1")
    chart.locator(".main-svg").first.wait_for()
    choose_width(page, chart, 800)
    chart.hover()
    with page.expect_download() as waited:
        chart.locator("[data-title='Download as SVG']").click()
    drawing = ElementTree.parse(waited.value.path()).getroot()
    assert waited.value.suggested_filename == "falling.svg"
    assert (drawing.get("width"), drawing.get("height")) == ("800", "496")
    paper = printed(page, chart)
    page.evaluate("localStorage.clear()")
    assert size_in_points(page, paper) == [pytest.approx((600, 372), abs=0.5)]
