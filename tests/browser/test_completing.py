"""The filter of Compare completes while one types, without a mouse."""

import pytest
from playwright.sync_api import Locator, Page, expect

from lossopt_core import Experiment, RunStore, train
from tests.browser.helpers import goto, rerun

BASE = Experiment(
    dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2, split_seed=78
)
LEAST = 44
"""Height in pixels that a finger hits."""


@pytest.fixture
def field(page: Page, environment: dict[str, str]) -> Locator:
    """The field of the filter, on a page with runs of two losses."""
    store = RunStore(environment["LOSSOPT_STORE"])
    store.save(train([BASE.replace(loss=loss) for loss in ("hinge", "squared_hinge")]))
    goto(page, "/compare")
    return page.get_by_role("combobox", name="Filter")


def choose(page: Page, name: str) -> None:
    """Go down to the completion, and take it."""
    option = page.get_by_role("option", name=name).first
    expect(option).to_be_visible()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        if option.get_attribute("aria-selected") == "true":
            break
    page.keyboard.press("Enter")


def test_a_filter_is_typed_and_chosen_with_the_keyboard(page: Page, field: Locator) -> None:
    listed = page.get_by_role("listbox", name="Completions of the filter")
    field.focus()
    expect(listed).to_be_hidden()
    page.keyboard.type("lo")
    expect(listed).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    boxes = [each.bounding_box() for each in page.get_by_role("option").all()]
    assert boxes
    assert all(box is not None and box["height"] >= LEAST for box in boxes)

    # Escape leaves what was typed; what is chosen is completed further.
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(field).to_have_value("lo")
    page.keyboard.press("ArrowDown")
    choose(page, "loss setting")
    expect(field).to_have_value("loss ")
    choose(page, "= equal to")
    page.keyboard.type("sq")
    choose(page, "Squared hinge")
    expect(field).to_have_value("loss = Squared hinge ")
    assert "filter=" not in page.url
    with rerun(page):
        page.keyboard.press("Enter")
    expect(listed).to_be_hidden()
    assert "filter=loss+%3D+Squared+hinge" in page.url
    expect(page.get_by_text("1 of ").first).to_be_visible()


def test_what_is_typed_is_applied_as_it_stands(page: Page, field: Locator) -> None:
    """Enter takes no completion that nobody went to, and a click takes one."""
    field.focus()
    page.keyboard.type("hin")
    expect(page.get_by_role("option").first).to_be_visible()
    with rerun(page):
        page.keyboard.press("Enter")
    assert page.url.endswith("filter=hin")
    expect(field).to_have_value("hin")
    field.fill("learning ra")
    page.get_by_role("option", name="learning rate").click()
    expect(field).to_have_value("learning rate ")
    expect(field).to_be_focused()
