"""The playground's page without a browser: settings, steps, tables, addresses."""

import json
from typing import Any

import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    Experiment,
    RunStore,
    train,
)
from lossopt_core.playground.feature_maps import FEATURE_MAPS
from lossopt_core.playground.points import DEMO_WEIGHTS, POINT_SETS, read_points
from lossopt_ui.playground import play
from lossopt_ui.state.pages import playground as declared
from tests.helpers import figures, open_page, plain, words

PAGE = "playground"
DEMO = "2.06_1.48_-0.42__0.44_-1.82_0.52__2.27_-2.04_-0.1"


@pytest.fixture(autouse=True)
def _own_store(store: RunStore) -> None:
    """No test of this page touches the project's runs."""


def told(app: AppTest, side: str = "left") -> dict[str, Any]:
    """What the plane of a side was told to draw."""
    [plane] = [each for each in app.get("bidi_component") if each.key == f"plane-{side}"]
    content: dict[str, Any] = json.loads(plane.proto.json)
    return content


def change(app: AppTest, event: Any = None, **changes: Any) -> AppTest:
    """What the browser sends after a change in the picture."""
    [plane] = [each for each in app.get("bidi_component") if each.key == "plane-left"]
    states = app._tree.get_widget_states()
    content = json.dumps([{"event": "edit", "value": changes or event}])
    states.widgets.add(id=_make_trigger_id(plane.proto.id, "events"), json_trigger_value=content)
    return app._run(states)


def slider(app: AppTest) -> dict[str, Any]:
    """What the slider through time was told."""
    [found] = [each for each in app.get("bidi_component") if each.key == "time"]
    content: dict[str, Any] = json.loads(found.proto.json)
    return content


def at_the_slider(app: AppTest, name: str, value: Any) -> AppTest:
    """What the browser sends when somebody comes near the slider, or lets it go."""
    [found] = [each for each in app.get("bidi_component") if each.key == "time"]
    states = app._tree.get_widget_states()
    content = json.dumps([{"event": name, "value": value}])
    states.widgets.add(id=_make_trigger_id(found.proto.id, "events"), json_trigger_value=content)
    return app._run(states)


def numbers(app: AppTest) -> list[dict[str, str]]:
    """The key figures of each side."""
    values = [(metric.label, metric.value) for metric in app.metric]
    return [dict(values[first : first + 5]) for first in range(0, len(values), 5)]


def address(app: AppTest) -> dict[str, str]:
    """What stands in the page's address."""
    query = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in query}


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def positions(app: AppTest) -> list[tuple[float, float]]:
    return [(point["x"], point["y"]) for point in told(app)["points"]]


@pytest.mark.parametrize("points", POINT_SETS)
def test_every_set_of_points_opens_with_every_loss(points):
    app = press(open_page(PAGE, {"points": points}), "k_steps")
    assert address(app).get("points", "course") == points
    seen = set()
    for loss in LOSSES:
        app.selectbox(key="loss").set_value(loss).run()
        assert not app.exception
        assert len(told(app)["points"]) == {"course": 9, "own": 2}.get(points, 90)
        seen.add(numbers(app)[0]["Total"])
    assert numbers(app)[0]["Updates"] == "10"
    # With two classes there is one rival: the sum over rivals is the largest of them.
    assert len(seen) == len(LOSSES) - (points in {"moons", "circles", "own"})


def test_a_margin_is_explained_where_there_is_one():
    assert "Dashed: beyond it" in words(open_page(PAGE, {"loss": "hinge"}))
    assert "Dashed: beyond it" not in words(open_page(PAGE, {"loss": "cross_entropy"}))


def test_every_feature_map_opens_beside_another_loss():
    app = press(open_page(PAGE, {"two": "true", "right_loss": "hinge"}), "k_steps")
    for features in FEATURE_MAPS:
        app.selectbox(key="features").set_value(features).run()
        assert not app.exception
        assert numbers(app)[0] != numbers(app)[1]
        assert told(app)["points"][0]["x"] == told(app, "right")["points"][0]["x"]


