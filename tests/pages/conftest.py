"""Fixtures for the tests of several pages."""

import pytest

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    train,
)


@pytest.fixture
def kept(store: RunStore) -> list[Run]:
    """Three runs of two losses, in the store."""
    runs = train(
        [
            Experiment(epochs=2),
            Experiment(epochs=2, learning_rate=0.3),
            Experiment(epochs=2, loss="hinge"),
        ]
    )
    store.save(runs)
    return runs
