"""A run trained for more epochs is the run of an uninterrupted training."""

import dataclasses
import warnings
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_core.exchange.archive import from_archive, to_archive
from lossopt_core.optim.optimizers.sgd import SGD
from lossopt_core.optim.stopping import STOPPING
from lossopt_core.training import continuing, path, record
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.continuing import RestartWarning, train_longer, why_anew
from lossopt_core.training.slices import SlicedTraining
from tests.core.training.test_slices import Elsewhere
from tests.experiments import BLOBS, TINY

EXACT = {"rtol": 1e-12, "atol": 1e-15}
SETTINGS = list(product(OPTIMIZERS, SCHEDULES, REGULARIZERS, LOSSES))
NONE = np.empty(0, np.int64)
LESS = BLOBS.replace(epochs=3, evaluations=7, strength=0.01)


def of_settings(base: Experiment) -> list[Experiment]:
    names = ("optimizer", "schedule", "regularizer", "loss")
    return [base.replace(**dict(zip(names, each, strict=True))) for each in SETTINGS]


def longer(experiments: Sequence[Experiment], epochs: int) -> tuple[list[Run], list[Run]]:
    """Their runs, and the same runs trained longer; warnings about restarts are ignored."""
    before = train(experiments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RestartWarning)
        return before, train_longer(before, epochs)


def check_continued(ours: Run, before: Run, whole: Run) -> None:
    """The points before are those of the shorter run, and all others those of the whole one."""
    made = before.final["update"]
    assert ours.id == whole.id
    assert (ours.status, ours.reason) == (whole.status, whole.reason)
    assert_allclose(ours.stacked, whole.stacked, **EXACT)
    for table in ("history", "minibatch"):
        found, ahead = (getattr(each, table) for each in (ours, whole))
        ahead = ahead[ahead["update"] > made].reset_index(drop=True)
        count = len(getattr(before, table))
        assert_frame_equal(found[:count], getattr(before, table), rtol=1e-12, atol=0.0)
        rest = found[count:].reset_index(drop=True)
        assert_frame_equal(rest, ahead, check_exact=False, rtol=1e-12, atol=1e-15)
    points = [*before.path_updates, *whole.path_updates[whole.path_updates > made]]
    assert list(ours.path_updates) == points
    assert_allclose(ours.path[len(before.path) :], whole.path[-len(points) + len(before.path) :])


@pytest.mark.parametrize("has_state", [False, True])
def test_what_has_all_that_training_needs_is_continued_and_nothing_else_is(has_state):
    for each in of_settings(LESS):
        known = has_state or each.optimizer in ("sgd", "gd")
        can = known and each.schedule == "constant"
        assert bool(why_anew(each, has_state=has_state)) != can


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(LESS, id="blobs"),
        pytest.param(TINY.replace(init_scale=0.5), id="demo", marks=pytest.mark.slow),
    ],
)
def test_a_continued_run_is_the_uninterrupted_one(base):
    experiments = [
        each.replace(averaging=k % 3 == 0)
        for k, each in enumerate(of_settings(base))
        if not why_anew(each, has_state=True)
    ]
    before, found = longer(experiments, 7)
    whole = train([each.replace(epochs=7) for each in experiments])
    for ours, short, its in zip(found, before, whole, strict=True):
        check_continued(ours, short, its)


def test_the_points_are_those_that_an_uninterrupted_training_has_there(monkeypatch):
    """Also the rows of the past, when it evaluates after the same updates."""
    experiments = [LESS, LESS.replace(optimizer="gd", loss="hinge", regularizer="l1")]
    for experiment in experiments:
        [ours] = longer([experiment], 8)[1]
        points = ours.history["update"].to_numpy()
        with monkeypatch.context() as patch:
            patch.setattr(record, "evaluation_updates", lambda *_, points=points: points)
            [whole] = train([experiment.replace(epochs=8)])
        assert_frame_equal(ours.history, whole.history, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "changes",
    [
        {"replacement": True},
        {"precision": "float32"},
        {"test_fraction": 0.0},
        {"standardize": False, "split_seed": 3},
        {"batch_size": 1},
        {"batch_size": 27},
    ],
    ids=str,
)
def test_seeds_go_on_together_in_the_order_of_an_uninterrupted_training(changes):
    experiments = [LESS.replace(seed=k, **changes) for k in range(3)]
    before, found = longer(experiments, 5)
    whole = train([each.replace(epochs=5) for each in experiments])
    for ours, short, its in zip(found, before, whole, strict=True):
        if changes.get("precision") == "float32":
            assert_allclose(ours.stacked, its.stacked, rtol=1e-4, atol=1e-5)
        else:
            check_continued(ours, short, its)


def test_a_run_is_continued_again_and_again():
    [run] = train([LESS])
    for epochs in (4, 6, 9):
        [run] = train_longer([run], epochs)
    [whole] = train([LESS.replace(epochs=9)])
    assert_allclose(run.stacked, whole.stacked, **EXACT)
    assert run.id == whole.id
    assert np.all(np.diff(run.history["update"]) > 0)
    assert run.path_updates[-1] == whole.final["update"]


