"""Stores as earlier versions of lossopt have left them."""

import json

import numpy as np

from lossopt_core import Run
from tests.databases import change

OLDER = {
    7: ["DROP TABLE sets"],
    6: ["UPDATE runs SET status = status"],  # the tables are the same
    5: ["DROP TABLE own_certificates"],
    4: [f"DROP TABLE {table}" for table in ("visits", "trainings", "examples")],
    3: [
        *(f"DROP TABLE {table}" for table in ("notes", "views", "curves", "revisions")),
        *(f"ALTER TABLE runs DROP COLUMN {column}" for column in ("deleted", "spark", "best")),
    ],
    2: ["ALTER TABLE runs DROP COLUMN reason"],
    1: ["DROP TABLE certificates"],
}
"""What takes a store of the next layout back to this one."""


def take_back(address: str, layout: int) -> None:
    """Turn the store at the address into one of an older layout."""
    for older, statements in OLDER.items():
        if older >= layout:
            change(address, *statements)
    change(address, "UPDATE facts SET value = :value", value=str(layout))


def without_work_axes(address: str, run: Run) -> None:
    """Let the run's minibatch table be as the first commits kept it: update and objective."""
    columns = ["update", "objective"]
    numbers = run.minibatch[columns].to_numpy(np.float64).T
    assert change(
        address,
        "UPDATE arrays SET columns = :columns, shape = :shape, data = :data"
        " WHERE name = 'minibatch' AND id = :id",
        columns=json.dumps(columns),
        shape=json.dumps(numbers.shape),
        data=np.ascontiguousarray(numbers, "<f8").tobytes(),
        id=run.id,
    )
