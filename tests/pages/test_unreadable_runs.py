"""What Compare says of saved runs that it cannot read."""

import sqlite3
from pathlib import Path

from lossopt_core import Experiment, RunStore, train
from tests.helpers import open_page, words


def test_a_few_unreadable_runs_are_named_and_more_are_counted(store: RunStore) -> None:
    runs = train([Experiment(dataset="iris", epochs=1, seed=seed) for seed in range(8)])
    store.save(runs)
    with sqlite3.connect(Path(store.address.removeprefix("sqlite:///"))) as database:
        for run in runs[1:]:
            database.execute("update runs set experiment = '{}' where id = ?", (run.id,))
    said = words(open_page("compare"))
    assert "7 saved runs cannot be read and are left out: " in said
    assert " and 2 more." in said
