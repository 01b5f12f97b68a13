"""The playground page: settings, steps, tables, addresses."""

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
    """Keeps these tests away from the project's runs."""


def plane_data(app: AppTest, side: str = "left") -> dict[str, Any]:
    """The data sent to the plot of one side."""
    [plane] = [each for each in app.get("bidi_component") if each.key == f"plane-{side}"]
    content: dict[str, Any] = json.loads(plane.proto.json)
    return content


def change(app: AppTest, event: Any = None, **changes: Any) -> AppTest:
    """Send an edit, as the browser does after a change in the plot."""
    [plane] = [each for each in app.get("bidi_component") if each.key == "plane-left"]
    states = app._tree.get_widget_states()
    content = json.dumps([{"event": "edit", "value": changes or event}])
    states.widgets.add(id=_make_trigger_id(plane.proto.id, "events"), json_trigger_value=content)
    return app._run(states)


def slider(app: AppTest) -> dict[str, Any]:
    """The data sent to the time slider."""
    [found] = [each for each in app.get("bidi_component") if each.key == "time"]
    content: dict[str, Any] = json.loads(found.proto.json)
    return content


def slider_event(app: AppTest, name: str, value: Any) -> AppTest:
    """Send an event of the time slider, as the browser does on approach or release."""
    [found] = [each for each in app.get("bidi_component") if each.key == "time"]
    states = app._tree.get_widget_states()
    content = json.dumps([{"event": name, "value": value}])
    states.widgets.add(id=_make_trigger_id(found.proto.id, "events"), json_trigger_value=content)
    return app._run(states)


def numbers(app: AppTest) -> list[dict[str, str]]:
    """The metrics of each side."""
    values = [(metric.label, metric.value) for metric in app.metric]
    return [dict(values[first : first + 5]) for first in range(0, len(values), 5)]


def address(app: AppTest) -> dict[str, str]:
    """The query of the page's address."""
    query = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in query}


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def positions(app: AppTest) -> list[tuple[float, float]]:
    return [(point["x"], point["y"]) for point in plane_data(app)["points"]]


@pytest.mark.parametrize("points", POINT_SETS)
def test_every_set_of_points_opens_with_every_loss(points):
    app = press(open_page(PAGE, {"points": points}), "k_steps")
    assert address(app).get("points", "course") == points
    objectives = set()
    for loss in LOSSES:
        app.selectbox(key="loss").set_value(loss).run()
        assert not app.exception
        assert len(plane_data(app)["points"]) == {"course": 9, "own": 2}.get(points, 90)
        objectives.add(numbers(app)[0]["Objective"])
    assert numbers(app)[0]["Updates"] == "10"
    # With two classes there is one wrong class: its sum and its maximum are the same.
    assert len(objectives) == len(LOSSES) - (points in {"moons", "circles", "own"})


def test_margin_lines_are_explained_only_if_the_loss_has_a_margin():
    assert "Dashed: beyond this line" in words(open_page(PAGE, {"loss": "hinge"}))
    assert "Dashed: beyond this line" not in words(open_page(PAGE, {"loss": "cross_entropy"}))


def test_every_feature_map_opens_with_a_second_model():
    app = press(open_page(PAGE, {"two": "true", "right_loss": "hinge"}), "k_steps")
    for features in FEATURE_MAPS:
        app.selectbox(key="features").set_value(features).run()
        assert not app.exception
        assert numbers(app)[0] != numbers(app)[1]
        assert plane_data(app)["points"][0]["x"] == plane_data(app, "right")["points"][0]["x"]


def test_loading_the_demo_shows_its_numbers():
    app = press(open_page(PAGE), "demo")
    [shown] = numbers(app)
    assert shown == {
        "Updates": "0", "Data loss": "0.6446", "Penalty": "1.9255", "Objective": "2.5700",
        "Accuracy": "78%",
    }  # fmt: skip
    assert address(app)["weights"] == DEMO
    again = open_page(PAGE, address(app))
    assert numbers(again) == [shown]


def test_steps_equal_those_of_train():
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
    assert numbers(app)[0]["Objective"] == f"{run.final['objective']:.4f}"
    assert numbers(app)[0]["Data loss"] == f"{run.final['data_loss']:.4f}"


