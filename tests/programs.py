"""Python programs, run to their end as a user runs them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run_python(*arguments: str, seconds: float = 120, **environment: str) -> str:
    """What `python ARGUMENTS` prints from the project's folder; it must succeed in time."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def skip_unless_ci(reason: str) -> NoReturn:
    """Skip the test for want of a program, except in CI, where it must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what other threads or programs bring about."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
