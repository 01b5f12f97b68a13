"""The lecture's numbers, read from the rendered page."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.helpers import goto, new_context, rerun


@pytest.fixture(scope="module")
def lecture(browser: Browser, app: str) -> Page:
    """One browser page shared by all cards."""
    context = new_context(browser, base_url=app, viewport={"width": 1440, "height": 2400})
    return context.new_page()


def card(page: Page, name: str) -> str:
    """The whole text of a card, with all questions opened."""
    goto(page, f"/lecture?card={name}")
    for question in page.locator("details").all():
        unfold(question)
    return page.get_by_test_id("stMain").inner_text().replace("−", "-")


def unfold(question: Locator) -> None:
    """Open a question; on a busy machine it may not listen yet when it is first clicked."""
    answer = question.get_by_test_id("stExpanderDetails")
    for _ in range(5):
        question.locator("summary").click()
        with suppress(AssertionError):
            expect(answer).to_be_visible(timeout=5_000)
            return
    expect(answer).to_be_visible()


def tables(page: Page) -> list[list[list[str]]]:
    """The cells of all tables on the page, without header rows."""
    page.get_by_test_id("stTable").first.wait_for()
    return [
        [
            [cell.inner_text() for cell in row.locator("th, td").all()]
            for row in table.locator("tbody tr").all()
        ]
        for table in page.get_by_test_id("stTable").all()
    ]


def formulas(page: Page) -> list[str]:
    """The LaTeX of all formulas on the page."""
    return page.locator("annotation").all_text_contents()


def numbers(cells: list[str]) -> list[float]:
    return [float(cell) for cell in cells]


def test_cat_car_and_frog(lecture: Page) -> None:
    text = card(lecture, "scores")
    terms = " ".join(formulas(lecture))
    for sum_ in ("2.9 + 0 = 2.9", "0 + 0 = 0", "6.3 + 6.6 = 12.9"):
        assert sum_ in terms
    over_all, mean, squared = tables(lecture)
    assert "The smallest is 0. There is no largest" in text
    assert numbers(over_all[0][1:]) == pytest.approx([3.9, 1, 13.9, 6.2667], abs=1e-4)
    assert numbers(mean[0][1:]) == pytest.approx([1.45, 0, 6.45, 2.6333], abs=1e-4)
    assert numbers(squared[0][1:]) == pytest.approx([8.41, 0, 83.25, 30.5533], abs=1e-2)
    assert "print 10.9 and a mean of 4.6. It should be 12.9 and a mean of 5.2667" in text
    assert "misses the margin by Δ: 2." in text


def test_softmax_of_the_cat_image_in_three_units(lecture: Page) -> None:
    text = card(lecture, "softmax")
    steps, units = tables(lecture)
    assert numbers([row[2] for row in steps]) == pytest.approx(
        [24.5325, 164.0219, 0.1827], rel=1e-3
    )
    assert numbers([row[3] for row in steps]) == pytest.approx(
        [0.12998, 0.86905, 0.00097], abs=5e-6
    )
    assert "Sum of the exponentials: 188.74" in text
    expected = {
        "nat": [2.0404, 0.0791, 6.1565, 2.7587],
        "bit": [2.9436, 0.1142, 8.8819],
        "log₁₀": [0.8861, 0.0344, 2.6737],
    }
    for row in units:
        assert numbers(row[1 : 1 + len(expected[row[0]])]) == pytest.approx(
            expected[row[0]], abs=1e-4
        )
    assert re.search(r"print 0\.89\. It should be 2\.04\d+ \(and 0\.886\d+ in base 10\)", text)
    assert "0.2, -0.7, 0.5" in text
    assert "0.705, 0.035, 0.259" in text
    assert "0.547, 0.122, 0.331" in text


def test_overflow_and_the_shift(lecture: Page) -> None:
    card(lecture, "overflow")
    [rows] = tables(lecture)
    assert [row[3] for row in rows] == ["-666", "-333", "0"]
    assert [row[5] for row in rows] == ["666", "333", "0"]
    assert "overflow" in [row[2] for row in rows]


def test_hinge_and_cross_entropy_of_the_same_scores(lecture: Page) -> None:
    text = card(lecture, "hinge_and_softmax")
    _, zero_hinge, notes, steps = tables(lecture)
    assert numbers([row[1] for row in steps]) == pytest.approx([0.0578, 2.3632, 1.3231], abs=1e-4)
    assert numbers([row[2] for row in steps]) == pytest.approx([0.0154, 0.6312, 0.3534], abs=1e-4)
    assert re.search(r"In base 10 the cross-entropy is 0\.451[67]\d*\.", text)
    assert [row[1] for row in zero_hinge] == ["0", "0", "0"]
    assert numbers([row[2] for row in zero_hinge]) == pytest.approx(
        [0.000918, 0.551445, 0], abs=1e-5
    )
    assert "scores -2.85, 0.86, 0.28" in text
    assert numbers(notes[0][1:]) == pytest.approx([1.58, 2.4964, 1.0402], abs=1e-4)
    assert "max(0, 11 - 13 + 10) = 8." in text


def test_an_image_to_scores_with_its_bias(lecture: Page) -> None:
    text = card(lecture, "image_to_scores")
    [[row]] = tables(lecture)
    assert numbers(row[1:]) == pytest.approx([-96.8, 437.9, 60.75])
    assert "print 61.95. It should be 60.75: the bias of -1.2 is missing." in text


def test_the_initial_loss(lecture: Page) -> None:
    card(lecture, "start")
    [rows] = tables(lecture)
    at_start = {row[0]: float(row[2]) for row in rows}
    assert at_start["Hinge"] == 9
    assert at_start["Squared hinge"] == 9
    assert at_start["Cross-entropy"] == pytest.approx(2.302585, abs=1e-4)
    for classes, hinge, entropy in ((3, 2, 1.098612), (2, 1, 0.693147)):
        goto(lecture, f"/lecture?card=start&start_classes={classes}")
        [rows] = tables(lecture)
        at_start = {row[0]: float(row[2]) for row in rows}
        assert at_start["Hinge"] == hinge
        assert at_start["Cross-entropy"] == pytest.approx(entropy, abs=1e-4)
    goto(lecture, "/lecture?card=start&start_classes=10&start_margin=2")
    [rows] = tables(lecture)
    at_start = {row[0]: float(row[2]) for row in rows}
    assert (at_start["Hinge"], at_start["Squared hinge"]) == (9 * 2, 9 * 2**2)


def test_two_weight_vectors_with_one_score(lecture: Page) -> None:
    card(lecture, "regularisation")
    [rows] = tables(lecture)
    found = {row[0]: numbers(row[1:]) for row in rows}
    assert found == {"score": [1, 1], "L2": [1, 0.25], "L1": [1, 1], "elastic net": [2, 1.25]}


def test_the_slides_numeric_gradient(lecture: Page) -> None:
    text = card(lecture, "numeric_gradient")
    assert "only these differences can be reproduced" in text
    [[row]] = tables(lecture)
    assert numbers(row[1:]) == pytest.approx([-2.5, 0.6, 0])


LOG = """
    1.096956 .917265 .851503 .822336 .807586 .799448 .794681 .791764 .789920 .788726
    .787938 .787409 .787049 .786803 .786633 .786514 .786431 .786373 .786331 .786302