def test_the_demos_button_shows_the_demos_numbers():
    app = press(open_page(PAGE), "demo")
    [shown] = numbers(app)
    assert shown == {
        "Updates": "0", "Data loss": "0.6446", "Penalty": "1.9255", "Total": "2.5700",
        "Right": "78%",
    }  # fmt: skip
    assert address(app)["weights"] == DEMO
    again = open_page(PAGE, address(app))
    assert numbers(again) == [shown]


def test_steps_are_those_of_training():
    query = {"loss": "hinge", "optimizer": "gd", "learning_rate": "0.3", "start_scale": "0"}
    app = open_page(PAGE, query)
    for _ in range(3):
        press(app, "step")
    press(app, "k_steps")
    experiment = Experiment(
        dataset="course_demo", test_fraction=0, standardize=False, epochs=13, loss="hinge",
        optimizer="gd", learning_rate=0.3,
    )  # fmt: skip
    [run] = train([experiment])
    assert numbers(app)[0]["Updates"] == "13"
    assert numbers(app)[0]["Total"] == f"{run.final['objective']:.4f}"
    assert numbers(app)[0]["Data loss"] == f"{run.final['data_loss']:.4f}"


def test_the_same_start_is_the_same_and_a_new_one_is_new():
    app = open_page(PAGE, {"loss": "hinge"})
    start = told(app)["chosen"]
    press(app, "k_steps")
    assert told(app)["chosen"] != start
    press(app, "reset")
    assert told(app)["chosen"] == start
    assert numbers(app)[0]["Updates"] == "0"
    press(app, "new_start")
    assert told(app)["chosen"] != start
    assert address(app)["seed"] == "1"


def test_it_plays_and_pauses_and_the_learning_rate_may_change_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(play, "FASTEST_ANSWER", 0.0)
    app = open_page(PAGE, {"optimizer": "gd"})
    press(app, "play")
    assert app.button(key="play").label == "Pause"
    made = int(numbers(app)[0]["Updates"])
    app.number_input(key="learning_rate").set_value(0.01).run()
    assert int(numbers(app)[0]["Updates"]) > made, "it plays on, from where it was"
    press(app, "play")
    made = int(numbers(app)[0]["Updates"])
    assert int(numbers(app.run())[0]["Updates"]) == made
    app.selectbox(key="loss").set_value("hinge").run()
    assert int(numbers(app)[0]["Updates"]) == made, "trained anew to where it was"


def test_two_models_take_the_same_steps():
    query = {"two": "true", "batch_size": "2", "loss": "hinge", "weights": DEMO}
    app = press(open_page(PAGE, query), "k_steps")
    left, right = numbers(app)
    assert left == right
    app.selectbox(key="right_optimizer").set_value("adam").run()
    left_again, right = numbers(app)
    assert left_again == left
    assert right != left
    assert right["Updates"] == left["Updates"]


def test_what_only_the_right_model_looks_at_can_be_set():
    app = open_page(PAGE, {"two": "true", "optimizer": "gd", "regularizer": "none"})
    for kind, names in (("optimizer", OPTIMIZERS), ("regularizer", REGULARIZERS)):
        for name in names:
            app.selectbox(key=f"right_{kind}").set_value(name).run()
            assert not app.exception
            shown = {each.key for each in app.number_input}
            assert ("strength" in shown) == (name in {"l1", "l2", "elastic_net"})
            assert ("batch_size" in shown) == (kind == "optimizer" and name != "gd")
        app.selectbox(key=f"right_{kind}").set_value("same").run()


def test_points_are_moved_added_relabelled_and_deleted_and_had_back():
    app = open_page(PAGE, {"loss": "hinge"})
    press(app, "k_steps")
    before = told(app)
    change(app, kind="move", count=9, index=0, x=-1.0, y=-1.25)
    assert positions(app)[0] == (-1.0, -1.25)
    assert told(app)["chosen"] != before["chosen"], "trained anew on the other points"
    assert address(app)["own_points"].startswith("-1000.-1250A")
    change(app, kind="add", count=9, x=1.4, y=1.4, label=3)
    assert told(app)["points"][9]["label"] == 3
    change(app, kind="label", count=10, index=9, label=0)
    change(app, kind="delete", count=10, index=1)
    assert len(positions(app)) == 9
    shared = open_page(PAGE, address(app))
    assert positions(shared) == positions(app)
    for _ in range(4):
        press(app, "undo")
    assert told(app)["points"] == before["points"]
    assert told(app)["pulls"] == before["pulls"]
    assert told(app)["chosen"] == before["chosen"]
    assert "own_points" not in address(app)
    assert app.button(key="undo").disabled
    press(app, "redo")
    assert positions(app)[0] == (-1.0, -1.25)


