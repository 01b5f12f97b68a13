"""Runs as tables, and what becomes of the tables in other programs."""

import json
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from lossopt_core import Experiment, train
from lossopt_core.analysis.tables import (
    settings_table,
    tidy,
    to_csv,
    to_json,
)
from lossopt_core.training.run import HISTORY_COLUMNS

TINY = Experiment(dataset="blobs", epochs=2, evaluations=4)
UNEVEN = [TINY, TINY.replace(optimizer="gd"), TINY.replace(dataset="course_demo", batch_size=2)]


@pytest.fixture(scope="module")
def runs():
    return train(UNEVEN)


def test_a_tidy_table_has_one_row_per_evaluation_and_run(runs):
    table = tidy(runs)
    assert len(table) == sum(len(run.history) for run in runs)
    for run in runs:
        mine = table[table["id"] == run.id].reset_index(drop=True)
        assert_frame_equal(mine[list(HISTORY_COLUMNS)], run.history)
        assert set(mine["status"]) == {run.status}
        assert set(mine["optimizer"]) == {run.experiment.optimizer}


def test_columns_are_id_settings_status_history(runs):
    columns = list(tidy(runs))
    assert columns[0] == "id"
    assert columns.index("dataset") < columns.index("blobs.spread") < columns.index("test_fraction")
    assert columns[columns.index("status") :] == ["status", "conventions", *HISTORY_COLUMNS]


def test_settings_that_do_not_apply_are_missing_and_integers_stay_integers(runs):
    table = settings_table([run.experiment for run in runs])
    assert list(table["batch_size"].dropna()) == [32, 2]
    assert list(table["blobs.classes"].isna()) == [False, False, True]
    assert "spiral.noise" not in table
    assert table["margin"].isna().all()


def test_no_runs_give_an_empty_table_with_the_same_columns(runs):
    demo = tidy(train([TINY.replace(dataset="course_demo", batch_size=2)]))
    assert_frame_equal(tidy([]), demo.iloc[:0])


def test_pandas_reads_the_same_numbers_back_from_csv(runs):
    table = tidy(runs)
    text = to_csv(table)
    back = pd.read_csv(StringIO(text), dtype={"id": str})
    assert list(back) == list(table)
    for name in HISTORY_COLUMNS:
        np.testing.assert_array_equal(back[name], table[name])
    assert list(back["id"]) == list(table["id"])
    assert ",32," in text
    assert ",32.0," not in text


def test_json_is_strict_and_keeps_every_digit():
    [run] = train([TINY.replace(test_fraction=0.0)])
    table = tidy([run])

    def refuse(constant):
        raise AssertionError(constant)

    rows = json.loads(to_json(table), parse_constant=refuse)
    assert [row["objective"] for row in rows] == list(run.history["objective"])
    assert [row["test_loss"] for row in rows] == [None] * len(rows)
    assert rows[0]["batch_size"] == 32
    assert rows[0]["standardize"] is True
    assert rows[0]["margin"] is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_becomes_a_formula_in_a_spreadsheet(start):
    hostile = start + 'HYPERLINK("http://example.org")'
    table = pd.DataFrame(
        {"id": [hostile, "safe"], hostile: pd.Series([hostile, None], dtype=object)}
    )
    back = pd.read_csv(StringIO(to_csv(table)))
    assert list(back) == ["id", f"'{hostile}"]
    assert list(back["id"]) == [f"'{hostile}", "safe"]
    assert back.iloc[0, 1] == f"'{hostile}"
    assert table["id"][0] == hostile  # what was given is left alone


def test_negative_numbers_are_not_taken_for_formulas():
    assert to_csv(pd.DataFrame({"x": [-1.5, 2.0]})) == "x\n-1.5\n2.0\n"
