"""The playground in a browser: what it draws, editing points and weights, playing, time travel."""

import re
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from lossopt_core import LOSSES
from lossopt_core.playground.classifier import Snapshot
from lossopt_core.playground.feature_maps import FEATURE_MAPS
from lossopt_core.playground.model import Model, Setup
from lossopt_core.playground.picture import GRID, picture
from lossopt_core.playground.points import POINT_SETS
from lossopt_ui.charts.colours import CLASSES
from tests.browser.helpers import goto, new_context, rerun, wait_until_quiet

ARENA = ".st-key-arena .arena"


def part(page: Page, name: str) -> Locator:
    return page.locator(f"{ARENA} .{name}")


def plane(page: Page, side: int = 0) -> Locator:
    return page.locator(f"{ARENA} canvas.plane").nth(side)


def opened(page: Page, address: str) -> None:
    goto(page, address)
    expect(part(page, "numbers").first).to_contain_text("Objective")


def ask(page: Page, script: str) -> Any:
    """Evaluate a function of the component's root element."""
    return page.locator(ARENA).evaluate(f"(root) => {{ {script} }}")


def drawn(page: Page, side: int) -> dict[str, Any]:
    """The weights of a side, and what was made of them for the picture."""
    found: dict[str, Any] = ask(
        page,
        f"""
        const {{ plane }} = root.planes[{side}];
        return {{
          weights: [...root.frames.sides[{side}].weights[root.at]],
          scores: plane.scores.map((row) => [...row]),
          chosen: [...plane.chosen],
          confidence: [...plane.confidence],
          pixels: [...plane.image.data],
        }};
        """,
    )
    return found


def regions(page: Page, side: int = 0) -> str:
    """A digest of the picture."""
    found: str = plane(page, side).evaluate("(canvas) => canvas.toDataURL()")
    return blake2b(found.encode(), digest_size=8).hexdigest()


def at_update(page: Page, update: int) -> None:
    expect(page.locator(f"{ARENA} output")).to_contain_text(re.compile(rf"^Update {update:,}\b"))


def position(page: Page) -> int:
    found: int = ask(page, "return Math.round(root.position);")
    return found


MAPS = dict(zip(LOSSES, [*FEATURE_MAPS, *["plain"] * len(LOSSES)], strict=False))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_browser_draws_what_the_core_computes(page: Page, loss: str) -> None:
    features = MAPS[loss]
    opened(page, f"/playground?right_loss={loss}&right_features={features}&updates=20")
    at_update(page, 20)
    seen = drawn(page, 1)
    chosen: dict[str, Any] = {"degree": 3, "waves": 30, "frequency": 2.0, "seed": 0}
    fields = FEATURE_MAPS[features].__dataclass_fields__
    mapped = FEATURE_MAPS[features](**{name: chosen[name] for name in fields if name in chosen})
    points = POINT_SETS["course"].points()
    model = Model(Setup(points.text, mapped, (("loss", loss),)))
    W = np.array(seen["weights"]).reshape(3, -1)
    expected = picture(Snapshot(20, W, model.problem))
    assert np.array(seen["scores"]).reshape(3, GRID, GRID) == pytest.approx(
        expected.scores, abs=1e-9
    )
    assert np.array(seen["confidence"]).reshape(GRID, GRID) == pytest.approx(
        expected.confidence, abs=1e-9
    )
    assert np.array(seen["chosen"]).reshape(GRID, GRID).tolist() == expected.chosen.tolist()
    # Pixels go downwards.  A prediction has the colour of its class, deeper if it is confident.
    pixels = np.array(seen["pixels"]).reshape(GRID, GRID, 4)[::-1]
    colours = np.array([list(bytes.fromhex(each[1:])) for each in CLASSES["light"]])
    assert (pixels[..., :3] == colours[expected.chosen]).all()
    assert np.abs(pixels[..., 3] - (20 + 107 * expected.confidence)).max() <= 1


def test_a_discretised_picture_has_one_depth_of_colour(page: Page) -> None:
    opened(page, "/playground?updates=20&discretize=true")
    at_update(page, 20)
    depths = np.array(drawn(page, 1)["pixels"]).reshape(-1, 4)[:, 3]
    assert len(set(depths.tolist())) == 1


def test_rings_are_drawn_only_where_they_leave_room(page: Page) -> None:
    opened(page, "/playground?loss=hinge&two=false&updates=1000")
    active = "return root.frames.sides[0].pulls[root.at].filter((pull) => pull > 0).length;"
    at_update(page, 1000)
    assert 0 < ask(page, active) <= 30
    expect(part(page, "legend")).to_contain_text("Ringed points are active")
    opened(page, "/playground?loss=hinge&two=false&updates=0&points=spiral")
    at_update(page, 0)
    assert ask(page, active) > 30
    expect(part(page, "legend")).not_to_contain_text("Ringed")