REFUSED: list[Any] = [
    {"kind": "move", "count": 9, "index": 9, "x": 0, "y": 0},
    {"kind": "move", "count": 8, "index": 0, "x": 0, "y": 0},
    {"kind": "move", "count": 9, "index": 0, "x": "far", "y": 0},
    {"kind": "move", "count": 9, "index": 0, "x": None, "y": 0},
    {"kind": "move", "count": 9, "index": 1e400, "x": 0, "y": 0},
    {"kind": "add", "count": 9, "x": 0, "y": 0, "label": 7},
    {"kind": "add", "count": 9, "x": 0, "y": 0, "label": 1e30},
    {"kind": "explode", "count": 9},
    {},
    [9],
    "move",
]


def test_what_the_browser_must_not_send_is_refused():
    app = open_page(PAGE)
    before = positions(app)
    for event in REFUSED:
        change(app, event)
        assert not app.exception, event
        assert positions(app) == before
        assert "That change was not made" in words(app)
        assert "own_points" not in address(app)


def editor(app: AppTest, **changes: Any) -> AppTest:
    """What the editor that is open sends."""
    [table] = app.get("data_editor")
    states = app._tree.get_widget_states()
    content = {"edited_rows": {}, "added_rows": [], "deleted_rows": []} | changes
    states.widgets.add(id=table.proto.id, string_value=json.dumps(content))
    return app._run(states)


def test_the_table_of_points_does_the_same():
    app = open_page(PAGE)
    app.session_state["playground-part"] = "Points as a table"
    app.run()
    editor(app, edited_rows={0: {"x1": -1.5}, 1: {"class": "D"}})
    assert positions(app)[0] == (-1.5, 0.4)
    assert told(app)["points"][1]["label"] == 3
    editor(app, deleted_rows=[0], added_rows=[{"x1": 1, "x2": 1, "class": "B"}, {}])
    assert positions(app)[-1] == (1.0, 1.0)
    assert len(positions(app)) == 9
    editor(app, edited_rows={0: {"x1": 99}})
    assert "coordinates from -1.5 to 1.5" in words(app)
    assert len(positions(app)) == 9


def test_a_weight_set_by_hand_is_the_new_start():
    app = press(open_page(PAGE, {"loss": "hinge", "weights": DEMO}), "step")
    editor(app, edited_rows={0: {"W of B": -3.0}})
    assert not app.exception
    assert numbers(app)[0]["Updates"] == "0"
    assert address(app)["weights"].split("__")[1].startswith("-3_")
    press(app, "k_steps")
    press(app, "reset")
    assert address(app)["weights"].split("__")[1].startswith("-3_")
    press(app, "new_start")
    assert "weights" not in address(app)


def test_weights_that_do_not_fit_the_features_wait():
    app = open_page(PAGE, {"weights": DEMO, "features": "squares"})
    assert not app.exception
    assert "do not fit" in words(app)
    app.selectbox(key="features").set_value("plain").run()
    assert "do not fit" not in words(app)
    assert DEMO_WEIGHTS.shape == (3, 3)


NONSENSE = {
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
}


def test_nonsense_in_the_address_is_named():
    app = open_page(PAGE, NONSENSE)
    assert not app.exception
    assert len(app.warning) == len(NONSENSE)
    for name in NONSENSE:
        assert f"In the address: {name}" in words(app)
    assert len(told(app)["points"]) == 9


