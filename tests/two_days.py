"""Forty runs made on two days, for tests of how saved runs are found again."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from lossopt_core import Experiment, Run, RunStore, train
from lossopt_core.store import schema
from lossopt_core.store.revision import renew

DIGITS = Experiment(epochs=2, evaluations=6, batch_size=64, learning_rate=0.01)
BLOBS = Experiment(
    dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2, evaluations=4
)
SEEDS = 7


def fill(store: RunStore) -> list[Run]:
    """Three groups on digits of yesterday; today three on blobs and one run on digits, the best.

    The runs of yesterday come first.
    """
    yesterday = [
        each.replace(seed=seed)
        for each in (
            DIGITS.replace(loss="hinge"),
            DIGITS.replace(loss="hinge", learning_rate=1e-5),
            DIGITS.replace(loss="cross_entropy", learning_rate=1e-4),
        )
        for seed in range(SEEDS)
    ]
    today = [
        BLOBS.replace(loss=loss, seed=seed)
        for loss in ("hinge", "cross_entropy", "squared_hinge")
        for seed in range(SEEDS - 1)
    ]
    older = train(yesterday)
    newer = train([*today, DIGITS.replace(loss="hinge", epochs=10)])
    store.save([*older, *newer])
    stamp(store, older, datetime.now(UTC) - timedelta(days=1))
    return [*older, *newer]


def stamp(store: RunStore, runs: Iterable[Run], when: datetime) -> None:
    """Change when runs were created, a second apart in their order."""

    def work(database: sql.Connection) -> None:
        for place, run in enumerate(runs):
            created = schema.written(when + timedelta(seconds=place))
            of = schema.runs.c.id == run.id
            database.execute(sql.update(schema.runs).where(of).values(created=created))
        renew(database, store.workspace)

    store.database.write(work)
