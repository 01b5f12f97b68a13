"""Dragging a box over parallel coordinates, in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.helpers import figure, goto, selector


def test_a_box_over_an_axis_filters_the_list_of_runs(page: Page) -> None:
    goto(page, "/compare?references=true&runs=all&part=settings&effects=parallel")
    chart = page.locator(selector("parallel-all"))
    lines = len(figure(page, "parallel-all")["data"])
    title = figure(page, "parallel-all")["layout"]["xaxis"]["ticktext"][0]
    area = chart.locator(".nsewdrag").first.bounding_box()
    assert area is not None
    # The upper end of the first axis.
    page.mouse.move(area["x"] + 3, area["y"] + 3)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.2 * area["width"], area["y"] + 0.2 * area["height"], steps=4)
    page.mouse.up()
    name = re.sub(r"\W.*", "", title).lower()
    expect(page.get_by_role("textbox", name="Filter")).to_have_value(re.compile(rf"^{name}\w* "))
    expect(page).to_have_url(re.compile("filter="))
    expect(chart.locator(".select-outline")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"^\d+ of \d+ runs"))).to_be_visible()
    assert 0 < len(figure(page, "parallel-all")["data"]) < lines
