"""A first-time student without a mouse, on a screen of 420 pixels, in the dark."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from lossopt_ui.lessons.lessons import LESSONS
from tests.browser.helpers import goto, rerun, wait_until_quiet

# Whether the focus is there, before it or behind it, in the order of the page.
WHERE = """
(wanted) => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (wanted.contains(active)) return "there";
  const inPage = (element) => element.getRootNode().host ?? element;
  const [here, there] = [active, wanted].map(inPage);
  const order = here.compareDocumentPosition(there);
  return order & Node.DOCUMENT_POSITION_PRECEDING ? "behind" : "before";
}
"""
MAX_TABS = 60


@pytest.fixture
def student(page: Page) -> Page:
    page.set_viewport_size({"width": 420, "height": 900})
    page.emulate_media(color_scheme="dark")
    return page


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab, or Shift and Tab, until the focus is there."""
    wanted.wait_for(state="attached")
    for _ in range(2):  # where the page is drawn anew on the way, the focus is lost once
        for _ in range(MAX_TABS):
            where = wanted.evaluate(WHERE)
            if where == "there":
                return
            page.keyboard.press("Tab" if where == "before" else "Shift+Tab")
        wait_until_quiet(page)
    raise AssertionError("Tab does not lead there")


def activate(page: Page, wanted: Locator) -> None:
    """Tab to a button or a link, and press Enter."""
    tab_to(page, wanted)
    with rerun(page):
        page.keyboard.press("Enter")


@pytest.mark.slow  # tests/pages does every lesson
def test_a_lesson_from_start_to_end(student: Page) -> None:
    page = student
    goto(page, "/")
    activate(page, page.locator('a[href*="lesson=loss.1"]'))
    steps = LESSONS["loss"].steps
    for number, step in enumerate(steps, start=1):
        panel = page.locator(".st-key-lesson")
        expect(panel.get_by_text(f"step {number} of {len(steps)}")).to_be_visible()
        wait_until_quiet(page)
        if step.solution:
            activate(page, panel.get_by_role("button", name="Show me"))
        if step.page == "train":
            tab_to(page, page.get_by_role("button", name="Train", exact=True))
            page.keyboard.press("Enter")
        expect(panel.get_by_text("Done.")).to_be_visible(timeout=60_000)
        assert f"lesson=loss.{number}" in page.url
        if number < len(steps):
            wait_until_quiet(page)
            activate(page, panel.locator("a, button").filter(has_text="Next"))
    activate(page, page.locator("a", has_text="More lessons"))
    expect(page.get_by_text("Follow a lesson")).to_be_visible()
    wait_until_quiet(page)
    expect(page.locator(".st-key-lesson")).to_have_count(0)
    assert "lesson" not in page.url


@pytest.mark.slow  # test_playground has its keyboard's parts
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
    wait_until_quiet(page)
    activate(page, page.locator(".st-key-play button"))
    expect(updates).not_to_have_text("0")
    tab_to(page, page.locator(".st-key-play button"))
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-play")).to_contain_text("Play")
    wait_until_quiet(page)
    activate(page, page.locator(".st-key-reset button"))
    expect(updates).to_have_text("0")


@pytest.mark.slow  # test_assignment_link makes one too
def test_an_assignment_link_is_created(student: Page) -> None:
    page = student
    goto(page, "/lecture?card=scores")
    activate(page, page.get_by_role("button", name="Assignment link"))
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.locator(".st-key-class-fix input"))
    page.keyboard.type("Margin")
    with rerun(page):
        page.keyboard.press("Enter")
    expect(dialog.get_by_test_id("stCode")).to_contain_text("fix=images_margin")
    page.keyboard.press("Escape")  # the list of the box
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
