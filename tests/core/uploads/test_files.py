"""Files that somebody brings: what is in them becomes curves, what is wrong is named."""

import json
from contextlib import suppress
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from lossopt_core import ForeignRun
from lossopt_core.analysis.tables import (
    tidy,
    to_csv,
    to_json,
    to_parquet,
)
from lossopt_core.exchange import read_table, suggest, to_foreign
from lossopt_core.training.run import HISTORY_COLUMNS
from lossopt_core.uploads.files import LARGEST, READERS, encoding_of


def brought(text: str, filename: str = "log.csv") -> list[ForeignRun]:
    """What comes of a file that is brought in as it is suggested."""
    table = read_table(text.encode(), filename)
    meant = suggest(table)
    return to_foreign(table, meant.step, meant.x, meant.metrics, meant.group, source=filename)


@pytest.mark.parametrize(
    ("filename", "write"),
    [
        ("ours.csv", lambda table: to_csv(table).encode()),
        ("ours.json", lambda table: to_json(table).encode()),
        ("OURS.PARQUET", to_parquet),
    ],
)
def test_lossopts_own_export_is_read_back_exactly(finished, filename, write):
    table = read_table(write(tidy(finished)), filename)
    meant = suggest(table)
    assert (meant.step, meant.x, meant.group) == ("update", "update", "id")
    curves = to_foreign(table, meant.step, meant.x, meant.metrics, meant.group, source=filename)
    assert [curve.name for curve in curves] == [run.id for run in finished]
    for curve, run in zip(curves, finished, strict=True):
        history = run.history.dropna(axis="columns", how="all")
        assert_frame_equal(curve.history[list(history)], history, check_exact=True)
        assert curve.source == filename


def test_tensorboards_file_is_one_curve():
    [curve] = brought("Wall time,Step,Value\n1.6e9,0,2.5\n1.6e9,10,1.25\n", "run-tag-loss.csv")
    assert curve.name == "run-tag-loss.csv"
    assert curve.history.to_dict("list") == {"update": [0, 10], "objective": [2.5, 1.25]}


def test_weights_and_biases_has_one_column_per_run():
    curves = brought(
        '"Step","a - b - loss","a - b - loss__MIN","a - b - loss__MAX","other - loss"\n'
        '"0","2","2","2",""\n"5","1","1","1","7"\n'
    )
    assert [curve.name for curve in curves] == ["a - b", "other"]
    assert curves[0].history.to_dict("list") == {"update": [0, 5], "objective": [2, 1]}
    assert curves[1].history.to_dict("list") == {"update": [5], "objective": [7]}


def test_mlflow_has_one_row_per_value():
    curves = brought(
        "run_id,key,value,step,timestamp\n"
        "r1,loss,2,0,9\nr1,loss,1,1,9\nr1,val_acc,0.5,1,9\nr2,loss,3,0,9\n"
    )
    assert [curve.name for curve in curves] == ["r1", "r2"]
    first = curves[0].history
    assert list(first["objective"]) == [2, 1]
    np.testing.assert_array_equal(first["test_accuracy"], [np.nan, 0.5])


def test_rows_of_one_step_are_merged_if_their_columns_differ():
    """Training and validation are often logged in rows of their own."""
    [curve] = brought("epoch,train_loss,val_loss\n1,,0.5\n1,0.25,\n2,,0.125\n")
    assert list(curve.history["epoch"]) == [1, 2]
    np.testing.assert_array_equal(curve.history["objective"], [0.25, np.nan])
    np.testing.assert_array_equal(curve.history["test_loss"], [0.5, 0.125])


