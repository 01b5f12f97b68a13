"""Downloads of figures: their width, and what the browser gets to print."""

import re

from playwright.sync_api import Locator, Page


def keep_what_is_printed(page: Page) -> None:
    """From the next page on, keep what is printed instead of opening the browser's dialog."""
    kept = "(window.top.printed ??= []).push(document.documentElement.outerHTML)"
    page.add_init_script(f"window.print = () => {kept}")


def printed(page: Page, chart: Locator) -> str:
    """What the browser gets to print."""
    chart.hover()
    chart.locator("[data-title='Print or save as PDF']").click()
    page.wait_for_function("window.printed?.length > 0")
    text: str = page.evaluate("window.printed.pop()")
    return text


def choose_width(page: Page, chart: Locator, width: int) -> None:
    """Choose the width of downloads, in pixels."""
    chart.hover()
    chart.locator("[data-title='Width of downloads']").click()
    dialog = page.get_by_role("dialog", name="Width of downloads")
    dialog.get_by_label("Width of figures").fill(str(width))
    dialog.get_by_role("button", name="Apply").click()


def size_in_points(page: Page, paper: str) -> list[tuple[float, float]]:
    """Width and height of each page of the PDF file of what is printed."""
    page.goto("about:blank")
    page.set_content(paper)
    file = page.pdf(prefer_css_page_size=True)
    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", file)
    return [(float(width), float(height)) for width, height in found]
