"""The slider and frames sent to the browser; their behaviour there is in tests/browser."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    Experiment,
    RunStore,
    load_data,
    train,
)
from lossopt_core.inspect.clock import Clock
from lossopt_core.inspect.diagnostics import confusion, predict
from lossopt_core.inspect.example import examples_at
from lossopt_ui.charts import classifier, moving
from lossopt_ui.charts.frames import Change, Frames
from tests.helpers import open_one, plain
from tests.helpers import train as press_train

BLOBS = Experiment(dataset="blobs", epochs=3, evaluations=5)


def sent(app: AppTest) -> dict[str, dict]:
    """The data sent to each of our components, by key."""
    return {each.key: json.loads(each.proto.json) for each in app.get("bidi_component")}


def test_frames_are_sent_in_binary():
    numbers = np.arange(6, dtype=np.uint8).reshape(3, 2)
    frames = Frames("clock", [0, 2], [Change(1, "y", numbers), Change(None, "text", ["a", "b"])])
    packed = json.loads(frames.packed("light"))
    assert packed["changes"][0]["values"]["dtype"] == "u1"
    assert plain({**packed["changes"][0]["values"], "shape": "3,2"}) == numbers.tolist()
    assert packed["changes"][1]["values"] == ["a", "b"]


def test_runs_with_different_batch_sizes_are_aligned_by_work():
    runs = train([BLOBS.replace(optimizer="gd"), BLOBS.replace(batch_size=5)])
    clock = Clock.of(runs)
    assert clock.epochs[0] == 0
    assert clock.epochs[-1] == 3
    for run, path, points in zip(runs, clock.paths, clock.points, strict=True):
        seen = [run.experiment.gradient_evaluations(int(u)) for u in path.updates[points]]
        epochs = np.array(seen) / run.experiment.train_examples
        assert (epochs <= clock.epochs + 1e-9).all(), "no run is ahead of the clock"
        assert points[-1] == len(path) - 1


def test_the_last_frame_of_decision_regions_is_the_static_figure():
    [run] = train([BLOBS])
    data = load_data(BLOBS)
    [path] = Clock.of([run]).paths
    [change] = moving.portrait(path, data)
    x, y = classifier.plane(data)
    corner = data.as_trained(np.array([[x[0], y[0]], [x[-1], y[0]], [x[0], y[-1]]]))
    last = change.values[-1]
    assert [last[0, 0], last[0, -1], last[-1, 0]] == predict(run, corner).tolist()
    drawn = classifier.regions(run, data, "light")
    assert np.array_equal(last, drawn.data[0].z)
    assert confusion(run, data).sum() == len(data.test_labels)


def test_the_last_frame_of_weights_is_the_static_figure():
    [run] = train([BLOBS.replace(dataset_options={"features": 40})])
    data = load_data(run.experiment)
    [path] = Clock.of([run]).paths
    [change] = moving.portrait(path, data)
    drawn = classifier.portrait(run, data, "light")
    assert change.values.shape[1:] == (30, 3)
    assert np.array_equal(change.values[-1], drawn.data[0].z)


def test_the_table_of_the_worst_examples_follows_the_slider(store: RunStore):
    app = press_train(
        open_one("train", {"epochs": "2", "dataset": "iris", "seed": "4", "below": "mistakes"})
    )
    shown = sent(app)
    table, words = shown["worst-0"], shown["moment"]["words"]
    [run] = store.load(store.list()["id"].tolist())
    assert table["clock"] == "moment"
    assert len(table["which"]) == len(words)
    data, path = load_data(run.experiment), Clock.of([run]).paths[0]
    for point in (0, len(path) // 2, len(path) - 1):
        then = examples_at(
            run.experiment, path.stacked[point], data.test_features, data.test_labels
        )
        expected = [
            [str(each.row), data.class_names[each.true], data.class_names[each.predicted]]
            for each in then.head(8).itertuples()
        ]
        assert [row[:3] for row in table["rows"][point]] == expected
        losses = [float(row[3]) for row in table["rows"][point]]
        assert losses == pytest.approx(then["loss"].head(8).tolist(), rel=1e-3)


@pytest.mark.parametrize("page", ["train", "hinge-vs-cross-entropy", "gd-vs-sgd"])
def test_finished_runs_have_a_slider_that_their_figures_follow(store: RunStore, page: str):
    app = open_one(page, {"epochs": "2", "dataset": "blobs", "below": "weights"})
    assert "moment" not in sent(app)
    shown = sent(press_train(app))
    words = shown["moment"]["words"]
    assert words[0].startswith("Epoch 0:")
    assert words[-1].startswith("Epoch 2:")
    following = {key for key, each in shown.items() if each.get("frames")}
    assert len(following) >= 3
    for key in following:
        frames = json.loads(shown[key]["frames"])
        assert frames["clock"] == "moment"
        assert len(frames["which"]) == len(words)
        assert len(frames["cursor"]) in (0, len(words))


def test_without_stored_weights_the_page_says_so_and_shows_the_rest(store: RunStore, monkeypatch):
    app = press_train(open_one("train", {"epochs": "2", "below": "weights"}))
    find = RunStore.find
    monkeypatch.setattr(RunStore, "find", lambda *a, **k: find(*a, **k | {"with_path": False}))
    app.run()
    assert not app.exception
    assert "has no recorded weights" in "".join(each.value for each in app.caption)
    assert "portrait-0" in sent(app)
    assert "moment" not in sent(app)
