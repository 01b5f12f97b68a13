"""Clicks on marks of a figure, its hover, and its downloads."""

import re
import shutil
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Download, Page, expect

from lossopt_ui.figures.figure import _has_legend
from tests.browser.figure_files import choose_width, keep_what_is_printed, printed, size_in_points
from tests.browser.helpers import click, figure, goto, place_of, rerun, selector, server
from tests.programs import ROOT


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("figures")
    shutil.copy(Path(__file__).with_name("marks_app.py"), place)
    shutil.copytree(ROOT / "static", place / "static")
    shutil.copytree(ROOT / ".streamlit", place / ".streamlit")
    with server(place / "marks_app.py") as address:
        yield address


def test_a_click_on_a_mark_is_reported(page: Page, figures):
    goto(page, figures)
    expect(page.get_by_text("clicked None")).to_be_visible()
    between = (1.1, 4.9)  # on the line between two points
    for key, place, content in (
        ("cells", (2, 1), "f"),
        ("cells", (0, 0), "a"),
        ("curve", (4, 2), "run 4"),
        ("curve", between, "run 1"),
    ):
        with rerun(page):
            click(page, key, *place)
        expect(page.get_by_text(f"clicked {content}")).to_be_visible()
    with rerun(page):
        page.get_by_text("Without the first line").click()
    expect(page.get_by_text("clicked run 1")).to_be_visible()
    with rerun(page):
        click(page, "curve", 3, 3)
    expect(page.get_by_text("clicked run 3")).to_be_visible()


def test_a_click_beside_the_marks_is_ignored(page: Page, figures):
    goto(page, figures)
    cursor = f"document.querySelector('{selector('curve')} .nsewdrag').style.cursor"
    click(page, "curve", 4, -5)  # between the lines
    click(page, "curve", 3, -5)  # on a line without customdata
    assert page.evaluate(cursor) == ""
    sent = page.evaluate("__messages.sent")
    page.wait_for_timeout(300)
    assert page.evaluate("__messages.sent") == sent
    page.mouse.move(*place_of(page, "curve", 3.05, 2.95), steps=3)
    page.wait_for_function(f"{cursor} === 'pointer'")


def test_hover_lists_all_lines_sorted_by_value(page: Page, figures):
    """Not in drawing order."""
    goto(page, figures)
    for epoch, order in ((0.0, ["falling", "rising"]), (5.0, ["falling", "rising"])):
        page.mouse.move(*place_of(page, "curve", epoch, 0), steps=3)
        label = page.locator(f"{selector('curve')} .hoverlayer .legendtext")
        expect(label).to_have_count(2)
        assert [text.split(" :")[0] for text in label.all_text_contents()] == order


def download(page: Page, key: str, kind: str) -> Download:
    figure(page, key)
    page.locator(selector(key)).hover()
    with page.expect_download() as waited:
        page.locator(f"{selector(key)} [data-title='Download as {kind}']").click()
    return waited.value


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_an_svg_download_is_complete_and_on_white(page: Page, figures, scheme):
    page.emulate_media(color_scheme=scheme)
    goto(page, figures)
    expect(page.get_by_text(f"theme {scheme},")).to_be_visible()
    before = figure(page, "curve")
    file = download(page, "curve", "SVG")
    assert file.suggested_filename == "accuracy-of-2-000-seeds.svg"
    drawing = ElementTree.parse(file.path()).getroot()
    assert (drawing.get("width"), drawing.get("height")) == ("1000", "620")
    texts = {"".join(each.itertext()): each for each in drawing.iter() if each.tag.endswith("text")}
    assert {"falling", "rising", "seeds", "epoch", "accuracy (%)"} <= texts.keys()
    assert "Accuracy: of 2,000 seeds" in texts
    assert "rgb(26, 26, 26)" in texts["epoch"].get("style")
    background = next(each for each in drawing.iter() if each.tag.endswith("rect"))
    assert (background.get("width"), background.get("height")) == ("1000", "620")
    assert background.get("style") == "fill: rgb(255, 255, 255); fill-opacity: 1;"
    lines = [each.get("style") for each in drawing.iter() if each.get("class") == "js-line"]
    strokes = Counter(re.search(r"stroke: rgb\((.*?)\)", style)[1] for style in lines)
    one_in_the_legend = 1
    assert strokes == {
        "118, 118, 118": 2_000 + one_in_the_legend,
        "26, 26, 26": 1 + one_in_the_legend,
        "0, 114, 178": 1 + one_in_the_legend,
    }
    after = figure(page, "curve")
    assert after["layout"]["template"] == before["layout"]["template"]
    assert [line["line"] for line in after["data"]] == [line["line"] for line in before["data"]]


def test_a_download_has_room_for_the_whole_legend(page: Page, figures):
    goto(page, figures)
    drawing = ElementTree.parse(download(page, "crowd", "SVG").path()).getroot()
    [scrolled] = [each for each in drawing.iter() if each.get("class") == "scrollbar"]
    assert float(scrolled.get("height")) == 0, "the legend is cut off"
    names = ["".join(e.itertext()) for e in drawing.iter() if e.get("class") == "legendtext"]
    assert len(names) == 24
    assert 620 < float(drawing.get("height")) < 1_200


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_png_download_has_print_resolution(page: Page, figures, scheme):
    page.emulate_media(color_scheme=scheme)
    goto(page, figures)
    file = download(page, "cells", "PNG")
    assert file.suggested_filename == "cells.png"
    header = Path(file.path()).read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert struct.unpack(">II", header[16:]) == (3_000, 1_860)


