"""The cards of the lecture page."""

import numpy as np
import pytest

from lossopt_core import LOSSES
from lossopt_core.lecture import two_weights
from lossopt_ui.state.pages.lecture import CARDS, NUMBERS
from tests.helpers import figures, open_page, trace, words


@pytest.mark.parametrize("card", CARDS)
def test_a_card_opens_with_the_lectures_numbers(card: str) -> None:
    app = open_page("lecture", {"card": card})
    assert not app.exception
    assert app.header[0].value == CARDS[card].title
    assert not app.warning


@pytest.mark.parametrize("card", CARDS)
def test_invalid_numbers_in_the_address_are_reported_and_ignored(card: str) -> None:
    app = open_page("lecture", {"card": card} | dict.fromkeys(CARDS[card].numbers, "<b>1;nan"))
    assert not app.exception
    assert len(app.warning) == len(CARDS[card].numbers)


def test_an_unknown_card_opens_the_default() -> None:
    app = open_page("lecture", {"card": "nonsense"})
    assert not app.exception
    assert "card must be" in app.warning[0].value


def test_every_number_belongs_to_a_card() -> None:
    used = {name for card in CARDS.values() for name in card.numbers}
    assert used == set(NUMBERS)


def test_reset_restores_the_lectures_score() -> None:
    app = open_page("lecture", {"card": "scores"})
    app.number_input(key="images-0-0").set_value(6.1).run()
    assert app.query_params["images"].startswith("6.1,5.1")
    app.button(key="reset").click().run()
    assert app.number_input(key="images-0-0").value == 3.2
    assert "images" not in app.query_params


def test_a_number_out_of_range_is_rejected() -> None:
    app = open_page("lecture", {"card": "scores"})
    app.number_input(key="images-1-2").set_value(1e9).run()
    assert not app.exception
    assert "Scores: each number must be" in words(app)
    assert app.number_input(key="images-1-2").value == 2.0


def test_the_forward_button_opens_the_next_card() -> None:
    app = open_page("lecture", {"card": "image_to_scores"})
    app.button(key="card-arrow_forward").click().run()
    assert app.header[0].value == CARDS["scores"].title
    app.button(key="card-arrow_forward").click().run()
    assert app.query_params["card"] == "start"


def test_the_intro_says_same_score_only_if_the_scores_agree() -> None:
    app = open_page("lecture", {"card": "regularisation"})
    assert "they give the same score" in words(app)
    app.number_input(key="w1-0-0").set_value(2.0).run()
    assert "they give the same score" not in words(app)
    assert "The two give different scores" in words(app)


def test_the_question_about_the_cars_zero_loss_uses_the_lectures_scores() -> None:
    app = open_page("lecture", {"card": "scores"})
    app.number_input(key="images-1-1").set_value(1.0).run()
    assert "the car's loss is **0**. With ½W it is **0**" in words(app)


def test_a_mean_keeps_the_optimum_only_if_the_penalty_is_scaled_too() -> None:
    assert "if λ is divided by it too" in words(open_page("lecture", {"card": "scores"}))


def test_cross_entropy_is_never_shown_as_zero() -> None:
    app = open_page("lecture", {"card": "hinge_and_softmax"})
    zero_hinge = app.table[1].value
    assert zero_hinge["Cross-entropy"].tolist()[2] == "3.3778e-48"
    assert zero_hinge["Hinge"].tolist() == ["0", "0", "0"]
    far = open_page("lecture", {"card": "hinge_and_softmax", "content": "-9000,-9000"})
    assert far.table[0].value["Cross-entropy"].tolist() == ["below 5e-324"]


def test_the_searches_are_compared_by_number_of_tries() -> None:
    app = open_page("lecture", {"card": "searches"})
    layout = figures(app)["card-searches"]["layout"]
    assert layout["xaxis"]["title"]["text"] == "Guesses or gradient steps"
    assert "best weights by training loss" in layout["title"]["text"]
    assert "same number of passes" not in words(app)


def test_rows_of_fractions_have_extra_space_between_them() -> None:
    app = open_page("lecture", {"card": "numeric_gradient"})
    [fractions] = [each.value for each in app.markdown if "frac" in each.value]
    assert fractions.count(r"\\[12pt]") == 2


def test_the_zero_one_loss_is_a_vertical_step() -> None:
    error = trace(figures(open_page("lecture", {"card": "shapes"}))["card-shapes"], "Zero-one loss")
    ends = [
        (x0, x1)
        for x0, x1, y0, y1 in zip(
            error["x"], error["x"][1:], error["y"], error["y"][1:], strict=False
        )
        if y0 != y1
    ]
    assert ends == [(0.0, 0.0)]


def test_hinge_stays_visible_under_the_dashed_crammer_singer_curve() -> None:
    app = open_page("lecture", {"card": "shapes"})
    shapes = figures(app)["card-shapes"]
    above, below = trace(shapes, "Crammer–Singer"), trace(shapes, "Hinge")
    assert above["y"] == below["y"]
    assert (above["line"]["dash"], below["line"]["dash"]) == ("dash", "solid")
    assert "hinge and Crammer–Singer are the same: their curves coincide" in words(app)


def test_one_vs_rest_adds_the_margin_for_a_wrong_score_of_zero() -> None:
    app = open_page("lecture", {"card": "shapes", "shapes_margin": "2"})
    shapes = figures(app)["card-shapes"]
    assert (
        trace(shapes, LOSSES["one_vs_all"].label)["y"][-1] == trace(shapes, "Hinge")["y"][-1] + 2.0
    )
    assert "The wrong score is held at 0" in words(app)
    assert "always adds Δ = 2." in words(app)


@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net"])
def test_level_sets_of_loss_and_penalty_touch_at_the_optimum(penalty: str) -> None:
    app = open_page("lecture", {"card": "level_sets", "plane_penalty": penalty})
    plane = figures(app)["card-plane"]
    [first], [second] = (trace(plane, "optimum at this strength")[axis] for axis in "xy")
    levels = {
        name: trace(plane, name)["contours"]
        for name in ("level set of data loss", "level set of penalty")
    }
    best = np.array([first]), np.array([second])
    there = {
        "level set of data loss": two_weights.surface(*best)[0, 0],
        "level set of penalty": two_weights.penalty(penalty, 0.5, *best)[0, 0],
    }
    for name, level in levels.items():
        assert level["start"] == level["end"] == pytest.approx(there[name])
    # They touch: wherever the penalty is lower than at the optimum, the loss is higher.
    within = np.array(trace(plane, "level set of penalty")["z"]) <= there["level set of penalty"]
    loss = np.array(trace(plane, "level set of data loss")["z"])
    assert loss[within].min() >= there["level set of data loss"] - 1e-3


def test_the_plane_is_coloured_by_the_root_but_hover_shows_the_loss() -> None:
    plane = figures(open_page("lecture", {"card": "level_sets"}))["card-plane"]
    loss = np.array(trace(plane, "level set of data loss")["z"])
    coloured = trace(plane, "data loss")
    assert np.array(coloured["customdata"]) == pytest.approx(loss)
    assert np.array(coloured["z"]) == pytest.approx(np.sqrt(loss - loss.min()))


def test_the_whole_level_set_of_a_penalty_is_visible() -> None:
    for power in ("-3", "-1.5"):
        app = open_page("lecture", {"card": "level_sets", "plane_power": power})
        penalty = trace(figures(app)["card-plane"], "level set of penalty")
        values = np.array(penalty["z"])
        border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
        assert border.min() > penalty["contours"]["start"]
