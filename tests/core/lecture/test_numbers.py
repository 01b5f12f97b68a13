"""The numbers of CS231n's lecture 3 and its notes, as the core computes them.

Where the course prints a wrong number, the test says so and asserts that it is not ours.
"""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
    load_data,
)
from lossopt_core.objective import linear
from lossopt_core.objective.losses import Loss, probabilities
from lossopt_core.training.cohort import Cohort

CAT, CAR, FROG = range(3)
IMAGES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
SCORES = IMAGES.T  # (classes, images)
TRUE = np.array([CAT, CAR, FROG])

HINGE, SQUARED_HINGE = LOSSES["hinge"](), LOSSES["squared_hinge"]()
CROSS_ENTROPY = LOSSES["cross_entropy"]()


def of_one(loss: Loss, scores: list[float], label: int) -> float:
    """The loss of one example."""
    [value] = loss.value(np.array(scores)[:, None], np.array([label]))
    return float(value)


def softmax(scores: list[float]) -> np.ndarray:
    return probabilities(np.array(scores)[:, None])[:, 0]


def affine(W: list[list[float]], x: list[float], b: list[float]) -> np.ndarray:
    """W x + b, by the stack of one that every training uses."""
    stacked = np.hstack([np.array(W), np.array(b)[:, None]])[None]
    return linear.scores(stacked, linear.with_ones(np.array([x])))[0, :, 0]


# 1. Cat, car, frog


def test_the_hinge_of_cat_car_and_frog_is_2_9_and_0_and_12_9():
    values = HINGE.value(SCORES, TRUE)
    assert_allclose(values, [2.9, 0.0, 12.9], atol=1e-12)
    assert values.mean() == pytest.approx(5.2667, abs=5e-5)
    assert round(values.mean(), 2) == 5.27


def test_the_2016_slides_forgot_the_margin_of_the_frog():
    frog = HINGE.steps(IMAGES[FROG], FROG)["max(0, ·)"]
    assert_allclose(frog, [6.3, 6.6, np.nan], atol=1e-12)
    assert np.nansum(frog) != pytest.approx(10.9, abs=0.5)
    assert HINGE.value(SCORES, TRUE).mean() != pytest.approx(4.6, abs=0.5)
    without_margin = np.maximum(0.0, IMAGES[FROG] - IMAGES[FROG, FROG])
    assert without_margin.sum() == pytest.approx(10.9), "this is what they added up"


def test_the_terms_of_the_cats_hinge_are_2_9_and_0():
    cat = HINGE.steps(IMAGES[CAT], CAT)["max(0, ·)"]
    assert_allclose(cat, [np.nan, 2.9, 0.0], atol=1e-12)


def test_a_hinge_over_all_classes_grows_by_the_margin():
    true_class = HINGE.margin  # max(0, s_y - s_y + margin)
    values = HINGE.value(SCORES, TRUE) + true_class
    assert_allclose(values, [3.9, 1.0, 13.9], atol=1e-12)
    assert values.mean() == pytest.approx(6.2667, abs=5e-5)


def test_a_mean_over_wrong_classes_only_rescales_the_hinge():
    values = HINGE.value(SCORES, TRUE) / (len(SCORES) - 1)
    assert_allclose(values, [1.45, 0.0, 6.45], atol=1e-12)
    assert values.mean() == pytest.approx(2.6333, abs=5e-5)


def test_the_squared_hinge_of_cat_car_and_frog_is_8_41_and_0_and_83_25():
    values = SQUARED_HINGE.value(SCORES, TRUE)
    assert_allclose(values, [8.41, 0.0, 83.25], atol=1e-12)
    assert values.mean() == pytest.approx(30.5533, abs=5e-5)
    frog = SQUARED_HINGE.steps(IMAGES[FROG], FROG)["max(0, ·)²"]
    assert_allclose(frog, [39.69, 43.56, np.nan], atol=1e-12)


def test_the_softmax_of_the_cat_image_gives_the_cat_13_percent():
    steps = CROSS_ENTROPY.steps(IMAGES[CAT], CAT)
    exponentials = steps["exp(s − s_top)"] * np.exp(IMAGES[CAT].max())
    assert_allclose(exponentials, [24.5325, 164.0219, 0.1827], atol=5e-5)
    assert exponentials.sum() == pytest.approx(188.7371, abs=5e-5)
    assert_allclose(steps["p"], [0.12998, 0.86905, 0.00097], atol=5e-6)
    assert_allclose(probabilities(SCORES)[:, CAT], steps["p"], rtol=1e-12)


def test_the_cross_entropy_of_cat_car_and_frog_in_nats_and_bits():
    nats = CROSS_ENTROPY.value(SCORES, TRUE)
    assert_allclose(nats, [2.0404, 0.0791, 6.1565], atol=5e-5)
    assert nats.mean() == pytest.approx(2.7587, abs=5e-5)
    assert_allclose(nats / math.log(2), [2.9436, 0.1142, 8.8819], atol=5e-5)


