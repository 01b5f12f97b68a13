"""Fixtures for the tests of background training."""

import pytest

from lossopt_ui.jobs.workers import Workers


@pytest.fixture
def workers() -> Workers:
    """Workers of a server without limits."""
    return Workers()
