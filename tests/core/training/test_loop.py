"""Training: what a history holds, and the promises of a cohort."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    Experiment,
    Run,
    load_data,
    train,
)
from lossopt_core.experiment.description import loss_of, regularizer_of
from lossopt_core.objective.losses import Loss
from lossopt_core.training.batches import Minibatches
from lossopt_core.training.cohort import Cohort
from lossopt_core.training.grouping import stacked
from lossopt_core.training.points import MINIBATCH_POINTS, evaluation_updates
from tests.experiments import BLOBS

UPDATES = 12


def assert_same_run(run: Run, other: Run, rtol: float = 0.0) -> None:
    """Equal in everything, bit by bit unless a relative tolerance is given."""
    assert run.experiment == other.experiment
    assert run.status == other.status
    for mine, others in ((run.history, other.history), (run.minibatch, other.minibatch)):
        assert list(mine.columns) == list(others.columns)
        assert_allclose(mine, others, rtol=rtol, atol=rtol * 1e-2)
    assert_allclose(run.weights, other.weights, rtol=rtol, atol=rtol)
    assert_allclose(run.bias, other.bias, rtol=rtol, atol=rtol)
    assert_array_equal(run.path_updates, other.path_updates)
    assert_allclose(run.path, other.path, rtol=max(rtol, 1e-6) if rtol else 0, atol=rtol)


# A loop that anybody can check


# What a history holds


def test_epochs_and_gradient_evaluations_account_for_the_smaller_last_minibatch():
    [run] = train([BLOBS])
    work = [*range(0, 81, 16), 81, *range(97, 162, 16), 162]
    assert run.history["gradient_evaluations"].tolist() == work
    assert_allclose(run.history["epoch"], np.array(work) / 81, rtol=1e-15)
    assert run.history["update"].tolist() == list(range(UPDATES + 1))
    assert run.history["update"].dtype == run.history["gradient_evaluations"].dtype == np.int64
    assert run.final["epoch"] == BLOBS.epochs


def test_the_last_row_of_a_history_describes_the_weights_of_the_run():
    grid = [
        BLOBS.replace(loss=loss, regularizer=regularizer, strength=0.01)
        for loss, regularizer in product(LOSSES, REGULARIZERS)
    ]
    for run in train(grid):
        data, final = load_data(run.experiment), run.final
        loss = loss_of(run.experiment)
        train_scores = run.weights @ data.train_features.T + run.bias[:, None]
        test_scores = run.weights @ data.test_features.T + run.bias[:, None]
        data_loss = loss.value(train_scores, data.train_labels).mean()
        penalty = regularizer_of(run.experiment).value(run.weights)
        right = train_scores.argmax(axis=0) == data.train_labels
        expected = {
            "objective": data_loss + penalty,
            "data_loss": data_loss,
            "penalty": penalty,
            "weight_norm": np.linalg.norm(run.weights),
            "train_accuracy": right.mean(),
            "test_loss": loss.value(test_scores, data.test_labels).mean(),
            "test_accuracy": (test_scores.argmax(axis=0) == data.test_labels).mean(),
        }
        for column, value in expected.items():
            assert final[column] == pytest.approx(value, rel=1e-12), column


def test_without_a_test_set_its_columns_are_empty():
    [run] = train([BLOBS.replace(test_fraction=0.0)])
    assert run.history[["test_loss", "test_accuracy"]].isna().all(axis=None)
    assert run.history.drop(columns=["test_loss", "test_accuracy"]).notna().all(axis=None)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_initial_loss_agrees_with_theory(loss):
    [run] = train([BLOBS.replace(loss=loss, init_scale=0.0)])
    assert run.history["data_loss"][0] == pytest.approx(
        loss_of(BLOBS.replace(loss=loss)).at_equal_scores(3)
    )


@pytest.mark.parametrize("points", [2, 20, 60, 1000])
@pytest.mark.parametrize("updates", [1, 5, 19, 59, 60, 100, 840, 99_999])
def test_evaluations_are_about_as_many_as_asked_for_and_denser_at_the_start(updates, points):
    at = evaluation_updates(updates, points)
    assert at[0] == 0
    assert at[-1] == updates
    assert (np.diff(at) > 0).all()
    if updates + 1 <= points:
        assert at.tolist() == list(range(updates + 1))
    else:
        assert 0.7 * points <= len(at) <= points
        gaps = np.diff(at)
        assert (gaps[1:] >= gaps[:-1] - 1).all(), "gaps grow, but for rounding"
        if points >= 20:
            assert (at <= updates / 2).sum() > 1.3 * (at > updates / 2).sum()


def test_a_history_has_the_rows_that_evaluations_ask_for():
    [run] = train([BLOBS.replace(epochs=20, evaluations=10)])
    assert run.history["update"].tolist() == evaluation_updates(120, 10).tolist()


def test_beyond_two_thousand_updates_minibatch_objectives_are_means_over_intervals():
    experiment = BLOBS.replace(batch_size=1, epochs=30, evaluations=2)  # 2430 updates
    [run] = train([experiment])
    cohort, order = Cohort([experiment], load_data(experiment)), Minibatches(81, 1, seed=0)
    every_update = [cohort.step(next(order), update, 2430)[0] for update in range(2430)]
    ends = run.minibatch["update"].to_numpy()
    assert len(ends) == MINIBATCH_POINTS
    assert ends[-1] == experiment.updates
    stretches = np.split(np.array(every_update), ends[:-1])
    means = [stretch.mean() for stretch in stretches]
    assert_allclose(run.minibatch["objective"], means, rtol=1e-12)


def test_the_path_leads_from_the_start_to_the_final_weights():
    [run] = train([BLOBS])
    assert run.path.shape == (len(run.path_updates), 3, 5)
    assert run.path_updates[0] == 0
    assert run.path_updates[-1] == UPDATES
    assert (np.diff(run.path_updates) >= 0).all()
    assert_allclose(run.path[-1, :, :-1], run.weights, rtol=1e-6)
    assert_allclose(run.path[-1, :, -1], run.bias, rtol=1e-6)


# A run does not depend on its neighbours


def mixed() -> list[Experiment]:
    """All minibatch optimizers, losses, penalties and schedules, with parameters of their own."""
    rules = [name for name, rule in OPTIMIZERS.items() if not rule.full_batch]
    schedules = list(SCHEDULES)
    grid = [
        BLOBS.replace(
            loss=loss,
            margin=0.5 + 0.1 * number,
            regularizer=regularizer,
            strength=0.001 * (1 + number),
            l1_ratio=(number % 5) / 4,
            optimizer=optimizer,
            learning_rate=0.01 * (1 + number % 4),
            momentum=0.5 + 0.1 * (number % 5),
            schedule=schedules[number % len(schedules)],
            init_scale=0.1 * (number % 3),
        )
        for number, (loss, regularizer, optimizer) in enumerate(
            product(LOSSES, REGULARIZERS, rules)
        )
    ]
    return grid + [BLOBS.replace(schedule=schedule) for schedule in schedules]


DIVERGING = BLOBS.replace(loss="squared_hinge", learning_rate=1e4, momentum=0.3)


def test_a_run_has_the_same_numbers_in_a_mixed_cohort_as_alone():
    experiments = mixed()
    experiments.insert(7, DIVERGING)
    together = train(experiments)
    assert [run.experiment for run in together] == experiments
    for run in together:
        [alone] = train([run.experiment])
        assert_same_run(run, alone, rtol=1e-12)


def test_full_batch_descent_is_the_same_beside_a_minibatch_of_all_examples():
    gd = BLOBS.replace(optimizer="gd", epochs=20)
    neighbours = [
        BLOBS.replace(optimizer=name, batch_size=81, epochs=20) for name in ("adam", "sgd")
    ]
    together = train([gd, *neighbours])
    for run in together:
        [alone] = train([run.experiment])
        assert_same_run(run, alone, rtol=1e-12)


def test_runs_on_more_examples_than_fit_in_the_cache_have_the_numbers_that_they_have_alone():
    large = BLOBS.replace(
        dataset_options={"examples": 4000, "classes": 10}, optimizer="gd", test_fraction=0.5
    )
    grid = [
        large.replace(loss=loss, strength=0.01 * number)
        for loss, number in product(LOSSES, range(1, 9))
    ]
    assert Cohort(stacked(grid), load_data(large)).examples_at_once < large.train_examples / 2
    for run in train(grid)[::5]:
        [alone] = train([run.experiment])
        assert_same_run(run, alone, rtol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 3},
        {"evaluations": 5},
        {"batch_size": 8},
        {"seed": 1},
        {"split_seed": 1},
        {"test_fraction": 0.5},
        {"standardize": False},
        {"dataset_options": {"examples": 60, "classes": 4}},
        {"dataset": "spiral"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_experiments_that_cannot_share_minibatches_are_trained_separately(change):
    experiments = [BLOBS, BLOBS.replace(**change)]
    for run in train(experiments):
        [alone] = train([run.experiment])
        assert_same_run(run, alone, rtol=1e-12)


def test_runs_come_back_in_the_order_asked_for_and_repeats_are_one_run():
    sgd, other_seed, gd = BLOBS, BLOBS.replace(seed=1), BLOBS.replace(optimizer="gd")
    asked = [gd, sgd, other_seed, sgd, gd]
    totals = set()
    runs = train(asked, lambda now: totals.add(now.total))
    assert [run.experiment for run in runs] == asked
    assert totals == {sgd.updates + other_seed.updates + gd.updates}
    assert runs[1] is runs[3]
    assert runs[0] is runs[4]


def test_nothing_to_train_gives_no_runs():
    assert train([]) == []


def test_training_twice_is_bit_equal():
    experiments = [*mixed()[::5], DIVERGING]
    for run, again in zip(train(experiments), train(experiments), strict=True):
        assert_same_run(run, again)


# Divergence


def test_a_diverged_run_ends_early_and_keeps_its_finite_history():
    [run] = train([DIVERGING])
    assert run.status == "diverged"
    last = run.final["update"]
    assert 0 < last < UPDATES
    assert run.minibatch["update"].tolist() == list(range(1, int(last) + 1))
    assert np.isfinite(run.history).all(axis=None)
    assert run.final["objective"] > 1e5 * run.history["objective"][0]
    assert run.path_updates[-1] == last


def test_a_diverged_run_ends_where_it_diverged_however_long_the_others_go_on():
    [short] = train([DIVERGING])
    [long, beside] = train(
        [each.replace(epochs=200, evaluations=200) for each in (DIVERGING, BLOBS)]
    )
    assert (long.status, beside.status) == ("diverged", "finished")
    assert long.final["update"] == short.final["update"]
    assert_allclose(long.weights, short.weights, rtol=1e-9)


def test_a_diverged_run_does_not_affect_the_others():
    neighbours = [BLOBS.replace(loss=loss) for loss in LOSSES]
    *beside, diverged = train([*neighbours, DIVERGING])
    assert diverged.status == "diverged"
    for run, alone in zip(beside, train(neighbours), strict=True):
        assert run.status == "finished"
        assert_same_run(run, alone, rtol=1e-12)


def test_a_run_that_diverges_in_its_very_last_step_is_marked():
    [run] = train([DIVERGING.replace(optimizer="gd", epochs=1)])
    assert run.final["update"] == run.experiment.updates == 1
    assert run.final["objective"] > 1e5 * run.history["objective"][0]
    assert run.status == "diverged"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_extreme_settings_end_without_a_warning(loss, optimizer):
    wild = BLOBS.replace(
        loss=loss,
        optimizer=optimizer,
        learning_rate=1e4,
        momentum=0.9999,
        strength=1e3,
        margin=100.0,
        init_scale=100.0,
        epochs=30,
    )
    runs = train([wild, wild.replace(regularizer="l1"), wild.replace(regularizer="none")])
    for run in runs:
        assert run.status in ("finished", "diverged")
        assert np.isfinite(run.history).all(axis=None)


# Progress and stopping


def test_progress_rises_to_one_over_all_cohorts():
    shares = []
    train(
        [BLOBS, BLOBS.replace(seed=1), BLOBS.replace(loss="hinge")],
        lambda now: shares.append(now.share),
    )
    assert all(0 < share <= 1 for share in shares)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_progress_rises_to_one_even_when_all_runs_diverge():
    shares = []
    train([DIVERGING, DIVERGING.replace(seed=1)], lambda now: shares.append(now.share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_progress_shows_the_histories_so_far():
    seen = []
    [run] = train([BLOBS], lambda now: seen.append(now.histories()[BLOBS]))
    assert len(seen) == UPDATES
    for rows, history in enumerate(seen, start=2):
        assert_array_equal(history, run.history[:rows])


def test_progress_shows_the_history_of_a_run_that_has_diverged():
    last = {}
    runs = train([BLOBS, DIVERGING], lambda now: last.update(now.histories()))
    for run in runs:
        assert_array_equal(last[run.experiment], run.history)


@pytest.mark.parametrize("made", [0, 1, 5, 7])
def test_a_stop_keeps_partial_results_and_marks_them(made):
    """Six updates an epoch; runs of the second seed have not begun when it stops."""
    asked = iter(range(1000))
    experiments = [BLOBS, BLOBS.replace(loss="hinge"), BLOBS.replace(seed=1)]
    *begun, not_begun = train(experiments, should_stop=lambda: next(asked) >= made)
    *whole, _ = train(experiments)
    for run, full in zip(begun, whole, strict=True):
        assert run.status == "stopped"
        assert_allclose(run.history, full.history[: made + 1], rtol=1e-12)
        assert_allclose(run.minibatch, full.minibatch[:made], rtol=1e-12)
        assert_allclose(run.stacked[0], full.path[made], rtol=1e-6)
        assert run.path_updates[-1] == made
    assert not_begun.status == "stopped"
    assert not_begun.history["update"].tolist() == [0]
    assert len(not_begun.minibatch) == 0


def test_a_stop_between_evaluations_adds_a_final_row():
    asked = iter(range(1000))
    experiment = BLOBS.replace(evaluations=2)
    [run] = train([experiment], should_stop=lambda: next(asked) >= 5)
    [full] = train([BLOBS])
    assert run.history["update"].tolist() == [0, 5]
    assert_allclose(run.history.iloc[1], full.history.iloc[5], rtol=1e-12)


def test_a_stop_does_not_affect_finished_or_diverged_runs():
    asked = iter(range(1000))
    experiments = [BLOBS, BLOBS.replace(seed=1), DIVERGING.replace(seed=1)]
    runs = train(experiments, should_stop=lambda: next(asked) >= UPDATES + 11)
    assert [run.status for run in runs] == ["finished", "stopped", "diverged"]


# Extending


def test_a_new_loss_is_one_entry(monkeypatch):
    class Distance(Loss):
        """Half the squared distance of the scores from the truth."""

        label, formula, start_formula = "Distance", r"\|s - e_y\|^2 / 2", r"1 / 2"
        summary, smooth = "Least squares.", True

        def loss_gradient_inplace(self, scores, true):
            scores.reshape(-1)[true] -= 1.0
            return 0.5 * (scores**2).sum(axis=-2)

        def steps(self, scores, label):
            return {
                "score": scores,
                "half square": 0.5 * (scores - np.eye(len(scores))[label]) ** 2,
            }

    monkeypatch.setitem(LOSSES, "distance", Distance)
    experiment = BLOBS.replace(loss="distance", optimizer="gd", epochs=2000, regularizer="none")
    [run, beside] = train([experiment, experiment.replace(loss="hinge")])
    assert run.status == beside.status == "finished"
    assert run.experiment.id != BLOBS.id
    data = load_data(experiment)
    X = np.hstack([data.train_features, np.ones((81, 1))])
    least_squares = np.linalg.lstsq(X, np.eye(3)[data.train_labels], rcond=None)[0]
    assert_allclose(run.stacked[0], least_squares.T, atol=1e-6)


def test_the_first_updates_of_a_long_training_are_evaluated():
    for updates in (1_000, 100_000, 4_300_000):
        at = evaluation_updates(updates, 60)
        assert len(at) >= 0.7 * 60
        assert at[1] == 1 or updates == 1_000
        assert at[-1] == updates
        assert np.diff(at)[-1] <= 0.08 * updates
