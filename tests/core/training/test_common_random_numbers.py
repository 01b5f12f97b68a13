"""Runs of one seed share their start and the order of their examples."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import Experiment, load_data, train
from lossopt_core.experiment.description import loss_of, regularizer_of
from tests.experiments import BLOBS


def visited(experiment: Experiment) -> list[int]:
    """The examples in the order of their visits, read off the objectives of single examples.

    The path holds the weights before every update; the margin is so large that every example
    has a loss of its own.
    """
    single = experiment.replace(batch_size=1, learning_rate=1e-8, margin=5.0, evaluations=1000)
    [run] = train([single])
    data, loss, order = load_data(single), loss_of(single), []
    assert run.path_updates[: single.updates].tolist() == list(range(single.updates))
    for W, objective in zip(run.path, run.minibatch["objective"], strict=False):
        scores = W[:, :-1] @ data.train_features.T + W[:, -1:]
        losses = loss.value(scores, data.train_labels) + regularizer_of(single).value(W[:, :-1])
        nearest, next_nearest = np.sort(np.abs(losses - objective))[:2]
        assert 10 * nearest < next_nearest, "no visit is in doubt"
        order.append(int(np.abs(losses - objective).argmin()))
    return order


def test_an_epoch_visits_every_example_once_in_a_new_order():
    order = visited(BLOBS.replace(epochs=3))
    epochs = [order[:81], order[81:162], order[162:]]
    for epoch in epochs:
        assert sorted(epoch) == list(range(81))
    assert epochs[0] != epochs[1] != epochs[2] != list(range(81))


def test_every_run_of_a_seed_sees_the_same_examples_in_the_same_order():
    order = visited(BLOBS)
    assert visited(BLOBS.replace(loss="hinge")) == order
    assert visited(BLOBS.replace(loss="squared_hinge", regularizer="l1", strength=0.1)) == order
    assert visited(BLOBS.replace(optimizer="adam", schedule="cosine", momentum=0.5)) == order


def test_another_seed_gives_another_order():
    assert visited(BLOBS.replace(seed=1)) != visited(BLOBS)


def test_every_run_of_a_seed_starts_from_the_same_weights():
    runs = train(
        [BLOBS, BLOBS.replace(loss="hinge"), BLOBS.replace(optimizer="adam", batch_size=8)]
    )
    for run in runs:
        assert_array_equal(run.path[0], runs[0].path[0])
    [other_seed] = train([BLOBS.replace(seed=1)])
    assert not np.array_equal(other_seed.path[0], runs[0].path[0])
    assert not runs[0].path[0, :, -1].any(), "the bias starts at 0"


def test_from_zero_weights_seeds_differ_only_in_their_order():
    seeds = [BLOBS.replace(seed=seed, init_scale=0.0) for seed in range(3)]
    first, second, third = train(seeds)
    assert_array_equal(first.history.iloc[0], second.history.iloc[0])
    assert first.final["objective"] != second.final["objective"] != third.final["objective"]
    first, second, third = train([each.replace(optimizer="gd") for each in seeds])
    assert_allclose(first.history, second.history, rtol=1e-12, atol=1e-15)
    assert_allclose(first.weights, third.weights, rtol=1e-12, atol=1e-15)
