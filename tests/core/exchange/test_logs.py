"""Files that somebody brings: what is in them becomes curves, what is wrong is named."""

import gzip
import json
import pickle
from contextlib import suppress
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from lossopt_core import ForeignRun
from lossopt_core.analysis.tables import (
    tidy,
    to_csv,
    to_json,
    to_parquet,
)
from lossopt_core.exchange import Meaning, curves_of, read_log, suggest
from lossopt_core.exchange.bringing import read_curves, together
from lossopt_core.exchange.tensorboard import write_events
from lossopt_core.files.choices import Choices
from lossopt_core.files.limits import LARGEST, MAX_ROWS
from lossopt_core.store.foreign_rows import MAX_POINTS
from lossopt_core.training.run import HISTORY_COLUMNS

ENDINGS = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".xlsx", ".gz", "")


def brought(text: str, filename: str = "log.csv") -> list[ForeignRun]:
    """What comes of a file that is brought in as it is suggested."""
    log = read_log(text.encode(), filename)
    return curves_of(log, suggest(log)).runs


@pytest.mark.parametrize(
    ("filename", "write"),
    [
        ("ours.csv", lambda table: to_csv(table).encode()),
        ("ours.json", lambda table: to_json(table).encode()),
        ("OURS.PARQUET", to_parquet),
    ],
)
def test_lossopts_own_export_is_read_back_exactly(finished, filename, write):
    log = read_log(write(tidy(finished)), filename)
    meant = suggest(log)
    assert (meant.step, meant.x, meant.keys) == ("update", "update", ("id",))
    curves = curves_of(log, meant).runs
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
        ("step,loss\n0,1\n1,2,3\n", "row 3 has 3 cells instead of 2"),
        ("step,acc\n0,1\n1,101\n", "row 3, column acc: accuracies must be 0 to 1"),
        ("step,loss\n0,1\n-1,2\n", "row 3, column step: a step must be 0 or more, got '-1'"),
        ("step,loss\n" + "1,2\n2,1\n1,3\n2,4\n" * 9, "choose the column that identifies"),
        ("word\nhello\nyou\n", "must have a metric column"),
        ("step,loss\n", "the file has no rows"),
        ("", "the file is empty"),
        ('step,loss\n0,1\n1,"2\n', "row 3 opens a quote that is not closed"),
        ("id,step,loss\n" + "".join(f"r{i},{k},1\n" for i in range(61) for k in (0, 1)), "60 runs"),
        (",".join(f"c{i}" for i in range(1002)), "at most 1,001 columns, got 1,002"),
        ("run_id,key,value,step\n" + "".join(f"r,k{i},1,1\n" for i in range(3_000)), "too many"),
        (
            "Step," + ",".join(f"r{i} - k{i}" for i in range(199)) + ("\n1" + ",1" * 199) * 200,
            "many",
        ),
        ("Step,r - loss__MIN\n1,1\n", "no column like"),
        ("a,b\n" + "1,\n" * 9 + "2", "row 11 has 1 cells instead of 2"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(text, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        brought(text)


def test_a_file_may_have_as_many_rows_as_are_allowed_but_not_one_more():
    [curve] = brought("step,loss\n" + "".join(f"{k},1\n" for k in range(MAX_ROWS)))
    assert len(curve.history) == MAX_ROWS == MAX_POINTS == 200_000
    with pytest.raises(ValueError, match=r"at most 200,000 rows.* from row 200,002 on"):
        brought("step,loss\n" + "".join(f"{k},1\n" for k in range(MAX_ROWS + 1)))


def test_a_row_without_a_step_is_left_out_with_its_number():
    log = read_log(b"step,loss\n0,1\n,2\n9,3\n", "log.csv")
    curves = curves_of(log, suggest(log))
    assert curves.runs[0].history.to_dict("list") == {"update": [0, 9], "objective": [1, 3]}
    assert curves.said == ["Left out rows without a step: row 3."]


RESTARTED = b"step,loss\n0,4\n1,3\n2,2\n1,2.5\n2,1.5\n3,1\n"


@pytest.mark.parametrize(
    ("restarts", "values"),
    [("later", [[4, 2.5, 1.5, 1]], ), ("runs", [[4, 3, 2], [2.5, 1.5, 1]])],
)  # fmt: skip
def test_a_restart_is_kept_as_one_run_or_as_two(restarts, values):
    log = read_log(RESTARTED, "log.csv")
    curves = curves_of(log, replace(suggest(log), restarts=restarts))
    assert [curve.history["objective"].tolist() for curve in curves.runs] == values
    assert len({curve.name for curve in curves.runs}) == len(values)
    assert "go back to 1 (row 5)" in curves.said[0]


STEPS = st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True)


@settings(max_examples=40, deadline=None)
@given(STEPS.map(sorted), st.integers(1, 5))
def test_the_order_of_metrics_in_a_long_file_does_not_matter(steps, metrics):
    """Some programs write all values of one metric first, others all values of one step."""
    names = ["loss", "val_loss", "acc", "val_acc", "grad_norm"][:metrics]
    rows = [f"{name},{step},{(step + k) % 7 / 7}" for k, name in enumerate(names) for step in steps]
    by_step = sorted(rows, key=lambda row: int(row.split(",")[1]))
    first, second = (
        brought("\n".join(["metric,step,value", *each]), "log.csv") for each in (rows, by_step)
    )
    assert_frame_equal(first[0].history, second[0].history)
    assert list(first[0].history["update"]) == steps


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.1, 1e6, allow_nan=False), min_size=3, max_size=20, unique=True),
       st.sampled_from([(",", "."), (";", ","), ("\t", ","), ("|", "."), (";", ".")]))  # fmt: skip
