"""The page GD vs SGD."""

import math
import re

import pytest

from lossopt_core import Experiment, RunStore, suggested_learning_rate
from lossopt_core import train as train_in_core
from tests.helpers import figures, open_one, open_page, settle, trace, train, words

PAGE = "gd-vs-sgd"


def test_gd_and_every_batch_size_are_trained(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "2", "batch_sizes": "8,128", "learning_rate": "0.1"}))
    assert not app.exception
    names = [each["name"] for each in figures(app)["objective-cross_entropy"]["data"]]
    assert [each for each in names if "optimum" not in each] == [
        "GD (full batch)",
        "SGD, batch size 8",
        "SGD, batch size 128",
    ]
    [run] = train_in_core([Experiment(epochs=2, batch_size=128)])
    drawn = trace(figures(app)["objective-cross_entropy"], "SGD, batch size 128")
    assert drawn["y"] == pytest.approx(run.history["objective"].tolist())


def test_the_default_axis_is_equal_work(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "2"}))
    chart = figures(app)["accuracy"]
    assert chart["layout"]["xaxis"]["title"]["text"] == "Epochs"
    assert {each["x"][-1] for each in chart["data"]} == {2.0}
    app.selectbox(key="work").set_value("update").run()
    ends = [each["x"][-1] for each in figures(app)["accuracy"]["data"] if "test" in each["name"]]
    assert ends == [2.0, 2.0 * math.ceil(1347 / 32)]


def test_axes_can_be_logarithmic(store: RunStore) -> None:
    query = {"epochs": "2", "log_x": "true", "log_y": "true"}
    layout = figures(train(open_one(PAGE, query)))["accuracy"]["layout"]
    assert layout["xaxis"]["type"] == "log"
    assert layout["yaxis"]["type"] == "linear", "accuracies end at 100 %"


def test_with_two_features_trajectories_are_weight_vectors(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "2", "dataset": "blobs", "below": "weights"}))
    ways = figures(app)["ways"]
    assert ways["layout"]["xaxis"]["title"]["text"] == "Weight of x1"
    [run] = train_in_core([Experiment(dataset="blobs", epochs=2, optimizer="gd")])
    end_of_first_class = trace(ways, "GD (full batch)")["x"][len(run.path_updates) - 1]
    assert end_of_first_class == pytest.approx(run.weights[0, 0], rel=1e-6)


def test_with_many_features_trajectories_are_on_the_principal_plane(store: RunStore) -> None:
    ways = figures(train(open_one(PAGE, {"epochs": "2", "below": "weights"})))["ways"]
    assert re.search(r"\d% of the movement", ways["layout"]["xaxis"]["title"]["text"])
    assert ways["layout"]["yaxis"]["title"]["text"] == "Second principal direction"


def test_a_batch_of_all_examples_is_reduced_and_reported(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "2", "dataset": "blobs", "batch_sizes": "32,512"}))
    assert not app.exception
    assert "Each batch is the whole training set (375 examples)" in words(app)


def test_with_one_objective_the_verdict_is_on_the_objective(store: RunStore) -> None:
    app = train(open_one(PAGE, {"dataset": "iris", "epochs": "2", "seeds": "6"}))
    assert words(app).splitlines()[1].startswith("**Objective:** SGD, batch size 32 is ")
    assert "(6 splits)" in words(app)
    assert "**All at the learning rate 0.1, which may suit one better than another.**" in words(app)


def test_each_optimizer_has_its_own_rate_unless_asked_otherwise(store: RunStore) -> None:
    app = train(open_page(PAGE, {"dataset": "iris", "epochs": "5", "seeds": "6"}))
    rates = {
        optimizer: set(rows["learning_rate"])
        for optimizer, rows in store.list().groupby("optimizer")
    }
    for optimizer, found in rates.items():
        own = suggested_learning_rate(Experiment(dataset="iris", epochs=5, optimizer=optimizer))
        assert found == {own}
    assert "Each at its own tuned learning rate." in words(app)
    app.toggle(key="same-rate").set_value(True).run()
    assert "which may suit one better than another" in words(settle(app))
    assert len(set(store.list()["learning_rate"])) <= 2


def test_a_batch_size_has_the_same_colour_alone_and_among_others(store: RunStore) -> None:
    key = "objective-cross_entropy"
    alone = figures(train(open_one(PAGE, {"epochs": "1"})))[key]
    many = figures(train(open_one(PAGE, {"epochs": "1", "batch_sizes": "8,32,128"})))[key]
    name = "SGD, batch size 32"
    assert trace(alone, name)["line"]["color"] == trace(many, name)["line"]["color"]
