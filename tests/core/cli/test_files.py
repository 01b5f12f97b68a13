"""`lossopt read` and `lossopt import`: exit codes, what is printed and what is then stored."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lossopt_core import Experiment, RunStore, train
from lossopt_core.cli.files import MAX_FILES
from lossopt_core.cli.main import main
from lossopt_core.exchange import archive
from lossopt_core.files.limits import LARGEST
from lossopt_core.uploads.store import UploadStore
from tests.programs import ROOT

LOGS, DATA = (ROOT / "tests" / "files" / kind for kind in ("logs", "data"))
CURVES = "step,loss,val_accuracy\n0,1.5,0.25\n10,0.5,0.75\n20,nan,0.5\n"
TABLE = "height,weight,kind\n12.5,140,apple\n11,150,apple\n18.2,95,banana\n17,90,banana\n"
DESCRIPTION = {
    "kind",
    "dialect",
    "rows",
    "columns",
    "label",
    "classes",
    "runs",
    "said",
    "questions",
}
COLUMN = {"name", "type", "fate", "reason", "sample"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path / 'runs.db'}")
    return RunStore()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "brought"
    place.mkdir()
    (place / "curves.csv").write_text(CURVES, encoding="utf-8")
    (place / "fruit.csv").write_text(TABLE, encoding="utf-8")
    return place


def read(capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, dict[str, Any]]:
    code = main(["read", *map(str, line), "--json"])
    said = capsys.readouterr()
    assert said.err == ""
    answer: dict[str, Any] = json.loads(said.out)
    return code, answer


def test_what_is_read_as_curves_is_told_in_json(folder, capsys):
    code, found = read(capsys, folder / "curves.csv")
    assert code == 0
    assert set(found) == DESCRIPTION
    assert found["dialect"] == {
        "delimiter": ",", "decimal": ".", "encoding": "utf-8", "header": True, "skipped": [],
    }  # fmt: skip
    assert (found["kind"], found["rows"], found["label"]) == ("curves", 3, None)
    assert all(set(each) == COLUMN for each in found["columns"])
    assert {each["name"]: each["fate"] for each in found["columns"]} == {
        "step": "step", "loss": "train_loss", "val_accuracy": "validation_accuracy",
    }  # fmt: skip
    [run] = found["runs"]
    assert (run["points"], run["steps"], run["diverged"]) == (3, [0, 20], True)
    assert run["metrics"]["validation_accuracy"] == [0.25, 0.5]


def test_what_is_read_as_data_is_told_in_json(folder, capsys):
    code, found = read(capsys, folder / "fruit.csv")
    assert code == 0
    assert set(found) == DESCRIPTION
    assert (found["kind"], found["rows"], found["label"]) == ("data", 4, "kind")
    assert found["classes"] == {"apple": 2, "banana": 2}
    assert found["runs"] == []
    assert [each["fate"] for each in found["columns"]] == ["feature", "feature", "label"]
    assert [each["type"] for each in found["columns"]] == ["number", "number", "text"]
    assert len(found["columns"][0]["sample"]) == 3


def test_the_kind_can_be_said(folder, capsys):
    code, found = read(capsys, folder / "curves.csv", "--as", "data")
    assert (code, found["kind"]) == (0, "data")
    assert main(["read", str(folder / "curves.csv"), "--as", "music"]) == 2
    assert "--as must be one of data, curves, got 'music'" in capsys.readouterr().err


def test_the_same_is_printed_for_people(folder, capsys):
    assert main(["read", str(folder / "fruit.csv")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("data: 4 rows; delimiter ','")
    assert "class apple: 2 examples" in said
    assert main(["read", str(folder / "curves.csv")]) == 0
    assert "3 points, steps 0 to 20, diverged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "refused", "repair"),
    [
        (b"", "the file is empty", "bring a CSV file"),
        (b"a,b\n1,2\n3\n", "row 3 has 1 cells instead of 2", "add or remove delimiters"),
        (pickle.dumps([1.0] * 20), "pickle", "write CSV"),
        (b"<!doctype html>", "web page", "download the data"),
        (b"x" * (LARGEST + 1), "at most 5,000,000 bytes", "leave out rows"),
    ],
    ids=["empty", "ragged", "pickle", "page", "large"],
)
def test_a_refused_file_is_exit_2_with_reason_and_repair(
    tmp_path, capsys, content, refused, repair
):
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    code, found = read(capsys, file)
    assert code == 2
    assert set(found) == {"refused", "repair"}
    assert refused in found["refused"]
    assert repair in found["repair"]
    assert main(["read", str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert refused in printed.err


def test_what_is_no_file_is_exit_2(tmp_path, capsys):
    for place in (tmp_path, tmp_path / "absent.csv"):
        code, found = read(capsys, place)
        assert code == 2
        assert place.name in found["refused"]


def test_reading_keeps_nothing(folder, store, capsys):
    for name in ("curves.csv", "fruit.csv"):
        read(capsys, folder / name)
    assert store.list().empty
    assert not store.foreign()
    assert not UploadStore(store).list()


def test_curves_and_data_of_a_folder_are_one_import(folder, store, capsys):
    (folder / ".hidden").write_bytes(b"\x80\x05")
    assert main(["import", str(folder)]) == 0
    said = capsys.readouterr().err
    assert "1 curve imported: curves." in said
    assert "Data set 'fruit' imported: 4 examples" in said
    [curve] = store.foreign()
    assert list(curve.history["update"]) == [0, 10, 20]
    assert list(curve.history["test_accuracy"]) == [0.25, 0.75, 0.5]
    assert curve.diverged_at == 20
    [kept] = UploadStore(store).list()
    assert (kept.name, kept.size.examples, kept.size.features, kept.size.classes) == (
        "fruit", 4, 2, 2,
    )  # fmt: skip
    examples = UploadStore(store).examples(kept.fingerprint)
    assert examples is not None
    np.testing.assert_array_equal(examples.features[:, 0], [12.5, 11.0, 18.2, 17.0])

    # Bringing it again changes nothing.
    assert main(["import", str(folder)]) == 0
    assert len(store.foreign()) == len(UploadStore(store).list()) == 1


def test_several_logs_are_brought_under_names_of_their_own(store, capsys):
    files = [LOGS / name for name in ("02-keras-history-index.csv", "01-wandb-epoch-axis.csv")]
    assert main(["import", *map(str, files), "--name", "mine"]) == 0
    found = [curve.name for curve in store.foreign()]
    assert len(found) == len(set(found)) >= 2


def test_exported_runs_are_brought_back(store, tmp_path, capsys):
    runs = train([Experiment(dataset="iris", epochs=1)])
    file = tmp_path / f"runs{archive.ENDING}"
    file.write_bytes(archive.to_archive(runs))
    assert main(["import", str(file)]) == 0
    assert "1 run imported." in capsys.readouterr().err
    [run] = store.load([runs[0].id])
    np.testing.assert_array_equal(run.weights, runs[0].weights)


def test_one_refused_file_keeps_all_out_and_is_named(folder, store, capsys):
    (folder / "broken.csv").write_text("a,b\n1,2\n3\n", encoding="utf-8")
    assert main(["import", str(folder)]) == 2
    assert "broken.csv: row 3 has 1 cells instead of 2" in capsys.readouterr().err
    assert not store.foreign()
    assert not UploadStore(store).list()


def test_as_many_files_as_are_allowed_and_not_one_more(folder, store, capsys, monkeypatch):
    monkeypatch.setattr("lossopt_core.cli.files.MAX_FILES", 2)
    assert main(["import", str(folder)]) == 0
    (folder / "more.csv").write_text(CURVES, encoding="utf-8")
    capsys.readouterr()
    assert main(["import", str(folder)]) == 2
    assert "at most 2 files can be imported at once, got 3" in capsys.readouterr().err
    assert MAX_FILES == 200
