"""What the lecture's cards compute, against mathematics.  Its numbers: `test_lecture_numbers`."""

import numpy as np
import pytest

from lossopt_core import (
    LOSSES,
    Experiment,
    certify,
    load_data,
    train,
)
from lossopt_core.lecture import (
    batches,
    numbers,
    numeric_gradient,
    one_step,
    searches,
    small_losses,
    stacks,
    two_weights,
)

IRIS = Experiment(dataset="iris", epochs=3)


@pytest.fixture(scope="module")
def iris():
    """Inputs, labels and weights after three epochs."""
    X, labels = stacks.inputs(load_data(IRIS))
    return X, labels, train([IRIS])[0].stacked[0]


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_of_a_stack_are_the_slopes_of_its_losses(loss, iris):
    X, labels, W = iris
    entry, random = LOSSES[loss](), np.random.default_rng(0)
    stack = W + 0.1 * random.standard_normal((3, *W.shape))
    along = random.standard_normal(W.shape)
    slopes = (stacks.gradients(entry, stack, X, labels) * along).sum(axis=(1, 2))
    ends = [stacks.mean_losses(entry, stack + h * along, X, labels) for h in (1e-6, -1e-6)]
    assert slopes == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4)


def test_the_slides_differences():
    slopes = numeric_gradient.differences(numbers.SLIDE_LOSSES, numbers.SLIDE_STEP)
    assert slopes == pytest.approx([-2.5, 0.6, 0.0], abs=1e-8)


def test_errors_fall_like_h_and_like_h_squared_and_rise_again(iris):
    X, labels, W = iris
    found = numeric_gradient.errors(LOSSES["cross_entropy"](), W, X, labels).set_index("step")
    assert found.loc[1e-2, "forward"] / found.loc[1e-3, "forward"] == pytest.approx(10, rel=0.1)
    assert found.loc[1e-2, "centred"] / found.loc[1e-3, "centred"] == pytest.approx(100, rel=0.1)
    assert found["centred"].min() < 1e-8 < found["centred"].iloc[-1]
    assert found["forward"].idxmin() < found["centred"].idxmin()


def test_a_relative_error_of_two_zeros_is_zero():
    assert numeric_gradient.relative(np.zeros(3), np.zeros(3)) == 0.0
    assert numeric_gradient.relative(np.ones(3), np.zeros(3)) == 1.0


@pytest.mark.parametrize("strategy", [searches.random_search, searches.local_search])
def test_a_search_spends_its_budget_and_never_gets_worse(strategy):
    found = strategy(IRIS.replace(loss="hinge"), 120, 0.1)
    assert list(found["evaluation"]) == list(range(1, 121))
    assert (np.diff(found["loss"]) <= 0).all()
    assert found["loss"].iloc[-1] < found["loss"].iloc[0]


def test_following_the_slope_beats_guessing():
    hinge = Experiment(loss="hinge", learning_rate=0.05)
    guessed = searches.random_search(hinge, 60, 0.03)["accuracy"].iloc[-1]
    nearby = searches.local_search(hinge, 60, 0.03)["accuracy"].iloc[-1]
    followed = searches.gradient_descent(hinge, 60)["accuracy"].iloc[-1]
    assert guessed < nearby < followed
    assert followed > 0.9


def test_twice_as_many_guesses_stay_far_behind_the_slope():
    hinge = Experiment(loss="hinge", learning_rate=0.05)
    nearby = searches.local_search(hinge, 400, 0.03)["accuracy"].iloc[-1]
    followed = searches.gradient_descent(hinge, 200)["accuracy"].iloc[-1]
    assert followed - nearby > 0.2


def test_a_batch_of_all_is_the_full_gradient_and_noise_falls_like_the_root(iris):
    X, labels, W = iris
    sizes = (2, 8, len(X))
    found = batches.minibatch_gradients(LOSSES["cross_entropy"](), W, X, labels, sizes)
    means = found.groupby("size").mean()
    assert means.loc[len(X), "cosine"] == pytest.approx(1.0)
    assert means.loc[len(X), "noise"] == pytest.approx(0.0, abs=1e-12)
    assert means.loc[2, "noise"] / means.loc[8, "noise"] == pytest.approx(2.0, rel=0.15)


def test_a_short_step_keeps_its_promise_and_a_long_one_does_not(iris):
    X, labels, W = iris
    found = one_step.one_step(LOSSES["squared_hinge"](), W, X, labels).set_index("step")
    short = found.index[np.isclose(found.index, 1e-6)][0]
    assert found.loc[short, "change"] == pytest.approx(found.loc[short, "predicted"], rel=1e-3)
    assert found["change"].iloc[-1] > 0


def test_the_way_of_l1_reaches_the_axis_and_then_zero_and_that_of_l2_does_neither():
    sparse, spread = (two_weights.path(name, 0.5) for name in ("l1", "l2"))
    zeros = (sparse == 0).sum(axis=1)
    assert (np.diff(zeros) >= 0).all()
    assert set(zeros) == {0, 1, 2}
    assert (spread != 0).all()
    assert (np.diff(np.abs(spread[:, 0])) < 0).all()


def test_the_ways_points_are_the_best_of_the_plane():
    loss = LOSSES["cross_entropy"]()
    X, labels = stacks.inputs(two_weights.data())
    for name in ("l1", "l2", "elastic_net"):
        best, strength = two_weights.path(name, 0.5)[8], two_weights.STRENGTHS[8]
        first, second = best[0] + np.linspace(-0.2, 0.2, 9), best[1] + np.linspace(-0.2, 0.2, 9)
        objective = two_weights.surface(first, second) + strength * two_weights.penalty(
            name, 0.5, first, second
        )
        assert objective.argmin() == objective.size // 2
        W = np.array([[[*best / 2, 0.0], [*-best / 2, 0.0]]])
        assert two_weights.surface(best[:1], best[1:])[0, 0] == pytest.approx(
            stacks.mean_losses(loss, W, X, labels)[0]
        )


def test_the_slide_prefers_guessing_to_nothing():
    """Random search is better than chance, and far from the best possible."""
    hinge = Experiment(loss="hinge")
    found = searches.random_search(hinge, 100, 0.03)
    assert 0.1 < found["accuracy"].iloc[-1] < 0.5
    assert found["loss"].iloc[-1] > 10 * certify(hinge.replace(strength=1e-3)).objective


def test_a_small_cross_entropy_is_that_of_training_but_for_its_rounding():
    random = np.random.default_rng(0)
    scores, labels = 10.0 * random.standard_normal((4, 50)), random.integers(4, size=50)
    trained = LOSSES["cross_entropy"]().value(scores, labels)
    assert small_losses.cross_entropy(scores, labels) == pytest.approx(
        trained, rel=1e-12, abs=1e-15
    )


def test_a_cross_entropy_below_the_last_digit_of_one_is_not_rounded_to_zero():
    scores, label = np.array([[10.0], [-100.0], [-100.0]]), np.array([0])
    assert LOSSES["cross_entropy"]().value(scores, label) == 0
    assert small_losses.cross_entropy(scores, label) == pytest.approx(2 * np.exp(-110.0), rel=1e-12)


def test_scores_of_ten_thousands_do_not_overflow():
    scores = np.array([[-1e4, 1e4], [1e4, -1e4], [1e4, -1e4]])
    wrong, right = small_losses.cross_entropy(scores, np.zeros(2, np.int64))
    assert (wrong, right) == (pytest.approx(2e4 + np.log(2.0)), 0.0)
