"""Benchmarks run; what they measure is for people to read, not for a test to judge."""

import subprocess
import sys

import pytest

from tests.browser.helpers import needed_chromium
from tests.programs import ROOT, run_python

pytestmark = pytest.mark.slow


def test_train_speed_prints_its_tables() -> None:
    printed = run_python("-m", "benchmarks.train_speed", "--quick")
    assert "lossopt / the two matrix products alone" in printed
    assert "one evaluation of all histories / one epoch of updates" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc, which only Linux has")
def test_scaling_prints_a_table_for_each_size_and_for_the_memory() -> None:
    printed = run_python("-m", "benchmarks.scaling", "--quick")
    for what in ("examples", "features", "classes", "runs"):
        assert f"| {what} | seconds an epoch |" in printed
    assert "| lossopt in float32 | 16 MB |" in printed


def test_certify_speed_prints_a_row_for_every_loss_and_penalty() -> None:
    printed = run_python("-m", "benchmarks.certify_speed", "--quick")
    assert len([line for line in printed.splitlines() if "| 0.01 |" in line]) == 15


def test_store_speed_prints_a_row_for_every_number_of_runs() -> None:
    printed = run_python("-m", "benchmarks.store_speed", "--quick")
    assert "| 5 | 50 |" in printed
    assert "| 10 | 100 |" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc, which only Linux has")
def test_load_loses_no_run_and_mixes_none() -> None:
    needed_chromium()  # one of its visitors
    # Its code is not looked at: a start is neither quick nor flat in memory.
    command = [sys.executable, "-m", "benchmarks.load", "--minutes", "0.7", "--visitors", "3"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    printed = done.stdout
    assert "| runs lost | 0 | 0 ✓ |" in printed
    assert "| runs mixed up | 0 | 0 ✓ |" in printed
    assert "| errors | 0 | 0 ✓ |" in printed


def test_sweep_estimate_prints_a_row_for_every_sweep() -> None:
    printed = run_python("-m", "benchmarks.sweep_estimate", "--quick")
    assert "| 2 losses × 3 strengths × 10 seeds | 6 |" in printed


def test_coverage_prints_a_row_for_every_scenario_and_the_worst_of_each() -> None:
    printed = run_python("-m", "benchmarks.coverage", "--quick")
    assert "| order: equal results | 450 | 20 | 100.0% | 0.0% |" in printed
    assert "| order: equal results | 100.0% | 0.0% |" in printed


def test_scrub_speed_prints_a_row_for_each_page() -> None:
    needed_chromium()
    printed = run_python("-m", "benchmarks.scrub_speed", "--rounds", "1")
    assert "| train, digits | 7 |" in printed
    assert "| playground, two models |" in printed


def test_export_speed_prints_a_row_for_each_program() -> None:
    printed = run_python("-m", "benchmarks.export_speed", "--quick")
    assert "| TensorBoard | 4 |" in printed
    assert "| MLflow | 4 |" in printed


@pytest.mark.parametrize("scheduler", ["thread", "processes"])
def test_side_by_side_prints_a_row_for_each_time(scheduler: str) -> None:
    printed = run_python("-m", "benchmarks.side_by_side", "--quick", "--scheduler", scheduler)
    assert "| a change while somebody trains |" in printed
    assert "| the training, beside the changes |" in printed
