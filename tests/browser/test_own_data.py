"""An upload, from the disk to a trained run."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import figure, goto, rerun

ROWS = "".join(f"{k % 7},{(k * 3) % 11},c{k % 3}\n" for k in range(60))


def bring(page: Page, path: Path) -> None:
    """Choose a file, and wait until it has been read."""
    page.locator('input[type="file"]').set_input_files(path)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()


def test_a_table_is_uploaded_saved_and_trained_on(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text(f"width,height,kind\n{ROWS}")
    goto(page, "/data")
    bring(page, path)
    assert figure(page, "balance")["data"][0]["y"] == ["c0", "c1", "c2"]
    with rerun(page):
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("60 examples, 2 features, 3 classes")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    kept = np.load(download.value.path())
    assert kept["X"].shape == (60, 2)
    page.get_by_role("link", name="Train on it").click()
    page.wait_for_url(re.compile("dataset=own"))
    expect(page.locator(".st-key-below")).to_be_visible(timeout=60_000)
    # The address is all that somebody with the same file needs.
    goto(page, page.url)
    expect(page.get_by_role("combobox", name="Uploaded data set")).to_have_value("things")


def test_a_ragged_file_is_refused_with_its_row(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("x,kind\n1,a\n2,b,c\n")
    goto(page, "/data")
    page.locator('input[type="file"]').set_input_files(path)
    expect(page.get_by_text("Row 3 has 3 cells instead of 2")).to_be_visible()


@pytest.mark.slow  # test_texts shows it of every kind of text
def test_names_in_a_file_are_shown_as_text(page: Page, tmp_path: Path) -> None:
    link, image = "<a href='http://example.org'>press</a>", "![x](http://example.org/a.png)"
    path = tmp_path / "marked.csv"
    rows = "".join(f"{k % 7},{k * 3 % 11},{k * 5 % 13},{k % 2}\n" for k in range(40))
    named = rows.replace(",0\n", f",{link}\n").replace(",1\n", f",{image}\n")
    path.write_text(f"<b>width</b>,height,depth,kind\n{named}")
    goto(page, "/data")
    bring(page, path)
    with rerun(page):
        page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Train on it").first.click()  # the newest
    page.wait_for_url(re.compile("dataset=own"))
    goto(page, page.url + "&below=weights&each=true")
    figure(page, "portrait-0")
    figure(page, "confusion-0")
    cells = page.locator(".st-key-portrait-0 .lossopt-figure")
    expect(cells).to_contain_text("<b>width</b>")
    for key in ("portrait-0", "confusion-0"):
        shown = page.locator(f".st-key-{key} .lossopt-figure")
        expect(shown).to_contain_text("press</a>")
        expect(shown).to_contain_text("![x]")
    page.get_by_role("link", name="Inspect").first.click()
    expect(page.get_by_text("true class").first).to_be_visible()
    marks = page.locator("a[href*='example.org'], img[src*='example.org']")
    assert marks.evaluate_all("(all) => all.map((each) => each.parentElement.outerHTML)") == []