def test_reset_restores_the_start_and_a_new_random_start_differs():
    app = open_page(PAGE, {"loss": "hinge"})
    start = plane_data(app)["chosen"]
    press(app, "k_steps")
    assert plane_data(app)["chosen"] != start
    press(app, "reset")
    assert plane_data(app)["chosen"] == start
    assert numbers(app)[0]["Updates"] == "0"
    press(app, "new_start")
    assert plane_data(app)["chosen"] != start
    assert address(app)["seed"] == "1"


def test_play_and_pause_with_a_change_of_learning_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "FASTEST_ANSWER", 0.0)
    app = open_page(PAGE, {"optimizer": "gd"})
    press(app, "play")
    assert app.button(key="play").label == "Pause"
    made = int(numbers(app)[0]["Updates"])
    app.number_input(key="learning_rate").set_value(0.01).run()
    assert int(numbers(app)[0]["Updates"]) > made, "it keeps playing from the same update"
    press(app, "play")
    made = int(numbers(app)[0]["Updates"])
    assert int(numbers(app.run())[0]["Updates"]) == made
    app.selectbox(key="loss").set_value("hinge").run()
    assert int(numbers(app)[0]["Updates"]) == made, "retrained up to the same update"


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


def test_settings_used_only_by_the_right_model_have_controls():
    app = open_page(PAGE, {"two": "true", "optimizer": "gd", "regularizer": "none"})
    for kind, names in (("optimizer", OPTIMIZERS), ("regularizer", REGULARIZERS)):
        for name in names:
            app.selectbox(key=f"right_{kind}").set_value(name).run()
            assert not app.exception
            shown = {each.key for each in app.number_input}
            assert ("strength" in shown) == (name in {"l1", "l2", "elastic_net"})
            assert ("batch_size" in shown) == (kind == "optimizer" and name != "gd")
        app.selectbox(key=f"right_{kind}").set_value("same").run()


def test_points_are_moved_added_relabelled_deleted_and_restored():
    app = open_page(PAGE, {"loss": "hinge"})
    press(app, "k_steps")
    before = plane_data(app)
    change(app, kind="move", count=9, index=0, x=-1.0, y=-1.25)
    assert positions(app)[0] == (-1.0, -1.25)
    assert plane_data(app)["chosen"] != before["chosen"], "retrained on the edited points"
    assert address(app)["own_points"].startswith("-1000.-1250A")
    change(app, kind="add", count=9, x=1.4, y=1.4, label=3)
    assert plane_data(app)["points"][9]["label"] == 3
    change(app, kind="label", count=10, index=9, label=0)
    change(app, kind="delete", count=10, index=1)
    assert len(positions(app)) == 9
    shared = open_page(PAGE, address(app))
    assert positions(shared) == positions(app)
    for _ in range(4):
        press(app, "undo")
    assert plane_data(app)["points"] == before["points"]
    assert plane_data(app)["pulls"] == before["pulls"]
    assert plane_data(app)["chosen"] == before["chosen"]
    assert "own_points" not in address(app)
    assert app.button(key="undo").disabled
    press(app, "redo")
    assert positions(app)[0] == (-1.0, -1.25)


REJECTED: list[Any] = [
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


def test_invalid_edits_from_the_browser_are_rejected():
    app = open_page(PAGE)
    before = positions(app)
    for event in REJECTED:
        change(app, event)
        assert not app.exception, event
        assert positions(app) == before
        assert "The edit was not applied" in words(app)
        assert "own_points" not in address(app)


def editor(app: AppTest, **changes: Any) -> AppTest:
    """Send edits, as the open table editor does."""
    [table] = app.get("data_editor")
    states = app._tree.get_widget_states()
    content = {"edited_rows": {}, "added_rows": [], "deleted_rows": []} | changes
    states.widgets.add(id=table.proto.id, string_value=json.dumps(content))
    return app._run(states)


def test_points_can_be_edited_in_a_table():
    app = open_page(PAGE)
    app.session_state["playground-part"] = "Edit points"
    app.run()
    editor(app, edited_rows={0: {"x1": -1.5}, 1: {"class": "D"}})
    assert positions(app)[0] == (-1.5, 0.4)
    assert plane_data(app)["points"][1]["label"] == 3
    editor(app, deleted_rows=[0], added_rows=[{"x1": 1, "x2": 1, "class": "B"}, {}])
    assert positions(app)[-1] == (1.0, 1.0)
    assert len(positions(app)) == 9
    editor(app, edited_rows={0: {"x1": 99}})
    assert "coordinates from -1.5 to 1.5" in words(app)
    assert len(positions(app)) == 9


def test_editing_a_weight_restarts_training_from_it():
    app = press(open_page(PAGE, {"loss": "hinge", "weights": DEMO}), "step")
    editor(app, edited_rows={0: {"W (B)": -3.0}})
    assert not app.exception
    assert numbers(app)[0]["Updates"] == "0"
    assert address(app)["weights"].split("__")[1].startswith("-3_")
    press(app, "k_steps")
    press(app, "reset")
    assert address(app)["weights"].split("__")[1].startswith("-3_")
    press(app, "new_start")
    assert "weights" not in address(app)


def test_weights_that_do_not_fit_the_features_are_ignored():
    app = open_page(PAGE, {"weights": DEMO, "features": "squares"})
    assert not app.exception
    assert "do not fit" in words(app)
    app.selectbox(key="features").set_value("plain").run()
    assert "do not fit" not in words(app)
    assert DEMO_WEIGHTS.shape == (3, 3)


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
}


