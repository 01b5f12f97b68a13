"""Points and weights of the playground, changed by hand."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core.playground.points import DEMO_WEIGHTS
from lossopt_ui.playground import changes
from tests.helpers import open_page, words
from tests.pages.playground import (
    DEMO,
    PAGE,
    Clock,
    address,
    arena,
    opened,
    positions,
    press,
)

pytestmark = pytest.mark.usefixtures("store")  # away from the project's runs


def test_points_are_moved_added_relabelled_deleted_and_restored():
    page = opened({"loss": "hinge"})
    app = page.step(10)
    before, weights = arena(app)["points"], page.weights()
    page.send("move", index=0, x=-1.0, y=-1.25)
    assert positions(app)[0] == (-1.0, -1.25)
    assert page.weights() != weights, "retrained on the edited points"
    assert address(app)["own_points"].startswith("-1000.-1250A")
    page.send("add", x=1.4, y=1.4, label=3)
    assert arena(app)["points"][9] == [1.4, 1.4, 3]
    page.send("label", index=9, label=0)
    page.send("delete", index=1)
    assert len(positions(app)) == 9
    assert positions(open_page(PAGE, address(app))) == positions(app)
    for _ in range(4):
        page.send("undo")
    assert arena(app)["points"] == before
    assert page.weights() == weights
    assert "own_points" not in address(app)
    assert not arena(app)["undo"]
    page.send("redo")
    assert positions(app)[0] == (-1.0, -1.25)


REJECTED: list[Any] = [
    {"kind": "move", "index": 9, "x": 0, "y": 0},
    {"kind": "move", "count": 8, "index": 0, "x": 0, "y": 0},
    {"kind": "move", "index": 0, "x": "far", "y": 0},
    {"kind": "move", "index": 0, "x": None, "y": 0},
    {"kind": "move", "index": 1e400, "x": 0, "y": 0},
    {"kind": "drag", "index": 0},
    {"kind": "add", "x": 0, "y": 0, "label": 7},
    {"kind": "add", "x": 0, "y": 0, "label": 1e30},
    {"kind": "explode"},
    {"kind": "step", "updates": 1e9},
    {"kind": "step", "updates": "1"},
    {"kind": "more", "position": -1},
    {"kind": "weight", "label": 9, "feature": 0, "value": 1},
    {"kind": "weight", "label": 0, "feature": 0, "value": "nan"},
    {"kind": "option", "name": "hide", "value": "loss"},
    {"kind": "option", "name": "speed", "value": "light"},
    {"kind": ["move"]},
]


def test_invalid_events_from_the_browser_are_rejected():
    page = opened()
    app = page.app
    before = positions(app)
    for event in REJECTED:
        page.send(**event)
        assert not app.exception, event
        assert positions(app) == before
        assert "The edit was not applied" in words(app), event
        assert not {"own_points", "hide", "speed"} & address(app).keys()
    for raw in ({}, [9], "move", None):
        page.send_raw(raw)
        assert not app.exception, raw
    assert positions(app) == before


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
    assert arena(app)["points"][1][2] == 3
    editor(app, deleted_rows=[0], added_rows=[{"x1": 1, "x2": 1, "class": "B"}, {}])
    assert positions(app)[-1] == (1.0, 1.0)
    assert len(positions(app)) == 9
    editor(app, edited_rows={0: {"x1": 99}})
    assert "coordinates from -1.5 to 1.5" in words(app)
    assert len(positions(app)) == 9


def test_editing_a_weight_restarts_training_from_it():
    page = opened({"loss": "hinge", "weights": DEMO, "two": "false"})
    app = page.step(1)
    editor(app, edited_rows={0: {"W (B)": -3.0}})
    page.read()
    assert not app.exception
    assert page.numbers()["updates"] == page.position == 0
    assert address(app)["weights"].split("__")[1].startswith("-3_")
    page.step(10)
    page.send("reset")
    page.send("weight", label=0, feature=2, value="0.25")
    assert address(app)["weights"].split("__")[0].endswith("_0.25")
    assert address(app)["weights"].split("__")[1].startswith("-3_")
    app = page.send("new_start")
    assert "weights" not in address(app)


def test_weights_that_do_not_fit_the_features_are_ignored():
    app = open_page(PAGE, {"weights": DEMO, "features": "squares"})
    assert not app.exception
    assert "do not fit" in words(app)
    app.selectbox(key="features").set_value("plain").run()
    assert "do not fit" not in words(app)
    assert DEMO_WEIGHTS.shape == (3, 3)


def test_choosing_other_points_discards_edits_until_undo():
    page = opened({"points": "own", "own_points": "0.0A500.500B250.-500C"})
    app = page.app
    assert positions(app) == [(0, 0), (0.5, 0.5), (0.25, -0.5)]
    page.send("option", name="points", value="course")
    assert len(positions(app)) == 9
    assert "own_points" not in address(app)
    page.send("undo")
    assert positions(app) == [(0, 0), (0.5, 0.5), (0.25, -0.5)]
    press(app, "original")
    assert len(positions(app)) == 9
    assert "own_points" not in address(app)


def test_moving_a_point_while_playing_keeps_what_was_learned(clock: Clock) -> None:
    page = opened({"two": "false", "loss": "hinge"})
    page.playing = True
    page.send("more")
    page.position = 50
    app = page.send("move", index=0, x=-1.1, y=-1.0)
    assert arena(app)["chunk"]["updates"][0] == 50
    assert page.updates[0] == 0
    assert address(app)["own_points"].startswith("-1100.-1000A")
    assert arena(app)["playing"]


def test_a_change_at_an_earlier_update_discards_the_later_ones():
    page = opened({"loss": "hinge", "optimizer": "momentum", "batch_size": "2", "two": "false"})
    app = page.step(20)
    halfway = page.weights()
    app.number_input(key="learning_rate").set_value(0.5).run()
    page.read()
    page.step(20)
    page.position = 20
    page.send("seek")
    assert page.updates[-1] == 40, "going forward again is possible"
    app.number_input(key="learning_rate").set_value(0.1).run()
    page.read()
    assert page.updates[-1] == 20
    assert page.weights() == halfway


def test_noise_spreads_the_points_of_a_set():
    def radii(noise: str) -> Any:
        query = {"points": "circles", "point_noise": noise, "updates": "0"}
        points = np.array(arena(open_page(PAGE, query))["points"])
        return [np.hypot(*points[points[:, 2] == label, :2].T) for label in np.unique(points[:, 2])]

    calm, noisy = radii("0"), radii("0.5")
    assert max(map(np.std, calm)) < 1e-3, "circles"
    assert min(map(np.std, noisy)) > 0.02


def test_test_points_are_shown_and_measured():
    page = opened({"points": "moons", "test_points": "0.3"})
    page.step(50)
    assert len(arena(page.app)["tests"]) == 28
    assert len(arena(page.app)["points"]) == 62
    assert 0.5 < page.numbers()["test_accuracy"] <= 1


def test_an_edit_does_not_undo_one_that_the_page_has_not_shown_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = opened()
    handle = changes.handle

    def handle_two(event: Any) -> None:
        handle({**event, "kind": "label", "label": 2})
        handle(event)

    monkeypatch.setattr(changes, "handle", handle_two)
    page.send("move", index=0, x=-1.0, y=1.0)
    assert address(page.app)["own_points"].startswith("-1000.1000C")
    monkeypatch.undo()
    page.send("undo")
    assert address(page.app)["own_points"].startswith("500.400C")
