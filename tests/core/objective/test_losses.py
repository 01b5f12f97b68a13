"""Every loss of the registry: slope, convexity, overflow, shapes."""

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import LOSSES
from lossopt_core.objective.losses import Loss, flat_target_index, probabilities

CLASSES, BATCH = 4, 6


def random_scores(seed: int, *shape: int) -> np.ndarray:
    return 3.0 * np.random.default_rng(seed).standard_normal(shape)


def random_labels(seed: int, count: int = BATCH, classes: int = CLASSES) -> np.ndarray:
    return np.random.default_rng([seed, 1]).integers(classes, size=count)


def far_from_kinks(name: str, scores: np.ndarray, labels: np.ndarray) -> Loss:
    """The loss with the margin that keeps the largest distance from every kink.

    A margin loss has its kinks where the margin equals a difference of scores (or a score).
    """
    if "margin" not in {parameter.name for parameter in fields(LOSSES[name])}:
        return LOSSES[name]()
    true = scores[labels, np.arange(len(labels))]
    kinks = np.concatenate([(true - scores).ravel(), scores.ravel(), -scores.ravel()])
    kinks = np.sort(np.append(kinks[(kinks > 0.5) & (kinks < 4.0)], [0.5, 4.0]))
    widest = np.diff(kinks).argmax()
    return LOSSES[name](margin=float(kinks[widest : widest + 2].mean()))


def instances(name: str) -> list[Loss]:
    """The loss with its default parameters and, where it has any, with others."""
    others = {parameter.name: 2.5 for parameter in fields(LOSSES[name])}
    return [LOSSES[name](), LOSSES[name](**others)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_is_the_slope_of_the_value(name, seed):
    scores, labels = random_scores(seed, CLASSES, BATCH), random_labels(seed)
    loss, h = far_from_kinks(name, scores, labels), 1e-5
    slope = np.empty_like(scores)
    for place in np.ndindex(scores.shape):
        step = np.zeros_like(scores)
        step[place] = h
        rise = loss.value(scores + step, labels) - loss.value(scores - step, labels)
        slope[place] = rise.sum() / (2 * h)
    error = np.linalg.norm(loss.gradient(scores, labels) - slope)
    assert error <= 1e-7 * np.linalg.norm(slope)


@settings(deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", LOSSES)
def test_the_value_is_convex_and_the_gradient_supports_it(name, data):
    numbers = st.floats(-50, 50)
    a = np.array(data.draw(st.lists(numbers, min_size=CLASSES, max_size=CLASSES)))[:, None]
    b = np.array(data.draw(st.lists(numbers, min_size=CLASSES, max_size=CLASSES)))[:, None]
    label, share = np.array([data.draw(st.integers(0, CLASSES - 1))]), data.draw(st.floats(0, 1))
    for loss in instances(name):
        [at_a], [at_b] = loss.value(a, label), loss.value(b, label)
        [between] = loss.value(share * a + (1 - share) * b, label)
        room = 1e-12 * (1 + at_a + at_b)
        assert between <= share * at_a + (1 - share) * at_b + room
        assert at_b >= at_a + (loss.gradient(a, label) * (b - a)).sum() - room


@pytest.mark.parametrize("name", LOSSES)
def test_scores_of_ten_thousand_give_finite_values_and_gradients(name):
    scores = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [0.0, 1e4, -1e4]])
    for label in range(3):
        labels = np.full(3, label)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for loss in instances(name):
                assert np.isfinite(loss.value(scores, labels)).all()
                assert (loss.value(scores, labels) >= 0).all()
                assert np.isfinite(loss.gradient(scores, labels)).all()


