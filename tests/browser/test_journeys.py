"""Typical tasks in a real browser, judged by what is on the screen."""

import io
import re
import time
from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as BrowserTimeoutError

from lossopt_core import Experiment, certify, train, with_distance
from tests.browser.helpers import (
    ONE,
    figure,
    go_to,
    goto,
    new_context,
    rerun,
    selector,
    server,
    shown_text,
    wait_until_quiet,
)
from tests.helpers import trace
from tests.programs import ROOT

PATIENCE = 30_000
"""Milliseconds for a training; the first one in a process imports scikit-learn."""


def press_train(page: Page) -> None:
    """Train, and wait until the runs are saved."""
    page.locator(".st-key-train button").click()
    trained(page)


def trained(page: Page) -> None:
    """Wait until the page has nothing left to train."""
    expect(page.locator(".st-key-train")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".st-key-below")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-stop")).to_have_count(0, timeout=PATIENCE)


def choose(page: Page, key: str, option: str) -> None:
    """Choose an option of a select box by its label."""
    with rerun(page):
        page.locator(f".st-key-{key} input").first.click()
        wanted = page.get_by_role("option", name=option, exact=True)

        def clicked() -> bool:
            """What comes late for the page closes the list again."""
            try:
                wanted.click(timeout=1_000)
            except BrowserTimeoutError:
                page.keyboard.press("ArrowDown")
                return False
            return True

        wait_for(page, clicked)


def type_in(page: Page, key: str, text: str) -> None:
    """Type into a box, and confirm."""
    with rerun(page):
        page.locator(f".st-key-{key} input").first.click()
        page.keyboard.press("Control+a")
        page.keyboard.type(text, delay=30)
        page.keyboard.press("Enter")


def wait_for(page: Page, condition: Callable[[], object]) -> None:
    """Look again until the condition holds."""
    for _ in range(PATIENCE // 100):
        if condition():
            return
        page.wait_for_timeout(100)
    pytest.fail("the page did not come to show what it should")


def test_from_the_first_visit_to_a_trained_run(page: Page) -> None:
    goto(page, "/")
    expect(page.get_by_text("Open a ready-made experiment")).to_be_visible()
    go_to(page, "Experiment", "Train")
    expect(page.get_by_role("heading", name="Train a classifier")).to_be_visible()
    type_in(page, "seeds", "1")
    type_in(page, "learning_rate", "0.1")
    type_in(page, "epochs", "5")
    trained(page)

    [run] = train([Experiment(epochs=5)])
    expect(
        page.get_by_text(f"Test accuracy {100 * run.final['test_accuracy']:.4g} %")
    ).to_be_visible()
    drawn = trace(figure(page, "objective-cross_entropy"), "Cross-entropy")
    assert drawn["y"] == pytest.approx(run.history["objective"].tolist(), rel=1e-9)
    expect(page.get_by_text("zero weights: 2.303")).to_be_visible()


def test_hinge_vs_cross_entropy(page: Page) -> None:
    goto(page, f"/hinge-vs-cross-entropy?epochs=4&below=example&{ONE}")
    press_train(page)
    for loss, label in {"hinge": "Hinge", "cross_entropy": "Cross-entropy"}.items():
        [run] = train([Experiment(epochs=4, loss=loss)])
        drawn = trace(figure(page, f"objective-{loss}"), label)
        assert drawn["y"] == pytest.approx(run.history["objective"].tolist(), rel=1e-9)
    assert len(figure(page, "accuracy")["data"]) == 4
    # Certificates are looked for meanwhile: what comes first need not be the answer to the click.
    page.get_by_role("button", name="Worst for cross-entropy").click()
    expect(page).to_have_url(re.compile("example="), timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"Cross-entropy = \d\.\d{3}"))).to_be_visible()


FIRST_SCREENS = {
    "train": ["objective-cross_entropy", "accuracy"],
    "hinge-vs-cross-entropy": ["objective-hinge", "objective-cross_entropy", "accuracy"],
    "gd-vs-sgd": ["objective-cross_entropy", "accuracy"],
}


