"""Every update rule of the registry, and each known one against its source's formula."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import OPTIMIZERS
from lossopt_core.optim.optimizers import Optimizer

TARGET = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
CURVATURE = np.array([[1.0, 0.5, 2.0], [1.5, 1.0, 0.7]])


def slope(W: np.ndarray) -> np.ndarray:
    """Gradient of a parabola with its minimum at TARGET."""
    return CURVATURE * (W - TARGET)


def descend(rule: Optimizer, rate: float, steps: int) -> np.ndarray:
    """The way from zero, (steps + 1, 2, 3)."""
    W = np.zeros_like(TARGET)
    memory, way = rule.start(W), [W.copy()]
    for step in range(1, steps + 1):
        rule.update(W, slope(W), memory, rate, step)
        way.append(W.copy())
    return np.stack(way)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_minimises_a_quadratic(name):
    # AdaGrad's steps shrink from the first on: it starts with longer ones.
    rate = 0.5 if name == "adagrad" else 0.01
    assert_allclose(descend(OPTIMIZERS[name](), rate, 5_000)[-1], TARGET, atol=1e-2)


@pytest.mark.parametrize(
    ("name", "remembered"),
    [("adagrad", lambda v, g: v + g**2), ("rmsprop", lambda v, g: 0.99 * v + 0.01 * g**2)],
)
def test_adaptive_optimizers_match_the_notes(name, remembered):
    way = descend(OPTIMIZERS[name](), 0.1, 50)
    v = np.zeros_like(TARGET)
    for here, after in pairwise(way):
        g = slope(here)
        v = remembered(v, g)
        assert_allclose(after, here - 0.1 * g / (np.sqrt(v) + 1e-8), rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_stack_of_runs_moves_as_each_run_alone(name):
    parameters = [parameter.name for parameter in fields(OPTIMIZERS[name])]
    rates, shares = np.array([0.1, 0.01, 0.3]), np.array([0.9, 0.5, 0.0])
    together = OPTIMIZERS[name](**dict.fromkeys(parameters, shares[:, None, None]))
    W = np.zeros((3, *TARGET.shape))
    memory = together.start(W)
    for step in range(1, 31):
        together.update(W, slope(W), memory, rates[:, None, None], step)
    for run in range(3):
        alone = OPTIMIZERS[name](**dict.fromkeys(parameters, float(shares[run])))
        assert_allclose(W[run], descend(alone, float(rates[run]), 30)[-1], rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_starts_at_zero_and_updates_are_in_place(name):
    rule, W = OPTIMIZERS[name](), np.ones((2, 3))
    memory = rule.start(W)
    assert len(memory) == rule.memory_arrays
    assert all(array.shape == W.shape and not array.any() for array in memory)
    assert rule.update(W, slope(W), memory, 0.1, 1) is None
    assert not np.array_equal(W, np.ones((2, 3)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rate_of_zero_moves_nothing(name):
    assert_array_equal(descend(OPTIMIZERS[name](), 0.0, 3), np.zeros((4, *TARGET.shape)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_entry_has_a_summary_and_a_formula(name):
    entry = OPTIMIZERS[name]
    for text in (entry.label, entry.formula, entry.summary):
        assert text.strip()


def test_gradient_descent_is_sgd_on_all_examples():
    assert_array_equal(descend(OPTIMIZERS["gd"](), 0.1, 20), descend(OPTIMIZERS["sgd"](), 0.1, 20))
    assert [name for name, entry in OPTIMIZERS.items() if entry.full_batch] == ["gd"]


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_without_momentum_a_velocity_is_the_gradient(name):
    plain = descend(OPTIMIZERS["sgd"](), 0.1, 20)
    assert_allclose(descend(OPTIMIZERS[name](momentum=0.0), 0.1, 20), plain, rtol=1e-14)


def test_momentum_is_the_heavy_ball_of_polyak():
    """W(t+1) = W(t) - rate * gradient + beta * (W(t) - W(t-1))."""
    way = descend(OPTIMIZERS["momentum"](momentum=0.8), 0.1, 50)
    for before, here, after in zip(way, way[1:], way[2:], strict=False):
        assert_allclose(after, here - 0.1 * slope(here) + 0.8 * (here - before), atol=1e-13)


def test_nesterov_takes_its_gradient_where_the_velocity_leads():
    """The original form: the weights shown are the ones looked ahead to (Sutskever, 2013)."""
    way = descend(OPTIMIZERS["nesterov"](momentum=0.8), 0.1, 50)
    W, velocity = np.zeros_like(TARGET), np.zeros_like(TARGET)
    for shown in way:
        ahead = W + 0.8 * velocity
        assert_allclose(shown, ahead, atol=1e-13)
        velocity = 0.8 * velocity - 0.1 * slope(ahead)
        W = W + velocity


def test_adam_is_algorithm_1_of_its_paper():
    way = descend(OPTIMIZERS["adam"](momentum=0.8), 0.1, 50)
    m, v = np.zeros_like(TARGET), np.zeros_like(TARGET)
    for t, (here, after) in enumerate(pairwise(way), start=1):
        g = slope(here)
        m = 0.8 * m + 0.2 * g
        v = 0.999 * v + 0.001 * g**2
        step = 0.1 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert_allclose(after, here - step, atol=1e-12)


def test_adams_first_step_is_as_long_as_the_rate_in_every_coordinate():
    first = descend(OPTIMIZERS["adam"](), 0.1, 1)[1]
    assert_allclose(first, 0.1 * np.sign(TARGET), rtol=1e-6)