def test_the_printed_0_89_of_the_cat_is_a_logarithm_to_base_10():
    nats = CROSS_ENTROPY.value(SCORES, TRUE)
    assert nats[CAT] != pytest.approx(0.89, abs=0.5)
    assert_allclose(nats / math.log(10), [0.8861, 0.0344, 2.6737], atol=5e-5)
    assert round(nats[CAT] / math.log(10), 2) == 0.89


def test_twice_the_weights_leave_the_car_without_loss():
    doubled = (2 * IMAGES[CAR]).tolist()
    assert of_one(HINGE, IMAGES[CAR].tolist(), CAR) == 0
    assert of_one(HINGE, doubled, CAR) == 0
    before_max = HINGE.steps(np.array(doubled), CAR)["s − s_true + Δ"]
    assert_allclose(before_max, [-6.2, np.nan, -4.8], atol=1e-12)


@pytest.mark.parametrize("name", ["hinge", "squared_hinge", "cross_entropy"])
def test_the_least_loss_is_zero_and_there_is_no_largest(name):
    loss = LOSSES[name]()
    assert of_one(loss, [1e6, 0.0, 0.0], 0) == 0
    assert of_one(loss, [-1e6, 0.0, 0.0], 0) > 1e5


# 2. Hinge against softmax, one image


def test_hinge_and_softmax_of_one_image():
    scores = affine(
        W=[[0.01, -0.05, 0.1, 0.05], [0.7, 0.2, 0.05, 0.16], [0.0, -0.45, -0.2, 0.03]],
        x=[-15, 22, -44, 56],
        b=[0.0, 0.2, -0.3],
    )
    assert_allclose(scores, [-2.85, 0.86, 0.28], atol=1e-12)
    hinge = HINGE.steps(scores, 2)
    assert_allclose(hinge["s − s_true + Δ"], [-2.13, 1.58, np.nan], atol=1e-12)
    assert np.nansum(hinge["max(0, ·)"]) == pytest.approx(1.58)
    assert of_one(SQUARED_HINGE, scores.tolist(), 2) == pytest.approx(2.4964)
    steps = CROSS_ENTROPY.steps(scores, 2)
    exponentials = steps["exp(s − s_top)"] * np.exp(scores.max())
    assert_allclose(exponentials, [0.0578, 2.3632, 1.3231], atol=5e-5)
    assert_allclose(steps["p"], [0.0154, 0.6312, 0.3534], atol=5e-5)
    nats = of_one(CROSS_ENTROPY, scores.tolist(), 2)
    assert nats == pytest.approx(1.0402, abs=5e-5)
    assert nats / math.log(10) == pytest.approx(0.4517, abs=5e-5)
    assert round(nats / math.log(10), 4) != 0.452, "printed from rounded probabilities"
    assert -math.log10(0.353) == pytest.approx(0.452, abs=5e-4), "which is this"


# 3. Image to scores


def test_an_image_becomes_scores_and_the_dog_keeps_its_bias():
    scores = affine(
        W=[[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]],
        x=[56, 231, 24, 2],
        b=[1.1, 3.2, -1.2],
    )
    assert_allclose(scores, [-96.8, 437.9, 60.75], atol=1e-12)
    assert scores[2] != pytest.approx(61.95, abs=0.5), "the printed value leaves the bias out"
    assert scores[2] + 1.2 == pytest.approx(61.95)


# 4. Other examples


def test_a_margin_of_ten_costs_eight():
    assert of_one(LOSSES["hinge"](margin=10.0), [13, -7, 11], 0) == pytest.approx(8.0)


def test_weaker_weights_give_softer_probabilities():
    strong, weak = softmax([1, -2, 0]), softmax([0.5, -1, 0])
    assert_allclose(strong, [0.705, 0.035, 0.259], atol=5e-4)
    assert_allclose(weak, [0.547, 0.122, 0.331], atol=5e-4)


@pytest.mark.parametrize(("label", "loss"), [(0, 666.0), (1, 333.0), (2, 0.0)])
def test_scores_that_overflow_an_exponential_have_a_finite_cross_entropy(label, loss):
    assert of_one(CROSS_ENTROPY, [123, 456, 789], label) == pytest.approx(loss, abs=1e-12)
    assert np.isfinite(softmax([123, 456, 789])).all()
    shifted = CROSS_ENTROPY.steps(np.array([123.0, 456.0, 789.0]), label)
    assert_allclose(np.log(shifted["exp(s − s_top)"]), [-666, -333, 0], rtol=1e-12)


@pytest.mark.parametrize(
    ("scores", "cross_entropy"),
    [([10, -2, 3], 0.000918), ([10, 9, 9], 0.551445), ([10, -100, -100], 0.0)],
)
def test_the_hinge_is_satisfied_where_cross_entropy_never_quite_is(scores, cross_entropy):
    assert of_one(HINGE, scores, 0) == 0
    assert of_one(CROSS_ENTROPY, scores, 0) == pytest.approx(cross_entropy, abs=5e-7)


# 5. Loss at the start


