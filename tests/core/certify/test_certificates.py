"""Certificates: no classifier goes below the bound, and the reported gap is correct."""

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from lossopt_core import (
    Certificate,
    Experiment,
    certify,
    load_data,
    train,
)
from lossopt_core.certify import certificates
from lossopt_core.certify.duality import Problem
from lossopt_core.certify.interior_point import interior_points
from lossopt_core.certify.proximal_gradient import gradient_points
from lossopt_core.experiment.description import NAMES
from lossopt_core.objective.losses import CERTIFIED_LOSSES, LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS
from lossopt_core.training.cohort import Cohort

PENALTIES = ("l2", "l1", "elastic_net")
DIGITS = Experiment(test_fraction=0.0)
BLOBS = Experiment(dataset="blobs", test_fraction=0.0)
SMALL = Experiment(
    dataset="blobs",
    dataset_options={"examples": 50, "classes": 3, "features": 2, "spread": 4.0},
    test_fraction=0.0,
    strength=0.03,
    batch_size=8,
)

every_case = pytest.mark.parametrize(
    ("loss", "regularizer"),
    [(loss, regularizer) for loss in CERTIFIED_LOSSES for regularizer in PENALTIES],
)

small_experiments = st.builds(
    lambda examples, classes, features, spread, **fields: Experiment(
        dataset="blobs",
        dataset_options={
            "examples": examples,
            "classes": classes,
            "features": features,
            "spread": spread,
        },
        test_fraction=0.0,
        optimizer="gd",
        epochs=60,
        evaluations=20,
        init_scale=0.1,
        **fields,
    ),
    examples=st.integers(50, 80),
    classes=st.integers(2, 4),
    features=st.integers(2, 4),
    spread=st.floats(0.5, 8.0),
    loss=st.sampled_from(CERTIFIED_LOSSES),
    margin=st.floats(0.1, 5.0),
    regularizer=st.sampled_from(PENALTIES),
    strength=st.floats(1e-4, 3.0),
    l1_ratio=st.floats(0.0, 1.0),
    learning_rate=st.floats(1e-3, 0.5),
    standardize=st.booleans(),
    split_seed=st.integers(0, 1000),
)


def evaluated(experiment: Experiment, weights: np.ndarray, bias: np.ndarray) -> float:
    """The objective as training reports it."""
    cohort = Cohort([experiment.replace(optimizer="gd")], load_data(experiment))
    cohort.W[0] = np.column_stack([weights, bias])
    return float(cohort.evaluate()[0, 0])


def objective_of(experiment: Experiment, theta: np.ndarray) -> float:
    """The objective from formulas written here; theta has the bias as its last column."""
    data = load_data(experiment)
    rows = np.arange(len(data.train_labels))
    W = theta[:, :-1]
    scores = data.train_features @ W.T + theta[:, -1]
    if experiment.loss == "cross_entropy":
        value = np.logaddexp.reduce(scores, axis=1) - scores[rows, data.train_labels]
    elif experiment.loss == "one_vs_all":
        wanted = np.where(np.eye(scores.shape[1])[data.train_labels] == 1, 1.0, -1.0)
        value = np.maximum(0.0, experiment.margin - wanted * scores).sum(axis=1)
    else:
        missing = scores - scores[rows, data.train_labels][:, None] + experiment.margin
        missing[rows, data.train_labels] = 0.0
        power = 2 if experiment.loss == "squared_hinge" else 1
        violations = np.maximum(missing, 0.0) ** power
        value = (
            violations.max(axis=1)
            if experiment.loss == "crammer_singer"
            else violations.sum(axis=1)
        )
    share = {"l2": 0.0, "l1": 1.0, "elastic_net": experiment.l1_ratio}[experiment.regularizer]
    penalty = share * np.abs(W).sum() + (1 - share) * (W**2).sum()
    return float(value.mean() + experiment.strength * penalty)


def check(certificate: Certificate, target: float = 1e-6) -> None:
    assert certificate.reached
    assert 0 <= certificate.relative_gap <= target
    gap = certificate.objective - certificate.lower_bound
    assert certificate.relative_gap == pytest.approx(gap / certificate.objective)


@settings(max_examples=15, deadline=None)
@given(experiment=small_experiments)
def test_no_run_and_no_minimisation_goes_below_the_bound(experiment):
    certificate = certify(experiment, time_budget=60)
    check(certificate)
    assert evaluated(experiment, certificate.weights, certificate.bias) == pytest.approx(
        certificate.objective, rel=1e-11
    )
    [run] = train([experiment])
    assert run.history["objective"].min() >= certificate.lower_bound
    best = np.column_stack([certificate.weights, certificate.bias])
    for start in (np.zeros_like(best), best):
        found = minimize(
            lambda flat: objective_of(experiment, flat.reshape(best.shape)),
            start.ravel(),
            method="Powell" if start.any() else "L-BFGS-B",
            options={"maxiter": 3},
        )
        assert found.fun >= certificate.lower_bound


