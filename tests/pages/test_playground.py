"""The playground page: settings, steps, tables, addresses."""

import pytest

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    Experiment,
    train,
)
from lossopt_core.playground.feature_maps import FEATURE_MAPS
from lossopt_core.playground.points import POINT_SETS, read_points
from lossopt_ui.state.pages import playground as declared
from tests.helpers import open_page, words
from tests.pages.playground import (
    DEMO,
    PAGE,
    Browser,
    Clock,
    address,
    arena,
    opened,
    positions,
    press,
)

pytestmark = pytest.mark.usefixtures("store")  # away from the project's runs
INVALID = {
    "points": "none",
    "own_points": "1.1Z",
    "weights": "1_2__3",
    "degree": "99",
    "waves": "1e9",
    "frequency": "nan",
    "steps": "0",
    "speed": "light",
    "two": "maybe",
    "right_loss": "<script>",
    "point_count": "100000",
    "picked": "x3",
    "updates": "1e9",
    "test_points": "0.9",
}


@pytest.mark.parametrize("points", POINT_SETS)
def test_every_set_of_points_opens_with_every_loss(points):
    page = opened({"points": points, "two": "false"})
    app = page.step(10)
    assert address(app).get("points", "course") == points
    objectives = set()
    for loss in LOSSES:
        app.selectbox(key="loss").set_value(loss).run()
        assert not app.exception
        assert len(arena(app)["points"]) == {"course": 9, "own": 2}.get(points, 90)
        objectives.add(page.numbers()["objective"])
    assert page.numbers()["updates"] == 10
    # With two classes there is one wrong class: its sum and its maximum are the same.
    assert len(objectives) == len(LOSSES) - (points in {"moons", "circles", "own"})


def test_it_opens_with_two_losses_side_by_side():
    page = opened()
    assert [side["title"] for side in arena(page.app)["sides"]] == ["Cross-entropy", "Hinge"]
    assert [side["margin"] for side in arena(page.app)["sides"]] == [None, 1.0]
    page.step(20)
    assert page.numbers(0)["objective"] != page.numbers(1)["objective"]
    app = page.app.selectbox(key="loss").set_value("hinge").run()
    assert [side["title"] for side in arena(app)["sides"]] == ["Hinge", "Cross-entropy"]


def test_every_feature_map_opens():
    page = opened()
    app = page.step(10)
    for features in FEATURE_MAPS:
        app.selectbox(key="features").set_value(features).run()
        assert not app.exception
        [left, right] = arena(app)["sides"]
        assert left["terms"] == right["terms"]
        assert len(page.weights()) == 3 * (len(left["terms"]) + 1)


def test_features_are_picked_from_pictures():
    page = opened()
    page.send("pick", name="x1x2")
    page.send("pick", name="sin2")
    app = page.send("pick", name="x1")
    assert not app.exception
    assert arena(app)["sides"][0]["names"] == ["x2", "x1 x2", "sin πx2"]
    assert (address(app)["features"], address(app)["picked"]) == ("picked", "x2,x1x2,sin2")
    assert opened(address(app)).weights() == page.weights()
    page.send("pick", name="x3")
    assert "The edit was not applied" in words(app)


def test_loading_the_demo_shows_its_numbers():
    page = opened({"two": "false"})
    app = press(page.app, "demo")
    page.read()
    shown = page.numbers()
    assert shown["updates"] == 0
    assert shown["data_loss"] == pytest.approx(0.6446, abs=5e-5)
    assert shown["penalty"] == pytest.approx(1.9255, abs=6e-5)
    assert shown["objective"] == pytest.approx(2.5700, abs=5e-5)
    assert shown["accuracy"] == pytest.approx(7 / 9)
    assert address(app)["weights"] == DEMO
    assert opened(address(app)).numbers()["objective"] == shown["objective"]


def test_steps_equal_those_of_train():
    query = {"loss": "hinge", "optimizer": "gd", "learning_rate": "0.3", "start_scale": "0"}
    page = opened(query)
    for _ in range(3):
        page.step(1)
    page.step(10)
    experiment = Experiment(
        dataset="course_demo", test_fraction=0, standardize=False, epochs=13, loss="hinge",
        optimizer="gd", learning_rate=0.3,
    )  # fmt: skip
    [run] = train([experiment])
    assert page.numbers()["updates"] == 13
    assert page.numbers()["objective"] == pytest.approx(run.final["objective"], rel=1e-6)
    assert page.numbers()["data_loss"] == pytest.approx(run.final["data_loss"], rel=1e-6)


def test_reset_restores_the_start_and_a_new_random_start_differs():
    page = opened({"loss": "hinge"})
    start = page.weights()
    page.step(10)
    assert page.weights() != start
    page.send("reset")
    assert page.weights() == start
    assert page.position == page.numbers()["updates"] == 0
    app = page.send("new_start")
    assert page.weights() != start
    assert address(app)["seed"] == "1"


def test_playing_trains_ahead_and_a_change_applies_from_the_screen(clock: Clock) -> None:
    page = opened({"optimizer": "gd", "two": "false"})
    page.playing = True
    app = page.send("more")
    assert page.updates == list(range(301)), "five seconds at 60 updates per second"
    before = page.updates
    clock.time += 0.5
    app.number_input(key="learning_rate").set_value(0.01).run()
    page.read()
    assert arena(app)["chunk"]["updates"][0] == 30
    assert page.updates[:31] == before[:31], "it goes on from the update on the screen"
    assert page.updates[-1] < 300, "and answers sooner"
    page.position = 40
    app.selectbox(key="loss").set_value("hinge").run()
    page.read()
    assert arena(app)["chunk"]["keep"] >= 29
    page.playing, page.position = False, 45
    page.send("pause")
    page.send("seek")
    assert address(app)["updates"] == "45"
    app.selectbox(key="loss").set_value("cross_entropy").run()
    page.read()
    assert (page.updates[0], page.updates[-1]) == (0, 45), "while paused, retrained from the start"


