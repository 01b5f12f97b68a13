"""The conventions that are shown are true: other programs with other conventions agree."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
    certify,
    experiment_on,
    load_data,
)
from lossopt_core.experiment.conventions import (
    FULL,
    HALVED,
    conventions,
    scikit_learn_estimator,
)

ESTIMATORS = {"LogisticRegression": LogisticRegression, "SVC": SVC}
RANDOM = np.random.default_rng(0)
TWO = RANDOM.normal(size=(60, 3)), RANDOM.integers(0, 2, 60)
THREE = RANDOM.normal(size=(60, 3)), RANDOM.integers(0, 3, 60)


@pytest.mark.parametrize("data", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("loss", ["cross_entropy", "hinge"])
@pytest.mark.parametrize("regularizer", ["l2", "l1", "elastic_net"])
def test_scikit_learn_has_the_same_optimum_with_the_parameters_that_are_shown(
    data, loss, regularizer
):
    experiment = experiment_on(
        *data, loss=loss, regularizer=regularizer, strength=0.01, test_fraction=0
    )
    found = scikit_learn_estimator(experiment)
    if found is None:
        assert loss == "hinge"
        assert regularizer != "l2" or data is THREE
        return
    name, parameters = found
    more = {"tol": 1e-9, "max_iter": 20_000} if name == "LogisticRegression" else {"tol": 1e-6}
    trained = load_data(experiment)
    theirs = ESTIMATORS[name](**parameters, **more).fit(
        trained.train_features, trained.train_labels
    )
    ours = certify(experiment, target_gap=1e-9).weights
    difference = ours[1:] - ours[:1] if data is TWO else ours
    assert_allclose(theirs.coef_, difference, atol=1e-4)


def test_zero_or_no_penalties_have_no_estimator():
    assert scikit_learn_estimator(Experiment(regularizer="none")) is None
    assert scikit_learn_estimator(Experiment(strength=0.0)) is None
    assert scikit_learn_estimator(Experiment(loss="crammer_singer")) is None


@pytest.mark.parametrize("penalty", [FULL, HALVED])
@pytest.mark.parametrize("regularizer", REGULARIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_experiment_has_its_conventions(loss, regularizer, penalty):
    shown = conventions(Experiment(loss=loss, regularizer=regularizer), penalty)
    topics = [each.topic for each in shown]
    assert len(set(topics)) == len(topics)
    assert ("Penalty" in topics) == ("Bias" in topics) == (regularizer != "none")
    assert ("Logarithm" in topics) == (loss == "cross_entropy")
    assert ("Margin" in topics) == (loss != "cross_entropy")
    assert all(each.here and each.elsewhere for each in shown)


def test_the_switch_halves_the_penalty_and_doubles_the_strength():
    experiment = Experiment(strength=0.003)
    full, halved = (
        {each.topic: each.here for each in conventions(experiment, penalty)}
        for penalty in (FULL, HALVED)
    )
    assert full["Penalty"] == "λ ΣW² with λ = 0.003, not halved"
    assert halved["Penalty"] == "½ λ′ ΣW² with λ′ = 2 λ = 0.006"
    assert full["Gradient of the penalty"] == "2 λ W = 0.006 W"
    assert halved["Gradient of the penalty"] == "λ′ W = 0.006 W"


def test_the_halved_elastic_net_is_the_same_penalty():
    experiment = Experiment(regularizer="elastic_net", strength=0.02, l1_ratio=0.3)
    [words] = [each.here for each in conventions(experiment, HALVED) if each.topic == "Penalty"]
    theirs, share = (float(words.split(f"{name} = ")[1].split(",")[0]) for name in ("λ′", "ρ′"))
    W = np.array([0.5, -2.0])
    ours = 0.02 * (0.3 * abs(W).sum() + 0.7 * (W**2).sum())
    assert theirs * (share * abs(W).sum() + 0.5 * (1 - share) * (W**2).sum()) == pytest.approx(ours)


@pytest.mark.parametrize("loss", [name for name in LOSSES if name != "cross_entropy"])
def test_the_margin_scales_the_loss_as_stated(loss):
    [words] = [
        each.elsewhere for each in conventions(Experiment(loss=loss)) if each.topic == "Margin"
    ]
    power = 2 if "Δ² times the loss" in words else 1
    scores, labels = RANDOM.normal(size=(3, 5)), RANDOM.integers(0, 3, 5)
    assert_allclose(
        LOSSES[loss](margin=3.0).value(3.0 * scores, labels),
        3.0**power * LOSSES[loss](margin=1.0).value(scores, labels),
    )
