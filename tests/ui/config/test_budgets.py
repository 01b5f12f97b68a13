"""What a visitor may have is set by the environment, with what is sane for each mode."""

import math

import pytest

from lossopt_ui.config import budgets, mode


def test_on_ones_own_machine_nothing_is_too_much() -> None:
    assert budgets.budget().products == math.inf
    assert budgets.most_waiting() == math.inf
    assert budgets.workers_each() == math.inf


def test_where_many_share_a_machine_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mode.MODE, mode.HOSTED)
    monkeypatch.setenv("LOSSOPT_MAX_RUNS", "50")
    monkeypatch.setenv("LOSSOPT_WORKERS", "3")
    assert budgets.budget().runs == 50
    assert math.isfinite(budgets.budget().products)
    assert budgets.most_waiting() == 200
    assert budgets.workers() == 3
    assert budgets.workers_each() == 2, "one is left for the others"
    monkeypatch.setenv("LOSSOPT_WORKERS", "1")
    assert budgets.workers_each() == 1


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LOSSOPT_MAX_SECONDS", text)
    with pytest.raises(ValueError, match="max_seconds"):
        budgets.budget()
