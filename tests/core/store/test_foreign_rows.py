"""Curves from elsewhere are kept to the last bit, and read only where they are as they should."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from lossopt_core import RunStore
from lossopt_core.store import foreign_rows
from lossopt_core.store.foreign import ForeignRun
from tests.databases import change


def curve(name: str = "theirs", **columns: object) -> ForeignRun:
    columns = columns or {"epoch": [0.0, 0.5, 1.0], "objective": [1.0, np.nan, 1 / 3]}
    return ForeignRun(name=name, history=pd.DataFrame(columns), source="log.csv")


def test_curves_are_read_back_unchanged_oldest_first(address):
    store = RunStore(address)
    runs = [
        curve("second"),
        curve("a first", update=[0, 7], gradient_evaluations=[0, 70], test_accuracy=[0.1, 0.9]),
        curve("Δ <i>", update=[0, np.nan], objective=[np.inf, -1e300]),
    ]
    kept = store.save_foreign(runs)
    back = RunStore(address).foreign()
    for ours, theirs, given in zip(back, kept, runs, strict=True):
        assert (ours.name, ours.source) == (given.name, given.source)
        assert ours.id == theirs.id == given.id
        assert_frame_equal(ours.history, given.history, check_exact=True)


def test_a_curve_is_saved_once(address):
    store = RunStore(address)
    whole = curve(update=[0, 1], objective=[1, 2])
    same = curve(update=[0.0, 1.0], objective=[1.0, 2.0])
    assert whole.id != same.id  # as they came: integers and floats are written differently
    [first, second] = store.save_foreign([whole, same])
    store.save_foreign([same])
    assert [run.id for run in store.foreign()] == [first.id] == [second.id]


def test_curves_are_deleted_by_id_and_belong_to_a_workspace(address):
    mine, other = RunStore(address, workspace="mine"), RunStore(address, workspace="other")
    first, second = mine.save_foreign([curve("one"), curve("two")])
    other.save_foreign([curve("one")])
    other.delete_foreign([first.id, second.id])
    assert other.foreign() == []
    mine.delete_foreign([first.id, "nobody"])
    assert [run.name for run in mine.foreign()] == ["two"]


def test_the_revision_changes_with_them(address):
    store = RunStore(address)
    seen = [store.revision()]
    [kept] = store.save_foreign([curve()])
    seen.append(store.revision())
    store.delete_foreign([kept.id])
    seen.append(store.revision())
    assert len({*seen}) == 3


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (curve(""), "name must have 1 to 80 characters, got 0"),
        (curve("x" * 81), "name must have 1 to 80 characters"),
        (ForeignRun("n", curve().history, "s" * 201), "source must have 0 to 200 characters"),
        (ForeignRun("n", curve().history, "a\0b"), "source must not contain control characters"),
        (curve(epoch=[], objective=[]), "history must have 1 to 200,000 rows, got 0"),
        (
            curve(epoch=np.zeros(200_001), objective=np.zeros(200_001)),
            "history must have 1 to 200,000 rows, got 200,001",
        ),
        (
            curve(epoch=[0.0], loss=[1.0]),
            "history must only have the columns update, .*; got 'loss'",
        ),
        (curve(epoch=[0.0], objective=["one"]), "history must be numeric"),
        (curve(objective=[1.0]), "history must have one of update, epoch, gradient_evaluations"),
        (curve(epoch=[1.0]), "and a metric"),
        (curve(epoch=[1.0], objective=[np.nan]), "and a metric"),
        (
            ForeignRun("n", curve().history[["epoch", "objective", "objective"]], ""),
            "history must not have duplicate columns",
        ),
    ],
)
def test_invalid_curves_are_rejected_and_none_is_saved(address, run, message):
    store = RunStore(address)
    with pytest.raises(ValueError, match=message):
        store.save_foreign([curve(), run])
    assert store.foreign() == []


def test_the_number_of_curves_is_limited(address, monkeypatch):
    monkeypatch.setattr(foreign_rows, "MAX_CURVES", 2)
    store = RunStore(address)
    store.save_foreign([curve("one"), curve("two")])
    store.save_foreign([curve("one")])
    with pytest.raises(ValueError, match="at most 2 imported curves: it has 2, and 1 would"):
        store.save_foreign([curve("three")])
    assert len(store.foreign()) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "name = 'another'",
        "name = ''",
        "data = :zeros",
        "data = :byte",
        "kind = 'O'",
        "shape = '[-1, 3]'",
        "shape = '[3, 2]'",
        'columns = \'["epoch", "loss"]\'',
        "columns = '[[], {}]'",
        "columns = 'nonsense'",
    ],
)
def test_a_curve_that_was_tampered_with_is_left_out(address, damage):
    check_left_out(address, damage)


def test_a_curve_whose_data_are_no_bytes_is_left_out(sqlite_address):
    check_left_out(sqlite_address, "data = 7")  # other databases hold a column to its kind


def check_left_out(address: str, damage: str) -> None:
    store = RunStore(address)
    good, bad = store.save_foreign([curve("good"), curve("bad")])
    statement = f"UPDATE curves SET {damage} WHERE id = :id"
    assert change(address, statement, id=bad.id, byte=b"\0", zeros=bytes(2 * 3 * 8)) == 1
    assert [run.id for run in store.foreign()] == [good.id]
