"""Every penalty of the registry, and every objective of a loss and a penalty."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
    load_data,
)
from lossopt_core.objective.regularizers import Regularizer, soft_threshold
from lossopt_core.training.cohort import Cohort

weights = arrays(np.float64, (2, 3), elements=st.floats(-5, 5))


def instance(name: str, **parameters: object) -> Regularizer:
    """The penalty with those of the parameters that it has."""
    known = {parameter.name for parameter in fields(REGULARIZERS[name])}
    return REGULARIZERS[name](**{key: each for key, each in parameters.items() if key in known})


def smooth_gradient(penalty: Regularizer, W: np.ndarray) -> np.ndarray:
    gradient = np.zeros_like(W)
    penalty.add_gradient(W, gradient, np.empty_like(W))
    return gradient


def after_prox(penalty: Regularizer, W: np.ndarray, step: float) -> np.ndarray:
    V = W.copy()
    soft_threshold(V, step * penalty.absolute, np.empty_like(W))
    return V


def rough_value(penalty: Regularizer, W: np.ndarray) -> float:
    """The part of the penalty that is not smooth: homogeneous of degree 1."""
    # The rest is quadratic: value(W) = a + b and value(2 W) = 2 a + 4 b.
    return float((4 * penalty.value(W) - penalty.value(2 * W)) / 2)


@pytest.mark.parametrize("regularizer", REGULARIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_an_objective_is_its_slope(loss, regularizer):
    experiment = Experiment(
        dataset="blobs",
        dataset_options={"examples": 50, "classes": 4, "features": 3},
        optimizer="gd",
        loss=loss,
        margin=margin_between_kinks(),
        regularizer=regularizer,
        strength=0.3,
        l1_ratio=0.4,
    )
    cohort, h = Cohort([experiment], load_data(experiment)), 1e-5
    cohort.W[:] = W = start_weights()
    cohort.evaluate()
    gradient, slope = cohort.gradient.copy(), np.empty_like(W)
    for place in np.ndindex(W.shape):
        sides = []
        for sign in (1, -1):
            cohort.W[:] = W
            cohort.W[place] += sign * h
            sides.append(cohort.evaluate()[0, 0])
        slope[place] = (sides[0] - sides[1]) / (2 * h)
    assert np.linalg.norm(gradient - slope) <= 1e-7 * np.linalg.norm(slope)


def start_weights() -> np.ndarray:
    """(1, 4, 4) weights of which none is near 0, the kink of an absolute value."""
    random = np.random.default_rng(0)
    return random.choice([-1.0, 1.0], (1, 4, 4)) * random.uniform(0.1, 1.0, (1, 4, 4))


def margin_between_kinks() -> float:
    """The margin with the widest room around it in which no example meets a kink."""
    data = load_data(
        Experiment(dataset="blobs", dataset_options={"examples": 50, "classes": 4, "features": 3})
    )
    [W], X, y = start_weights(), data.train_features, data.train_labels
    scores = W[:, :-1] @ X.T + W[:, -1:]
    kinks = np.concatenate([(scores[y, np.arange(len(y))] - scores).ravel(), scores.ravel()])
    kinks = np.concatenate([kinks, -scores.ravel()])
    kinks = np.sort(kinks[(kinks > 0.2) & (kinks < 5.0)])
    widest = np.diff(kinks).argmax()
    assert np.diff(kinks)[widest] > 1e-3
    return float(kinks[widest : widest + 2].mean())


@settings(deadline=None)
@given(a=weights, b=weights, share=st.floats(0, 1))
@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_penalty_is_convex_nonnegative_and_zero_at_zero(name, a, b, share):
    penalty = instance(name, strength=0.7, l1_ratio=0.3)
    between = penalty.value(share * a + (1 - share) * b)
    assert between <= share * penalty.value(a) + (1 - share) * penalty.value(b) + 1e-12
    assert penalty.value(a) >= 0
    assert penalty.value(np.zeros((2, 3))) == 0


@settings(deadline=None)
@given(W=weights, other=weights, step=st.floats(1e-3, 10))
@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_proximal_step_finds_the_minimum_that_defines_it(name, W, other, step):
    penalty = instance(name, strength=0.7, l1_ratio=0.3)

    def objective(V: np.ndarray) -> float:
        return step * rough_value(penalty, V) + float(((V - W) ** 2).sum()) / 2

    best = after_prox(penalty, W, step)
    # The objective is strongly convex: it grows from its minimum by half the squared distance.
    growth = float(((other - best) ** 2).sum()) / 2
    assert objective(other) >= objective(best) + growth - 1e-9 * (1 + objective(other))


@pytest.mark.parametrize("name", ["none", "l2"])
def test_a_smooth_penalty_has_no_proximal_step(name):
    W = np.random.default_rng(0).standard_normal((2, 3))
    assert_array_equal(after_prox(instance(name), W, 5.0), W)


def test_l1_sets_small_weights_to_exactly_zero_and_shrinks_the_others():
    W = np.array([[0.5, -0.5, 0.1, -0.1, 0.0]])
    shrunk = after_prox(instance("l1", strength=2.0), W, 0.1)
    assert_allclose(shrunk, [[0.3, -0.3, 0.0, 0.0, 0.0]], atol=1e-15)
    assert (shrunk[0, 2:] == 0).all()


@pytest.mark.parametrize("name", REGULARIZERS)
def test_adding_the_gradient_returns_the_penalty(name):
    W = np.random.default_rng(0).standard_normal((5, 2, 3))
    penalty = instance(name, strength=np.linspace(0, 1, 5)[:, None, None], l1_ratio=0.3)
    returned = penalty.add_gradient(W, np.zeros_like(W), np.empty_like(W))
    assert returned.shape == (5,)
    assert_allclose(returned, penalty.value(W), rtol=1e-13)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_parameters_may_be_one_number_a_run_and_zero_for_the_bias(name):
    W = np.random.default_rng(1).standard_normal((3, 2, 4))
    strengths, ratios = np.array([0.1, 1.0, 30.0]), np.array([0.0, 0.4, 1.0])
    not_bias = np.array([1.0, 1.0, 1.0, 0.0])
    together = instance(
        name, strength=strengths[:, None, None] * not_bias, l1_ratio=ratios[:, None, None]
    )
    moved = after_prox(together, W, 0.2)
    least = np.ones_like(W)
    together.add_least_subgradient(W, least)
    assert_array_equal(moved[..., -1], W[..., -1])
    assert_array_equal(least[..., -1], 1.0)
    assert_array_equal(smooth_gradient(together, W)[..., -1], 0.0)
    for run in range(3):
        alone = instance(name, strength=float(strengths[run]), l1_ratio=float(ratios[run]))
        V = W[run, :, :-1]
        assert_allclose(together.value(W)[run], alone.value(V), rtol=1e-13)
        assert_allclose(moved[run, :, :-1], after_prox(alone, V, 0.2), rtol=1e-13)
        assert_allclose(
            smooth_gradient(together, W)[run, :, :-1], smooth_gradient(alone, V), rtol=1e-13
        )


@settings(deadline=None)
@given(W=weights, gradient=weights, sign=arrays(np.float64, (2, 3), elements=st.floats(-1, 1)))
@pytest.mark.parametrize("name", REGULARIZERS)
def test_no_subgradient_of_the_objective_has_a_smaller_norm(name, W, gradient, sign):
    W = np.where(np.abs(W) < 1, 0.0, W)
    penalty = instance(name, strength=0.7, l1_ratio=0.3)
    rough = {"l1": 0.7, "elastic_net": 0.7 * 0.3}.get(name, 0.0)
    some = gradient + smooth_gradient(penalty, W) + rough * np.where(W == 0, sign, np.sign(W))
    least = gradient.copy()
    penalty.add_least_subgradient(W, least)
    assert (np.abs(least) <= np.abs(some) + 1e-12).all()


def test_an_elastic_net_at_its_ends_is_l1_or_l2():
    W = np.random.default_rng(2).standard_normal((2, 3))
    for ratio, name in ((1.0, "l1"), (0.0, "l2")):
        mixed = instance("elastic_net", strength=0.3, l1_ratio=ratio)
        pure = instance(name, strength=0.3)
        assert_allclose(mixed.value(W), pure.value(W))
        assert_allclose(smooth_gradient(mixed, W), smooth_gradient(pure, W))
        assert_allclose(after_prox(mixed, W, 0.5), after_prox(pure, W, 0.5))


@pytest.mark.parametrize("name", REGULARIZERS)
def test_an_entry_has_a_summary_and_a_formula(name):
    entry = REGULARIZERS[name]
    for text in (entry.label, entry.formula, entry.summary):
        assert text.strip()