@pytest.mark.parametrize(
    ("name", "classes", "loss"),
    [
        ("hinge", 10, 9.0),
        ("hinge", 3, 2.0),
        ("squared_hinge", 10, 9.0),
        ("cross_entropy", 10, 2.302585),
        ("cross_entropy", 3, 1.098612),
        ("cross_entropy", 2, 0.693147),
    ],
)
def test_the_loss_at_the_start_is_known_in_advance(name, classes, loss):
    assert LOSSES[name]().at_equal_scores(classes) == pytest.approx(loss, abs=5e-7)


def test_the_margin_sets_the_hinges_at_the_start():
    assert LOSSES["hinge"](margin=3.0).at_equal_scores(10) == 27.0
    assert LOSSES["squared_hinge"](margin=3.0).at_equal_scores(10) == 81.0


# 6. Regularisation

W1, W2 = np.array([[1.0, 0.0, 0.0, 0.0]]), np.full((1, 4), 0.25)


def test_both_weights_give_the_same_score():
    ones = np.ones((1, 4))
    assert linear.scores(np.stack([W1, W2]), ones).ravel().tolist() == [1.0, 1.0]


def test_l2_prefers_the_spread_weights():
    l2 = REGULARIZERS["l2"](strength=1.0)
    assert (l2.value(W1), l2.value(W2)) == (1.0, 0.25)


def test_l1_is_a_tie_on_the_lectures_two_weights():
    l1 = REGULARIZERS["l1"](strength=1.0)
    assert l1.value(W1) == l1.value(W2) == 1.0


def test_the_lectures_elastic_net_gives_2_and_1_25():
    # sum of (beta w^2 + |w|) with beta = 1 is strength 2 shared in halves.
    net = REGULARIZERS["elastic_net"](strength=2.0, l1_ratio=0.5)
    assert (net.value(W1), net.value(W2)) == (2.0, 1.25)


# 7. Numeric gradient


def test_the_numeric_gradient_of_the_slide_is_its_differences_over_h():
    """The slide does not give its loss function: only the differences can be reproduced."""
    differences = (np.array([1.25322, 1.25353, 1.25347]) - 1.25347) / 1e-4
    assert_allclose(differences, [-2.5, 0.6, 0.0], atol=1e-9)


# 8. Its gradient example (the training log is in test_golden_trace.py)


def test_the_gradient_of_cross_entropy_is_p_with_one_subtracted_at_the_truth():
    scores = np.log(np.array([[0.2], [0.3], [0.5]]))
    gradient = CROSS_ENTROPY.gradient(scores, np.array([1]))
    assert_allclose(gradient[:, 0], [0.2, -0.7, 0.5], atol=1e-15)


# 9. The course's demo in two dimensions

DEMO = Experiment(
    dataset="course_demo",
    test_fraction=0.0,
    standardize=False,
    loss="hinge",
    strength=0.1,
    optimizer="gd",
)


def demo_cohort() -> Cohort:
    """The demo's data with the weights that it prints."""
    cohort = Cohort([DEMO], load_data(DEMO))
    cohort.W[0] = [[2.06, 1.48, -0.42], [0.44, -1.82, 0.52], [2.27, -2.04, -0.10]]
    return cohort


def test_the_demo_has_its_nine_points():
    data = load_data(DEMO)
    points = "(.5,.4)(.8,.3)(.3,.8)(-.4,.3)(-.3,.7)(-.7,.2)(.7,-.4)(.5,-.6)(-.4,-.5)"
    expected = [[float(x) for x in point.split(",")] for point in points[1:-1].split(")(")]
    assert data.train_features.tolist() == expected
    assert data.train_labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_the_losses_of_the_demos_points_are_those_of_its_rounded_weights():
    cohort = demo_cohort()
    scores = linear.scores(cohort.W, cohort.train.buffer)[0]
    ours = HINGE.value(scores, cohort.train.labels)
    assert_allclose(ours, [0.017, 0.432, 0, 0.402, 1.884, 0, 0.251, 0.573, 2.242], atol=5e-4)
    printed = [0.02, 0.44, 0.00, 0.39, 1.87, 0.00, 0.25, 0.57, 2.24]
    assert np.abs(ours - printed).max() < 0.02, "the demo prints from weights not rounded"
    assert np.round(ours, 2).tolist() != printed


def test_the_demos_total_is_its_data_loss_and_its_penalty():
    objective, data_loss, penalty = demo_cohort().evaluate()[:3, 0]
    assert data_loss == pytest.approx(0.6446, abs=5e-5)
    assert penalty == pytest.approx(1.9255, abs=5e-5)
    assert objective == pytest.approx(2.5700, abs=1e-4)


def test_the_demos_gradient_is_that_of_its_total():
    cohort = demo_cohort()
    cohort.evaluate()
    weights, bias = cohort.gradient[0, :, :-1], cohort.gradient[0, :, -1]
    assert_allclose(weights, [[0.190, 0.329], [0.255, -0.642], [0.510, -0.164]], atol=5e-4)
    assert_allclose(bias, [0.0, 1 / 9, -1 / 9], atol=1e-12)
