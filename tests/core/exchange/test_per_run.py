"""A table with one row per run."""

import io

import pandas as pd
import pytest

from lossopt_core import Experiment, train
from lossopt_core.analysis.tables import to_csv, to_json, to_parquet
from lossopt_core.exchange.per_run import per_run
from lossopt_core.store.annotations import Note

SMALL = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2, batch_size=10)


@pytest.fixture(scope="module")
def runs():
    diverging = SMALL.replace(loss="squared_hinge", learning_rate=1e4, epochs=5)
    return train([SMALL, SMALL.replace(validation=True), diverging])


def test_a_row_has_settings_annotations_and_results(runs):
    plain, _, diverged = runs
    table = per_run(runs, {plain.id: Note(name="first", tags=("a", "b"), note="two\nlines")})
    row = table.set_index("id").loc[plain.id]
    assert list(row[["name", "tags", "note", "status"]]) == [
        "first",
        "a, b",
        "two\nlines",
        "finished",
    ]
    assert row["learning_rate"] == SMALL.learning_rate
    assert row["blobs.examples"] == 60
    for name, value in plain.final.items():
        assert row[name] == value
    assert row["best_objective"] == plain.history["objective"].min()
    assert row["best_test_accuracy"] == plain.history["test_accuracy"].max()
    assert table.set_index("id").loc[diverged.id, "status"] == "diverged"


def test_validation_results_are_no_test_results(runs):
    tuned = runs[1]
    row = per_run(runs).iloc[1]
    assert row[["test_loss", "test_accuracy", "best_test_accuracy"]].isna().all()
    assert row["validation_accuracy"] == tuned.final["test_accuracy"]
    assert row["best_validation_accuracy"] == tuned.history["test_accuracy"].max()


def test_every_format_has_the_same_rows(runs):
    table = per_run(runs)
    csv = pd.read_csv(io.StringIO(to_csv(table)))
    parquet = pd.read_parquet(io.BytesIO(to_parquet(table)))
    json = pd.read_json(io.StringIO(to_json(table)))
    for each in (csv, parquet, json):
        assert list(each["id"]) == [run.id for run in runs]
        assert list(each["objective"][:2]) == pytest.approx(list(table["objective"][:2]))
    assert per_run([]).empty