@pytest.mark.parametrize("name", LOSSES)
def test_any_number_of_axes_may_lead(name):
    scores, labels = random_scores(0, 2, 3, CLASSES, BATCH), random_labels(0)
    for loss in instances(name):
        values, gradients = loss.value(scores, labels), loss.gradient(scores, labels)
        assert values.shape == (2, 3, BATCH)
        assert gradients.shape == scores.shape
        for lead in np.ndindex(2, 3):
            assert_allclose(values[lead], loss.value(scores[lead], labels), rtol=1e-14)
            assert_allclose(gradients[lead], loss.gradient(scores[lead], labels), rtol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_a_parameter_may_be_one_number_a_run(name):
    parameters = [parameter.name for parameter in fields(LOSSES[name])]
    each = np.array([0.25, 1.0, 7.0])
    scores, labels = random_scores(1, 3, CLASSES, BATCH), random_labels(1)
    together = LOSSES[name](**dict.fromkeys(parameters, each[:, None, None]))
    for run, number in enumerate(each.tolist()):
        alone = LOSSES[name](**dict.fromkeys(parameters, number))
        assert_allclose(
            together.value(scores, labels)[run], alone.value(scores[run], labels), rtol=1e-14
        )
        assert_allclose(
            together.gradient(scores, labels)[run], alone.gradient(scores[run], labels), rtol=1e-14
        )


@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_do_not_change_the_scores_but_inplace_does(name):
    scores, labels, loss = random_scores(2, CLASSES, BATCH), random_labels(2), LOSSES[name]()
    before = scores.copy()
    value, gradient = loss.value(scores, labels), loss.gradient(scores, labels)
    assert_array_equal(scores, before)
    assert_array_equal(
        loss.loss_gradient_inplace(scores, flat_target_index(scores.shape, labels)), value
    )
    assert_array_equal(scores, gradient)


@pytest.mark.parametrize("name", LOSSES)
def test_whole_numbers_are_scores_too(name):
    whole = np.array([[3, 1], [-2, 4], [0, 0]])
    loss, labels = LOSSES[name](), np.array([0, 2])
    assert_array_equal(loss.value(whole, labels), loss.value(whole.astype(float), labels))
    assert_array_equal(loss.gradient(whole, labels), loss.gradient(whole.astype(float), labels))


@pytest.mark.parametrize("name", LOSSES)
def test_the_last_column_of_the_steps_adds_up_to_the_loss(name):
    scores = random_scores(3, CLASSES, BATCH)
    for loss in instances(name):
        for label in range(CLASSES):
            for example in scores.T:
                shown = example.copy()
                columns = list(loss.steps(shown, label).values())
                assert_array_equal(shown, example)
                assert_array_equal(columns[0], example)
                assert all(column.shape == (CLASSES,) for column in columns)
                [value] = loss.value(example[:, None], np.array([label]))
                assert np.nansum(columns[-1]) == pytest.approx(value, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", ["hinge", "squared_hinge", "crammer_singer"])
def test_the_true_class_has_no_margin_violation(name):
    [_, *after_scores] = LOSSES[name]().steps(np.array([1.0, 3.0, 2.5]), 1).values()
    for column in after_scores:
        assert np.isnan(column[1])
    assert not np.isnan(after_scores[0][[0, 2]]).any()


def test_only_the_true_class_has_a_logarithm():
    charge = LOSSES["cross_entropy"]().steps(np.array([1.0, 3.0, 2.5]), 1)["−log p"]
    assert np.isnan(charge).tolist() == [True, False, True]


def test_only_the_highest_wrong_class_has_a_largest_violation():
    found = LOSSES["crammer_singer"]().steps(np.array([1.0, 3.0, 2.5]), 1)["the largest"]
    assert_array_equal(found, [np.nan, np.nan, 0.5])


@pytest.mark.parametrize("name", LOSSES)
def test_an_entry_has_a_summary_and_a_formula(name):
    entry = LOSSES[name]
    for text in (entry.label, entry.formula, entry.start_formula, entry.summary):
        assert text.strip()
    assert isinstance(entry.smooth, bool)
    assert entry() == entry(), "equal parameters make equal losses"


@pytest.mark.parametrize("name", ["hinge", "squared_hinge", "cross_entropy"])
def test_only_differences_of_scores_count(name):
    scores, labels, loss = random_scores(4, CLASSES, BATCH), random_labels(4), LOSSES[name]()
    assert_allclose(loss.value(scores + 17.0, labels), loss.value(scores, labels), rtol=1e-12)
    assert_allclose(loss.gradient(scores, labels).sum(axis=0), 0.0, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "theory"),
    [
        ("hinge", lambda classes, margin: (classes - 1) * margin),
        ("squared_hinge", lambda classes, margin: (classes - 1) * margin**2),
        ("cross_entropy", lambda classes, margin: math.log(classes)),
    ],
)
def test_the_loss_of_equal_scores_matches_theory(name, theory):
    takes_margin = bool(fields(LOSSES[name]))
    for classes in (2, 3, 10):
        for margin in (1.0, 2.5):
            loss = LOSSES[name](**({"margin": margin} if takes_margin else {}))
            assert loss.at_equal_scores(classes) == pytest.approx(theory(classes, margin))


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
def test_a_satisfied_margin_has_zero_loss_and_gradient(name):
    scores, labels = np.array([[3.0], [2.0], [-5.0]]), np.array([0])
    loss = LOSSES[name](margin=1.0)  # the second class is exactly at its kink
    assert loss.value(scores, labels) == 0.0
    assert not loss.gradient(scores, labels).any()


def test_the_cross_entropy_gradient_is_probability_minus_one_hot():
    scores, labels = random_scores(5, 3, CLASSES, BATCH), random_labels(5)
    p = probabilities(scores)
    assert_allclose(p.sum(axis=-2), 1.0, rtol=1e-14)
    truth = np.eye(CLASSES)[labels].T
    assert_allclose(LOSSES["cross_entropy"]().gradient(scores, labels), p - truth, atol=1e-15)
    chosen = p[:, labels, np.arange(BATCH)]
    assert_allclose(LOSSES["cross_entropy"]().value(scores, labels), -np.log(chosen), rtol=1e-12)


def test_the_losses_of_the_courses_demo_on_its_cat():
    scores, cat = np.array([[3.2], [5.1], [-1.7]]), np.array([0])
    assert_allclose(LOSSES["crammer_singer"]().value(scores, cat), [2.9])
    # One-vs-rest: max(0, 1 - 3.2) + max(0, 1 + 5.1) + max(0, 1 - 1.7)
    assert_allclose(LOSSES["one_vs_all"]().value(scores, cat), [6.1])


def test_crammer_singer_is_at_most_the_hinge_and_equals_it_for_two_classes():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(4, 50)), rng.integers(4, size=50)
    hinge, largest = LOSSES["hinge"](), LOSSES["crammer_singer"]()
    assert (largest.value(scores, labels) <= hinge.value(scores, labels) + 1e-15).all()
    two = labels % 2
    assert_allclose(largest.value(scores[:2], two), hinge.value(scores[:2], two))
    assert_allclose(largest.gradient(scores[:2], two), hinge.gradient(scores[:2], two))


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.smooth])
def test_the_mean_second_derivative_is_that_along_every_class(name):
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(2, 4, 9)), rng.integers(4, size=9)
    loss = LOSSES[name]()
    along = [np.outer(unit, np.ones(9)) for unit in np.eye(4)]
    expected = [
        [loss.hessian_vector_product(each, labels, unit).mean(axis=1) for unit in along]
        for each in scores
    ]
    assert_allclose(loss.mean_hessian(scores, labels), expected, atol=1e-12)
