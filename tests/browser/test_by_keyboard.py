"""A first-time student without a mouse, on a screen of 420 pixels, in the dark."""

import re
from collections.abc import Callable

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
  const together = active.getRootNode() === wanted.getRootNode();
  const [here, there] = together ? [active, wanted] : [active, wanted].map(inPage);
  const order = here.compareDocumentPosition(there);
  return order & Node.DOCUMENT_POSITION_PRECEDING ? "behind" : "before";
}
"""
MAX_TABS = 60
TRAINING = ("train", "hinge-vs-cross-entropy", "gd-vs-sgd", "sweep")
Use = Callable[[Page, Locator], None]


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


def press(page: Page, wanted: Locator) -> None:
    """Click on a button or a link."""
    with rerun(page):
        wanted.click()


@pytest.mark.slow  # tests/ui/lessons solves every step
@pytest.mark.parametrize("use", [activate, press], ids=["keyboard", "pointer"])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_from_start_to_end(student: Page, name: str, use: Use) -> None:
    page = student
    goto(page, "/lessons")
    use(page, page.locator(f'a[href*="lesson={name}.1"]').first)
    steps = LESSONS[name].steps
    for number, step in enumerate(steps, start=1):
        panel = page.locator(".st-key-lesson")
        expect(panel.get_by_text(f"step {number} of {len(steps)}")).to_be_visible()
        wait_until_quiet(page)
        if step.solution:
            use(page, panel.get_by_role("button", name="Show me"))
        train = page.locator(".st-key-train button")
        if step.page in TRAINING and not step.solution and train.count():
            tab_to(page, train)
            page.keyboard.press("Enter")
        expect(panel.get_by_text("Done.")).to_be_visible(timeout=120_000)
        if step.shows and number < len(steps):
            shown = page.locator(f'[class*="st-key-{step.shows}"]').first
            expect(shown).to_have_css("outline-style", "solid")
            expect(shown).to_be_in_viewport()
        assert f"lesson={name}.{number}" in page.url
        if number < len(steps):
            wait_until_quiet(page)
            use(page, panel.locator("a, button").filter(has_text=re.compile("Next$")))
    expect(panel.get_by_text("What you have learned")).to_be_visible()
    use(page, page.locator("a", has_text="More lessons"))
    expect(page.get_by_text(f"{len(steps)} of {len(steps)} steps done").first).to_be_visible()
    wait_until_quiet(page)
    expect(page.locator(".st-key-lesson")).to_have_count(0)
    assert "lesson=" not in page.url
    # The progress is kept in the browser, for another visit.
    goto(page, "/lessons")
    expect(page.get_by_text(f"{len(steps)} of {len(steps)} steps done").first).to_be_visible()


def test_a_step_outlines_its_subject_and_stays_in_its_place(page: Page) -> None:
    goto(page, "/lecture?card=numeric_gradient&lesson=gradient-check.1")
    subject = page.locator(".st-key-slide_step")
    expect(subject).to_have_css("outline-style", "solid")
    expect(subject).to_be_in_viewport()
    following = page.locator(".st-key-lesson").locator("a, button").filter(has_text="Next")
    before = following.bounding_box()
    with rerun(page):
        following.click()
    expect(page.get_by_text("step 2 of 5")).to_be_visible()
    assert following.bounding_box() == before, "the next click goes to the same place"


def test_a_lesson_stays_in_view_with_what_came_of_a_step(page: Page) -> None:
    """A part that is folded away is unfolded; "Show me" goes to what the step is about."""
    lesson = page.locator(".st-key-lesson")
    goto(page, "/train?lesson=loss.4&live=false&loss=hinge&epochs=1")
    margin = page.locator(".st-key-margin")
    expect(margin).to_have_css("outline-style", "solid")
    expect(margin).to_be_in_viewport()
    goto(page, "/lecture?card=level_sets&lesson=sparsity.3")
    lesson.get_by_role("button", name="Show me").click()
    figure = page.locator(".st-key-card-plane")
    expect(figure).to_have_css("outline-style", "solid")
    expect(figure).to_be_in_viewport(ratio=0.9)
    expect(lesson).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 420, "height": 900})
    goto(page, "/train?lesson=regularisation.3&live=false&epochs=1")
    expect(page.get_by_test_id("stExpandSidebarButton")).to_have_css("outline-style", "solid")
    expect(lesson).to_be_in_viewport()


@pytest.mark.slow  # test_playground has its keyboard's parts
def test_points_steps_and_time_on_the_playground(student: Page) -> None:
    page = student
    goto(page, "/playground?loss=hinge&optimizer=gd&updates=0")
    updates = page.locator(".arena output")
    activate(page, page.locator(".arena .steps"))
    expect(updates).to_have_text("Update 10 of 10")
    tab_to(page, page.locator(".arena .travel"))
    page.keyboard.press("Home")
    expect(updates).to_have_text("Update 0 of 10")
    wait_until_quiet(page)
    tab_to(page, page.locator(".arena canvas.plane").first)
    page.keyboard.press("ArrowUp")
    page.wait_for_url(re.compile("own_points=500.450A"))
    wait_until_quiet(page)
    activate(page, page.locator(".arena .play"))
    expect(updates).not_to_have_text(re.compile("^Update 0"))
    tab_to(page, page.locator(".arena .play"))
    page.keyboard.press("Enter")
    expect(page.locator(".arena .play")).to_have_text("Play")
    wait_until_quiet(page)
    activate(page, page.locator(".arena .reset"))
    expect(updates).to_have_text(re.compile("^Update 0"))


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
