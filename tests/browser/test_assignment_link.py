"""A teacher creates an assignment link, and a student opens it."""

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.helpers import goto, new_context, rerun


def test_an_assignment_link_hides_and_fixes_controls(page: Page, browser: Browser) -> None:
    goto(page, "/train?loss=hinge&epochs=3")
    page.get_by_role("button", name="Assignment link").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    with rerun(page):
        dialog.locator(".st-key-class-hide input").focus()
        page.keyboard.type("Loss")
        page.get_by_role("option", name="Loss", exact=True).click()
    with rerun(page):
        dialog.locator(".st-key-class-fix input").focus()
        page.keyboard.type("Strength")
        page.get_by_role("option", name="Strength λ", exact=True).click()
    code = dialog.get_by_test_id("stCode")
    expect(code).to_contain_text("hide=loss")
    expect(code).to_contain_text("fix=strength")
    link = code.inner_text().replace("\n", "").strip()
    preview = dialog.frame_locator("iframe")
    expect(preview.get_by_role("heading", name="Train a classifier")).to_be_visible()
    expect(label(preview, "Strength λ")).to_be_visible()
    expect(label(preview, "Loss")).to_have_count(0)

    pupil = new_context(browser)
    other = pupil.new_page()
    other.goto(link)
    expect(
        other.get_by_text("The link that you opened hides or fixes parts of this page")
    ).to_be_visible()
    expect(other.get_by_role("spinbutton", name="Strength λ")).to_be_disabled()
    expect(label(other, "Loss")).to_have_count(0)
    expect(other.get_by_text("Objective: Hinge").first).to_be_visible(timeout=60_000)
    pupil.close()


def label(page: Page | FrameLocator, name: str) -> Locator:
    """The label of a control; results may have the same word as a heading."""
    return page.get_by_test_id("stWidgetLabel").get_by_text(name, exact=True)
