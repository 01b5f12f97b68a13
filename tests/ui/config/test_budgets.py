"""Limits per visitor come from the environment, with defaults for each mode."""

import math

import pytest

from lossopt_ui.config import budgets, mode


def test_local_mode_has_no_limits() -> None:
    assert budgets.budget().products == math.inf
    assert budgets.most_waiting() == math.inf
    assert budgets.workers_each() == math.inf


def test_hosted_mode_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mode.MODE, mode.HOSTED)
    monkeypatch.setenv("LOSSOPT_MAX_RUNS", "50")
    monkeypatch.setenv("LOSSOPT_WORKERS", "3")
    assert budgets.budget().runs == 50
    assert math.isfinite(budgets.budget().products)
    assert budgets.most_waiting() == 200
    assert budgets.workers() == 3
    assert budgets.workers_each() == 2, "one worker is left for the others"
    monkeypatch.setenv("LOSSOPT_WORKERS", "1")
    assert budgets.workers_each() == 1


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan"])
def test_an_invalid_limit_is_rejected(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LOSSOPT_MAX_SECONDS", text)
    with pytest.raises(ValueError, match="max_seconds"):
        budgets.budget()