@pytest.mark.parametrize(
    "text", ["step,acc\n0,10\n1,90\n", "step;acc\n0;0,1\n1;0,9\n", "step\tacc\n0\t.1\n1\t9e-1\n"]
)
def test_separators_decimal_commas_and_per_cent(text):
    [curve] = brought("\ufeff" + text)
    assert list(curve.history["train_accuracy"]) == pytest.approx([0.1, 0.9])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step,loss\n0,1\n1,2\n2,3\n\n3,4\n4,abc\n", "row 7, column loss: 'abc' is not a number"),
        ("step,loss\n0,1\n,2\n", "row 3, column step: a step must be 0 or more, got ''"),
        ("step,loss\n0,1\n1,2,3\n", "row 3 has 3 cells instead of 2"),
        ("step,loss,loss\n0,1,2\n", "two columns are called 'loss'"),
        ("step,\n0,1\n", "column 2 has no name"),
        ("step,loss\n0,1\n1,2\n1,3\n", "row 4, column loss: step 1 already has another value"),
        ("step,acc\n0,1\n1,101\n", "column acc: accuracies must be 0 to 1"),
        ("loss\n1\n", "a step column and a metric column"),
        ("step,loss\n", "the file has no rows"),
        ("", "the file is empty"),
        ("id,step,loss\n" + "".join(f"r{i},0,1\n" for i in range(61)), "at most 60 runs"),
        (",".join(f"c{i}" for i in range(1002)), "at most 1001 columns, got 1,002"),
        ("run_id,key,value,step\n" + "".join(f"r,k{i},1,1\n" for i in range(3_000)), "too many"),
        (
            "Step," + ",".join(f"r{i} - k{i}" for i in range(199)) + ("\n1" + ",1" * 199) * 200,
            "many",
        ),
        ("Step,r - loss__MIN\n1,1\n", "no column like"),
        ("a,b\n" + "1,\n" * 9 + "2", "row 11 has 1 cells instead of 2"),
        ("a\n" * 200_002, "at most 200,000 rows, and has more"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(text, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        brought(text)


@pytest.mark.parametrize(
    ("data", "filename", "said"),
    [
        (b"{}", "x.json", "array with one object per row"),
        (b"[[1]]", "x.json", "array with one object per row"),
        (b"[" * 100_000, "x.json", "not JSON"),
        (b'[{"a": {"b": 1}}]', "x.json", "row 1, column 'a'"),
        (
            json.dumps([dict.fromkeys(map(str, range(200)), 1), *[{}] * 25_000]).encode(),
            "x.json",
            "at most 5,000,000 cells, got 25,001 rows of 200",
        ),
        (b"nothing", "x.parquet", "not Parquet"),
        (b"x", "x.pkl", "must end in .csv"),
        (b"x" * (LARGEST + 1), "x.csv", "at most 5,000,000 bytes"),
    ],
)
def test_files_without_a_table_are_rejected(data, filename, said):
    with pytest.raises(ValueError, match=said):
        read_table(data, filename)


def test_a_parquet_file_above_the_unpacked_limit_is_rejected():
    file = BytesIO()
    pd.DataFrame({"step": range(100_000), "text": "x" * 1_001}).to_parquet(file)
    assert len(file.getvalue()) < LARGEST
    with pytest.raises(ValueError, match=r"unpack|more than 1,000 characters"):
        read_table(file.getvalue(), "x.parquet")


def test_a_parquet_file_with_a_false_unpacked_size_is_rejected():
    """Its footer says what anybody likes; only how it is packed bounds what comes out."""
    file = BytesIO()
    pd.DataFrame({"step": range(1_000)}).to_parquet(file, compression="zstd")
    with pytest.raises(ValueError, match="uncompressed or use Snappy, got ZSTD"):
        read_table(file.getvalue(), "x.parquet")


@pytest.mark.parametrize("packing", [None, "snappy"])
def test_a_parquet_file_of_many_equal_cells_is_small_but_too_large(packing):
    file = BytesIO()
    pd.DataFrame({f"c{i}": [0.0] * 100_000 for i in range(60)}).to_parquet(
        file, compression=packing
    )
    assert len(file.getvalue()) < LARGEST
    with pytest.raises(ValueError, match="at most 5,000,000 cells"):
        read_table(file.getvalue(), "x.parquet")


def test_the_encoding_is_reported():
    for data, encoding in ((b"step,\xc3\xa4\n0,1\n", "utf-8"), (b"step,\xe4\n0,1\n", "latin-1")):
        table = read_table(data, "x.csv")
        assert list(table.columns) == ["step", "ä"]
        assert encoding_of(data) == encoding


def test_columns_can_be_assigned_manually():
    table = read_table(b"t,one,two,who\n0,1,2,\xe4\n0,3,4,b\n", "latin.csv")
    curves = to_foreign(table, "t", "epoch", {"one": "", "two": "weight_norm"}, "who", "theirs")
    assert [curve.name for curve in curves] == ["theirs, ä", "theirs, b"]
    assert all(list(curve.history) == ["epoch", "weight_norm"] for curve in curves)
    for step, x, metrics, said in [
        ("t", "time", {"one": "objective"}, "x must be one of"),
        ("t", "epoch", {"one": "nothing"}, "must be one of"),
        ("t", "epoch", {"one": "objective", "two": "objective"}, "already assigned to another"),
        ("t", "epoch", {"one": "epoch"}, "already assigned to another"),
        ("t", "epoch", {"one": "update"}, "at least one column"),
        ("no", "epoch", {"one": "objective"}, "no column 'no'"),
    ]:
        with pytest.raises(ValueError, match=said):
            to_foreign(table, step, x, metrics)


def test_hostile_names_stay_text_and_are_truncated():
    name = "<script>" + "x" * 200
    [curve] = brought(f'id,step,loss\n"{name}\x07\n=1+1",0,1\n')
    assert curve.name == name[:80]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_value_error(ending, data):
    try:
        table = read_table(data, f"x{ending}")
        meant = suggest(table)
        curves = to_foreign(table, meant.step, meant.x, meant.metrics, meant.group)
    except ValueError:
        pass
    else:
        assert all({*curve.history} <= {*HISTORY_COLUMNS} for curve in curves)


CELLS = st.sampled_from(["0", "1", "-1", "1e999", "nan", "", "abc", "=1", "٣", "1_0", "\x00"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6))
def test_any_cells_are_curves_or_a_value_error(rows):
    text = "\n".join(["step,loss,id", *(",".join(row) for row in rows)])
    try:
        curves = brought(text)
    except ValueError:
        pass
    else:
        assert 1 <= len(curves) <= len(rows)


@settings(max_examples=8, deadline=None)  # each starts two processes
@given(st.data())
def test_a_corrupted_parquet_file_is_a_table_or_a_value_error(data):
    whole = to_parquet(pd.DataFrame({"step": [0, 1], "loss": [0.5, 0.25], "id": ["a", "b"]}))
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(min_size=1, max_size=3)) + whole[place + 1 :]
    with suppress(ValueError):
        suggest(read_table(damaged, "x.parquet"))
