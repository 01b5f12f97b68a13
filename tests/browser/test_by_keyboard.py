"""A first-time student without a mouse, on a screen of 420 pixels, in the dark."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.helpers import COUNT_MESSAGES, goto, rerun, wait_until_quiet

HAS_FOCUS = """
(element) => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return element === active || element.contains(active);
}
"""
MOST_TABS = 60


@pytest.fixture(scope="module")
def student(browser: Browser, app: str) -> Iterator[Page]:
    context = browser.new_context(
        base_url=app, viewport={"width": 420, "height": 900}, color_scheme="dark"
    )
    context.add_init_script(COUNT_MESSAGES)
    page = context.new_page()
    yield page
    context.close()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, as it must be within a page's length."""
    wanted.wait_for(state="attached")
    for _ in range(MOST_TABS):
        if wanted.evaluate(HAS_FOCUS):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")


def activate(page: Page, wanted: Locator) -> None:
    """Tab to a button or a link, and press Enter."""
    tab_to(page, wanted)
    with rerun(page):
        page.keyboard.press("Enter")


def test_a_lesson_from_start_to_end(student: Page) -> None:
    page = student
    goto(page, "/")
    activate(page, page.locator('a[href*="lesson=loss.1"]'))
    for number in range(1, 7):
        panel = page.locator(".st-key-lesson")
        expect(panel.get_by_text(f"step {number} of 6")).to_be_visible()
        wait_until_quiet(page)
        if not panel.get_by_text("Done.").is_visible():
            if panel.get_by_role("button", name="Show me").is_visible():
                activate(page, panel.get_by_role("button", name="Show me"))
            train = page.get_by_role("button", name="Train", exact=True)
            if train.is_visible():
                tab_to(page, train)
                page.keyboard.press("Enter")
        expect(panel.get_by_text("Done.")).to_be_visible(timeout=60_000)
        assert f"lesson=loss.{number}" in page.url
        if number < 6:
            wait_until_quiet(page)
            page.evaluate("document.activeElement.blur()")
            activate(page, panel.locator("a, button").filter(has_text="Next step"))
    expect(page.get_by_text("More lessons")).to_be_visible()


def test_the_cat_s_score_is_edited(student: Page) -> None:
    page = student
    goto(page, "/lecture?card=scores")
    tab_to(page, page.locator(".st-key-images-0-0 input"))
    page.keyboard.press("Control+A")
    page.keyboard.type("6.1")
    with rerun(page):
        page.keyboard.press("Enter")
    loss = page.locator("annotation").filter(has_text="0 + 0 = 0").filter(has_text="cat")
    expect(loss).to_have_count(1)


def test_points_steps_and_time_on_the_playground(student: Page) -> None:
    page = student
    goto(page, "/playground?loss=hinge&optimizer=gd")
    updates = page.get_by_test_id("stMetricValue").first
    activate(page, page.locator(".st-key-k_steps button"))
    expect(updates).to_have_text("10")
    tab_to(page, page.locator(".st-key-time input"))
    page.keyboard.press("Home")
    expect(page.locator(".st-key-time output")).to_contain_text("Update 0 of 10")
    expect(updates).to_have_text("0")
    wait_until_quiet(page)
    tab_to(page, page.locator(".st-key-plane-left svg.picture"))
    page.keyboard.press("ArrowUp")
    page.wait_for_url(re.compile("own_points=500.450A"))
    activate(page, page.locator(".st-key-undo button"))
    expect(page).not_to_have_url(re.compile("own_points="))
    page.evaluate("document.activeElement.blur()")
    activate(page, page.locator(".st-key-play button"))
    expect(updates).not_to_have_text("0")
    tab_to(page, page.locator(".st-key-play button"))
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-play")).to_contain_text("Play")
    wait_until_quiet(page)
    activate(page, page.locator(".st-key-reset button"))
    expect(updates).to_have_text("0")


def test_a_link_for_a_class_is_made(student: Page) -> None:
    page = student
    goto(page, "/lecture?card=scores")
    activate(page, page.get_by_role("button", name="Link for a class"))
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.locator(".st-key-class-fix input"))
    page.keyboard.type("Margin")
    with rerun(page):
        page.keyboard.press("Enter")
    expect(dialog.get_by_test_id("stCode")).to_contain_text("fix=images_margin")
    page.keyboard.press("Escape")  # the list of the box
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
