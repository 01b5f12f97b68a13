"""The page GD vs SGD."""

import math
import re

import pytest

from lossopt_core import Experiment, RunStore
from lossopt_core import train as train_in_core
from tests.helpers import figures, open_page, trace, train, words

PAGE = "gd-vs-sgd"


def test_gd_and_every_batch_size_are_trained(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2", "batch_sizes": "8,128", "learning_rate": "0.1"}))
    assert not app.exception
    names = [each["name"] for each in figures(app)["objective"]["data"]]
    assert names == ["GD (full batch)", "SGD, batch size 8", "SGD, batch size 128"]
    [run] = train_in_core([Experiment(epochs=2, batch_size=128)])
    drawn = trace(figures(app)["objective"], "SGD, batch size 128")
    assert drawn["y"] == pytest.approx(run.history["objective"].tolist())


def test_the_default_axis_is_equal_work(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2"}))
    chart = figures(app)["objective"]
    assert chart["layout"]["xaxis"]["title"]["text"] == "Gradient evaluations (examples)"
    assert {each["x"][-1] for each in chart["data"]} == {2.0 * 1347}
    app.selectbox(key="work").set_value("update").run()
    ends = [each["x"][-1] for each in figures(app)["objective"]["data"]]
    assert ends == [2.0, 2.0 * math.ceil(1347 / 32)]


def test_axes_can_be_logarithmic(store: RunStore) -> None:
    query = {"epochs": "2", "log_x": "true", "log_y": "true"}
    layout = figures(train(open_page(PAGE, query)))["objective"]["layout"]
    assert layout["xaxis"]["type"] == layout["yaxis"]["type"] == "log"


def test_with_two_features_trajectories_are_weight_vectors(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2", "dataset": "blobs", "learning_rate": "0.1"}))
    ways = figures(app)["ways"]
    assert ways["layout"]["xaxis"]["title"]["text"] == "Weight of x1"
    [run] = train_in_core([Experiment(dataset="blobs", epochs=2, optimizer="gd")])
    end_of_first_class = trace(ways, "GD (full batch)")["x"][len(run.path_updates) - 1]
    assert end_of_first_class == pytest.approx(run.weights[0, 0], rel=1e-6)


def test_with_many_features_trajectories_are_on_the_principal_plane(store: RunStore) -> None:
    ways = figures(train(open_page(PAGE, {"epochs": "2"})))["ways"]
    assert re.search(r"\d% of the movement", ways["layout"]["xaxis"]["title"]["text"])
    assert ways["layout"]["yaxis"]["title"]["text"] == "Second principal direction"


def test_a_batch_of_all_examples_is_left_out_and_reported(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2", "dataset": "blobs", "batch_sizes": "32,512"}))
    assert not app.exception
    assert "Left out" in words(app)
    assert len(store.list()) == 2


def test_without_batch_sizes_only_gd_is_trained(store: RunStore) -> None:
    app = open_page(PAGE, {"epochs": "2"})
    app.multiselect(key="batch_sizes").set_value([]).run()
    train(app)
    assert not app.exception
    assert len(figures(app)["objective"]["data"]) == 1


def test_gd_is_the_baseline_of_the_others(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2"}))
    labels = [metric.label for metric in app.metric]
    assert labels == ["GD (full batch)", "SGD, batch size 32"]
    assert "Final objective" in words(app)
    assert app.metric[1].delta.endswith("vs GD")


def test_there_is_no_difference_from_a_diverged_run(store: RunStore) -> None:
    query = {"loss": "squared_hinge", "learning_rate": "1", "epochs": "9"}
    app = train(open_page(PAGE, query))
    assert "diverged after" in words(app)
    deltas = [metric.delta for metric in app.metric]
    assert deltas
    assert not [delta for delta in deltas if "against" in delta]


def test_a_batch_size_has_the_same_colour_alone_and_among_others(store: RunStore) -> None:
    alone = figures(train(open_page(PAGE, {"epochs": "1"})))["objective"]
    many = figures(train(open_page(PAGE, {"epochs": "1", "batch_sizes": "8,32,128"})))["objective"]
    name = "SGD, batch size 32"
    assert trace(alone, name)["line"]["color"] == trace(many, name)["line"]["color"]
