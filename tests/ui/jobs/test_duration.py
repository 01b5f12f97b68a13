"""The expected time of a training counts the workers that share it."""

import pytest

from lossopt_core import Experiment
from lossopt_ui.jobs import duration

SEEDS = [Experiment(seed=seed) for seed in range(40)]


@pytest.mark.parametrize(
    ("mode", "scheduler", "workers", "processors", "shared"),
    [
        ("local", "thread", 4, 8, 1),
        ("local", "processes", 4, 8, 4),
        ("local", "processes", 4, 2, 2),
        ("local", "processes", 64, 64, 5),  # parts of at least eight runs
        ("hosted", "processes", 4, 8, 3),  # one is left for others
        ("hosted", "processes", 1, 8, 1),
        ("local", "tcp://scheduler:8786", 4, 1, 4),  # the workers have processors of their own
    ],
)
def test_workers_share_a_training(
    mode: str, scheduler: str, workers: int, processors: int, shared: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("LOSSOPT_MODE", mode)
    monkeypatch.setenv("LOSSOPT_SCHEDULER", scheduler)
    monkeypatch.setenv("LOSSOPT_WORKERS", str(workers))
    monkeypatch.setattr(duration.os, "cpu_count", lambda: processors)
    monkeypatch.setattr(duration.time_estimate, "expected_seconds", lambda _: 60.0)
    assert duration.expected_seconds(SEEDS) == pytest.approx(60 / shared)


def test_a_single_run_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSOPT_SCHEDULER", "processes")
    monkeypatch.setattr(duration.time_estimate, "expected_seconds", lambda _: 60.0)
    assert duration.expected_seconds(SEEDS[:1]) == 60.0
    assert duration.expected_seconds([]) == 60.0