"""


def test_the_training_log_of_the_notes(lecture: Page) -> None:
    text = card(lecture, "training_log")
    [rows] = tables(lecture)
    for column in (1, 2):
        assert numbers([row[column] for row in rows]) == [float(each) for each in LOG.split()]
    assert "20 of 20 losses agree" in text
    assert "0.4933" in text


def test_the_cats_score_is_edited_by_keyboard_and_the_loss_follows(page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    page.emulate_media(color_scheme="dark")
    goto(page, "/lecture?card=scores")
    field = page.locator(".st-key-images-0-0 input")
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("6.1")
    with rerun(page):
        page.keyboard.press("Enter")
    assert any("0 + 0 = 0" in each and "cat" in each for each in formulas(page))
    assert "images=6.1" in page.url
    with rerun(page):
        page.get_by_role("button", name="Reset to the lecture's numbers").press("Enter")
    assert any("2.9 + 0 = 2.9" in each for each in formulas(page))


HOLD_THE_NEXT_MESSAGE = """
() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) {
    if (window.held) return send.call(this, message);
    window.held = () => send.call(this, message);
  };
}
"""


def test_a_late_rerun_does_not_restore_old_numbers(page: Page) -> None:
    goto(page, "/lecture?card=scores&lesson=loss.1")
    panel = page.locator(".st-key-lesson")
    expect(panel.get_by_text("To do.")).to_be_visible()
    page.evaluate(HOLD_THE_NEXT_MESSAGE)
    page.wait_for_function("Boolean(window.held)")  # the lesson panel reruns by itself
    panel.get_by_role("button", name="Show me").click()
    expect(panel.get_by_text("Done.")).to_be_visible()
    with rerun(page):
        page.evaluate("window.held()")
    expect(panel.get_by_text("Done.")).to_be_visible()
    assert "images=6.1" in page.url
    goto(page, page.url)
    expect(panel.get_by_text("Done.")).to_be_visible()
