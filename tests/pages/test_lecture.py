"""The cards of the lecture page."""

from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import LOSSES, RunStore
from lossopt_core.lecture import two_weights
from lossopt_ui.state import url
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


def test_w_is_unique_only_with_a_penalty() -> None:
    app = open_page("lecture", {"card": "unique"})
    assert "With 2W the loss is **0**" in words(app)
    curves = figures(app)["card-unique"]
    objective = trace(curves, "objective")
    [lowest] = [each["x0"] for each in curves["layout"]["shapes"]]
    assert objective["x"][int(np.argmin(objective["y"]))] == pytest.approx(lowest)
    assert np.count_nonzero(np.array(trace(curves, "hinge loss of the car")["y"]) == 0) > 100
    app.number_input(key="unique_strength").set_value(0.0).run()
    assert "nothing chooses between them" in words(app)


def test_l1_sets_weights_to_zero_and_l2_does_not() -> None:
    for card, zeros in (("l1", 3), ("l2", 0)):
        app = open_page("lecture", {"card": card})
        ends = [each["y"][-1] for each in figures(app)["card-shrinking"]["data"]]
        assert ends.count(0.0) == zeros
        assert f"exactly zero: **{zeros}**" in words(app)


def test_the_mean_of_the_three_images_is_shown() -> None:
    app = open_page("lecture", {"card": "scores"})
    assert "= 5.2667" in words(app)
    parts = figures(app)["card-terms"]["data"]
    assert sum(each["y"][-1] for each in parts) == pytest.approx(15.8 / 3)


def test_the_logarithm_pulls_where_the_probability_does_not() -> None:
    app = open_page("lecture", {"card": "why_log"})
    assert "−ln p pulls with **0.98201**, 1 − p with **0.017663**" in words(app)


def test_only_exp_gives_every_class_a_share_that_grows_with_its_score() -> None:
    app = open_page("lecture", {"card": "why_exp", "image": "frog"})
    shares = np.array([each["y"] for each in figures(app)["card-shares"]["data"]])
    assert shares.sum(axis=0) == pytest.approx(np.ones(4))
    growing = [(np.argsort(column) == [2, 0, 1]).all() and column.min() > 0 for column in shares.T]
    assert growing == [True, False, False, False]


@pytest.mark.parametrize("card", CARDS)
def test_a_card_has_a_picture_and_leads_to_an_experiment_and_back(card: str) -> None:
    numbers = {name: "0.5" for name in CARDS[card].carried if name.endswith("margin")}
    app = open_page("lecture", {"card": card} | numbers)
    assert figures(app)
    entry = CARDS[card]
    [link] = [each.proto for each in app.get("page_link") if each.proto.label == entry.experiment]
    query = dict(parse_qsl(link.query_string))
    assert link.page == entry.page
    for name, setting in entry.carried.items():
        assert query.get(setting) == url.query_of({setting: app_value(app, name)}).get(setting)
    found, problems = url.read(query)
    assert not problems
    assert found["from_card"] == card


def app_value(app: AppTest, name: str) -> Any:
    """A number of the lecture, as in the address or its default."""
    given = app.query_params.get(name)
    return url.parse(name, given[0] if isinstance(given, list) else given) if given else (
        NUMBERS[name].default
    )  # fmt: skip


def test_the_experiment_leads_back_to_the_card_with_its_numbers(store: RunStore) -> None:
    query = {"card": "shapes", "shapes_margin": "2", "from_card": "shapes", "margin": "2"}
    app = open_page("playground", query)
    [link] = [
        each.proto for each in app.get("page_link") if "Back to the lecture" in each.proto.label
    ]
    assert link.page == "lecture"
    back = dict(parse_qsl(link.query_string, keep_blank_values=True))
    assert back["from_card"] == ""
    assert back["card"] == "shapes"


def test_it_opens_on_its_first_card() -> None:
    assert open_page("lecture").header[0].value == CARDS["image_to_scores"].title


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