def test_invalid_settings_in_the_address_are_reported():
    app = open_page(PAGE, INVALID)
    assert not app.exception
    assert len(app.warning) == len(INVALID)
    for name in INVALID:
        assert f"In the address: {name}" in words(app)
    assert len(plane_data(app)["points"]) == 9


def test_choosing_other_points_discards_edits_until_undo():
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


def test_divergence_is_reported_and_stops_training():
    query = {"loss": "squared_hinge", "learning_rate": "1000", "optimizer": "gd", "steps": "100"}
    app = press(open_page(PAGE, query), "k_steps")
    assert not app.exception
    assert "Diverged" in words(app)
    assert app.button(key="play").disabled
    press(app, "reset")
    assert "Diverged" not in words(app)


def test_every_control_of_the_page_is_in_its_address():
    app = open_page(PAGE, {"points": "circles", "two": "true", "right_features": "fourier"})
    drawn = {each.key for kind in ("selectbox", "number_input", "toggle") for each in app.get(kind)}
    assert drawn <= declared.PLAYGROUND.options.keys()
    assert read_points(plane_data(app)["version"]).classes == 2


def test_going_back_in_time_and_branching_off():
    query = {"loss": "hinge", "optimizer": "momentum", "batch_size": "2", "steps": "20"}
    app = open_page(PAGE, query)
    assert slider(app)["disabled"], "there is nothing to go back to yet"
    press(app, "k_steps")
    halfway = plane_data(app)
    app.number_input(key="learning_rate").set_value(0.5).run()
    press(app, "k_steps")
    end = numbers(app)
    time = slider(app)
    assert (time["tick"], len(time["words"]), time["disabled"]) == (40, 41, False)
    slider_event(app, "tick", 20)
    assert plane_data(app)["chosen"] == halfway["chosen"]
    assert plane_data(app)["pulls"] == halfway["pulls"]
    assert numbers(app)[0]["Updates"] == "20"
    assert len(slider(app)["words"]) == 41, "going forward again is possible"
    slider_event(app, "tick", 40)
    assert numbers(app) == end, "with the learning rate that was changed halfway"
    slider_event(app, "tick", 10)
    press(app, "step")
    assert len(slider(app)["words"]) == 12, "later updates are discarded"
    for invalid in (-1, 12, "x", None, 1e9, [1]):
        slider_event(app, "tick", invalid)
        assert not app.exception
        assert numbers(app)[0]["Updates"] == "11"


def test_frames_of_the_plane_are_sent_on_approaching_the_slider():
    query = {"loss": "hinge", "two": "true", "right_loss": "cross_entropy", "steps": "100"}
    app = press(open_page(PAGE, query), "k_steps")
    start = {
        side: plane_data(press(open_page(PAGE, query), "reset"), side) for side in ("left", "right")
    }
    assert plane_data(app)["timeline"] is None
    slider_event(app, "approach", True)
    assert not app.exception
    ticks = len(slider(app)["words"])
    assert ticks <= 54
    for side in ("left", "right"):
        now = plane_data(app, side)
        first, *_, last = now["timeline"]["frames"]
        assert len(now["timeline"]["frames"]) == ticks
        assert {name: now[name] for name in last} == last
        assert {name: start[side][name] for name in first} == first
    press(app, "step")
    assert plane_data(app)["timeline"] is None


def test_curves_and_losses_always_carry_their_history():
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