def test_lines_are_where_a_score_is_zero(page: Page) -> None:
    opened(page, "/playground?features=plain&two=false&updates=20")
    at_update(page, 20)
    W = np.array(drawn(page, 0)["weights"]).reshape(3, -1)
    # The last line that was drawn is that of the last class.
    ends = np.array(ask(page, "return root.planes[0].plane.segments;")).reshape(-1, 2)
    places = ends * 3.0 / (GRID - 1) - 1.5
    assert len(places) > 20
    assert places @ W[-1, :2] + W[-1, 2] == pytest.approx(np.zeros(len(places)), abs=1e-6)


def middle(page: Page, x: float, y: float, side: int = 0) -> tuple[float, float]:
    """Where a place of the plane is on the screen."""
    plane(page, side).scroll_into_view_if_needed()
    box = plane(page, side).bounding_box()
    assert box
    return box["x"] + box["width"] * (x / 3 + 0.5), box["y"] + box["height"] * (0.5 - y / 3)


def test_a_point_is_dragged_and_the_regions_change(page: Page) -> None:
    opened(page, "/playground?loss=hinge&updates=50")
    at_update(page, 50)
    before = drawn(page, 0)["weights"]
    with rerun(page):
        page.mouse.move(*middle(page, 0.5, 0.4))
        page.mouse.down()
        page.mouse.move(*middle(page, -0.8, -0.6), steps=5)
        page.wait_for_function(
            "([root, before]) => root.frames.sides[0].weights.at(-1).join() !== before",
            arg=[page.locator(ARENA).element_handle(), ",".join(map(str, before))],
        )
        assert "own_points=" not in page.url, "the point is still being dragged"
        page.mouse.up()
    page.wait_for_url(re.compile("own_points=-8"))
    at_update(page, 50)
    after = drawn(page, 0)["weights"]
    opened(page, page.url)
    assert drawn(page, 0)["weights"] == after


def test_dragging_while_it_plays_goes_on_from_the_weights(page: Page) -> None:
    opened(page, "/playground?loss=hinge&points=blobs&two=false&updates=0")
    part(page, "play").click()
    page.wait_for_function("(root) => root.position > 30", arg=page.locator(ARENA).element_handle())
    [x, y, _] = ask(page, "return root.data.points[0];")
    page.mouse.move(*middle(page, x, y))
    page.mouse.down()
    page.mouse.move(*middle(page, 0.1, -0.1), steps=5)
    page.wait_for_function(
        f"(root) => root.data.points[0][0] !== {x}", arg=page.locator(ARENA).element_handle()
    )
    at = position(page)
    page.mouse.up()
    page.wait_for_url(re.compile("own_points="))
    page.wait_for_function(
        f"(root) => root.position > {at + 20}", arg=page.locator(ARENA).element_handle()
    )
    part(page, "play").click()
    page.wait_for_url(re.compile(r"updates=\d+"))


def test_points_can_be_edited_by_keyboard(page: Page) -> None:
    opened(page, "/playground")
    status = part(page, "status")
    plane(page).focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(status).to_contain_text("Point 1 of 9: class A at 0.30, 0.40")
    page.wait_for_url(re.compile("own_points=300.400A"))
    wait_until_quiet(page)
    with rerun(page):
        page.keyboard.press("c")
    expect(status).to_contain_text("class C at 0.30, 0.40")
    part(page, "next").press("Enter")
    expect(status).to_contain_text("Point 2 of 9: class A at 0.80, 0.30")
    plane(page).focus()
    with rerun(page):
        page.keyboard.press("Delete")
    page.wait_for_url(re.compile("own_points="))
    assert ask(page, "return root.data.points.length;") == 8
    with rerun(page):
        part(page, "undo").press("Enter")
    assert ask(page, "return root.data.points.length;") == 9


def test_a_nudged_point_stays_while_other_events_are_answered(page: Page) -> None:
    opened(page, "/playground?updates=10")
    with rerun(page):
        part(page, "steps").click()
    plane(page).focus()
    page.keyboard.press("ArrowUp")
    part(page, "travel").evaluate(
        "(slider) => { slider.value = 0; slider.dispatchEvent(new Event('change')); }"
    )
    for _ in range(6):  # longer than the answer to the slider takes, without a pause between keys
        page.wait_for_timeout(200)
        page.keyboard.press("ArrowUp")
    page.wait_for_url(re.compile("own_points=500.750A"))
    wait_until_quiet(page)
    # What is asked for next comes after the point.
    page.keyboard.press("ArrowDown")
    with rerun(page):
        page.keyboard.press("c")
    page.wait_for_url(re.compile("own_points=500.700C"))