def test_the_first_screen_has_the_verdict_and_all_charts_without_a_click(page: Page) -> None:
    for address, charts in FIRST_SCREENS.items():
        goto(page, f"/{address}?dataset=iris&epochs=5")
        words = page.get_by_text(re.compile("tuned learning rate"))
        expect(words.first).to_be_visible(timeout=PATIENCE)
        trained(page)
        verdict = words.first.bounding_box()
        assert verdict is not None
        for key in charts:
            box = page.locator(selector(key)).bounding_box()
            assert box is not None
            assert verdict["y"] + verdict["height"] <= box["y"] < 200, address
            assert box["y"] + box["height"] < 900, address


def test_a_change_keeps_the_curves_before_it_under_its_name(page: Page) -> None:
    goto(page, "/hinge-vs-cross-entropy?dataset=iris&epochs=5")
    trained(page)
    type_in(page, "epochs", "6")
    expect(
        page.locator(selector("accuracy")).get_by_text("before: epochs 5 → 6").first
    ).to_be_visible(timeout=PATIENCE)


def test_train_twice_compare_delete_one_and_download(page: Page) -> None:
    for rate in ("0.3", "0.03"):
        goto(page, f"/train?epochs=3&seed=77&seeds=1&live=false&learning_rate={rate}")
        press_train(page)
    runs = train([Experiment(epochs=3, seed=77, learning_rate=rate) for rate in (0.03, 0.3)])
    both = f"/compare?runs={runs[0].id},{runs[1].id}&rows=runs"
    goto(page, both)
    chart = figure(page, "curves-all")
    for run in runs:
        drawn = trace(chart, f"α {run.experiment.learning_rate:g}")
        assert drawn["y"] == pytest.approx(run.history["objective"].tolist(), rel=1e-9)

    with rerun(page):
        page.get_by_role("button", name="Export").click()
    with page.expect_download() as started:
        page.locator(".st-key-download button").click()
    page.keyboard.press("Escape")
    table = pd.read_csv(io.BytesIO(started.value.path().read_bytes()), dtype={"id": str})
    for run in runs:
        rows = table[table["id"] == run.id]
        assert rows["objective"].tolist() == pytest.approx(
            run.history["objective"].tolist(), rel=1e-9
        )

    goto(page, f"/compare?runs={runs[0].id}&rows=runs")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted 1 run.")).to_be_visible()
    goto(page, both)
    expect(page.get_by_text("1 of the runs in the address are not saved here.")).to_be_visible()
    assert len(figure(page, "curves-all")["data"]) == 1


@pytest.mark.slow  # test_assignment_link opens one elsewhere
def test_a_copied_address_opens_the_same_experiment_elsewhere(page: Page, browser: Browser) -> None:
    goto(page, "/train?seeds=1&live=false")
    choose(page, "loss", "Hinge")
    choose(page, "optimizer", "Momentum")
    type_in(page, "learning_rate", "0.045")
    type_in(page, "epochs", "3")
    press_train(page)
    address, curve = page.url, trace(figure(page, "objective-hinge"), "Hinge")
    assert "learning_rate=0.045" in address

    stranger = new_context(browser)
    other = stranger.new_page()
    other.goto(address)
    expect(other.locator(".st-key-epochs input")).to_have_value("3")
    expect(other.locator(".st-key-loss input")).to_have_value("Hinge")
    expect(other.locator(".st-key-optimizer input")).to_have_value("Momentum")
    press_train(other)
    again = trace(figure(other, "objective-hinge"), "Hinge")
    assert again["y"] == pytest.approx(curve["y"], rel=1e-9)
    stranger.close()


def test_stop_takes_effect_immediately_and_is_confirmed(page: Page) -> None:
    goto(page, f"/train?epochs=100000&seed=5&{ONE}")
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-stop button")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(selector("objective-cross_entropy"))).to_be_visible(timeout=PATIENCE)
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text("the results up to there are saved")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-stop")).to_have_count(0)
    assert trace(figure(page, "objective-cross_entropy"), "Cross-entropy")["y"][-1] > 0


