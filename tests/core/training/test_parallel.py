"""Trained side by side, runs are what they are one after another."""

import os
import signal

import joblib
import pytest
from distributed import Client, LocalCluster
from numpy.testing import assert_allclose

from lossopt_core import Experiment, Progress, train
from lossopt_core.training.parallel import MIN_RUNS, _split

BLOBS = Experiment(dataset="blobs", epochs=5, evaluations=10)
GRID = [
    BLOBS.replace(seed=seed, loss=loss, learning_rate=rate)
    for seed in range(3)
    for loss in ("hinge", "cross_entropy")
    for rate in (0.01, 0.1)
]


@pytest.mark.parametrize("backend", ["loky", "threading", "joblib"])
def test_runs_are_the_same_whatever_trains_them(backend):
    for alone, other in zip(train(GRID), train(GRID, backend=backend), strict=True):
        assert other.experiment == alone.experiment
        assert other.status == "finished"
        assert other.weights == pytest.approx(alone.weights, rel=1e-12)
        for column in alone.history:
            assert other.history[column].to_numpy() == pytest.approx(
                alone.history[column].to_numpy(), rel=1e-12
            )


def test_a_wide_cohort_is_split_with_the_same_results():
    wide = [BLOBS.replace(learning_rate=0.01 * (1 + k)) for k in range(3 * MIN_RUNS)]
    assert [len(part) for part in _split([wide], workers=2)] == [12, 12]
    assert [len(part) for part in _split([wide], workers=100)] == [MIN_RUNS] * 3
    with joblib.parallel_config(backend="loky", n_jobs=2):
        split = train(wide, backend="joblib")
    for alone, other in zip(train(wide), split, strict=True):
        assert other.weights == pytest.approx(alone.weights, rel=1e-12)


def test_a_cluster_retrains_the_part_of_a_killed_worker():
    alone, shares = train(GRID), []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        before = client.run(os.getpid).values()

        def kill_one(progress: Progress) -> None:
            if not shares:
                os.kill(min(before), signal.SIGKILL)
            shares.append(progress.share)

        spread = train(GRID, on_progress=kill_one, backend="joblib")
        assert set(before) != set(client.run(os.getpid).values())
    assert shares == sorted(set(shares))  # each part once
    assert shares[-1] == pytest.approx(1)
    for run, other in zip(alone, spread, strict=True):
        assert other.experiment == run.experiment
        assert other.status == "finished"
        assert_allclose(other.history, run.history, rtol=1e-12)
        assert_allclose(other.weights, run.weights, rtol=1e-12)


def test_progress_grows_to_the_end():
    told = []
    train(GRID, on_progress=lambda p: told.append((p.share, len(p.histories()))), backend="loky")
    assert told == sorted(told)
    assert told[-1] == (1.0, len(GRID))


@pytest.mark.filterwarnings("ignore:.*still being processed")
def test_unfinished_parts_count_as_not_started_after_a_stop():
    done = []
    runs = train(
        GRID,
        on_progress=lambda progress: done.append(progress.share),
        should_stop=lambda: bool(done),
        backend="threading",
    )
    assert [run.experiment for run in runs] == GRID
    statuses = [run.status for run in runs]
    assert statuses.count("finished") == round(done[-1] * len(GRID)) < len(GRID)
    for run in runs:
        assert run.final["update"] == (BLOBS.updates if run.status == "finished" else 0)


def test_an_unknown_backend_is_rejected():
    with pytest.raises(ValueError, match="nonsense"):
        train(GRID, backend="nonsense")
