"""A store of a test's own, and runs to put into it."""

from itertools import count

import pytest

from lossopt_core import train
from tests.experiments import TINY
from tests.postgresql import new_schema

_numbers = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request):
    """Where nothing is kept yet, on each of the databases."""
    return request.getfixturevalue(f"{request.param}_address")


@pytest.fixture
def sqlite_address(tmp_path):
    return f"sqlite:///{tmp_path / 'runs.db'}"


@pytest.fixture
def postgresql_address(postgresql):
    return new_schema(postgresql, f"test_{next(_numbers)}")


@pytest.fixture(scope="module")
def finished():
    return train([TINY.replace(seed=seed) for seed in range(4)])