def test_numbers_are_the_same_in_every_dialect(values, dialect):
    delimiter, decimal = dialect
    cells = [f"{value:.4f}" for value in values]
    rows = [f"{k}{delimiter}{cell.replace('.', decimal)}" for k, cell in enumerate(cells)]
    [curve] = brought("\n".join([f"step{delimiter}loss", *rows]))
    assert curve.history["objective"].tolist() == [float(cell) for cell in cells]


def test_several_files_are_one_import_and_tags_of_one_run_are_one_curve():
    files = {
        "run-a-tag-loss.csv": "Wall time,Step,Value\n1,0,3\n2,1,2\n",
        "run-a-tag-val_acc.csv": "Wall time,Step,Value\n1,0,0.5\n2,1,0.75\n",
        "log.csv": "step,loss\n0,1\n1,2\n",
        "run-b-tag-loss.csv": "Wall time,Step,Value\n1,0,7\n2,1,8\n",
    }
    read = [read_curves(text.encode(), name) for name, text in files.items()]
    runs = {run.name: run.history for run in together(read)}
    assert list(runs) == ["a", "log.csv", "b"]
    assert runs["a"].to_dict("list") == {
        "update": [0, 1], "objective": [3, 2], "test_accuracy": [0.5, 0.75],
    }  # fmt: skip
    twice = [run.name for run in together([*read, *read])]
    assert len({*twice}) == len(twice)


def test_event_files_are_read(finished, tmp_path):
    write_events(finished, tmp_path)
    files = sorted(tmp_path.rglob("events.*"))
    for path in files:
        [curve] = (read := read_curves(path.read_bytes(), path.name)) and together([read])
        [run] = [run for run in finished if run.id in path.name]
        np.testing.assert_allclose(curve.history["objective"], run.history["objective"], rtol=1e-6)
        assert curve.history["update"].tolist() == run.history["update"].tolist()
    cut = files[0].read_bytes()[:-5]
    log = read_log(cut, "events.out.tfevents.1")
    assert "cut off" in log.sheet.said[0]