def test_features_that_change_while_playing_start_again(clock: Clock) -> None:
    page = opened({"two": "false"})
    page.playing = True
    page.send("more")
    page.position = 50
    page.send("pick", name="x1x2")
    assert (page.position, page.playing) == (0, True)
    assert page.updates[0] == 0


def test_a_browser_without_frames_gets_them_all():
    page = opened({"two": "false"})
    page.step(30)
    page.step(30)
    assert arena(page.app)["chunk"]["updates"][0] > 0
    page.send("resend")
    assert arena(page.app)["chunk"]["keep"] == -1
    assert page.updates == list(range(61))
    assert page.position == 60


def test_two_models_take_the_same_steps():
    query = {"right_loss": "same", "batch_size": "2", "loss": "hinge", "weights": DEMO}
    page = opened(query)
    app = page.step(10)
    assert page.weights(0) == page.weights(1)
    left = page.weights(0)
    app.selectbox(key="right_optimizer").set_value("adam").run()
    assert page.weights(0) == left
    assert page.weights(1) != left


def test_settings_used_only_by_the_right_model_have_controls():
    app = open_page(PAGE, {"optimizer": "gd", "regularizer": "none"})
    for kind, names in (("optimizer", OPTIMIZERS), ("regularizer", REGULARIZERS)):
        for name in names:
            app.selectbox(key=f"right_{kind}").set_value(name).run()
            assert not app.exception
            shown = {each.key for each in app.number_input}
            assert ("strength" in shown) == (name in {"l1", "l2", "elastic_net"})
            assert ("batch_size" in shown) == (kind == "optimizer" and name != "gd")
        app.selectbox(key=f"right_{kind}").set_value("same").run()


def test_a_batch_size_above_the_number_of_points_is_explained():
    assert "Each batch is all 9 points" in words(open_page(PAGE, {"batch_size": "32"}))
    assert "Each batch is all" not in words(open_page(PAGE, {"batch_size": "9"}))


def test_invalid_settings_in_the_address_are_reported():
    app = open_page(PAGE, INVALID)
    assert not app.exception
    assert len(app.warning) == len(INVALID)
    for name in INVALID:
        assert f"In the address: {name}" in words(app)
    assert len(positions(app)) == 9


def test_it_opens_trained_and_plays_how_it_got_there_until_something_is_done():
    app = open_page(PAGE)
    page = Browser(app)
    assert (page.position, page.updates[0], page.updates[-1]) == (300, 0, 300)
    assert page.numbers()["accuracy"] == 1
    assert arena(app)["opening"]
    assert not arena(app)["playing"]
    assert "updates" not in address(app)
    page.step(1)
    assert page.position == 301
    assert not arena(app)["opening"]


def test_an_address_that_says_otherwise_opens_without_training():
    at_start, by_hand = opened(), Browser(open_page(PAGE, {"weights": DEMO}))
    for page in (at_start, by_hand):
        assert page.updates == [0]
        assert not arena(page.app)["opening"]
    page = Browser(open_page(PAGE))
    page.send("reset")
    assert address(page.app)["updates"] == "0", "so that a reload shows the same"
    page.step(300)
    assert address(page.app)["updates"] == "300"


def test_an_address_opens_at_its_number_of_updates():
    page = opened({"loss": "hinge", "optimizer": "momentum", "batch_size": "2"})
    app = page.step(45)
    assert address(app)["updates"] == "45"
    again = opened(address(app))
    assert again.weights() == page.weights()
    assert again.position == 45
    assert again.updates[0] == 0, "and one can go back"


def test_divergence_is_reported_and_stops_training():
    query = {"loss": "squared_hinge", "right_loss": "same", "learning_rate": "1000",
             "optimizer": "gd"}  # fmt: skip
    page = opened(query)
    app = page.step(100)
    assert not app.exception
    assert "Diverged" in words(app)
    assert arena(app)["over"]
    page.send("reset")
    assert "Diverged" not in words(app)


def test_a_model_that_diverges_alone_stays_where_it_is():
    page = opened({"learning_rate": "50", "optimizer": "gd", "right_loss": "squared_hinge"})
    app = page.step(200)
    assert not app.exception
    assert not arena(app)["over"]
    assert page.numbers()["updates"] == 200


def test_every_control_of_the_page_is_in_its_address():
    app = open_page(PAGE, {"points": "circles", "right_features": "fourier"})
    drawn = {each.key for kind in ("selectbox", "number_input", "toggle") for each in app.get(kind)}
    drawn |= arena(app)["options"].keys()
    assert drawn <= declared.PLAYGROUND.options.keys()
    assert read_points(arena(app)["version"]).classes == 2


def test_hidden_and_fixed_controls_are_so_in_the_browser_too():
    app = open_page(PAGE, {"hide": "points,picked", "fix": "speed"})
    options = arena(app)["options"]
    assert options["points"]["hidden"]
    assert options["speed"] == {"value": "medium", "hidden": False, "disabled": True}
    assert arena(app)["pieces"]["hidden"]
