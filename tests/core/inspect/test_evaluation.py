"""Classifiers by measures that they were not trained for, against scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score, hinge_loss, log_loss

from lossopt_core import (
    LOSSES,
    Experiment,
    Run,
    load_data,
    train,
)
from lossopt_core.inspect.diagnostics import scores_of
from lossopt_core.inspect.evaluation import (
    BINS,
    evaluate,
    margins,
    matrix,
)


@pytest.fixture(scope="module")
def run() -> Run:
    return train([Experiment(dataset="wine", epochs=5)])[0]


def test_losses_and_accuracy_are_those_of_scikit_learn(run: Run) -> None:
    data, found = load_data(run.experiment), evaluate(run)
    scores = scores_of(run, data.test_features).T
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    labels = data.test_labels
    assert found.accuracy == accuracy_score(labels, scores.argmax(axis=1))
    assert found.losses["cross_entropy"] == pytest.approx(log_loss(labels, probabilities))
    assert found.losses["crammer_singer"] == pytest.approx(hinge_loss(labels, scores))
    assert set(found.losses) == set(LOSSES)


def test_its_own_loss_on_the_training_part_is_that_of_the_history(run: Run) -> None:
    assert evaluate(run, "train").losses["cross_entropy"] == pytest.approx(run.final["data_loss"])


def test_margins_are_the_true_score_minus_the_highest_other() -> None:
    scores = np.array([[3.0, 1.0], [1.0, 4.0], [2.0, 0.0]])
    assert_allclose(margins(scores, np.array([0, 0])), [1.0, -3.0])


def test_bins_hold_every_example_once_and_their_means(run: Run) -> None:
    found, data = evaluate(run), load_data(run.experiment)
    table = found.calibration
    assert table["n"].sum() == len(data.test_labels)
    assert len(table) <= BINS
    assert ((table["low"] <= table["confidence"]) & (table["confidence"] <= table["high"])).all()
    assert (table["accuracy"] * table["n"]).sum() / table["n"].sum() == pytest.approx(
        found.accuracy
    )
    apart = (table["accuracy"] - table["confidence"]).abs() * table["n"]
    assert found.calibration_error == pytest.approx(apart.sum() / table["n"].sum())


def test_a_classifier_without_weights_is_calibrated_where_classes_are_equal() -> None:
    [run] = train([Experiment(dataset="iris", epochs=1)])
    zero = replace(run, weights=0 * run.weights, bias=0 * run.bias)
    found = evaluate(zero)
    assert found.calibration["confidence"].iloc[0] == pytest.approx(1 / 3)
    assert found.calibration_error < 0.02


def test_weights_that_are_no_numbers_and_parts_that_are_empty_are_rejected(run: Run) -> None:
    with pytest.raises(ValueError, match="not finite"):
        evaluate(replace(run, weights=run.weights * np.nan))
    [untested] = train([Experiment(dataset="wine", epochs=1, test_fraction=0.0)])
    with pytest.raises(ValueError, match="the data have no test set"):
        evaluate(untested)


def test_the_matrix_has_the_means_of_each_group(run: Run) -> None:
    one, two = evaluate(run), evaluate(run, "train")
    table = matrix({"both": [one, two], "none": []})
    assert list(table.index) == ["both"]
    assert table.loc["both", "accuracy"] == pytest.approx((one.accuracy + two.accuracy) / 2)