@pytest.mark.parametrize(
    ("data", "filename", "said"),
    [
        (b"{}", "x.json", "the file has no table"),
        (b"[[1, {}]]", "x.json", "nested values are invalid"),
        (b"[" * 100_000, "x.json", "not JSON"),
        (b'{"a": 1}\n{"a": \n', "x.jsonl", "line 2 is not a JSON object"),
        (b'[{"a": {"b": {"c": 1}}}]', "x.json", "row 1, column 'a'"),
        (b'{"a": [1, 2], "b": [1]}', "x.json", "column 'b' has 1 values, but 'a' has 2"),
        (
            json.dumps([dict.fromkeys(map(str, range(200)), 1), *[{}] * 25_000]).encode(),
            "x.json",
            "at most 5,000,000 cells, got 25,001 rows of 200",
        ),
        (b"nothing", "x.parquet", "not Parquet"),
        (b"PAR1nothing", "x.parquet", "not Parquet"),
        (pickle.dumps({"loss": [1, 2]}), "x.pkl", "a pickle, which is never opened"),
        (b"\x89HDF\r\n\x1a\n", "x.h5", "an HDF5 file: write"),
        (b"<!DOCTYPE html><html>", "x.csv", "a web page"),
        (gzip.compress(b"a" * (LARGEST + 1)), "x.csv.gz", "must unpack to at most 5,000,000 bytes"),
        (gzip.compress(gzip.compress(b"step,loss\n0,1\n")), "x.gz", "another packed file"),
        (gzip.compress(b"step,loss\n0,1\n")[:-6], "x.csv.gz", "cut off"),
        (b"x" * (LARGEST + 1), "x.csv", "at most 5,000,000 bytes"),
    ],
)
def test_files_without_a_table_are_rejected(data, filename, said):
    with pytest.raises(ValueError, match=said):
        read_log(data, filename)


def test_a_parquet_file_above_the_unpacked_limit_is_rejected():
    file = BytesIO()
    pd.DataFrame({"step": range(100_000), "text": "x" * 1_001}).to_parquet(file)
    assert len(file.getvalue()) < LARGEST
    with pytest.raises(ValueError, match=r"unpack|at most 1,000 characters"):
        read_log(file.getvalue(), "x.parquet")


@pytest.mark.parametrize("packing", [None, "snappy", "zstd"])
def test_a_parquet_file_of_many_equal_cells_is_small_but_too_large(packing):
    file = BytesIO()
    pd.DataFrame({f"c{i}": [0.0] * 100_000 for i in range(60)}).to_parquet(
        file, compression=packing
    )
    assert len(file.getvalue()) < LARGEST
    with pytest.raises(ValueError, match="at most 5,000,000 cells"):
        read_log(file.getvalue(), "x.parquet")


def test_the_encoding_is_reported():
    for data, encoding in (
        (b"step,\xc3\xa4\n0,1\n", "utf-8"),
        (b"step,\xe4\n0,1\n", "cp1252"),
        (b"step,\xe4\x81\n0,1\n", "latin-1"),
        ("step,ä\n0,1\n".encode("utf-16"), "utf-16"),
        ("step,ä\n0,1\n".encode("utf-16-le"), "utf-16"),
        ("step,ä\n0,1\n".encode("utf-32"), "utf-32"),
    ):
        sheet = read_log(data, "x.csv").sheet
        assert [name.rstrip("\x81") for name in sheet.cells.columns] == ["step", "ä"]
        assert sheet.dialect.encoding == encoding


def test_columns_can_be_assigned_manually():
    log = read_log(b"t,one,two,who\n0,1,2,\xe4\n0,3,4,b\n", "latin.csv")
    curves = curves_of(
        log, Meaning("t", "epoch", {"one": "", "two": "weight_norm"}, ("who",)), "theirs"
    ).runs
    assert [curve.name for curve in curves] == ["theirs, ä", "theirs, b"]
    assert all(list(curve.history) == ["epoch", "weight_norm"] for curve in curves)
    for step, x, metrics, said in [
        ("t", "time", {"one": "objective"}, "x must be one of"),
        ("t", "epoch", {"one": "nothing"}, "must be one of"),
        ("t", "epoch", {"one": "objective", "two": "objective"}, "already assigned to another"),
        ("t", "epoch", {"one": "epoch"}, "already assigned to another"),
        ("no", "epoch", {"one": "objective"}, "no column 'no'"),
    ]:
        with pytest.raises(ValueError, match=said):
            curves_of(log, Meaning(step, x, metrics))


def test_hostile_names_stay_text_and_are_never_merged():
    name = "<script>" + "x" * 200
    curves = brought(f'id,step,loss\n"{name}\x07\n=1+1",0,1\n"{name}!",0,2\n' * 2)
    assert [curve.name for curve in curves] == [f"{name[:79]}…", f"{name[:75]}… (2)"]
    assert all(len(curve.name) <= 80 for curve in curves)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ENDINGS), st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_value_error(ending, data):
    try:
        log = read_log(data, f"x{ending}")
        curves = curves_of(log, suggest(log)).runs
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
        assert 1 <= len(curves) <= 2 * len(rows)


