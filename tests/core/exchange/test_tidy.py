"""Our own tables come back as experiments; what was changed in them is not taken for ours."""

from contextlib import suppress

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    Experiment,
    ForeignRun,
    train,
)
from lossopt_core.analysis.tables import (
    tidy,
    to_csv,
    to_json,
    to_parquet,
)
from lossopt_core.exchange import (
    Imported,
    is_tidy,
    read_log,
    read_tidy,
)
from tests.experiments import TINY

WRITERS = {
    "x.csv": lambda table: to_csv(table).encode(),
    "x.json": lambda table: to_json(table).encode(),
    "x.parquet": to_parquet,
}
LATER = {
    "label_noise": 0.1,
    "replacement": True,
    "averaging": True,
    "stopping": "no_progress",
    "tolerance": 1e-5,
    "precision": "float32",
}
"""Settings that are no column's default."""
RUNS = train(
    [
        Experiment(dataset="blobs", dataset_options={"spread": 0.7}, epochs=1, evaluations=3),
        Experiment(dataset="moons", epochs=1, evaluations=3, seed=2**32 - 1, **LATER),
        TINY.replace(loss="squared_hinge", learning_rate=100.0),
    ]
)


def back(table: pd.DataFrame, filename: str = "x.csv") -> list[Imported | ForeignRun]:
    return read_tidy(read_log(WRITERS[filename](table), filename))


@pytest.mark.parametrize("filename", WRITERS)
def test_experiments_and_curves_come_back_to_the_last_digit(filename):
    for ours, theirs in zip(RUNS, back(tidy(RUNS), filename), strict=True):
        assert isinstance(theirs, Imported)
        assert theirs.experiment.id == ours.id
        assert (theirs.status, theirs.source) == (ours.status, filename)
        assert_frame_equal(theirs.history, ours.history, check_exact=True)


@settings(max_examples=15, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "loss": st.sampled_from(sorted(LOSSES)),
            "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
            "regularizer": st.sampled_from(sorted(REGULARIZERS)),
            "strength": st.floats(0.0, 1e3),
            "learning_rate": st.floats(1e-8, 1e4),
            "seed": st.integers(0, 2**32 - 1),
            "standardize": st.booleans(),
            "averaging": st.booleans(),
        }
    ),
    st.sampled_from(sorted(WRITERS)),
)
def test_every_experiment_comes_back(changes, filename):
    experiment = TINY.replace(**changes)
    table = tidy(RUNS[-1:])
    of_it = tidy([RUNS[-1].__class__(**vars(RUNS[-1]) | {"experiment": experiment})])
    assert len(of_it) == len(table)
    [imported] = back(of_it, filename)
    assert isinstance(imported, Imported)
    assert imported.experiment.id == experiment.id


def test_a_run_trained_again_gives_the_curve_of_the_table():
    [imported] = back(tidy(RUNS[:1]))
    assert isinstance(imported, Imported)
    [again] = train([imported.experiment])
    assert_frame_equal(again.history, imported.history, rtol=1e-12)
    assert imported.curve("before").name == "before"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("learning_rate", "0.2"),
        ("learning_rate", "fast"),
        ("loss", "evil"),
        ("dataset", "elsewhere"),
        ("blobs.spread", "2"),
        ("standardize", "perhaps"),
        ("status", "perfect"),
        ("id", "=cmd()"),
    ],
)
def test_a_run_whose_settings_do_not_match_its_id_becomes_a_curve(column, value):
    table = tidy(RUNS[:1]).astype({column: object})
    table[column] = value
    [run] = back(table)
    assert isinstance(run, ForeignRun)
    # Our own writer has put an apostrophe before what a spreadsheet would calculate.
    assert run.name == (f"'{value}" if column == "id" else RUNS[0].id)
    assert list(run.history["objective"]) == list(RUNS[0].history["objective"])


def test_a_run_with_inconsistent_rows_becomes_a_curve():
    table = tidy(RUNS[:1])
    table.loc[1, "strength"] = 0.5
    assert isinstance(back(table)[0], ForeignRun)


def test_rows_in_another_order_are_sorted():
    [imported] = back(tidy(RUNS[:1]).iloc[::-1])
    assert_frame_equal(imported.history, RUNS[0].history, check_exact=True)


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (1, "objective", "abc", "row 3, column objective: 'abc' is not a number"),
        (1, "update", -1, "row 3, column update: a step must be 0 or more"),
        (1, "update", "0.5", "column update must have integers"),
        (1, "update", "0", "has update 0 twice"),
    ],
)
def test_an_invalid_history_is_reported_by_row_and_column(row, column, value, said):
    table = tidy(RUNS[:1]).astype({column: object})
    table.loc[row, column] = value
    with pytest.raises(ValueError, match=said):
        back(table)


def test_other_tables_and_too_many_runs_are_rejected():
    other = read_log(b"step,loss\n0,1\n", "x.csv")
    assert not is_tidy(other)
    with pytest.raises(ValueError, match="it has no column data_loss"):
        read_tidy(other)
    many = pd.concat([tidy(RUNS[:1]).iloc[:1]] * 2_001)
    many["id"] = range(2_001)
    with pytest.raises(ValueError, match="column id has 2,001 values; the maximum is 2,000"):
        back(many)


TABLE = tidy(RUNS)
CELLS = st.sampled_from(["", "0", "-1", "1e999", "nan", "abc", "none", "true", "blobs", "\x00"])


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_cells_are_runs_or_a_value_error(data):
    table = TABLE.astype(object)
    for _ in range(3):
        row = data.draw(st.integers(0, len(table) - 1))
        column = data.draw(st.integers(0, len(table.columns) - 1))
        table.iat[row, column] = data.draw(CELLS)
    with suppress(ValueError):
        assert len(back(table)) >= len(RUNS)
