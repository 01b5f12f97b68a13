"""Fixtures for the tests of background training."""

import pytest

from lossopt_ui.jobs.executors import Processes
from lossopt_ui.jobs.processes import ForkServer
from lossopt_ui.jobs.workers import Workers


@pytest.fixture
def workers() -> Workers:
    """Workers of a server without limits."""
    return Workers()


@pytest.fixture(scope="module")
def processes() -> Processes:
    """Two processes that are ready."""
    pool = Processes(2, ForkServer()).start()
    assert pool._ready.wait(60)
    return pool