def test_live_curves_grow_in_the_same_chart_and_keep_the_zoom(page: Page) -> None:
    goto(page, f"/train?epochs=20000&seed=6&evaluations=1000&{ONE}")
    page.locator(".st-key-train button").click()
    expect(page.locator(selector("accuracy"))).to_be_visible(timeout=PATIENCE)
    figure(page, "accuracy")
    element = page.locator(selector("accuracy"))
    element.evaluate("element => { element.mark = true; }")
    element.evaluate("element => window.Plotly.relayout(element, {'yaxis.range': [80, 90]})")
    before = len(trace(figure(page, "accuracy"), "Cross-entropy, training")["x"])
    wait_for(
        page, lambda: len(trace(figure(page, "accuracy"), "Cross-entropy, training")["x"]) > before
    )
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text("the results up to there are saved")).to_be_visible(timeout=PATIENCE)
    assert element.evaluate("element => element.mark"), "the chart was made anew"
    assert figure(page, "accuracy")["layout"]["yaxis"]["range"] == [80, 90]


@pytest.mark.slow  # test_frame shows it of a figure
def test_the_chart_stays_when_a_setting_changes(page: Page) -> None:
    goto(page, "/train?epochs=2&seed=8&seeds=1&learning_rate=0.1")
    trained(page)
    before = figure(page, "accuracy")["data"]
    element = page.locator(selector("accuracy"))
    element.evaluate("element => { element.mark = true; }")
    element.evaluate("element => window.Plotly.relayout(element, {'xaxis.range': [0, 1]})")
    type_in(page, "learning_rate", "0.2")
    wait_for(page, lambda: len(figure(page, "accuracy")["data"]) > len(before))
    trained(page)
    assert element.evaluate("element => element.mark"), "the chart was made anew"
    assert figure(page, "accuracy")["layout"]["xaxis"]["range"] == [0, 1]


def test_a_learning_rate_is_tuned_until_one_is_typed(page: Page) -> None:
    goto(page, "/train?seeds=1&live=false")
    type_in(page, "learning_rate", "0.123")
    expect(page).to_have_url(re.compile("learning_rate=0.123"))
    with rerun(page):
        page.locator(".st-key-learning_rate input").click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("learning_rate"))


@pytest.mark.slow  # tests/pages shows it
def test_settings_carry_over_between_pages(page: Page) -> None:
    goto(page, "/train")
    choose(page, "dataset", "Blobs")
    type_in(page, "epochs", "7")
    go_to(page, "Experiment", "GD vs SGD")
    expect(page.get_by_role("heading", name="GD vs SGD")).to_be_visible()
    expect(page.locator(".st-key-epochs input")).to_have_value("7")
    go_to(page, "Runs", "Compare")
    expect(page.get_by_role("heading", name="Compare runs")).to_be_visible()
    go_to(page, "Experiment", "Train")
    expect(page.locator(".st-key-epochs input")).to_have_value("7")
    expect(page.locator(".st-key-dataset input")).to_have_value("Blobs")
    expect(page).to_have_url(re.compile(r"/train\?.*dataset=blobs"))


@pytest.mark.slow  # tests/pages shows it
def test_the_certificate_appears_automatically_and_the_distance_is_drawn(page: Page) -> None:
    goto(page, f"/train?epochs=4&seed=13&below=optimum&{ONE}")
    press_train(page)
    expect(page.get_by_text(re.compile("Within .* of the optimum"))).to_be_visible(timeout=PATIENCE)
    [run] = train([Experiment(epochs=4, seed=13)])
    expected = with_distance(run.history, certify(run.experiment))["distance"]
    drawn = trace(figure(page, "distance-0"), "upper bound")
    assert drawn["y"] == pytest.approx(expected.tolist(), rel=1e-4)
    assert figure(page, "distance-0")["layout"]["yaxis"]["type"] == "log"


def test_back_and_forward_change_the_settings_with_the_address(page: Page) -> None:
    goto(page, "/train?epochs=3&live=false")
    type_in(page, "learning_rate", "0.2")
    choose(page, "loss", "Hinge")
    type_in(page, "epochs", "4")
    with rerun(page):
        page.go_back()
    expect(page.locator(".st-key-epochs input")).to_have_value("3")
    with rerun(page):
        page.go_back()
    expect(page.locator(".st-key-loss input")).to_have_value("Cross-entropy")
    expect(page).to_have_url(re.compile(r"/train\?learning_rate=0.2&epochs=3&live=false$"))
    with rerun(page):
        page.go_forward()
    expect(page.locator(".st-key-loss input")).to_have_value("Hinge")


