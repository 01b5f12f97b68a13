"""What a stranger does with lanes, on a large and a small screen, in light and dark."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers import figure, goto, new_context, selector, wait_until_quiet
from tests.browser.test_journeys import PATIENCE, trained, type_in

SCREENS = [
    pytest.param((1440, 900, "light"), id="1440-light"),
    pytest.param((420, 900, "dark"), id="420-dark"),
    pytest.param((1440, 900, "dark"), id="1440-dark", marks=pytest.mark.slow),
    pytest.param((420, 900, "light"), id="420-light", marks=pytest.mark.slow),
]
QUICK = "dataset=iris&epochs=5&loss=squared_hinge"


@pytest.fixture(params=SCREENS)
def visitor(request: pytest.FixtureRequest, browser: Browser, app: str) -> Iterator[Page]:
    """Somebody new with this screen and theme."""
    width, height, theme = request.param
    looks = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
    context = new_context(browser, base_url=app, **looks)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert not problems


def in_drawer(page: Page) -> bool:
    """Whether the controls are in a drawer, which is closed."""
    return page.viewport_size is not None and page.viewport_size["width"] < 768


def with_controls(page: Page) -> None:
    """Open the drawer of the controls, where there is one."""
    if in_drawer(page):
        page.get_by_test_id("stExpandSidebarButton").click()


def back_to_the_charts(page: Page) -> None:
    """Close the drawer."""
    if in_drawer(page):
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()


def names(page: Page, key: str) -> list[str]:
    return [line.get("name", "") for line in figure(page, key)["data"]]


def test_a_stranger_compares_lanes_and_shares_them(
    visitor: Page, browser: Browser, app: str
) -> None:
    page = visitor
    goto(page, f"/gd-vs-sgd?{QUICK}")
    expect(page.get_by_text("Each at its own tuned learning rate.")).to_be_visible(timeout=PATIENCE)
    trained(page)
    verdict = page.get_by_text("10 splits").first.bounding_box()
    chart = page.locator(selector("objective-squared_hinge")).bounding_box()
    assert verdict
    assert chart
    assert verdict["y"] < chart["y"] < 500, "the verdict and the main chart come first"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"

    with_controls(page)
    type_in(page, "lane-0-learning_rate", "1000")
    back_to_the_charts(page)
    trained(page)
    expect(page.get_by_text(re.compile(r"GD.* diverged with 10 of 10 seeds"))).to_be_visible()
    drawn = names(page, "objective-squared_hinge")
    assert [name for name in drawn if name.startswith("before: ")], "the curves of before"
    assert [name for name in drawn if "diverged" in name or "left" in name], "a mark where it left"

    with_controls(page)
    page.locator(".st-key-add-lane button").click()
    expect(page.locator(".st-key-lane-2")).to_be_visible()
    type_in(page, "lane-2-learning_rate", "0.01")
    type_in(page, "seeds", "3")
    back_to_the_charts(page)
    trained(page)
    wait_until_quiet(page)
    expect(page.get_by_text("it takes at least 6").first).to_be_visible()

    again = new_context(browser, base_url=app)
    other = again.new_page()
    goto(other, page.url)
    trained(other)
    expect(other.locator(".st-key-lane-2")).to_be_visible()
    here, there = (
        {
            line["name"]: line["y"]
            for line in figure(each, "accuracy")["data"]
            if not line.get("name", "").startswith("before: ")
        }
        for each in (page, other)
    )
    assert here == there, "the same lanes at the same rates over the same seeds"
    again.close()
