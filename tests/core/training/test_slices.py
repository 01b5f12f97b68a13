"""A training cut into slices, each pickled as for another process, is the training in one go."""

import pickle
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from lossopt_core import LOSSES, OPTIMIZERS, Experiment, Run, train
from lossopt_core.optim.stopping import STOPPING
from lossopt_core.training import slices
from lossopt_core.training.grouping import load_all
from lossopt_core.training.slices import SlicedTraining
from tests.experiments import BLOBS, TINY


class Elsewhere(Executor):
    """Does everything at once, with copies of what is sent to it, and sends copies back."""

    def submit(self, task: Callable, /, *args, **kwargs) -> Future:
        args, kwargs = pickle.loads(pickle.dumps((args, kwargs)))
        future: Future = Future()
        future.set_result(pickle.loads(pickle.dumps(task(*args, **kwargs))))
        return future


def sliced(experiments: list[Experiment], *, stop_after: float = np.inf) -> list[Run]:
    training, made = SlicedTraining(experiments), 0
    while not training.over:
        training.take(training.submit(Elsewhere(), stop=made >= stop_after).result())
        made += 1
    found = {run.experiment: run for run in training.runs()}
    return [found[each] for each in experiments]


def check_same(ours: Run, its: Run) -> None:
    assert ours.experiment == its.experiment
    assert (ours.status, ours.reason) == (its.status, its.reason)
    assert_frame_equal(ours.history, its.history, check_exact=True)
    assert_frame_equal(ours.minibatch, its.minibatch, check_exact=True)
    for name in ("weights", "bias", "path", "path_updates"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(its, name))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """As short as slices can be: an update each."""
    monkeypatch.setattr(slices, "SECONDS", 0.0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", ["l2", "elastic_net"])
def test_a_cut_changes_nothing(optimizer, penalty):
    base = TINY.replace(optimizer=optimizer, regularizer=penalty, learning_rate=0.05)
    experiments = [
        base.replace(loss=loss, averaging=averaging, schedule=schedule)
        for loss in LOSSES
        for averaging in (False, True)
        for schedule in ("constant", "cosine")
    ]
    for ours, its in zip(sliced(experiments), train(experiments), strict=True):
        check_same(ours, its)


def test_runs_that_diverge_or_end_early_do_so_in_slices_too():
    base = BLOBS.replace(optimizer="gd", epochs=40)
    experiments = [
        base.replace(learning_rate=1e4, strength=1.0),
        base,
        *(base.replace(stopping=rule, tolerance=0.01) for rule in STOPPING),
        BLOBS.replace(replacement=True),
    ]
    for group in (experiments[:-1], experiments[-1:]):
        for ours, its in zip(sliced(group), train(group), strict=True):
            check_same(ours, its)


@settings(max_examples=20)
@given(updates=st.integers(0, 12))
def test_a_stop_between_slices_is_a_stop_at_that_update(updates):
    experiments = [BLOBS, BLOBS.replace(loss="hinge")]
    asked = iter(range(1_000))
    expected = train(experiments, should_stop=lambda: next(asked) >= updates)
    for ours, its in zip(sliced(experiments, stop_after=updates), expected, strict=True):
        check_same(ours, its)


def test_updates_and_histories_grow():
    training, seen = SlicedTraining([BLOBS, BLOBS.replace(learning_rate=1e4, strength=1.0)]), [0]
    while not training.over:
        training.take(training.submit(Elsewhere()).result())
        seen.append(training.updates)
        [history, _] = training.histories().values()
        assert history["update"].iloc[-1] <= seen[-1]
    assert seen == sorted(seen)
    assert seen[-1] == 2 * BLOBS.updates


def test_data_are_let_go_with_the_last_slice():
    experiments = [TINY.replace(epochs=1)]
    data = [replace(each) for each in load_all(experiments)]
    whole = [weakref.ref(each) for each in data]
    training = SlicedTraining(experiments, data)
    del data
    while not training.over:
        assert all(each() is not None for each in whole)
        training.take(training.submit(Elsewhere()).result())
    assert all(each() is None for each in whole)
    assert training.runs(), "its runs may wait until others are over"


def test_there_are_no_runs_before_the_end():
    with pytest.raises(ValueError, match="not over"):
        SlicedTraining([TINY]).runs()