@settings(max_examples=25, deadline=None)
@given(experiment=small_experiments, seed=st.integers(0, 2**32 - 1), size=st.floats(1e-6, 1e3))
def test_any_duals_are_projected_to_a_feasible_dual_point(experiment, seed, size):
    problem = Problem.of(experiment)
    random = np.random.default_rng(seed)
    shape = (problem.classes, problem.examples)
    raw = size * random.standard_normal(shape)
    duals = problem.feasible(raw)
    assert duals.min() >= 0
    if experiment.loss in ("hinge", "one_vs_all"):
        assert duals.max() <= 1
    if experiment.loss in ("cross_entropy", "crammer_singer"):
        assert all(math.fsum(column) <= 1 for column in duals.T)
    slopes = problem.loss.slopes(duals, problem.true)
    if problem.loss.pairwise:
        assert not duals[problem.labels, np.arange(problem.examples)].any()
        # Exactly: the duals of a class sum to those at its own examples.
        for label, row in enumerate(duals):
            assert math.fsum(row) == math.fsum(duals[:, problem.labels == label].ravel())
    else:
        assert [math.fsum(row) for row in slopes] == [0.0] * problem.classes
    # Any duals give a valid bound.
    assert problem.lower_bound(raw) <= certify(experiment).objective


def test_cross_entropy_with_l2_agrees_with_logistic_regression():
    for experiment in (SMALL, BLOBS.replace(strength=1e-3), DIGITS.replace(strength=1e-2)):
        data, certificate = load_data(experiment), certify(experiment, target_gap=1e-9)
        X, y = data.train_features, data.train_labels
        # Our penalty is strength * sum of squares; theirs is half of it, next to C * n * mean loss.
        peer = LogisticRegression(
            C=1 / (2 * experiment.strength * len(y)), tol=1e-10, max_iter=10_000
        ).fit(X, y)
        best = objective_of(experiment, np.column_stack([peer.coef_, peer.intercept_]))
        assert certificate.objective == pytest.approx(best, abs=1e-6)
        assert certificate.lower_bound == pytest.approx(best, abs=1e-6)
        assert_allclose(certificate.weights, peer.coef_, atol=1e-3)


@pytest.mark.parametrize("strength", [1e-7, 1e-8])
def test_a_weak_l1_penalty_is_certified_on_inseparable_data(strength):
    glass = Experiment(dataset="glass", loss="hinge", regularizer="l1", strength=strength)
    check(certify(glass, time_budget=60))


@pytest.mark.parametrize(
    ("loss", "regularizer"),
    [
        ("hinge", "l1"),
        ("squared_hinge", "l2"),
        ("cross_entropy", "elastic_net"),
    ],
)
def test_digits_are_certified(loss, regularizer):
    experiment = DIGITS.replace(loss=loss, regularizer=regularizer, strength=1e-3)
    certificate = certify(experiment, time_budget=60)
    check(certificate)
    value = evaluated(experiment, certificate.weights, certificate.bias)
    assert value == pytest.approx(certificate.objective, rel=1e-11)


@pytest.mark.parametrize("strength", [1e-4, 1.0])
@pytest.mark.parametrize(("loss", "regularizer"), [("hinge", "l1"), ("squared_hinge", "l2")])
def test_weak_and_strong_penalties_are_certified(loss, regularizer, strength):
    experiment = DIGITS.replace(loss=loss, regularizer=regularizer, strength=strength)
    check(certify(experiment, time_budget=60))


@every_case
@pytest.mark.parametrize("strength", [1e-4, 1e-2, 1.0])
def test_blobs_are_certified(loss, regularizer, strength):
    check(certify(BLOBS.replace(loss=loss, regularizer=regularizer, strength=strength)))


@pytest.mark.parametrize(("share", "end"), [(0.0, "l2"), (1e-300, "l2"), (1.0, "l1")])
def test_an_elastic_net_reduces_to_l1_and_l2_at_its_ends(share, end):
    net = certify(BLOBS.replace(loss="hinge", regularizer="elastic_net", l1_ratio=share))
    pure = certify(BLOBS.replace(loss="hinge", regularizer=end))
    assert net.objective == pytest.approx(pure.objective, rel=1e-12)


