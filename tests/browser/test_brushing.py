"""Dragging a box over parallel coordinates, in a real browser."""

import re

from playwright.sync_api import Page, expect

from lossopt_core import Experiment, RunStore, train
from tests.browser.helpers import PATIENCE, figure, goto, selector, wait_until_quiet


def test_a_box_over_an_axis_filters_the_list_of_runs(
    page: Page, environment: dict[str, str]
) -> None:
    blobs = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1)
    runs = train([blobs.replace(loss=loss) for loss in ("hinge", "cross_entropy", "one_vs_all")])
    RunStore(environment["LOSSOPT_STORE"]).save(runs)
    ids = ",".join(run.id for run in runs)
    goto(page, f"/compare?runs={ids}&rows=runs&part=settings&effects=parallel")
    wait_until_quiet(page)  # certificates that come meanwhile are drawn after the box
    chart = page.locator(selector("parallel-all"))
    lines = len(figure(page, "parallel-all")["data"])
    area = chart.locator(".nsewdrag").first.bounding_box()
    assert area is not None
    # The upper end of the first axis.
    page.mouse.move(area["x"] + 3, area["y"] + 3)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.1 * area["width"], area["y"] + 0.2 * area["height"], steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("filter="), timeout=PATIENCE)
    wait_until_quiet(page, quiet=500)
    expect(page.locator(".st-key-filter input")).to_have_value(re.compile(r"^\w+ (=|in|>=) "))
    expect(chart.locator(".select-outline")).to_have_count(0)
    assert 0 < len(figure(page, "parallel-all")["data"]) < lines
