"""Averaging, sampling with replacement, stopping rules, label noise."""

import numpy as np
import pytest

from lossopt_core import (
    Experiment,
    RunStore,
    certify,
    load_data,
    noise_floor,
    train,
)
from lossopt_core.theory.stability import step_limits
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import AVERAGING_POWER

BLOBS = Experiment(dataset="blobs", epochs=40, learning_rate=0.2)


def test_the_average_favours_late_weights():
    plain, averaged = train(
        [BLOBS.replace(epochs=2, evaluations=1_000, averaging=each) for each in (False, True)]
    )
    mean = np.zeros(plain.path.shape[1:])
    for t, weights in enumerate(plain.path[1:].astype(np.float64), start=1):
        mean += (AVERAGING_POWER + 1) / (t + AVERAGING_POWER) * (weights - mean)
    assert averaged.stacked[0] == pytest.approx(mean, rel=1e-5)
    assert np.array_equal(plain.minibatch, averaged.minibatch)


def test_history_and_weights_are_those_of_the_averaged_classifier():
    [run] = train([BLOBS.replace(averaging=True)])
    data = load_data(run.experiment)
    scores = data.train_features @ run.weights.T + run.bias
    right = (scores.argmax(axis=1) == data.train_labels).mean()
    assert run.final["train_accuracy"] == right
    assert run.path[-1] == pytest.approx(run.stacked[0], rel=1e-6)


def test_averaging_reduces_the_noise():
    plain, averaged = train(
        [
            BLOBS.replace(learning_rate=0.5, batch_size=8, averaging=a, epochs=200)
            for a in (False, True)
        ]
    )
    best = certify(BLOBS).objective
    tail = [(run.history["objective"].tail(15).mean() - best) for run in (plain, averaged)]
    assert tail[1] < tail[0] / 20


def test_an_averaged_run_leaves_its_cohort_untouched():
    alone = [train([BLOBS.replace(averaging=each)])[0] for each in (False, True)]
    together = train([BLOBS.replace(averaging=each) for each in (False, True)])
    for one, other in zip(alone, together, strict=True):
        assert one.weights == pytest.approx(other.weights, rel=1e-12)


def test_with_replacement_some_examples_repeat_and_some_are_missing():
    batches = Minibatches(100, 10, seed=0, replacement=True)
    epoch = np.concatenate([next(batches) for _ in range(10)])
    assert len(epoch) == 100
    assert 50 < len(np.unique(epoch)) < 80  # about 1 - 1/e of them
    assert len(train([BLOBS.replace(replacement=True)])[0].history) == len(
        train([BLOBS])[0].history
    )


def test_replacement_does_not_affect_full_batches():
    full = BLOBS.replace(optimizer="gd")
    assert full.replace(replacement=True).id == full.id
    assert BLOBS.replace(replacement=True).id != BLOBS.id


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [32])
def test_the_noise_floor_is_higher_with_replacement_as_predicted(batch_size):
    experiment = BLOBS.replace(
        learning_rate=0.05, batch_size=batch_size, epochs=2_000, evaluations=1_000
    )
    optimum = certify(experiment)
    floors = []
    for replacement in (False, True):
        [run] = train([experiment.replace(replacement=replacement)])
        late = run.history["epoch"] > 500
        plateau = run.history.loc[late, "objective"].mean() - optimum.objective
        floors.append(noise_floor(run.experiment, optimum))
        assert floors[-1] == pytest.approx(plateau, rel=0.25)
    assert floors[1] > floors[0]


def test_a_run_ends_at_its_target_with_the_reason():
    experiment = BLOBS.replace(
        optimizer="gd", learning_rate=1.0, epochs=500, stopping="target", tolerance=1e-4
    )
    [run] = train([experiment])
    assert (run.status, run.reason) == ("finished", "target reached")
    assert run.final["update"] < 500
    assert run.final["objective"] - certify(experiment).lower_bound <= 1.001e-4
    assert run.history["objective"].iloc[-2] - certify(experiment).lower_bound > 1e-4


def test_a_run_ends_when_there_is_no_progress():
    experiment = BLOBS.replace(epochs=500, stopping="no_progress", tolerance=1e-3)
    [run] = train([experiment])
    assert (run.status, run.reason) == ("finished", "no progress")
    assert run.final["epoch"] < 500
    last = run.history["objective"].iloc[-5:]
    before = run.history["objective"].iloc[:-5].min()
    assert last.min() > before * (1 - 1e-3)


def test_a_run_without_rule_is_finished_by_its_updates():
    assert train([BLOBS])[0].reason == "all updates made"
    assert train([BLOBS], should_stop=lambda: True)[0].reason == ""


def test_a_run_that_ends_early_leaves_its_cohort_untouched():
    rule = BLOBS.replace(epochs=200, stopping="no_progress", tolerance=0.01)
    alone, (_, other) = (
        train([BLOBS.replace(epochs=200)])[0],
        train([rule, BLOBS.replace(epochs=200)]),
    )
    assert other.weights == pytest.approx(alone.weights, rel=1e-12)
    assert other.reason == "all updates made"


@pytest.mark.parametrize("changes", [{"regularizer": "none"}, {"strength": 0.0}])
def test_a_target_needs_an_optimum_that_can_be_certified(changes):
    with pytest.raises(ValueError, match="stopping must not be target: it needs a penalty"):
        BLOBS.replace(stopping="target", **changes)


def test_the_reason_is_kept(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.db'}")
    runs = train([BLOBS, BLOBS.replace(epochs=500, stopping="no_progress")])
    store.save(runs)
    assert [run.reason for run in store.load(run.id for run in runs)] == [
        run.reason for run in runs
    ]


def test_label_noise_changes_its_fraction_of_the_training_labels_only():
    clean, noisy = (load_data(BLOBS.replace(label_noise=share)) for share in (0.0, 0.2))
    assert (clean.train_labels != noisy.train_labels).sum() == round(0.2 * len(clean.train_labels))
    assert np.array_equal(clean.test_labels, noisy.test_labels)
    assert np.array_equal(clean.train_features, noisy.train_features)
    again, other = (load_data(BLOBS.replace(label_noise=0.2, split_seed=seed)) for seed in (0, 1))
    assert np.array_equal(noisy.train_labels, again.train_labels)
    assert not np.array_equal(noisy.train_labels, other.train_labels)
    assert certify(BLOBS.replace(label_noise=0.2)).objective > certify(BLOBS).objective


def test_ids_from_before_these_options_are_unchanged():
    assert Experiment().id == "4762136ba4e27665"
    assert set(Experiment().settings) == {
        "dataset", "dataset_options", "test_fraction", "standardize", "loss", "regularizer",
        "strength", "optimizer", "learning_rate", "schedule", "batch_size", "epochs",
        "evaluations", "init_scale", "seed", "split_seed",
    }  # fmt: skip


def test_step_limits_do_not_depend_on_averaging():
    assert step_limits(BLOBS.replace(averaging=True)) == step_limits(BLOBS)
