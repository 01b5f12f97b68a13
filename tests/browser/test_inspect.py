"""The page Inside a run, by keyboard."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from lossopt_core import Experiment, train
from lossopt_core.training.path import WeightPath
from tests.browser.helpers import ONE, figure, goto, rerun

PATIENCE = 30_000
SLIDER = ".st-key-moment input[type=range]"


def wait_until_drawn(page: Page, key: str, tick: int) -> None:
    """Until the cursor of a figure stands where the slider says."""
    page.wait_for_function(
        """([key, tick]) => {
          const element = document.querySelector(`.st-key-${key} .lossopt-figure`);
          const { cursor } = element.shown.frames;
          return element.layout.shapes.at(-1).x0 === cursor[tick];
        }""",
        arg=[key, tick],
    )


def weights_on_the_sheet(page: Page) -> list[float]:
    """The numbers that the templates show, in their order, without the gaps."""
    sheet = page.locator(".st-key-portrait-0 .lossopt-figure").evaluate(
        "element => element.data[0].z.map((row) => Array.from(row))"
    )
    numbers = [value for row in sheet for value in row if value is not None]
    return sorted(value for value in numbers if np.isfinite(value))


def test_the_slider_updates_all_charts_without_the_server(page: Page) -> None:
    goto(page, f"/train?epochs=3&seed=21&below=weights&each=true&{ONE}")
    page.locator(".st-key-train button").click()
    expect(page.locator(SLIDER)).to_be_visible(timeout=PATIENCE)
    [run] = train([Experiment(epochs=3, seed=21)])
    path = WeightPath.of(run)
    slider = page.locator(SLIDER)
    figure(page, "objective-cross_entropy")
    expect(slider).to_have_value(str(len(path) - 1))
    page.wait_for_timeout(1_000)  # the certificate's answer has come
    sent = page.evaluate("__messages.sent")

    slider.focus()
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    wait_until_drawn(page, "objective-cross_entropy", 4)
    wait_until_drawn(page, "accuracy", 4)
    expect(page.locator(".st-key-moment output")).to_contain_text(f"{path.updates[4]} updates")
    expect(slider).to_have_attribute("aria-label", "Time travel")
    page.locator(".st-key-portrait-0").scroll_into_view_if_needed()
    expected = sorted(np.float32(path.weights[4]).ravel().tolist())
    page.wait_for_function(
        """(value) => {
          const { z } = document.querySelector(".st-key-portrait-0 .lossopt-figure").data[0];
          const shown = z.flatMap((row) => Array.from(row)).filter(Number.isFinite);
          return Math.abs(Math.max(...shown) - value) < 1e-6;
        }""",
        arg=expected[-1],
    )
    assert weights_on_the_sheet(page) == pytest.approx(expected, abs=1e-6)
    counts = page.locator(".st-key-confusion-0 .lossopt-figure").evaluate(
        "element => element.data[0].customdata.flatMap((row) => Array.from(row))"
    )
    assert sum(counts) == 450
    assert page.evaluate("__messages.sent") == sent, "the server was asked"

    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert int(slider.input_value()) >= 4


@pytest.mark.slow  # test_playground does so
def test_inside_a_run_by_keyboard_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    goto(page, "/train?epochs=2&seed=22&loss=hinge&learning_rate=0.01&seeds=1")
    expect(page.locator(SLIDER)).to_be_visible(timeout=PATIENCE)
    with rerun(page):
        page.get_by_role("link", name="Inspect").click()
    expect(page.get_by_role("heading", name="Inside a run")).to_be_visible()
    [run] = train([Experiment(epochs=2, seed=22, loss="hinge", learning_rate=0.01)])
    expect(page).to_have_url(re.compile(rf"/inspect\?run={run.id}$"))
    page.locator(SLIDER).focus()
    with rerun(page):
        page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("at_update=0"))
    wait_until_drawn(page, "objective", 0)
    expect(page.get_by_text("loss 9 to 9")).to_be_attached()
    with rerun(page):
        page.locator(".st-key-inside").get_by_role("radio", name="Gradient check").focus()
        page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("650 entries, 1,347 training examples"))).to_be_visible()
    assert figure(page, "microscope")["data"][0]["type"] == "heatmap"
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
