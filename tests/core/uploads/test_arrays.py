"""Experiments on arrays of one's own behave like any other experiment."""

import gc
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris

import lossopt_core
from lossopt_core import (
    Experiment,
    RunStore,
    certify,
    experiment_on,
    load_data,
    noise_floor,
    step_limits,
    suggested_learning_rate,
    train,
    with_distance,
    zero_strength,
)
from lossopt_core.data.datasets import IN_MEMORY, MissingDataError
from lossopt_core.experiment import caches

X, Y = load_iris(return_X_y=True)
NAMED = Experiment(dataset="iris", epochs=2, strength=0.01)


def settings(**more):
    return {"epochs": 2, "strength": 0.01} | more


def test_every_name_of_the_public_interface_is_there():
    for name in lossopt_core.__all__:
        assert getattr(lossopt_core, name) is not None


def test_a_run_on_arrays_is_that_on_the_data_set_with_the_same_numbers():
    [ours] = train([experiment_on(X, Y, **settings())])
    [theirs] = train([NAMED])
    assert_array_equal(ours.weights, theirs.weights)
    pd.testing.assert_frame_equal(ours.history, theirs.history)


def test_everything_in_the_core_takes_it():
    ours = experiment_on(X, Y, **settings())
    optimum = certify(ours)
    assert_allclose(optimum.objective, certify(NAMED).objective, rtol=1e-9)
    assert step_limits(ours, optimum) == step_limits(NAMED, certify(NAMED))
    assert suggested_learning_rate(ours) == suggested_learning_rate(NAMED)
    assert_allclose(noise_floor(ours, optimum), noise_floor(NAMED, certify(NAMED)), rtol=1e-6)
    assert zero_strength(ours.replace(regularizer="l1")) == zero_strength(
        NAMED.replace(regularizer="l1")
    )
    [run] = train([ours])
    assert (with_distance(run.history, optimum)["distance"] >= 0).all()


def test_labels_of_any_type_are_classes_in_sorted_order():
    words = np.array(["versicolor", "setosa", "virginica"])[Y]
    data = load_data(experiment_on(X, words, test_fraction=0))
    assert data.class_names == ("setosa", "versicolor", "virginica")
    assert_array_equal(np.array(data.class_names)[data.train_labels], words)
    assert load_data(experiment_on(X, Y * 2.0)).class_names == ("0.0", "2.0", "4.0")


def test_names_are_those_of_the_table_or_those_that_are_given():
    frame, _ = load_iris(return_X_y=True, as_frame=True)
    assert load_data(experiment_on(frame, Y)).feature_names == tuple(frame.columns)
    assert load_data(experiment_on(X, Y)).feature_names == ("x1", "x2", "x3", "x4")
    named = load_data(experiment_on(X, Y, class_names=["a", "b", "c"], feature_names=list("wxyz")))
    assert (named.class_names, named.feature_names) == (("a", "b", "c"), ("w", "x", "y", "z"))


def test_the_arrays_are_kept_by_copies_and_other_processes():
    ours = experiment_on(X, Y, **settings())
    again = pickle.loads(pickle.dumps(ours))
    assert again == ours
    assert again.id == ours.id
    alone = train([ours, ours.replace(seed=1)])
    side_by_side = train([ours, ours.replace(seed=1)], backend="loky")
    for one, other in zip(alone, side_by_side, strict=True):
        assert_array_equal(one.weights, other.weights)


def test_a_stored_run_is_read_without_the_arrays_and_trained_only_with_them(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.db'}")
    ours = experiment_on(X + 1.0, Y, **settings())
    store.save(train([ours]))
    ours_id = ours.id
    del ours
    caches.drop_owner(IN_MEMORY.owner)
    gc.collect()
    kept = store.experiments([ours_id])[ours_id]
    with pytest.raises(MissingDataError, match="150 examples, 4 features, 3 classes"):
        train([kept])
    back = experiment_on(X + 1.0, Y, **settings())
    assert_array_equal(train([kept])[0].weights, train([back])[0].weights)


def test_a_class_with_one_example_can_be_trained_on_where_nothing_is_tested():
    assert train([experiment_on(X[:51], Y[:51], test_fraction=0, optimizer="gd", epochs=1)])
    with pytest.raises(ValueError, match="class '1' has 1 example"):
        experiment_on(X[:51], Y[:51])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [0, 1]), r"X must be numeric with shape \(n, d\), got \(2,\)"),
        (([["a"], ["b"]], [0, 1]), "X must be numeric"),
        (([[1.0], [np.nan]] * 2, [0, 1, 0, 1]), "X must be finite, but is not in row 2, column 1"),
        (([[1.0], [2.0]], [0]), "y must be one label per row of X"),
        (([[1.0], [2.0]] * 2, [0, None, 0, 1]), "y must have no missing labels; row 2"),
        (([[1.0], [2.0]] * 2, [0.0, 1.0, np.nan, 1.0]), "y must have no missing labels; row 3"),
        (([[1.0], [2.0]], [0, 0]), "there must be 2 to 100 classes, got 1"),
    ],
)
def test_invalid_arrays_are_rejected_with_a_message(arguments, message):
    with pytest.raises(ValueError, match=message):
        experiment_on(*arguments)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"class_names": ["a", "b"]}, "class_names must be 3 names, got 2"),
        ({"feature_names": "wxyz"}, "feature_names must be 4 names, got 'wxyz'"),
        ({"dataset": "digits"}, "dataset cannot be set:"),
        ({"dataset_options": {}}, "dataset_options cannot be set:"),
        ({"loss": "mse"}, "loss must be one of"),
        ({"learning_rate": -1}, "learning_rate must be"),
    ],
)
def test_invalid_settings_are_rejected_by_name(more, message):
    with pytest.raises(ValueError, match=message):
        experiment_on(X, Y, **more)
