"""Benchmarks run; what they measure is for people to read, not for a test to judge."""

import subprocess
import sys

from tests.helpers import ROOT


def test_train_speed_prints_its_tables() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.train_speed", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "lossopt / the two matrix products alone" in done.stdout
    assert "one evaluation of all histories / one epoch of updates" in done.stdout
