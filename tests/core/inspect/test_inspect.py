"""A look inside runs: examples along the way, one example, the gradient under the microscope."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
    load_data,
    train,
)
from lossopt_core.experiment.description import loss_of
from lossopt_core.inspect import along, example, microscope
from lossopt_core.inspect.diagnostics import confusion, examples_by_loss
from lossopt_core.objective import linear
from lossopt_core.training.path import WeightPath
from tests.experiments import TINY

DIGITS = Experiment(epochs=2, evaluations=6)
BLOBS = Experiment(dataset="blobs", epochs=3, evaluations=5, init_scale=0.3)


def path_and_data(experiment):
    [run] = train([experiment])
    return run, WeightPath.of(run), load_data(experiment)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_predictions_and_accuracy_match_the_history(loss):
    run, path, data = path_and_data(BLOBS.replace(loss=loss))
    found = along.along(path, loss_of(run.experiment), data.train_features, data.train_labels)
    history = run.history.set_index("update").loc[path.updates]
    assert_allclose(found.losses.mean(axis=1), history["data_loss"], rtol=1e-5)
    assert_allclose(found.accuracy, history["train_accuracy"], atol=1e-12)
    assert_array_equal(found.confusion[-1], confusion(run, data, "train"))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_fraction_with_zero_gradient_matches_a_count_by_example(loss):
    experiment = BLOBS.replace(loss=loss)
    _, path, data = path_and_data(experiment)
    found = along.along(path, loss_of(experiment), data.train_features, data.train_labels)
    alone = loss_of(experiment)
    for point in (0, len(path) - 1):
        silent = 0
        for x, y in zip(linear.with_ones(data.train_features), data.train_labels, strict=True):
            slope = alone.gradient((path.stacked[point] @ x)[:, None], np.array([y]))
            silent += not np.outer(slope, x).any()
        assert found.zero_gradient[point] == pytest.approx(silent / len(data.train_labels))


def test_hinge_gradients_become_zero_and_cross_entropy_gradients_never_do():
    shares = {}
    for loss in ("hinge", "cross_entropy"):
        _, path, data = path_and_data(DIGITS.replace(loss=loss))
        every = along.along(path, LOSSES[loss](), data.train_features, data.train_labels)
        shares[loss] = every.zero_gradient
    assert shares["hinge"][0] == 0
    assert shares["hinge"][-1] > 0.5
    assert (shares["cross_entropy"] == 0).all()


def test_examples_with_zero_gradient_do_not_affect_the_gradient():
    experiment = DIGITS.replace(loss="hinge", regularizer="none")
    _, path, data = path_and_data(experiment)
    table = example.examples_at(
        experiment, path.stacked[-1], data.train_features, data.train_labels
    )
    support = table.loc[~table["zero_gradient"], "row"].to_numpy()
    X, y = linear.with_ones(data.train_features), data.train_labels
    scores = linear.scores(path.stacked[-1:], X)
    whole = linear.pull_back(LOSSES["hinge"]().gradient(scores, y), X)
    rest = linear.pull_back(
        LOSSES["hinge"]().gradient(scores[..., support], y[support]), X[support]
    )
    assert 0 < len(support) < len(y)
    assert_allclose(rest, whole, atol=1e-9)


def test_examples_are_in_the_order_of_the_diagnostics():
    run, path, data = path_and_data(DIGITS)
    table = example.examples_at(
        run.experiment, path.stacked[-1], data.test_features, data.test_labels
    )
    expected = examples_by_loss(run, data)
    assert_array_equal(table["row"], expected["row"])
    assert_allclose(table["loss"], expected["loss"])


def test_one_example_has_its_scores_losses_and_gradient():
    run, path, data = path_and_data(DIGITS.replace(loss="hinge", margin=2.0))
    x, y = data.test_features[5], int(data.test_labels[5])
    one = example.one_example(run.experiment, path.stacked[-1], x, y)
    scores = run.weights @ x + run.bias
    assert_allclose(one.classes["score"], scores)
    assert one.classes["probability"].sum() == pytest.approx(1)
    assert one.classes["margin"][y] == 0
    hinge = sum(max(0, s - scores[y] + 2.0) for c, s in enumerate(scores) if c != y)
    assert one.losses["hinge"] == pytest.approx(hinge)
    assert set(one.losses) == set(LOSSES)
    h, W = 1e-6, path.stacked[-1]
    moved = W.copy()
    moved[y, 20] += h
    after = example.one_example(run.experiment, moved, x, y).losses["hinge"]
    assert one.gradient[y, 20] == pytest.approx((after - hinge) / h, abs=1e-5)
    every = example.losses_along(run.experiment, path, x, y)
    assert every["hinge"][-1] == pytest.approx(hinge)
    assert every["cross_entropy"][0] == pytest.approx(np.log(10))


@pytest.mark.parametrize("regularizer", REGULARIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_no_gradient_of_ours_is_found_wrong(loss, regularizer):
    experiment = BLOBS.replace(loss=loss, regularizer=regularizer, strength=0.1)
    _, path, _ = path_and_data(experiment)
    for point in (0, len(path) - 1):
        seen = microscope.compare(microscope.Objective.of(experiment), path.stacked[point])
        assert seen.overall in ("good", "fine"), microscope.VERDICTS[seen.overall]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_planted_fault_is_found_where_it_is(loss):
    experiment = BLOBS.replace(loss=loss)
    _, path, _ = path_and_data(experiment)
    objective, theta = microscope.Objective.of(experiment), path.stacked[1]
    faulty = objective.gradient(theta)
    faulty[1, 0] *= 1.05
    seen = microscope.compare(objective, theta, analytic=faulty)
    assert seen.verdicts[1, 0] == "wrong"
    assert seen.overall == "wrong"
    assert (seen.verdicts == "wrong").sum() == 1


def test_a_kink_of_the_hinge_is_called_a_kink():
    """All weights zero but for class 1, whose violation for the first example is just at 0."""
    experiment = TINY.replace(loss="hinge", regularizer="none")
    data = load_data(experiment)
    theta = np.zeros((3, 3))
    x, y = data.train_features[0], data.train_labels[0]
    rival = (y + 1) % 3
    theta[rival, -1] = -1.0  # its score is just the margin below that of the true class
    seen = microscope.compare(microscope.Objective.of(experiment), theta, h=1e-5)
    assert seen.verdicts[rival, 0] == "kink"
    assert seen.relative_error[rival, 0] > microscope.WRONG
    assert seen.jump[rival, 0] >= abs(x[0]) / 9 - 1e-12
    assert "wrong" not in seen.verdicts
    smooth = experiment.replace(loss="squared_hinge")
    assert "kink" not in microscope.compare(microscope.Objective.of(smooth), theta).verdicts


def test_a_fault_larger_than_the_kink_is_no_kink():
    experiment = TINY.replace(loss="hinge", regularizer="none")
    objective, theta = microscope.Objective.of(experiment), np.zeros((3, 3))
    theta[:, -1] = [0.0, -1.0, -2.0]
    seen = microscope.compare(objective, theta)
    [place, *_] = np.argwhere(seen.verdicts == "kink")
    faulty = objective.gradient(theta)
    faulty[tuple(place)] += 3 * seen.jump[tuple(place)]
    again = microscope.compare(objective, theta, analytic=faulty)
    assert again.verdicts[tuple(place)] == "wrong"


def test_large_data_are_looked_at_in_part(monkeypatch):
    monkeypatch.setattr(microscope, "MAX_NUMBERS", 40 * 2 * 3 * 3 * 3)
    objective = microscope.Objective.of(BLOBS)
    assert objective.examples == 40
    seen = microscope.compare(objective, np.zeros((3, 3)))
    assert seen.overall == "good"
