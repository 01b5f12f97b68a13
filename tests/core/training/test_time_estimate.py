"""Estimates of training time."""

import itertools
import time
from collections.abc import Iterator

import pytest

from lossopt_core.training import time_estimate


def clock(durations: Iterator[float]) -> Iterator[float]:
    """What a clock says at the beginning and the end of actions that take so long."""
    for start, seconds in enumerate(durations):
        yield from (start, start + seconds)


@pytest.mark.parametrize("preempted", [0, 1])
def test_an_action_that_other_programs_held_up_does_not_count(
    preempted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up = [1e-4] * preempted + [2 * time_estimate.TRIAL_SECONDS]
    says = clock(itertools.chain(held_up, itertools.repeat(1e-4)))
    monkeypatch.setattr(time, "perf_counter", lambda: next(says))
    assert time_estimate._timed(lambda: None) == pytest.approx(1e-4)