def test_the_certificate_does_not_depend_on_the_optimizer():
    ours = certify(SMALL)
    theirs = certify(SMALL.replace(optimizer="adam", learning_rate=3.0, epochs=2, seed=5))
    assert (ours.objective, ours.lower_bound) == (theirs.objective, theirs.lower_bound)


@every_case
def test_the_solver_for_large_problems_gives_valid_bounds(loss, regularizer, monkeypatch):
    experiment = BLOBS.replace(loss=loss, regularizer=regularizer, strength=1e-2)
    exact = certify(experiment, time_budget=60)
    monkeypatch.setattr(certificates, "MAX_UNKNOWNS", 0)
    # With kinks it uses the whole time budget; otherwise it stops at the target gap.
    kinks = not LOSSES[loss].smooth
    rough = certify(experiment, target_gap=5e-2 if kinks else 1e-6, time_budget=60)
    assert rough.method == "accelerated proximal gradient"
    assert rough.reached
    assert rough.lower_bound <= exact.objective
    assert exact.lower_bound <= rough.objective


def test_a_gap_that_misses_the_target_is_reported():
    hurried = certify(DIGITS.replace(loss="hinge"), time_budget=0.0)
    assert not hurried.reached
    assert hurried.relative_gap > 0.01
    endless = certify(SMALL.replace(loss="hinge"), target_gap=0.0)
    assert 0 < endless.relative_gap < 1e-8
    assert not endless.reached


@pytest.mark.parametrize("changes", [{"regularizer": "none"}, {"strength": 0.0}])
@pytest.mark.parametrize("loss", CERTIFIED_LOSSES)
def test_without_a_penalty_the_bound_is_reported_as_zero(loss, changes):
    certificate = certify(BLOBS.replace(loss=loss, **changes))
    assert certificate.lower_bound == 0
    assert "may not be attained" in certificate.method
    assert not certificate.reached
    penalised = certify(BLOBS.replace(loss=loss, strength=1e-3))
    assert certificate.objective < penalised.objective


@pytest.mark.parametrize("points", [interior_points, gradient_points])
@pytest.mark.parametrize("loss", CERTIFIED_LOSSES)
def test_a_class_without_examples_is_handled(loss, points):
    two = Problem.of(
        SMALL.replace(loss=loss, dataset_options={**SMALL.dataset_options, "classes": 2})
    )
    three = replace(two, classes=3)
    certificate = min(two.objective(theta) for theta, _ in first_of(interior_points(two), 60))
    for theta, duals in first_of(points(three), 60):
        assert three.lower_bound(duals) <= certificate + 1e-12
        assert three.objective(theta) >= certificate * (1 - 1e-6)


def first_of(points: Any, most: int) -> Any:
    return (point for point, _ in zip(points, range(most), strict=False))


def test_a_loss_without_a_certificate_is_rejected(monkeypatch):
    monkeypatch.setattr(LOSSES[SMALL.loss], "domain", None)
    with pytest.raises(ValueError, match="no certificate for this loss: the dual of"):
        certify(SMALL)


def test_a_penalty_without_a_certificate_is_rejected(monkeypatch):
    monkeypatch.setattr(REGULARIZERS[SMALL.regularizer], "elastic_net_form", False)
    with pytest.raises(ValueError, match="no certificate for this penalty: L2 is not a sum"):
        certify(SMALL)


NO_PART_OF_THE_PROBLEM = {
    "optimizer": "adam", "learning_rate": 0.3, "momentum": 0.5, "schedule": "cosine",
    "batch_size": 7, "epochs": 3, "replacement": True, "averaging": True,
    "stopping": "no_progress", "tolerance": 0.5, "precision": "float32", "evaluations": 9,
    "init_scale": 1.0, "seed": 5,
}  # fmt: skip


def test_settings_that_are_no_part_of_the_problem_change_nothing_in_it():
    """Experiments that differ in these share a certificate."""
    assert NO_PART_OF_THE_PROBLEM.keys() == {*NAMES} - certificates.PROBLEM_SETTINGS
    base = Experiment(dataset="blobs", regularizer="elastic_net", loss="hinge")
    expected = Problem.of(base)
    for name, value in NO_PART_OF_THE_PROBLEM.items():
        other = base.replace(**{name: value})
        assert getattr(other, name) != getattr(base, name), name
        assert certificates.problem_id(other) == certificates.problem_id(base), name
        found = Problem.of(other)
        for field in fields(Problem):
            assert_array_equal(getattr(found, field.name), getattr(expected, field.name), name)
