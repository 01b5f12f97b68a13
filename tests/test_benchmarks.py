"""Benchmarks run; what they measure is for people to read, not for a test to judge."""

from tests.programs import run_python


def test_train_speed_prints_its_tables() -> None:
    printed = run_python("-m", "benchmarks.train_speed", "--quick")
    assert "lossopt / the two matrix products alone" in printed
    assert "one evaluation of all histories / one epoch of updates" in printed
