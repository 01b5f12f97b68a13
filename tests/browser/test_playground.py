"""The playground in a browser: editing points and weights, stepping, time travel."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.helpers import figure, goto, new_context, rerun, wait_until_quiet

DEMO = {"Data loss": "0.6446", "Penalty": "1.9255", "Objective": "2.5700"}
PARAMETERS = [
    2.06, 0.1898, 0.44, 0.2547, 2.27, 0.5096,
    1.48, 0.3293, -1.82, -0.6418, -2.04, -0.1636,
    -0.42, 0.0, 0.52, 0.1111, -0.1, -0.1111,
]  # fmt: skip
"""W of each class and its gradient, by feature, then b."""
LOSSES = [0.017, 0.432, 0.0, 0.402, 1.884, 0.0, 0.251, 0.573, 2.242]


def press(page: Page, key: str) -> None:
    with rerun(page):
        page.locator(f".st-key-{key} button").first.click()


def plane(page: Page, side: str = "left") -> Locator:
    return page.locator(f".st-key-plane-{side} .plane")


def regions(page: Page, side: str = "left") -> str:
    """The decision regions as drawn."""
    # The canvas exists before it is drawn; the points are drawn last.
    plane(page, side).locator(".point").first.wait_for(state="attached")
    picture: str = plane(page, side).locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    return picture


def wait_for_other_regions(page: Page, before: str) -> None:
    """Wait until the left regions differ from `before`."""
    _wait_for_regions(page, "(canvas, before) => canvas.toDataURL() !== before", before)


def wait_for_same_regions(page: Page, before: str) -> None:
    """Wait until the left regions equal `before`."""
    _wait_for_regions(page, "(canvas, before) => canvas.toDataURL() === before", before)


def _wait_for_regions(page: Page, condition: str, before: str) -> None:
    canvas = plane(page).locator("canvas").element_handle()
    page.wait_for_function(
        f"([canvas, before]) => ({condition})(canvas, before)", arg=[canvas, before]
    )


def metric(page: Page, label: str) -> Locator:
    """A metric, one for each side."""
    tile = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{label}"))
    return tile.get_by_test_id("stMetricValue")


def middle(page: Page, index: int, side: str = "left") -> tuple[float, float]:
    point = plane(page, side).locator(f".point[data-index='{index}'] path")
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def cells(page: Page) -> list[float]:
    """The numbers of the open table, read from the text it has for screen readers."""
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)  # the previous table is gone
    page.get_by_test_id("stDataFrame").hover()
    expect(page.locator("canvas td").first).to_be_attached()
    texts = page.locator("canvas td").all_text_contents()
    return [float(text) for text in texts if re.fullmatch(r"-?\d+(\.\d+)?(e-\d+)?", text)]


@pytest.mark.slow  # tests/pages shows it
def test_the_courses_demo_shows_its_numbers(page: Page):
    goto(page, "/playground")
    press(page, "demo")
    for label, value in DEMO.items():
        expect(metric(page, label)).to_have_text(value)
    assert cells(page) == pytest.approx(PARAMETERS, abs=6e-5)
    with rerun(page):
        page.get_by_role("tab", name="Examples").click()
    expect(page.locator("canvas td", has_text="yes")).to_have_count(7)
    assert cells(page)[6::8] == pytest.approx(LOSSES, abs=5e-5)


def test_a_weight_is_edited_in_the_table(page: Page):
    goto(page, "/playground?loss=hinge&weights=2.06_1.48_-0.42__0.44_-1.82_0.52__2.27_-2.04_-0.1")
    lines = plane(page).locator("path.zero").first.get_attribute("d")
    cells(page)
    page.get_by_test_id("stDataFrame").click(position={"x": 150, "y": 52})
    page.keyboard.press("Enter")
    page.locator("#portal input").fill("-3")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("weights=-3_1.48_-0.42__"))
    expect(plane(page).locator("path.zero").first).not_to_have_attribute("d", lines or "")
    assert cells(page)[0] == -3


def test_a_point_is_dragged_and_the_regions_change(page: Page):
    goto(page, "/playground?loss=hinge&steps=50")
    press(page, "k_steps")
    expect(metric(page, "Updates")).to_have_text("50")
    before = regions(page)
    lines = plane(page).locator("path.zero").first.get_attribute("d")
    x, y = middle(page, 0)
    with rerun(page):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 200, y + 150, steps=5)
        wait_for_other_regions(page, before)
        assert "own_points=" not in page.url, "the point is still being dragged"
        page.mouse.up()
    assert regions(page) != before
    assert plane(page).locator("path.zero").first.get_attribute("d") != lines
    assert middle(page, 0) == pytest.approx((x - 200, y + 150), abs=1.5)
    expect(metric(page, "Updates")).to_have_text("50")
    assert "own_points=" in page.url
    goto(page, page.url)
    assert middle(page, 0) == pytest.approx((x - 200, y + 150), abs=1.5)


def click_corner(page: Page) -> None:
    plane(page).locator("svg.picture").click(position={"x": 40, "y": 60})


@pytest.mark.slow  # tests/pages shows it
def test_points_are_added_relabelled_deleted_and_restored(page: Page):
    goto(page, "/playground")
    points = plane(page).locator(".point")
    before = regions(page)
    plane(page).get_by_role("button", name="D", exact=True).click()
    with rerun(page):
        click_corner(page)
    expect(points).to_have_count(10)
    # The new class has a region although nothing was trained.
    assert regions(page) != before
    press(page, "undo")
    expect(points).to_have_count(9)
    assert regions(page) == before
    press(page, "redo")
    expect(points).to_have_count(10)
    click_corner(page)
    expect(plane(page).get_by_role("status")).to_contain_text("Point 10 of 10: class D")
    with rerun(page):
        plane(page).get_by_role("button", name="B", exact=True).click()
    expect(plane(page).get_by_role("status")).to_contain_text("class B")
    with rerun(page):
        plane(page).get_by_role("button", name="Delete point").click()
    expect(points).to_have_count(9)


def test_points_can_be_edited_by_keyboard(page: Page):
    goto(page, "/playground")
    status = plane(page).get_by_role("status")
    plane(page).locator("svg.picture").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(status).to_contain_text("Point 1 of 9: class A at 0.30, 0.40")
    page.wait_for_url(re.compile("own_points=300.400A"))
    wait_until_quiet(page)
    with rerun(page):
        page.keyboard.press("c")
    expect(status).to_contain_text("class C at 0.30, 0.40")
    plane(page).get_by_role("button", name="Next point").press("Enter")
    expect(status).to_contain_text("Point 2 of 9: class A at 0.80, 0.30")
    plane(page).locator("svg.picture").focus()
    with rerun(page):
        page.keyboard.press("Delete")
    expect(plane(page).locator(".point")).to_have_count(8)
    page.locator(".st-key-undo button").focus()
    with rerun(page):
        page.keyboard.press("Enter")
    expect(plane(page).locator(".point")).to_have_count(9)


def standing_still(page: Page, updates: Locator) -> int:
    """The number of updates once it stops changing; a tick may still be pending."""
    for _ in range(10):
        wait_until_quiet(page)
        made = updates.inner_text()
        page.wait_for_timeout(1_500)
        if updates.inner_text() == made:
            return int(made)
    raise AssertionError(f"still training: {made} updates, then {updates.inner_text()}")


def test_play_pause_step_and_reset(page: Page):
    goto(page, "/playground?loss=hinge&points=blobs&speed=fast")
    start = regions(page)
    plane(page).evaluate("(element) => (element.mine = true)")
    updates = metric(page, "Updates")
    page.locator(".st-key-play button").click()
    expect(updates).to_have_text(re.compile(r"\d{3}"))
    rate = page.locator(".st-key-learning_rate input")
    rate.fill("0.01")
    rate.press("Enter")
    expect(page.locator(".st-key-play")).to_contain_text("Pause")
    page.locator(".st-key-play button").click()
    expect(page.locator(".st-key-play")).to_contain_text("Play")
    made = standing_still(page, updates)
    press(page, "step")
    expect(updates).to_have_text(str(made + 1))
    wait_for_other_regions(page, start)
    assert figure(page, "curve-left")["data"][0]["x"][-1] == made + 1
    with rerun(page):
        page.get_by_role("slider", name="Time travel").press("ArrowLeft")
    expect(updates).to_have_text(str(made))
    press(page, "reset")
    expect(updates).to_have_text("0")
    wait_for_same_regions(page, start)
    assert plane(page).evaluate("(element) => element.mine"), "the same elements throughout"
    press(page, "new_start")
    wait_for_other_regions(page, start)


TIME = ".st-key-time input[type=range]"
MOVED = """
(key) => {
  const { data, layout } = document.querySelector(`.st-key-${key} .lossopt-figure`);
  return { heights: Array.from(data[0].y), cursor: layout.shapes?.at(-1)?.x0 };
}
"""


def test_time_travel_needs_no_server(page: Page):
    page.set_viewport_size({"width": 1440, "height": 1600})  # figures out of view are not redrawn
    goto(page, "/playground?loss=hinge&optimizer=gd&two=true&right_loss=cross_entropy&steps=9")
    at_start = regions(page), regions(page, "right")
    expect(page.locator(TIME)).to_be_disabled()
    press(page, "k_steps")
    at_end = regions(page), regions(page, "right")
    losses = [page.evaluate(MOVED, f"losses-{side}")["heights"] for side in ("left", "right")]
    expect(page.locator(TIME)).to_have_value("9")
    with rerun(page):
        page.locator(".st-key-time .travel").hover()
    sent = page.evaluate("__messages.sent")
    box = page.locator(TIME).bounding_box()
    assert box
    level = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, level)
    page.mouse.down()
    page.mouse.move(box["x"] + 1, level, steps=12)
    wait_for_same_regions(page, at_start[0])
    assert regions(page, "right") == at_start[1]
    output = page.locator(".st-key-time output")
    expect(output).to_contain_text("Update 0 of 9: left objective ")
    for side, before in zip(("left", "right"), losses, strict=True):
        page.wait_for_function(
            f"([key, before]) => ({MOVED})(key).heights.join() !== before.join()",
            arg=[f"losses-{side}", before],
        )
        assert page.evaluate(MOVED, f"curve-{side}")["cursor"] == 0
        label = plane(page, side).locator("svg.picture").get_attribute("aria-label")
        assert label
        assert label.startswith("The plane after 0 updates")
    page.mouse.move(box["x"] + box["width"] - 1, level, steps=12)
    wait_for_same_regions(page, at_end[0])
    assert regions(page, "right") == at_end[1]
    page.mouse.move(box["x"] + box["width"] / 3, level, steps=5)
    assert page.evaluate("__messages.sent") == sent, "the server was contacted"
    with rerun(page):
        page.mouse.up()
    expect(metric(page, "Updates").first).to_have_text("3")
    assert page.evaluate(MOVED, "curve-left")["cursor"] == 3
    press(page, "step")
    expect(metric(page, "Updates").nth(1)).to_have_text("4")
    expect(page.locator(TIME)).to_have_attribute("max", "4")


@pytest.mark.slow  # tests/pages shows it
def test_two_models_side_by_side(page: Page):
    goto(
        page, "/playground?points=circles&optimizer=adam&two=true&right_features=squares&steps=200"
    )
    left, right = (plane(page, side).bounding_box() for side in ("left", "right"))
    assert left
    assert right
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    press(page, "k_steps")
    expect(metric(page, "Updates").nth(0)).to_have_text("200")
    expect(metric(page, "Updates").nth(1)).to_have_text("200")
    shares = [int(text.rstrip("%")) for text in metric(page, "Accuracy").all_text_contents()]
    assert shares[0] < 75, "no line separates circles"
    assert shares[1] > 95, "squares separate them"
    assert "Right: Cross-entropy, penalty L2, Adam, features x1, x2, squares" in page.inner_text(
        '[data-testid="stApp"]'
    )
    x, y = middle(page, 3, "right")
    with rerun(page):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y, steps=4)
        page.mouse.up()
    assert middle(page, 3, "left")[0] - left["x"] == pytest.approx(x + 60 - right["x"], abs=2)


def test_a_narrow_dark_screen_works_by_keyboard(browser: Browser, app: str):
    context = new_context(
        browser, base_url=app, viewport={"width": 420, "height": 900}, color_scheme="dark"
    )
    page = context.new_page()
    page.goto("/playground?two=true")
    expect(plane(page, "right").locator(".point")).to_have_count(9, timeout=15_000)
    left, right = (plane(page, side).bounding_box() for side in ("left", "right"))
    assert left
    assert right
    assert left["y"] + left["height"] <= right["y"], "one below the other"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 420
    page.locator(".st-key-step button").focus()
    page.keyboard.press("Enter")
    expect(metric(page, "Updates").first).to_have_text("1")
    unnamed = page.locator(".plane button, .plane svg[tabindex]").evaluate_all(
        "all => all.filter(e => !(e.textContent.trim() || e.getAttribute('aria-label'))).length"
    )
    assert unnamed == 0
    context.close()
