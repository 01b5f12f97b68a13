"""Files as people have them: dropped, the preview read, kept, and trained on or compared."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import goto, rerun

FILES = Path(__file__).parents[1] / "files"
pytestmark = pytest.mark.slow  # tests/pages shows the same without a browser


def drop(page: Page, path: Path) -> None:
    page.locator('input[type="file"]').set_input_files(path)


def shows(page: Page, sentence: str) -> None:
    expect(page.get_by_text(sentence).first).to_be_visible()


def save_and_train(page: Page) -> None:
    with rerun(page):
        page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Train on it").first.click()
    page.wait_for_url(re.compile("dataset=own"))
    # Short trainings start by themselves.
    expect(page.locator(".lossopt-figure").first).to_be_visible(timeout=90_000)


def import_curves(page: Page, path: Path, sentence: str, *runs: str) -> None:
    """Import a file on the Compare page, and find its runs in the chart."""
    goto(page, "/compare?x=epoch")
    page.get_by_role("button", name="Import").first.click()
    drop(page, path)
    shows(page, sentence)
    page.locator(".st-key-bring-in button").click()
    expect(page).to_have_url(re.compile("runs="))
    for run in runs:
        expect(page.locator(".lossopt-figure", has_text=run).first).to_be_visible()


def test_kaggles_iris_is_trained_on_without_its_id(page: Page) -> None:
    goto(page, "/data")
    drop(page, FILES / "data" / "20b-iris-kaggle.csv")
    shows(page, "'Id' alone reaches")
    with rerun(page):
        page.get_by_role("button", name="Save", exact=True).click()
    shows(page, "150 examples, 4 features, 3 classes")
    page.get_by_role("link", name="Train on it").first.click()
    page.wait_for_url(re.compile("dataset=own"))


def test_a_table_with_semicolons_and_thousands_is_trained_on(page: Page) -> None:
    goto(page, "/data")
    drop(page, FILES / "data" / "26c-semicolon-german-thousands.csv")
    shows(page, "is 1022, as it stands next to 985")
    save_and_train(page)


def test_a_keras_history_with_its_index_is_compared(page: Page) -> None:
    file = FILES / "logs" / "02-keras-history-index.csv"
    import_curves(page, file, "the index: epochs, a guess", "02-keras-history-index.csv")


def test_an_export_of_wandb_over_epochs_is_compared(page: Page) -> None:
    file = FILES / "logs" / "01-wandb-epoch-axis.csv"
    import_curves(page, file, "Read as an export of W&B with 2 runs", "adam-lr1", "sgd-lr1")


def test_the_curves_of_a_folder_are_one_import(page: Page, tmp_path: Path) -> None:
    for run in ("first", "second"):
        place = tmp_path / "logs" / run
        place.mkdir(parents=True)
        (place / "metrics.csv").write_text("epoch,loss\n0,2\n1,1\n", encoding="utf-8")
    goto(page, "/compare?x=epoch")
    page.get_by_role("button", name="Import").first.click()
    with rerun(page):
        page.get_by_text("A whole folder").click()
    drop(page, tmp_path / "logs")
    shows(page, "2 curves will be imported.")
    page.locator(".st-key-bring-in button").click()
    expect(page).to_have_url(re.compile("runs="))
    for run in ("first/metrics.csv", "second/metrics.csv"):
        expect(page.locator(".lossopt-figure", has_text=run).first).to_be_visible()
