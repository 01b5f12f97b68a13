"""Limits of the step against what descent does, noise floors against what SGD does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    Experiment,
    certify,
    load_data,
    train,
)
from lossopt_core.certify.certificates import Certificate
from lossopt_core.certify.duality import Problem
from lossopt_core.experiment.description import optimizer_of
from lossopt_core.theory.stability import (
    curvature,
    noise_floor,
    penalty_limit,
    round_number,
    smoothness,
    starting_learning_rate,
    step_limits,
)
from lossopt_core.training.cohort import Cohort
from tests.experiments import MADE

SMOOTH = [name for name, entry in LOSSES.items() if entry.smooth]
SIZES = st.tuples(st.integers(2, 5), st.integers(1, 6))  # classes, examples


@pytest.mark.parametrize("loss", SMOOTH)
@given(size=SIZES, seed=st.integers(0, 10_000))
def test_second_derivatives_are_those_of_the_gradient(loss, size, seed):
    random = np.random.default_rng(seed)
    scores, direction = random.normal(size=(2, *size))
    labels = random.integers(0, size[0], size[1])
    entry, h = LOSSES[loss](), 1e-6
    missing = scores - scores[labels, np.arange(size[1])] + 1.0
    if loss == "squared_hinge" and np.abs(missing).min() < 1e-4:
        return  # at its kink the gradient has no derivative
    ahead, behind = (entry.gradient(scores + step * direction, labels) for step in (h, -h))
    measured = (ahead - behind) / (2 * h)
    assert entry.hessian_vector_product(scores, labels, direction) == pytest.approx(
        measured, abs=1e-7
    )


@pytest.mark.parametrize("loss", [name for name in LOSSES if name not in SMOOTH])
def test_a_loss_with_kinks_has_no_second_derivative(loss):
    with pytest.raises(NotImplementedError, match="has kinks"):
        LOSSES[loss]().hessian_vector_product(
            np.zeros((3, 1)), np.zeros(1, dtype=int), np.ones((3, 1))
        )


def small(loss: str, **changes: object) -> Experiment:
    options = {"classes": 4, "features": 3, "examples": 120}
    return Experiment(dataset="blobs", dataset_options=options, loss=loss, **changes)


@pytest.mark.parametrize("loss", SMOOTH)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.floats(0.0, 3.0), strength=st.floats(0.0, 1.0))
def test_curvature_is_the_largest_eigenvalue_and_below_its_bound(loss, seed, size, strength):
    experiment = small(loss, strength=strength)
    problem = Problem.of(experiment)
    theta = size * np.random.default_rng(seed).normal(size=(4, 4))
    penalty = 2 * problem.squared * np.tile([1.0, 1.0, 1.0, 0.0], 4)
    largest = np.linalg.eigvalsh(problem.hessian(theta) + np.diag(penalty))[-1]
    assert curvature(problem, theta) == pytest.approx(largest, rel=1e-8)
    assert largest <= smoothness(experiment) * (1 + 1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["gd", "sgd", "momentum", "nesterov"])
def test_the_threshold_of_an_optimizer_is_where_it_stops_converging_on_a_quadratic(name, momentum):
    rule = optimizer_of(Experiment(optimizer=name, momentum=momentum))
    curve = 3.0

    def distance_after(rate: float) -> float:
        w = np.array([1.0])
        memory = rule.start(w)
        for step in range(1, 8_001):
            rule.update(w, curve * w, memory, rate, step)
            if not abs(w[0]) < 1e6:
                break
        return float(abs(w[0]))

    edge = rule.stability_threshold() / curve
    assert distance_after(0.98 * edge) < 1e-8
    assert distance_after(1.02 * edge) > 1e3


EDGE_DATA = {
    "digits": {},
    "blobs": {},
    "wide blobs": {"classes": 5, "features": 10, "examples": 800, "spread": 3.0},
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((data, loss), marks=[pytest.mark.slow] if data == "digits" else [])
        for data in EDGE_DATA
        for loss in SMOOTH
    ],
    ids=str,
)
def at_edge(request) -> tuple[Experiment, Certificate]:
    data, loss = request.param
    experiment = Experiment(
        dataset=data.rpartition(" ")[2],
        dataset_options=EDGE_DATA[data],
        loss=loss,
        optimizer="gd",
        strength=0.01,
    )
    return experiment, certify(experiment, target_gap=1e-12)


@pytest.mark.parametrize("optimizer", ["gd", "momentum"])
@pytest.mark.parametrize(("share", "comes_to_rest"), [(0.98, True), (1.02, False)])
def test_descent_converges_just_below_the_limit_and_not_above(
    at_edge, optimizer, share, comes_to_rest
):
    """From a place near the optimum, with our own engine, to a gradient of 1e-12."""
    experiment, optimum = at_edge
    experiment = experiment.replace(optimizer=optimizer, batch_size=1, momentum=0.9)
    edge = step_limits(experiment, optimum).at_optimum
    experiment = experiment.replace(learning_rate=share * edge)
    cohort = Cohort([experiment], load_data(experiment))
    cohort.W[0] = optimum.theta + 1e-4 * np.random.default_rng(0).normal(size=optimum.theta.shape)
    gradient_norm = 3  # the column of `evaluate`
    for update in range(7_000):
        cohort.step(None, update, 7_000)
        if update % 100 == 99 and cohort.evaluate()[gradient_norm, 0] < 1e-12:
            break
    assert (cohort.evaluate()[gradient_norm, 0] < 1e-12) == comes_to_rest


def test_the_limits_are_in_their_order_on_digits():
    experiment = Experiment(optimizer="gd")
    limits = step_limits(experiment, certify(experiment))
    assert limits.guaranteed < limits.at_start < limits.at_optimum
    wider = step_limits(experiment.replace(optimizer="momentum", momentum=0.9))
    assert wider.guaranteed == pytest.approx(0.1 * limits.guaranteed)
    assert wider.at_start == pytest.approx(1.9 * limits.at_start)
    assert wider.at_optimum is None


def test_without_an_optimum_there_is_no_limit_at_it():
    experiment = Experiment(dataset="iris", regularizer="none")
    assert step_limits(experiment, certify(experiment)).at_optimum is None


@pytest.mark.parametrize("optimizer", ["gd", "sgd", "momentum", "nesterov"])
def test_kinks_do_not_diverge_below_the_limit_of_the_penalty_and_do_above(optimizer):
    experiment = Experiment(
        dataset="iris", loss="hinge", strength=5.0, optimizer=optimizer, epochs=60
    )
    limit = penalty_limit(experiment)
    below, above = train(
        [experiment.replace(learning_rate=share * limit) for share in (0.97, 1.05)]
    )
    assert (below.status, above.status) == ("finished", "diverged")
    assert penalty_limit(experiment.replace(regularizer="l1")) is None
    assert penalty_limit(experiment.replace(optimizer="adam")) is None


@pytest.mark.parametrize(
    "changes",
    [{"loss": loss} for loss in ("hinge", "crammer_singer", "one_vs_all")]
    + [{"optimizer": rule} for rule in ("adagrad", "rmsprop", "adam")],
    ids=str,
)
def test_kinks_and_adaptive_rules_have_no_limit(changes):
    assert step_limits(Experiment(**changes)) is None


@pytest.mark.parametrize(("batch_size", "epochs"), [(8, 60), (32, 240), (128, 960)])
def test_the_noise_floor_is_where_sgd_ends_on_digits(batch_size, epochs):
    """About 10,000 updates each, of which the first third forgets the start."""
    experiment = Experiment(
        strength=0.02, learning_rate=0.05, batch_size=batch_size, epochs=epochs, evaluations=400
    )
    optimum = certify(experiment)
    [run] = train([experiment])
    at_rest = run.history["epoch"] > epochs / 3
    plateau = run.history.loc[at_rest, "objective"].mean() - optimum.objective
    assert noise_floor(experiment, optimum) == pytest.approx(plateau, rel=0.25)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "learning_rate"), [("cross_entropy", 0.005), ("squared_hinge", 0.05)]
)
def test_the_noise_floor_is_where_sgd_ends_on_blobs(loss, learning_rate):
    experiment = Experiment(
        dataset="blobs", loss=loss, learning_rate=learning_rate, epochs=4_000, evaluations=1_000
    )
    optimum = certify(experiment)
    [run] = train([experiment])
    plateau = run.history.loc[run.history["epoch"] > 2_000, "objective"].mean()
    plateau -= optimum.objective
    assert noise_floor(experiment, optimum) == pytest.approx(plateau, rel=0.25)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "hinge"},
        {"optimizer": "adam"},
        {"schedule": "cosine"},
        {"regularizer": "l1"},
        {"strength": 0.0},
        {"learning_rate": 100.0},
    ],
    ids=str,
)
def test_there_is_no_noise_floor_where_the_theory_does_not_apply(changes):
    experiment = Experiment(dataset="blobs", **changes)
    assert noise_floor(experiment, certify(experiment)) is None


def test_fewer_examples_than_a_usual_batch_have_a_floor_too():
    experiment = Experiment(dataset="course_demo", batch_size=2, test_fraction=0.0, strength=0.1)
    assert noise_floor(experiment, certify(experiment)) > 0


def test_all_examples_at_once_make_no_noise():
    experiment = small("cross_entropy", batch_size=90)
    assert noise_floor(experiment, certify(experiment)) == 0.0


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dataset", MADE)
def test_starting_learning_rates_train(dataset, loss):
    """In fifteen epochs they get somewhere, and noise never throws them out."""
    split = {"test_fraction": 0.0} if dataset == "course_demo" else {}
    if dataset == "mnist_like":
        split = {"dataset_options": {"examples": 200, "features": 50}}
    experiments = [
        Experiment(
            dataset=dataset, loss=loss, optimizer=rule, epochs=15, batch_size=8, evaluations=15,
            **split,
        )
        for rule in OPTIMIZERS
    ]  # fmt: skip
    experiments = [each.replace(learning_rate=starting_learning_rate(each)) for each in experiments]
    for run in train(experiments):
        objective = run.history["objective"]
        assert run.status == "finished"
        assert objective.max() < 4 * objective.iloc[0]
        if dataset != "circles":  # whose classes no line tells apart
            assert objective.min() < 0.97 * objective.iloc[0]


def test_a_starting_learning_rate_is_valid():
    """Also where unscaled features are enormous."""
    for loss in LOSSES:
        for rule in OPTIMIZERS:
            experiment = Experiment(
                dataset="breast_cancer", standardize=False, loss=loss, optimizer=rule, batch_size=1
            )
            assert experiment.replace(learning_rate=starting_learning_rate(experiment))


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.26, 0.2), (0.0718, 0.1), (1.65, 2.0), (0.85, 1.0), (4.4e-5, 5e-5)]
)
def test_suggestions_are_round_numbers(value, rounded):
    assert round_number(value) == rounded
