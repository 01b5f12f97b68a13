"""The Landscape page with GD and SGD."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from lossopt_core import Experiment, certify, train
from lossopt_core.training.path import WeightPath
from tests.browser.helpers import ONE, figure, goto, rerun, selector
from tests.helpers import trace

PATIENCE = 30_000


def choose_by_keyboard(page: Page, key: str, option: str) -> None:
    """Choose an option of a select box by typing its name."""
    with rerun(page):
        page.locator(f".st-key-{key} input").first.focus()
        page.keyboard.type(option)
        expect(page.get_by_role("option", name=option)).to_be_visible()
        page.keyboard.press("Enter")


@pytest.mark.slow  # tests/pages/test_landscape.py shows it
def test_the_landscape_of_gd_and_sgd(page: Page) -> None:
    goto(page, f"/gd-vs-sgd?epochs=3&seed=31&dataset=blobs&{ONE}")
    page.locator(".st-key-train button").click()
    expect(page.locator(".st-key-below")).to_be_visible(timeout=PATIENCE)
    with rerun(page):
        page.get_by_test_id("stMain").get_by_role("link", name="Landscape").click()
    expect(page.get_by_role("heading", name="Landscape")).to_be_visible()
    base = Experiment(dataset="blobs", epochs=3, seed=31)
    runs = train([base.replace(optimizer="gd"), base])
    expect(page).to_have_url(re.compile("(,|%2C)".join(run.id for run in runs)))
    expect(page.locator(selector("landscape"))).to_be_visible(timeout=PATIENCE)
    page.wait_for_function(
        """(place) => document.querySelector(place).data?.at(-1).name === "optimum" """,
        arg=selector("landscape"),
    )

    drawn = figure(page, "landscape")
    best = certify(base)
    for run, name in zip(runs, ("GD (full batch)", "SGD, batch size 32"), strict=True):
        way, path = trace(drawn, name), WeightPath.of(run)
        assert way["customdata"][-1][1] == pytest.approx(run.final["objective"])
        length = np.hypot(way["x"][-1] - way["x"][0], way["y"][-1] - way["y"][0])
        assert length <= np.linalg.norm(path.stacked[-1] - path.stacked[0]) * (1 + 1e-9)
    star = trace(drawn, "optimum")
    distance = np.hypot(star["x"][0], star["y"][0])
    assert distance == pytest.approx(np.linalg.norm(best.theta), rel=1e-3)
    assert drawn["layout"]["xaxis"]["title"]["text"] == "Direction from start to optimum (distance)"

    choose_by_keyboard(page, "plane", "Principal directions")
    expect(page).to_have_url(re.compile("plane=principal"))
    choose_by_keyboard(page, "relief", "Surface")
    solid = page.locator(selector("landscape-surface"))
    # Where the browser of the test has no WebGL the page says so.
    expect(solid.locator("canvas").or_(solid.get_by_text("need WebGL")).first).to_be_visible(
        timeout=PATIENCE
    )
    choose_by_keyboard(page, "relief", "Contours")
    page.set_viewport_size({"width": 420, "height": 900})
    assert figure(page, "landscape")["data"][0]["type"] == "contour"
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