@pytest.mark.slow
def test_back_restores_the_previous_page(page: Page) -> None:
    goto(page, f"/train?epochs=3&seed=12&{ONE}")
    press_train(page)
    run_id = Experiment(epochs=3, seed=12).id
    goto(page, f"/compare?runs={run_id}&log_y=true")
    page.get_by_role("button", name="Continue").click()
    with rerun(page):
        page.get_by_role("link", name="Open in Train").click()
    expect(page.locator(".st-key-seed input")).to_have_value("12")
    with rerun(page):
        page.go_back()
    expect(page.get_by_role("heading", name="Compare runs")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/compare\?runs={run_id}&log_y=true$"))
    assert figure(page, "curves-all")["layout"]["yaxis"]["type"] == "log"


def test_invalid_values_in_an_address_are_reported_and_harmless(page: Page) -> None:
    goto(
        page,
        "/train?loss=%3Cscript%3Ealert(1)%3C/script%3E&epochs=99999999&momentum=0.5&live=false",
    )
    expect(page.get_by_text("epochs must be a whole number from 1 to 100000")).to_be_visible()
    expect(page.get_by_text("loss must be one of hinge")).to_be_visible()
    assert "alert(1)" in shown_text(page)
    expect(page).to_have_url(re.compile(r"/train\?momentum=0\.5&live=false$"))


def test_a_reload_finds_the_training_and_can_stop_it(page: Page) -> None:
    goto(page, f"/train?epochs=100000&seed=9&{ONE}")
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-stop button")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(selector("objective-cross_entropy"))).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.locator(".st-key-stop button")).to_be_visible(timeout=PATIENCE)
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text("the results up to there are saved")).to_be_visible()
    page.reload()
    expect(page.get_by_text("the results up to there are saved")).to_be_visible(timeout=PATIENCE)


@pytest.mark.slow
def test_a_training_without_its_visitor_does_not_block_the_server(
    browser: Browser, environment: dict[str, str]
) -> None:
    with server(ROOT / "streamlit_app.py", environment=environment) as address:
        visit = browser.new_page()
        visit.goto(f"{address}/train?epochs=100000&seed=10&{ONE}")
        visit.locator(".st-key-train button").click()
        expect(visit.locator(selector("objective-cross_entropy"))).to_be_visible(timeout=PATIENCE)
        visit.close()
        began = time.monotonic()
    # Ten seconds after SIGTERM the helper loses patience and kills the server.
    assert time.monotonic() - began < 9


def test_the_page_stays_where_it_is_when_train_is_pressed(page: Page) -> None:
    """What has been drawn is not pushed down by the same drawn again, which goes later."""
    page.set_viewport_size({"width": 420, "height": 900})
    address = "/gd-vs-sgd?epochs=2&learning_rate=0.07&live=false&seeds="
    button = page.locator(".st-key-train button")
    goto(page, f"{address}1")
    wait_until_quiet(page)
    button.click()
    expect(button).to_have_count(0)
    goto(page, f"{address}3")  # curves of the first seeds, and others to train
    chart = page.locator(selector("objective-cross_entropy"))
    expect(chart).to_be_visible()
    wait_until_quiet(page)
    page.evaluate(
        """() => {
          const main = document.querySelector('[data-testid="stMain"]');
          main.scrollTop = 140;
          window.__heights = [];
          const note = () => {
            __heights.push(main.scrollHeight);
            requestAnimationFrame(note);
          };
          note();
        }"""
    )
    before = chart.bounding_box()["y"]
    button.press("Enter")
    expect(button).to_have_count(0)
    wait_until_quiet(page)
    heights = page.evaluate("__heights")
    assert max(heights) < 1.3 * heights[0]
    assert abs(chart.bounding_box()["y"] - before) < 100, "the button above it is gone"
