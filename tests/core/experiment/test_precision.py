"""Large data and single precision: what training takes of memory, and of accuracy."""

import tracemalloc
from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import (
    OPTIMIZERS,
    Experiment,
    LinearClassifier,
    RunStore,
    load_data,
    train,
)
from lossopt_core.theory.stability import starting_learning_rate
from lossopt_core.training import features as feeds
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort
from lossopt_core.training.features import Feed

DIGITS = Experiment()


@pytest.fixture
def small_buffer(monkeypatch):
    """A buffer of a hundred examples of digits."""
    monkeypatch.setattr(feeds, "BUFFER_BYTES", 100 * 65 * 8)


# Data that do not fit into the buffer


def joined(pieces):
    """Copies of all pieces, one below the other."""
    features, labels = zip(*[(X.copy(), y.copy()) for X, y in pieces], strict=True)
    return np.concatenate(features), np.concatenate(labels)


@pytest.mark.parametrize("most", [1, 7, 100, 1000])
def test_chunks_contain_all_examples_in_order(small_buffer, most):
    data = load_data(DIGITS)
    feed = Feed(data.train_features, data.train_labels, 32)
    assert len(feed.buffer) == 100
    assert max(len(y) for _, y in feed.chunks(most)) == min(most, 100)
    features, labels = joined(feed.chunks(most))
    assert_array_equal(features[:, :-1], data.train_features)
    assert_array_equal(features[:, -1], 1.0)
    assert_array_equal(labels, data.train_labels)


def test_a_batch_has_the_requested_examples(small_buffer):
    data, rows = load_data(DIGITS), np.array([1300, 2, 77])
    X, y = Feed(data.train_features, data.train_labels, 32).batch(rows)
    assert_array_equal(X, np.hstack([data.train_features[rows], np.ones((3, 1))]))
    assert_array_equal(y, data.train_labels[rows])


@pytest.mark.parametrize("optimizer", ["gd", "sgd"])
def test_runs_are_the_same_whether_or_not_the_data_fit(monkeypatch, optimizer):
    experiment = DIGITS.replace(optimizer=optimizer, epochs=3)
    [fitting] = train([experiment])
    monkeypatch.setattr(feeds, "BUFFER_BYTES", 100 * 65 * 8)
    [streamed] = train([experiment])
    assert_allclose(streamed.history, fitting.history, rtol=1e-12)
    assert_allclose(streamed.weights, fitting.weights, rtol=1e-10, atol=1e-14)


def test_no_second_copy_of_large_data_is_made(monkeypatch):
    monkeypatch.setattr(feeds, "BUFFER_BYTES", 1_000_000)
    random = np.random.default_rng(0)
    X = random.standard_normal((100_000, 50))
    y = (X[:, 0] > 0).astype(np.int64)
    tracemalloc.start()
    LinearClassifier(epochs=1, batch_size=1000, random_state=0).fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < X.nbytes / 4


def test_an_update_makes_no_new_array_as_large_as_the_weights_or_scores():
    experiments = [DIGITS.replace(learning_rate=rate) for rate in np.geomspace(1e-3, 1e-2, 64)]
    cohort = Cohort(experiments, load_data(DIGITS))
    batches = list(islice(Minibatches(1347, 32, seed=0), 10))
    cohort.step(batches[0], 0, 10)
    tracemalloc.start()
    for update, batch in enumerate(batches):
        cohort.step(batch, update, 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < cohort.buffers[32].scores.nbytes < cohort.W.nbytes


# Single precision


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "cross_entropy"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_single_precision_costs_less_than_a_hundred_thousandth(loss, optimizer):
    experiment = DIGITS.replace(loss=loss, optimizer=optimizer, evaluations=2)
    experiment = experiment.replace(learning_rate=starting_learning_rate(experiment))
    double, single = train([experiment, experiment.replace(precision="float32")])
    assert single.final["objective"] == pytest.approx(double.final["objective"], rel=1e-5)
    assert single.final["objective"] != double.final["objective"]


def test_training_computes_in_the_chosen_precision():
    cohort = Cohort([DIGITS.replace(precision="float32", optimizer="adam")], load_data(DIGITS))
    batch = next(Minibatches(1347, 32, seed=0))
    cohort.step(batch, 0, 10)
    [block] = cohort.blocks
    arrays = [cohort.W, cohort.gradient, cohort.train.buffer, cohort.buffers[32].scores, block.rate]
    assert {array.dtype for array in [*arrays, *block.memory]} == {np.dtype(np.float32)}


def test_scores_that_overflow_single_numbers_give_a_finite_loss():
    query = {"init_scale": 60.0, "learning_rate": 1e-8, "epochs": 1}
    double, single = train([DIGITS.replace(**query), DIGITS.replace(**query, precision="float32")])
    assert single.history["objective"].iloc[0] > 100
    assert_allclose(single.history["objective"], double.history["objective"], rtol=1e-5)


def test_a_run_in_single_precision_is_saved_and_found_again(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.db'}")
    [run] = train([DIGITS.replace(precision="float32", epochs=1)])
    store.save([run])
    [kept] = store.load([run.id])
    assert kept.experiment.precision == "float32"
    assert kept.weights.dtype == np.float64
    assert_array_equal(kept.weights, run.weights)


def test_the_estimator_takes_single_features_and_trains_in_single_precision():
    data = load_data(DIGITS)
    model = LinearClassifier(precision="float32", epochs=2, random_state=0)
    model.fit(data.train_features.astype(np.float32), data.train_labels)
    double = LinearClassifier(epochs=2, random_state=0)
    double.fit(data.train_features, data.train_labels)
    assert model.objective_ == pytest.approx(double.objective_, rel=1e-5)
    assert model.objective_ != double.objective_


def test_ids_of_double_precision_do_not_name_it():
    assert "precision" not in DIGITS.settings
    assert DIGITS.replace(precision="float32").id != DIGITS.id
    with pytest.raises(ValueError, match="precision must be one of float64, float32"):
        Experiment(precision="half")
