"""The frame of every page, and figures that keep what a person has set in them."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lossopt_ui.state.pages import SECTIONS, START
from tests.browser.figures_app import WIDE
from tests.browser.helpers import PATIENCE, figure, go_to, goto, rerun, selector, server, shown_text
from tests.programs import ROOT


@pytest.fixture
def fresh_app(environment: dict[str, str]) -> Iterator[str]:
    """The address of a server that nobody has visited."""
    with server(ROOT / "streamlit_app.py", environment=environment) as address:
        yield address


# The server comes before the page, so that it goes after it: a page without one logs errors.
@pytest.mark.parametrize("name", ["compare", "lecture"])
def test_the_first_visit_to_a_fresh_server_may_be_to_any_page(fresh_app, page: Page, name):
    query = {"sweep": "seeds=7", "lecture": "card=softmax"}.get(name, "log_y=true")
    goto(page, f"{fresh_app}/{name}?{query}")
    expect(page.get_by_test_id("stTopNavSection")).to_have_text(list(filter(None, SECTIONS)))
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.url == f"{fresh_app}/{name}?{query}"
    assert "Page not found" not in shown_text(page)
    assert not page.get_by_test_id("stSidebarNav").count(), "the folder's own navigation"


def test_every_page_is_reached_by_the_navigation(page: Page):
    goto(page, "/lessons")
    page.get_by_test_id("stTopNavLink").click()
    expect(page.get_by_role("heading", name=START.heading, exact=True)).to_be_visible()
    for section in filter(None, SECTIONS):
        for each in SECTIONS[section]:
            go_to(page, section, each.title)
            expect(page.get_by_role("heading", level=1, name=each.heading)).to_be_visible()
            expect(page.get_by_test_id("stException")).to_have_count(0)
            assert "Page not found" not in shown_text(page)


@pytest.mark.parametrize("name", ["train", "compare"])
def test_the_header_leaves_the_screen_to_the_page(page: Page, name):
    page.set_viewport_size({"width": 1440, "height": 900})
    goto(page, f"/{name}")
    box = page.get_by_role("heading", level=1).bounding_box()
    assert box
    assert box["y"] + box["height"] <= 104
    for label in ("Share", "Assignment link"):
        button = page.get_by_role("button", name=label).bounding_box()
        assert button
        assert abs(button["y"] + button["height"] / 2 - box["y"] - box["height"] / 2) < 4


def test_the_address_is_shared_as_it_is(page: Page):
    goto(page, "/train?epochs=7")
    page.get_by_role("button", name="Share").click()
    address = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    expect(address).to_contain_text("/train?epochs=7")
    assert address.inner_text().strip() == page.url


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app with figures, served below a path as behind a proxy."""
    place = tmp_path_factory.mktemp("figures")
    shutil.copy(Path(__file__).with_name("figures_app.py"), place)
    shutil.copytree(ROOT / "static", place / "static")
    shutil.copytree(ROOT / ".streamlit", place / ".streamlit")
    with server(place / "figures_app.py", base_path="some/path") as address:
        yield f"{address}/"


def axis_ranges(page: Page, key: str) -> list[list[float]]:
    layout = figure(page, key)["layout"]
    return [layout["xaxis"]["range"], layout["yaxis"]["range"]]


def width(page: Page, css: str) -> float:
    box = page.locator(css).first.bounding_box()
    assert box, f"{css} is not shown"
    return box["width"]


def drag(page: Page, css: str) -> None:
    """Zoom in by dragging over the middle of a figure."""
    box = page.locator(f"{css} .nsewdrag").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()


def test_zoom_and_hidden_lines_survive_new_data(page: Page, figures):
    goto(page, figures)
    before = figure(page, "wide")
    page.locator(selector("wide")).evaluate("element => { element.mark = true; }")
    drag(page, selector("wide"))
    page.locator(f"{selector('wide')} .legendtoggle").nth(1).click()
    page.wait_for_function(
        "css => document.querySelector(css).data[1].visible === 'legendonly'",
        arg=selector("wide"),
    )
    zoomed = axis_ranges(page, "wide")
    assert zoomed[0] != before["layout"]["xaxis"]["range"]
    with rerun(page):
        page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("moved 1")).to_be_visible()
    after = figure(page, "wide")
    assert after["data"][0]["y"] == pytest.approx([y + 1 for y in before["data"][0]["y"]])
    assert axis_ranges(page, "wide") == zoomed
    assert after["data"][1]["visible"] == "legendonly"
    assert page.locator(selector("wide")).evaluate("element => element.mark")


