"""What tests of trainings in the background share."""

import pytest

from lossopt_ui.jobs.workers import Workers


@pytest.fixture
def workers() -> Workers:
    """Workers as a server without limits has them."""
    return Workers()