@settings(max_examples=8, deadline=None)  # each starts two processes
@given(st.data())
def test_a_corrupted_parquet_file_is_a_table_or_a_value_error(data):
    whole = to_parquet(pd.DataFrame({"step": [0, 1], "loss": [0.5, 0.25], "id": ["a", "b"]}))
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(min_size=1, max_size=3)) + whole[place + 1 :]
    with suppress(ValueError):
        suggest(read_log(damaged, "x.parquet"))


@given(
    runs=st.lists(
        st.text("wxyz", min_size=1, max_size=6),
        min_size=1, max_size=5, unique_by=str.lower,
    ),
    metric=st.sampled_from(["val_loss", "loss", "val_acc", "train accuracy"]),
    stepped=st.booleans(),
)  # fmt: skip
def test_each_column_can_be_a_run_of_its_own(runs: list[str], metric: str, stepped: bool) -> None:
    names = [f"{run} {metric}" for run in runs]
    values = np.arange(3 * len(runs), dtype=float).reshape(3, -1) / 100
    frame = pd.DataFrame(values, columns=names)
    if stepped:
        frame.insert(0, "epoch", [1, 2, 4])
    log = read_log(to_csv(frame).encode(), "log.csv", Choices(columns="runs"))
    meaning = suggest(log)
    made = curves_of(log, meaning)
    [ours] = [each for each in meaning.metrics.values() if each]
    assert ours == {
        "val_loss": "test_loss", "loss": "objective", "val_acc": "test_accuracy",
        "train accuracy": "train_accuracy",
    }[metric]  # fmt: skip
    assert sorted(run.name for run in made.runs) == sorted(names)
    for run, expected in zip(made.runs, values.T, strict=True):
        assert_allclose(run.history[ours], expected)
        assert [*run.history[meaning.x]] == ([1, 2, 4] if stepped else [1, 2, 3])


def test_columns_that_are_runs_keep_their_own_metrics() -> None:
    text = b"epoch,adam acc,adam val_loss,sgd acc\n1,0.5,2,0.4\n2,0.7,1,0.6\n"
    log = read_log(text, "log.csv", Choices(columns="runs"))
    made = {run.name: run.history.dropna(axis=1, how="all")
            for run in curves_of(log, suggest(log)).runs}  # fmt: skip
    assert {name: [*each.columns] for name, each in made.items()} == {
        "adam acc": ["epoch", "train_accuracy"],
        "adam val_loss": ["epoch", "test_loss"],
        "sgd acc": ["epoch", "train_accuracy"],
    }
    assert [*made["adam val_loss"]["test_loss"]] == [2, 1]


def test_a_single_curve_without_a_name_asks_what_it_is() -> None:
    files = {
        b"epoch,q\n1,2\n2,1\n": Choices(),
        b"epoch,a,b\n1,2,3\n2,1,2\n": Choices(columns="runs"),
    }
    for text, choices in files.items():
        [asked] = suggest(read_log(text, "log.csv", choices)).questions
        assert "Read as the training loss" in asked.text


def test_columns_without_a_metric_ask_whether_they_are_runs() -> None:
    text = b"step,adam,sgd\n0,2,3\n1,1,2\n"
    asked = {question.about for question in suggest(read_log(text, "log.csv")).questions}
    assert asked == {"metric", "columns"}
    log = read_log(text, "log.csv", Choices(columns="runs"))
    assert [run.name for run in curves_of(log, suggest(log)).runs] == ["adam", "sgd"]
    text = b"step,run,value,adam,sgd\n0,a,x,2,3\n1,a,x,1,2\n"
    log = read_log(text, "log.csv", Choices(columns="runs"))
    assert len({column.name for column in log.columns}) == len(log.columns) == 5
    assert len(curves_of(log, suggest(log)).runs) == 2
    with pytest.raises(ValueError, match="read columns as metrics"):
        read_log(b"step,who\n0,a\n1,b\n", "log.csv", Choices(columns="runs"))