def test_other_points_take_the_place_of_ones_own_which_can_be_had_back():
    app = open_page(PAGE, {"points": "own", "own_points": "0.0A500.500B250.-500C"})
    assert positions(app) == [(0, 0), (0.5, 0.5), (0.25, -0.5)]
    app.selectbox(key="points").set_value("course").run()
    assert len(positions(app)) == 9
    assert "own_points" not in address(app)
    press(app, "undo")
    assert positions(app) == [(0, 0), (0.5, 0.5), (0.25, -0.5)]
    press(app, "original")
    assert len(positions(app)) == 9
    assert "own_points" not in address(app)


def test_a_divergence_is_said_and_ends_it():
    query = {"loss": "squared_hinge", "learning_rate": "1000", "optimizer": "gd", "steps": "100"}
    app = press(open_page(PAGE, query), "k_steps")
    assert not app.exception
    assert "Diverged" in words(app)
    assert app.button(key="play").disabled
    press(app, "reset")
    assert "Diverged" not in words(app)


def test_every_choice_of_the_page_stands_in_its_address():
    app = open_page(PAGE, {"points": "circles", "two": "true", "right_features": "fourier"})
    drawn = {each.key for kind in ("selectbox", "number_input", "toggle") for each in app.get(kind)}
    assert drawn <= declared.PLAYGROUND.options.keys()
    assert read_points(told(app)["version"]).classes == 2


def test_time_runs_backwards_and_branches_off():
    query = {"loss": "hinge", "optimizer": "momentum", "batch_size": "2", "steps": "20"}
    app = open_page(PAGE, query)
    assert slider(app)["disabled"], "there is no time yet to go back in"
    press(app, "k_steps")
    halfway = told(app)
    app.number_input(key="learning_rate").set_value(0.5).run()
    press(app, "k_steps")
    end = numbers(app)
    time = slider(app)
    assert (time["tick"], len(time["words"]), time["disabled"]) == (40, 41, False)
    at_the_slider(app, "tick", 20)
    assert told(app)["chosen"] == halfway["chosen"]
    assert told(app)["pulls"] == halfway["pulls"]
    assert numbers(app)[0]["Updates"] == "20"
    assert len(slider(app)["words"]) == 41, "one can go forth again"
    at_the_slider(app, "tick", 40)
    assert numbers(app) == end, "with the learning rate that was chosen on the way"
    at_the_slider(app, "tick", 10)
    press(app, "step")
    assert len(slider(app)["words"]) == 12, "what came after has not happened"
    for nonsense in (-1, 12, "x", None, 1e9, [1]):
        at_the_slider(app, "tick", nonsense)
        assert not app.exception
        assert numbers(app)[0]["Updates"] == "11"


def test_pictures_of_the_way_are_sent_to_who_comes_near_the_slider():
    query = {"loss": "hinge", "two": "true", "right_loss": "cross_entropy", "steps": "100"}
    app = press(open_page(PAGE, query), "k_steps")
    start = {side: told(press(open_page(PAGE, query), "reset"), side) for side in ("left", "right")}
    assert told(app)["past"] is None
    at_the_slider(app, "approach", True)
    assert not app.exception
    ticks = len(slider(app)["words"])
    assert ticks <= 54
    for side in ("left", "right"):
        now = told(app, side)
        first, *_, last = now["past"]["frames"]
        assert len(now["past"]["frames"]) == ticks
        assert {name: now[name] for name in last} == last
        assert {name: start[side][name] for name in first} == first
    press(app, "step")
    assert told(app)["past"] is None


def test_curves_and_losses_know_the_way_in_any_case():
    app = press(open_page(PAGE, {"loss": "hinge"}), "k_steps")
    shown = {each.key: json.loads(each.proto.json) for each in app.get("bidi_component")}
    cursor = json.loads(shown["curve-left"]["frames"])
    assert cursor["cursor"] == [float(each) for each in range(11)]
    frames = json.loads(shown["losses-left"]["frames"])
    [heights] = frames["changes"]
    values = plain({**heights["values"], "shape": "11,9"})
    [bars] = figures(app)["losses-left"]["data"]
    assert values[-1] == pytest.approx(bars["y"], rel=1e-6)
    assert sum(values[-1]) / 9 == pytest.approx(float(numbers(app)[0]["Data loss"]), abs=1e-4)
