"""Journeys among forty runs of two days: find a run again, continue it, report on three groups."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as BrowserTimeoutError

from lossopt_core import Run, RunStore
from tests import two_days
from tests.browser.helpers import PATIENCE, figure, goto, new_context, rerun
from tests.programs import wait_until


@pytest.fixture(scope="session")
def runs(environment: dict[str, str]) -> list[Run]:
    """The runs, in the store of the server."""
    return two_days.fill(RunStore(environment["LOSSOPT_STORE"]))


SCREENS = [
    (1440, "light"),
    *(
        pytest.param(*screen, marks=pytest.mark.slow)
        for screen in ((1440, "dark"), (420, "light"), (420, "dark"))
    ),
]


def choose_chip(page: Page, label: str, *, rows: int) -> None:
    """Narrow the list to so many rows by a further chip."""
    with rerun(page):
        page.locator(".st-key-chips-choice input").fill(label)
        page.get_by_role("option", name=label, exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text(re.compile(f" in {rows} rows"))).to_be_visible()


def take_report(page: Page, file: Path) -> str:
    """Choose the second group as the baseline; save the report, and return the verdict."""
    choice = page.locator(".st-key-baseline-choice input")
    second = page.get_by_role("option", name="Baseline: Hinge, α 1e-05", exact=True)
    with rerun(page):
        choice.click()
        with suppress(BrowserTimeoutError):  # the last certificate has come, and closed the list
            second.wait_for(timeout=5000)
        if not second.is_visible():
            choice.click()
        second.click()
    verdict = page.get_by_text(re.compile("Furthest ahead of 2 curves compared")).first
    expect(verdict).to_contain_text("than Hinge, α 1e-05 (7 seeds)")
    said = verdict.inner_text()
    drawn = "[...document.querySelectorAll('.lossopt-figure')].every(each => each._fullLayout)"
    page.wait_for_function(drawn)
    with rerun(page):
        page.get_by_role("button", name="Report", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    download.value.save_as(file)
    return said


def check_offline(browser: Browser, file: Path, verdict: str) -> None:
    """The report shows the verdict and the charts of all three groups without a network."""
    offline = new_context(browser, viewport={"width": 1280, "height": 900}, offline=True)
    report = offline.new_page()
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto(file.as_uri())
    expect(report.get_by_text(verdict).first).to_be_visible()
    expect(report.locator(".legendtext")).to_have_count(3)
    expect(report.get_by_text("Paired differences")).to_be_visible()
    assert asked == [file.as_uri()]
    offline.close()


def curves(page: Page) -> set[str]:
    """The names of the curves, without their numbers."""
    return {
        line["name"].split(":")[0]
        for line in figure(page, "curves-all")["data"]
        if line.get("mode") == "lines" and "band" not in line["name"]
    }


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_yesterdays_best_on_digits_is_found_and_trained_longer_and_three_groups_are_reported(
    page: Page,
    browser: Browser,
    environment: dict[str, str],
    runs: list[Run],
    tmp_path: Path,
    width: int,
    scheme: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    goto(page, "/compare?y=test_accuracy")
    choose_chip(page, "When: Yesterday", rows=3)
    choose_chip(page, "Data set: Digits", rows=3)
    choose_chip(page, "Best: Best 3 per data set", rows=3)
    report = tmp_path / "report.html"
    verdict = take_report(page, report)
    check_offline(browser, report, verdict)

    # The best comes first.  Without the others, it can be trained longer.
    page.keyboard.press("Escape")
    table = page.get_by_test_id("stDataFrame").first
    for row in (1, 2):
        with rerun(page):
            table.click(position={"x": 16, "y": 35 + 35 * row + 17})
    best = two_days.DIGITS.replace(loss="hinge")
    assert curves(page) == {"Hinge"}
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Continues all 7 runs from the saved weights")).to_be_visible()
    page.locator(".st-key-train-longer button").click()
    expect(page.get_by_text("Trained to 4 epochs.")).to_be_visible(timeout=PATIENCE)
    store = RunStore(environment["LOSSOPT_STORE"])
    assert not store.missing([best.replace(seed=seed, epochs=4) for seed in range(two_days.SEEDS)])
    # They are of today, and shown beside those of yesterday.
    expect(page.get_by_text("hidden by the filter")).to_have_count(0)
    wait_until(lambda: curves(page) == {"epochs 2", "epochs 4"})
