"""A store of a test's own, and runs to put into it."""

import pytest

from lossopt_core import train
from tests.experiments import TINY


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path / 'runs.db'}"


@pytest.fixture(scope="module")
def finished():
    return train([TINY.but(seed=seed) for seed in range(4)])
