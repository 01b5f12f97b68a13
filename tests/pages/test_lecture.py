"""The lecture's cards."""

import numpy as np
import pytest

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
def test_nonsense_in_the_address_is_said_and_left_out(card: str) -> None:
    app = open_page("lecture", {"card": card} | dict.fromkeys(CARDS[card].numbers, "<b>1;nan"))
    assert not app.exception
    assert len(app.warning) == len(CARDS[card].numbers)


def test_a_card_of_no_such_name_is_the_first() -> None:
    app = open_page("lecture", {"card": "nonsense"})
    assert not app.exception
    assert "card must be" in app.warning[0].value


def test_every_number_belongs_to_a_card() -> None:
    used = {name for card in CARDS.values() for name in card.numbers}
    assert used == set(NUMBERS)


def test_a_score_is_changed_and_put_back() -> None:
    app = open_page("lecture", {"card": "scores"})
    app.number_input(key="images-0-0").set_value(6.1).run()
    assert app.query_params["images"].startswith("6.1,5.1")
    app.button(key="reset").click().run()
    assert app.number_input(key="images-0-0").value == 3.2
    assert "images" not in app.query_params


def test_a_number_out_of_range_is_said_and_not_taken() -> None:
    app = open_page("lecture", {"card": "scores"})
    app.number_input(key="images-1-2").set_value(1e9).run()
    assert not app.exception
    assert "Scores: each number must be" in words(app)
    assert app.number_input(key="images-1-2").value == 2.0


def test_the_way_from_card_to_card() -> None:
    app = open_page("lecture", {"card": "image_to_scores"})
    app.button(key="card-arrow_forward").click().run()
    assert app.header[0].value == CARDS["scores"].title
    app.button(key="card-arrow_forward").click().run()
    assert app.query_params["card"] == "start"


def test_two_weights_are_said_to_give_the_same_score_only_if_they_do() -> None:
    app = open_page("lecture", {"card": "regularisation"})
    assert "they give the same score" in words(app)
    app.number_input(key="w1-0-0").set_value(2.0).run()
    assert "they give the same score" not in words(app)
    assert "The two give different scores" in words(app)


def test_the_question_about_the_cars_zero_loss_is_about_the_lectures_scores() -> None:
    app = open_page("lecture", {"card": "scores"})
    app.number_input(key="images-1-1").set_value(1.0).run()
    assert "the car's loss is **0**. With ½W it is **0**" in words(app)


def test_a_mean_keeps_the_best_weights_only_with_its_share_of_the_penalty() -> None:
    assert "if λ is divided by it too" in words(open_page("lecture", {"card": "scores"}))


def test_a_cross_entropy_is_never_said_to_be_zero() -> None:
    app = open_page("lecture", {"card": "hinge_and_softmax"})
    content = app.table[1].value
    assert content["Cross-entropy"].tolist()[2] == "3.3778e-48"
    assert content["Hinge"].tolist() == ["0", "0", "0"]
    far = open_page("lecture", {"card": "hinge_and_softmax", "content": "-9000,-9000"})
    assert far.table[0].value["Cross-entropy"].tolist() == ["below 5e-324"]


def test_a_search_counts_tries_as_a_gradient_costs_more_than_a_guess() -> None:
    app = open_page("lecture", {"card": "searches"})
    layout = figures(app)["card-searches"]["layout"]
    assert layout["xaxis"]["title"]["text"] == "Guesses, or steps along the gradient"
    assert "best by training loss" in layout["title"]["text"]
    assert "same number of passes" not in words(app)


def test_rows_of_fractions_have_space_between_them() -> None:
    app = open_page("lecture", {"card": "numeric_gradient"})
    [fractions] = [each.value for each in app.markdown if "frac" in each.value]
    assert fractions.count(r"\\[12pt]") == 2


def test_the_error_is_a_vertical_step() -> None:
    error = trace(
        figures(open_page("lecture", {"card": "shapes"}))["card-shapes"], "Error (0 or 1)"
    )
    ends = [
        (x0, x1)
        for x0, x1, y0, y1 in zip(
            error["x"], error["x"][1:], error["y"], error["y"][1:], strict=False
        )
        if y0 != y1
    ]
    assert ends == [(0.0, 0.0)]


def test_the_hinge_is_seen_under_crammer_and_singers_dashes() -> None:
    app = open_page("lecture", {"card": "shapes"})
    shapes = figures(app)["card-shapes"]
    above, below = trace(shapes, "Crammer–Singer"), trace(shapes, "Hinge")
    assert above["y"] == below["y"]
    assert (above["line"]["dash"], below["line"]["dash"]) == ("dash", "solid")
    assert "Hinge and Crammer–Singer are the same: their curves coincide" in words(app)


def test_one_against_all_is_said_to_charge_for_the_wrong_score_at_zero() -> None:
    app = open_page("lecture", {"card": "shapes", "shapes_margin": "2"})
    shapes = figures(app)["card-shapes"]
    assert trace(shapes, "One against all")["y"][-1] == trace(shapes, "Hinge")["y"][-1] + 2.0
    assert "The wrong score is held at 0" in words(app)
    assert "always adds Δ = 2." in words(app)


@pytest.mark.parametrize("penalty", ["l1", "l2", "elastic_net"])
def test_level_sets_of_loss_and_penalty_touch_at_the_best_weights(penalty: str) -> None:
    app = open_page("lecture", {"card": "level_sets", "plane_penalty": penalty})
    plane = figures(app)["card-plane"]
    [first], [second] = (trace(plane, "at this strength")[axis] for axis in "xy")
    levels = {name: trace(plane, name)["contours"] for name in ("same data loss", "same penalty")}
    best = np.array([first]), np.array([second])
    there = {
        "same data loss": two_weights.surface(*best)[0, 0],
        "same penalty": two_weights.penalty(penalty, 0.5, *best)[0, 0],
    }
    for name, level in levels.items():
        assert level["start"] == level["end"] == pytest.approx(there[name])
    # They touch: where the penalty is lower than at the best weights, the loss is higher.
    within = np.array(trace(plane, "same penalty")["z"]) <= there["same penalty"]
    loss = np.array(trace(plane, "same data loss")["z"])
    assert loss[within].min() >= there["same data loss"] - 1e-3


def test_colours_of_the_plane_are_spread_by_the_root_and_its_words_say_the_loss() -> None:
    plane = figures(open_page("lecture", {"card": "level_sets"}))["card-plane"]
    loss = np.array(trace(plane, "same data loss")["z"])
    coloured = trace(plane, "data loss")
    assert np.array(coloured["customdata"]) == pytest.approx(loss)
    assert np.array(coloured["z"]) == pytest.approx(np.sqrt(loss - loss.min()))


def test_the_level_set_of_a_penalty_is_seen_whole() -> None:
    for power in ("-3", "-1.5"):
        app = open_page("lecture", {"card": "level_sets", "plane_power": power})
        penalty = trace(figures(app)["card-plane"], "same penalty")
        values = np.array(penalty["z"])
        border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
        assert border.min() > penalty["contours"]["start"]
