"""Certificates of small problems, degenerate ones included, against another solver."""

import numpy as np
import pytest

from lossopt_core.certify import interior_point
from lossopt_core.certify.certificates import certify_problem
from lossopt_core.certify.duality import Problem
from lossopt_core.objective.linear import with_ones
from lossopt_core.objective.losses import LOSSES
from tests.core.certify.conic import solved_elsewhere

GAP = 1e-6
SHAPES = (
    "plain",
    "separable",
    "constant",
    "duplicates",
    "collinear",
    "units",
    "far from zero",
    "contradictory",
    "a tiny class",
    "more features than examples",
    "nothing but zeros",
)


def random_problem(loss: str, seed: int) -> Problem:
    """A small problem; `seed` says which."""
    random = np.random.default_rng([seed, *map(ord, loss)])
    shape = SHAPES[seed % len(SHAPES)]
    classes, features = int(random.integers(2, 5)), int(random.integers(1, 6))
    n = classes + int(random.integers(2, 20))
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, n - classes)])
    if shape == "a tiny class":
        labels = np.where(np.arange(n) < classes, labels, 0)
    if shape == "more features than examples":
        features = n + 5
    centres = (8.0 if shape == "separable" else 1.0) * random.normal(size=(classes, features))
    X = random.normal(size=(n, features)) + centres[labels]
    if shape == "constant":
        X[:, 0] = random.choice([0.0, 1.0, 0.1, 1e6])
    elif shape == "duplicates":
        X = np.hstack([X, X])
        X[n // 2 :] = X[: n - n // 2]
    elif shape == "collinear":
        X = np.hstack([X, X @ random.normal(size=(features, 2))])
    elif shape == "units":
        X *= 10.0 ** random.uniform(-6, 6, features)
    elif shape == "far from zero":
        X += 10.0 ** random.uniform(0, 6, features)
    elif shape == "contradictory":
        X, labels = np.vstack([X, X]), np.concatenate([labels, (labels + 1) % classes])
    elif shape == "nothing but zeros":
        X[:] = 0.0
    strength = 10.0 ** random.uniform(-8, 3)
    share = (0.0, 1.0, random.uniform())[seed % 3]
    margin = float(10.0 ** random.uniform(-1, 1))
    return problem_of(loss, X, labels, strength * share, strength * (1 - share), margin)


def problem_of(
    loss: str,
    X: np.ndarray,
    labels: np.ndarray,
    absolute: float,
    squared: float,
    margin: float = 1.0,
) -> Problem:
    """An objective on arrays."""
    has_margin = "margin" in LOSSES[loss].__dataclass_fields__
    return Problem(
        loss=LOSSES[loss](**({"margin": margin} if has_margin else {})),
        margin=margin if has_margin else 0.0,
        absolute=absolute,
        squared=squared,
        X=with_ones(X),
        labels=labels,
        classes=int(labels.max()) + 1,
    )


def weakest(problem: Problem) -> float:
    """The penalty of a weight of a feature whose largest deviation from its middle is 1."""
    scale = np.ptp(problem.X[:, :-1], axis=0).max() or 1.0
    return max(problem.absolute / scale, problem.squared / scale**2)


def check(loss: str, seed: int) -> bool:
    """Whether the other solver has found the optimum."""
    problem = random_problem(loss, seed)
    ours = certify_problem(problem, target_gap=GAP, time_budget=10.0)
    assert problem.objective(ours.theta) == ours.objective
    # What double precision can tell from no penalty at all has its proof.
    if weakest(problem) > 1e-9:
        assert ours.reached, (seed, ours.relative_gap, ours.method)
    theirs = solved_elsewhere(problem)
    if theirs is None:
        return False
    value = problem.objective(theirs)
    assert ours.lower_bound <= value
    if ours.reached:
        assert ours.objective <= value * (1 + 2 * GAP) + 1e-12
    return True


@pytest.mark.parametrize("loss", LOSSES)
def test_no_solver_goes_below_the_bound_of_a_random_problem(loss):
    solved = [check(loss, seed) for seed in range(22)]
    assert sum(solved) > 10


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_no_solver_goes_below_the_bound_of_many_more_random_problems(loss):
    assert sum([check(loss, seed) for seed in range(22, 222)]) > 100


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", [(0.01, 0.0), (0.0, 0.01), (1e-8, 1e-8)], ids=str)
@pytest.mark.parametrize(
    ("X", "labels"),
    [([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]), ([[1], [1], [2], [2]], [0, 1, 0, 1])],
    ids=["exclusive or", "contradictory"],
)
def test_zero_weights_are_certified_where_they_are_optimal(loss, penalty, X, labels):
    problem = problem_of(loss, np.array(X, dtype=float), np.array(labels), *penalty)
    found = certify_problem(problem, target_gap=GAP, time_budget=10.0)
    at_zero = problem.loss.at_equal_scores(2)
    assert found.reached
    assert at_zero * (1 - 2 * GAP) <= found.lower_bound <= at_zero
    assert found.objective == pytest.approx(at_zero, rel=GAP)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "crammer_singer", "one_vs_all"])
def test_without_a_penalty_zero_loss_on_separable_data_is_certified(loss):
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 12)
    X = random.normal(size=(24, 3)) + np.array([-5.0, 5.0])[labels, None]
    found = certify_problem(problem_of(loss, X, labels, 0.0, 0.0), target_gap=GAP, time_budget=10.0)
    assert (found.objective, found.lower_bound, found.reached) == (0.0, 0.0, True)


def test_the_next_solver_follows_one_that_ends_early(monkeypatch):
    monkeypatch.setattr(interior_point, "interior_points", lambda *_, **__: iter(()))
    problem = random_problem("cross_entropy", 3)
    found = certify_problem(problem, target_gap=0.1, time_budget=30.0)
    assert found.reached
    assert found.method == (
        "interior-point method; interior-point method with short steps;"
        " accelerated proximal gradient"
    )