def test_what_was_stopped_is_trained_on_from_there():
    asked = iter(range(1_000))
    [run] = train([LESS], should_stop=lambda: next(asked) >= 8)
    assert run.status == "stopped"
    [ours], [whole] = train_longer([run], 6), train([LESS.replace(epochs=6)])
    check_continued(ours, run, whole)


def test_it_is_continued_in_slices_in_other_processes():
    experiments = [LESS.replace(seed=k) for k in range(2)]
    starts = {run.experiment.replace(epochs=5): run for run in train(experiments)}
    [group] = continuing.groups_to_continue(starts)
    training = SlicedTraining(group, start=continuing.checkpoint_of(group, starts))
    assert training.updates == 2 * LESS.updates
    while not training.over:
        training.take(training.submit(Elsewhere()).result())
    for ours in training.runs():
        check_continued(ours, starts[ours.experiment], train([ours.experiment])[0])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schedule": "cosine"}, "cosine schedule stretches over all epochs"),
        *(({"stopping": rule}, "early stopping") for rule in STOPPING if rule != "none"),
        ({"learning_rate": 1e4, "strength": 1.0}, "the run diverged"),
    ],
    ids=str,
)
def test_it_says_why_it_is_trained_anew(changes, reason):
    [run] = train([LESS.replace(**changes)])
    with pytest.warns(RestartWarning, match=reason):
        [ours] = train_longer([run], 5)
    [whole] = train([run.experiment.replace(epochs=5)])
    assert_frame_equal(ours.history, whole.history, check_exact=True)


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"optimizer": "adam"}, "Adam"), ({"averaging": True}, "weight averaging")],
    ids=str,
)
def test_a_run_without_its_state_is_trained_anew(changes, what, monkeypatch):
    [run] = train([LESS.replace(**changes)])
    assert run.state is not None
    for broken in (None, run.state[:0], np.repeat(run.state, 2, axis=0)):
        with pytest.warns(RestartWarning, match=f"{what} also needs its own state"):
            train_longer([dataclasses.replace(run, state=broken)], 5)
    monkeypatch.setattr(path, "PATH_BYTES", 100)
    assert train([run.experiment])[0].state is None


def test_what_a_plug_in_remembers_in_another_shape_is_not_kept(monkeypatch):
    class Counting(SGD):
        def start(self, W):
            return (np.zeros(len(W)),)

    monkeypatch.setitem(OPTIMIZERS, "sgd", Counting)
    [run] = train([LESS])
    assert run.state is None
    with pytest.warns(RestartWarning, match="also needs its own state"):
        train_longer([run], 5)


def test_a_stored_run_is_continued_as_a_trained_one(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.db'}")
    experiments = [LESS.replace(optimizer=each) for each in OPTIMIZERS]
    before = train(experiments)
    store.save(before)
    ids = [run.id for run in before]
    assert store.with_state(ids) == {run.id for run in before if run.state is not None}
    for ours, its in zip(
        train_longer(store.load(ids), 5), train_longer(from_archive(to_archive(before)), 5),
        strict=True,
    ):  # fmt: skip
        [whole] = train([ours.experiment])
        assert_allclose(ours.stacked, whole.stacked, **EXACT)
        assert_allclose(its.stacked, whole.stacked, **EXACT)


def test_numbers_that_do_not_belong_together_are_not_continued():
    [run] = train([LESS])
    [other] = train([LESS.replace(seed=1)])
    faults = {
        "do not have the objective": dataclasses.replace(run, weights=other.weights),
        "without all of its measurements": dataclasses.replace(
            run, path_updates=run.path_updates[:0]
        ),
    }
    for reason, each in faults.items():
        with pytest.warns(RestartWarning, match=reason):
            [ours] = train_longer([each], 5)
        assert ours.final == train([LESS.replace(epochs=5)])[0].final


def test_a_run_is_not_trained_for_fewer_epochs_than_it_has():
    with pytest.raises(ValueError, match=r"epochs must be above the 3 of the run, got 3"):
        train_longer(train([LESS]), 3)


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("size", [1, 4, 7, 10])
def test_minibatches_are_skipped_as_if_they_had_been_drawn(size, replacement):
    for count in range(2 * -(-10 // size) + 2):
        drawn, skipped = (Minibatches(10, size, 3, replacement=replacement) for _ in range(2))
        for _ in range(count):
            next(drawn)
        skipped.skip(count)
        for _ in range(12):
            assert list(next(skipped)) == list(next(drawn))


def test_the_path_stays_small(monkeypatch):
    monkeypatch.setattr("lossopt_core.training.path.PATH_BYTES", 10 * 4 * 15)
    [run] = train([LESS.replace(evaluations=40)])
    [ours] = train_longer([run], 20)
    assert ours.path.nbytes <= 10 * 4 * 15
    assert ours.path_updates[0] == 0
    assert ours.path_updates[-1] == ours.final["update"]
    assert_allclose(ours.path[-1], ours.stacked[0], rtol=1e-6)