def places(page: Page) -> Any:
    """Where the controls and the figures are."""
    script = """all => all.map((each) => {
        const { x, y, width, height } = each.getBoundingClientRect();
        return [x, y, width, height];
    })"""
    return page.locator(f"{ARENA} button, {ARENA} canvas, {ARENA} input").evaluate_all(script)


@pytest.mark.parametrize("width", [1440, 1024, 420])
def test_numbers_of_any_length_leave_the_figures_where_they_are(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, "/playground")
    longest = (
        "Objective 0.001234 = data loss 0.001234 + penalty 1.234e-7 · accuracy 100 %"
        " · test loss 0.001234, test accuracy 100 % · 100 of 100 points active"
    )
    heights = part(page, "numbers").first.evaluate(
        """(numbers, texts) => texts.map((text) => {
            numbers.textContent = text;
            return numbers.getBoundingClientRect().height;
        })""",
        ["Objective 1", longest],
    )
    assert heights[0] == heights[1]


def test_training_is_played_when_the_page_opens(page: Page) -> None:
    """Also to those who do nothing; without the server, and not if motion is unwanted."""
    opened(page, "/playground")
    at_update(page, 300)
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/playground")
    root = page.locator(ARENA)
    expect(part(page, "play")).to_have_text("Pause")
    page.wait_for_function(
        "(root) => root.position > 0 && root.position < 290", arg=root.element_handle()
    )
    before = places(page)
    expect(part(page, "play")).to_have_text("Play")
    at_update(page, 300)
    assert places(page) == before, "something has moved meanwhile"
    assert ask(page, "return root.number;") == 0, "the server was asked"
    part(page, "play").click()
    page.wait_for_function("(root) => root.position > 310", arg=root.element_handle())
    part(page, "play").click()
    page.wait_for_url(re.compile(r"updates=3\d\d"))
    page.emulate_media(reduced_motion="reduce")


def test_play_pause_step_reset_and_time_travel(page: Page) -> None:
    opened(page, "/playground?loss=hinge&points=blobs&speed=slow&two=false&updates=0")
    page.emulate_media(reduced_motion="no-preference")
    start = regions(page)
    part(page, "play").click()
    expect(part(page, "play")).to_have_text("Pause")
    page.wait_for_function("(root) => root.position >= 4", arg=page.locator(ARENA).element_handle())
    part(page, "play").click()
    expect(part(page, "play")).to_have_text("Play")
    page.wait_for_url(re.compile(r"updates=\d"))
    made = position(page)
    wait_until_quiet(page)
    part(page, "step").click()
    at_update(page, made + 1)
    assert regions(page) != start
    wait_until_quiet(page, quiet=2_000)  # it also asks for the updates ahead
    sent = page.evaluate("__messages.sent")
    travel = page.get_by_role("slider", name="Time travel")
    travel.focus()
    page.keyboard.press("Home")
    at_update(page, 0)
    assert regions(page) == start
    assert page.evaluate("__messages.sent") == sent, "the server was contacted"
    with rerun(page):
        part(page, "reset").click()
    at_update(page, 0)
    with rerun(page):
        part(page, "new-start").click()
    assert regions(page) != start


def test_pictures_pick_points_and_features(page: Page) -> None:
    opened(page, "/playground?two=false&updates=10")
    page.get_by_role("button", name="x1 x2", exact=True).press("Enter")
    page.wait_for_url(re.compile("picked=x1%2Cx2%2Cx1x2"))
    expect(page.get_by_role("button", name="x1 x2", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    with rerun(page):
        page.get_by_role("button", name="Moons").click()
    page.wait_for_url(re.compile("points=moons"))
    assert ask(page, "return root.classes;") == 2


def test_a_narrow_dark_screen_works_by_keyboard(browser: Browser, app: str) -> None:
    context = new_context(
        browser, base_url=app, viewport={"width": 420, "height": 900}, color_scheme="dark"
    )
    page = context.new_page()
    page.goto("/playground?updates=0")
    expect(part(page, "numbers").nth(1)).to_contain_text("Objective")
    left, right = (plane(page, side).bounding_box() for side in (0, 1))
    assert left
    assert right
    assert left["y"] + left["height"] <= right["y"], "one below the other"
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    part(page, "step").focus()
    page.keyboard.press("Enter")
    at_update(page, 1)
    unnamed = page.locator(f"{ARENA} button, {ARENA} input, {ARENA} canvas[tabindex]").evaluate_all(
        "all => all.filter(e => !(e.textContent.trim() || e.getAttribute('aria-label')"
        " || e.labels?.length)).length"
    )
    assert unnamed == 0
    context.close()