def test_downloads_are_as_wide_as_chosen(page: Page, figures):
    keep_what_is_printed(page)
    goto(page, figures)
    chart = page.locator(selector("curve"))
    choose_width(page, chart, 20)
    expect(page.get_by_role("dialog")).to_be_visible()  # the field refuses it
    page.get_by_role("button", name="Cancel").click()
    choose_width(page, chart, 600)
    expect(page.get_by_role("dialog")).to_have_count(0)
    drawing = ElementTree.parse(download(page, "curve", "SVG").path()).getroot()
    assert (drawing.get("width"), drawing.get("height")) == ("600", "372")
    header = Path(download(page, "cells", "PNG").path()).read_bytes()[:24]
    assert struct.unpack(">II", header[16:]) == (1_800, 1_116)
    paper = printed(page, chart)
    # Another page of the app has the same width; 96 px are 72 points.
    goto(page, figures)
    drawing = ElementTree.parse(download(page, "curve", "SVG").path()).getroot()
    assert drawing.get("width") == "600"
    assert size_in_points(page, paper) == [pytest.approx((450, 279), abs=0.5)]
    assert ">falling<" in paper
    goto(page, figures)
    page.evaluate("localStorage.clear()")  # of all tests with this server


def test_a_hidden_line_stays_hidden_and_is_not_in_the_download(page: Page, figures):
    goto(page, figures)
    figure(page, "curve")
    page.locator(f"{selector('curve')} .legendtoggle").nth(1).click()
    lines = f"[...document.querySelector('{selector('curve')}').data]"
    hidden = f"{lines}.filter(line => line.visible === 'legendonly').map(line => line.name)"
    page.wait_for_function(f"{hidden}.length === 1")
    page.get_by_text("Without the first line").click()
    page.wait_for_function(f"{lines}.length === 2")  # its many lines take a while to be drawn
    assert page.evaluate(hidden) == ["rising"]
    drawing = Path(download(page, "curve", "SVG").path()).read_text()
    assert ">falling<" in drawing
    assert ">rising<" not in drawing


LINE = {"type": "scatter", "y": [1, 2]}
IN_LEGEND, NOT_IN_LEGEND = LINE | {"showlegend": True}, LINE | {"showlegend": False}
HEATMAP = {"type": "heatmap", "z": [[1, 2], [3, 4]]}


def test_a_figure_has_a_legend_where_plotly_would_draw_one(page: Page, figures):
    goto(page, figures)
    figure(page, "curve")
    cases = [
        [],
        [LINE],
        [IN_LEGEND],
        [LINE, LINE],
        [LINE, NOT_IN_LEGEND],
        [NOT_IN_LEGEND, NOT_IN_LEGEND],
        [LINE, LINE | {"visible": False}],
        [LINE, LINE | {"visible": "legendonly"}],
        [HEATMAP],
        [HEATMAP, LINE],
        [HEATMAP, IN_LEGEND],
        [{"type": "contour", "z": [[1, 2], [3, 4]], "showlegend": True}],
        [{"type": "bar", "y": [1]}, {"type": "box", "y": [1, 2]}],
    ]
    drawn = page.locator(selector("curve")).evaluate(
        """async (element, cases) => {
          const legends = [];
          for (const data of cases) {
            const { Plotly } = element;
            const other = document.body.appendChild(document.createElement("div"));
            await Plotly.newPlot(other, data, {});
            legends.push(other.querySelector(".legend") !== null);
            Plotly.purge(other);
            other.remove();
          }
          return legends;
        }""",
        cases,
    )
    assert [_has_legend(traces) for traces in cases] == drawn


def test_plotly_keeps_its_axis_and_shapes_where_the_cursor_is_moved_by_hand(page: Page, figures):
    """`moveCursor` in figure.js reads them from `_fullLayout`, which plotly does not document."""
    goto(page, figures)
    figure(page, "moving")
    element = page.locator(selector("moving"))
    element.scroll_into_view_if_needed()
    page.wait_for_function(f"document.querySelector('{selector('moving')}').inView")
    element.evaluate(
        """(element) => {
          element.Plotly = { ...element.Plotly, relayout: () => (element.drawnAnew = true) };
          document.lossoptTicks = { slider: 1 };
          document.dispatchEvent(new CustomEvent("lossopt-tick", { detail: "slider" }));
        }"""
    )
    page.wait_for_function(
        f"document.querySelector('{selector('moving')}').layout.shapes[0].x0 === 1"
    )
    told, at, drawn_anew = element.evaluate(
        """(element) => [
          element._fullLayout.shapes[0].x0,
          element.querySelector(".shapelayer path").getBoundingClientRect().left,
          element.drawnAnew ?? false,
        ]"""
    )
    assert (told, drawn_anew) == (1, False)
    assert at == pytest.approx(place_of(page, "moving", 1, 1)[0], abs=2)