def test_a_box_can_be_dragged_while_new_data_come(page: Page, figures):
    goto(page, figures)
    area = page.locator(selector("boxed")).locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    before = figure(page, "boxed")["data"][0]["y"][0]
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60, steps=4)
    page.evaluate("document.querySelector('.st-key-move button').click()")
    expect(page.get_by_text("moved 1")).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(300)
    assert figure(page, "boxed")["data"][0]["y"][0] == before, "it waits for the box"
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 100, steps=4)
    page.mouse.up()
    low, high = axis_ranges(page, "boxed")[0]
    ends = [round(low + share * (high - low)) for share in (0.2, 0.6)]
    said = page.get_by_text(re.compile(r"^box \["))
    expect(said).to_be_visible(timeout=PATIENCE)
    assert json.loads(said.inner_text().removeprefix("box ")) == pytest.approx(ends, abs=1)
    assert figure(page, "boxed")["data"][0]["y"][0] == pytest.approx(before + 1)


def test_an_untouched_figure_follows_its_data(page: Page, figures):
    goto(page, figures)
    low, high = axis_ranges(page, "wide")[1]
    with rerun(page):
        page.get_by_role("button", name="Move").click()
    assert axis_ranges(page, "wide")[1] == pytest.approx([low + 1, high + 1])


def test_a_figure_and_its_script_follow_the_theme(page: Page, figures):
    text = f"getComputedStyle(document.querySelector('{selector('wide')} .xtitle')).fill"
    page.emulate_media(color_scheme="light")
    goto(page, figures)
    figure(page, "wide")
    expect(page.get_by_text("theme light, moved 0")).to_be_visible()
    assert page.evaluate(text) == "rgb(26, 26, 26)"
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_text("theme dark, moved 0")).to_be_visible()
    assert page.evaluate(text) == "rgb(240, 240, 240)"


def test_a_figure_is_as_wide_as_its_place(page: Page, figures):
    goto(page, figures)
    for key in ("wide", "narrow", "in open tab"):
        figure(page, key)
        assert width(page, f"{selector(key)} .main-svg") == width(page, selector(key)) > 200
    page.get_by_role("tab", name="hidden").click()
    place = page.locator(selector("in-hidden-tab"))
    expect(place.locator(".main-svg").first).to_be_visible()
    css = selector("in-hidden-tab")
    page.wait_for_function(
        "css => document.querySelector(`${css} .main-svg`).clientWidth"
        " === document.querySelector(css).clientWidth",
        arg=css,
    )
    assert width(page, css) == width(page, selector("wide"))
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function(
        "css => document.querySelector(`${css} .main-svg`).clientWidth < 420",
        arg=selector("wide"),
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_a_figure_changes_its_height(page: Page, figures):
    goto(page, figures)
    figure(page, "wide")
    with rerun(page):
        page.get_by_text("Tall").click()
    page.wait_for_function(
        "css => document.querySelector(`${css} .main-svg`).clientHeight === 460",
        arg=selector("wide"),
    )


def test_a_figure_says_what_it_shows(page: Page, figures):
    goto(page, figures)
    expect(page.get_by_role("figure", name=WIDE)).to_be_visible()


def test_charts_over_the_same_quantity_show_the_same_x(page: Page, figures):
    page.set_viewport_size({"width": 1200, "height": 1900})
    goto(page, figures)
    keys = ("hover-one", "hover-other", "hover-unlike")
    for key in keys:
        figure(page, key)
    one, other, unlike = (page.locator(f"{selector(key)} .hoverlayer .legend") for key in keys)
    area = page.locator(f"{selector('hover-one')} .nsewdrag")
    box = area.bounding_box()
    assert box
    area.hover(position={"x": 0.4 * box["width"], "y": 0.5 * box["height"]})
    expect(one).to_be_visible()
    expect(other).to_be_visible()
    assert one.text_content() == other.text_content()
    assert "fast" in (one.text_content() or "")
    expect(unlike).to_have_count(0)
    page.get_by_role("button", name="Move").hover()
    expect(one).to_have_count(0)
    expect(other).to_have_count(0)


def test_a_figure_leaves_and_comes_back(page: Page, figures):
    goto(page, figures)
    figure(page, "narrow")
    with rerun(page):
        page.get_by_text("Keep the second figure").click()
    expect(page.locator(selector("narrow"))).to_have_count(0)
    with rerun(page):
        page.get_by_text("Keep the second figure").click()
    assert len(figure(page, "narrow")["data"]) == 2


def test_without_its_library_a_figure_says_so(page: Page, figures):
    page.route("**/plotly-*.js", lambda route: route.fulfill(status=200, body=""))
    goto(page, figures)
    expect(page.locator(selector("wide"))).to_contain_text("could not be drawn")
