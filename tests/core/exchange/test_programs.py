"""What is written for TensorBoard and MLflow is read back by their own readers."""

import socket
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lossopt_core import train
from lossopt_core.exchange import mlflow, mlflow_log, programs, tensorboard
from lossopt_core.experiment.settings import flat_settings
from lossopt_core.store.annotations import Note
from lossopt_core.training.run import Run
from tests.experiments import TINY
from tests.programs import ROOT, run_python

if TYPE_CHECKING:
    from mlflow import MlflowClient

tensorboard_here = pytest.mark.skipif(bool(tensorboard.why_not()), reason=tensorboard.why_not())
mlflow_here = pytest.mark.skipif(bool(mlflow.why_not()), reason=mlflow.why_not())


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """One of them diverges: its last numbers are huge or infinite."""
    return train([TINY, TINY.replace(loss="squared_hinge", learning_rate=100.0)])


@pytest.fixture(scope="module")
def notes(runs: list[Run]) -> dict[str, Note]:
    """Name, tags and note for the first run; none for the second."""
    return {runs[0].id: Note("../../<best>", ("for the paper", "β"), "look\nat *me*")}


def measured(run: Run) -> set[str]:
    return {*run.history.dropna(axis="columns", how="all").columns} - {"update"}


# TensorBoard


@pytest.fixture(scope="module")
def logs(runs, notes, tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("logs")
    tensorboard.write_events(runs, directory, notes)
    return directory


@tensorboard_here
def test_folders_are_named_after_the_runs(runs, logs):
    assert {each.name for each in logs.iterdir()} == {
        f"_..__best_ {runs[0].id}",
        f"squared_hinge sgd learning_rate=100 margin=1 {runs[1].id}",
    }


@tensorboard_here
def test_tensorboard_shows_every_evaluation_the_settings_and_what_is_said(runs, notes, logs):
    """By the data provider that TensorBoard's own dashboards ask."""
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.hparams.metadata import (
        SESSION_START_INFO_TAG,
        parse_session_start_info_plugin_data,
    )

    events = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"scalars": 0})
    events.AddRunsFromDirectory(str(logs)).Reload()
    provider = data_provider.MultiplexerDataProvider(events, str(logs))
    ask = {"ctx": RequestContext(), "experiment_id": "", "downsample": 10_000}
    scalars = provider.read_scalars(plugin_name="scalars", **ask)
    texts = provider.read_tensors(plugin_name="text", **ask)
    assert len(scalars) == len(runs)
    for folder, found in scalars.items():
        [run] = [each for each in runs if folder.endswith(each.id)]
        assert {*found} == measured(run)
        for name, points in found.items():
            history = run.history[["update", name]].dropna()
            assert [each.step for each in points] == list(history["update"])
            np.testing.assert_array_equal(
                [each.value for each in points], history[name].astype(np.float32)
            )
        content = events.SummaryMetadata(folder, SESSION_START_INFO_TAG).plugin_data.content
        told = parse_session_start_info_plugin_data(content)
        assert told.group_name == run.id
        assert told.hparams["loss"].string_value == run.experiment.loss
        assert told.hparams["learning_rate"].number_value == run.experiment.learning_rate
        said = {tag: points[0].numpy.item().decode() for tag, points in texts[folder].items()}
        note = notes.get(run.id)
        assert said == {"status": run.status} | (
            {"name": note.name, "tags": "for the paper, β", "note": note.note}
            if note
            else {"name": "squared_hinge sgd learning_rate=100 margin=1"}
        )


@tensorboard_here
def test_a_run_that_tensorboard_has_already_is_replaced(runs, notes, tmp_path):
    for told in (None, notes):
        tensorboard.write_events(runs, tmp_path, told)
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == len(runs)


@tensorboard_here
def test_the_zip_for_tensorboard_has_a_file_a_run_and_names_no_machine(runs, notes):
    with zipfile.ZipFile(BytesIO(tensorboard.tensorboard_zip(runs, notes))) as file:
        assert len(file.namelist()) == len(runs)
        assert all(any(run.id in name for name in file.namelist()) for run in runs)
        everything = " ".join([*file.namelist(), *(str(file.read(n)) for n in file.namelist())])
    assert socket.gethostname() not in everything


# MLflow


def client_of(address: str) -> "MlflowClient":
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=address)


@pytest.fixture(scope="module")
def database(runs, notes, tmp_path_factory) -> tuple[str, list[int]]:
    """An address, and how many runs were new each time that some were written there."""
    address = f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"
    half = replace(runs[0], status="stopped", history=runs[0].history.iloc[:2])
    written = ([half], [half], runs, runs)
    return address, [mlflow.write_mlflow(each, address, "mine", notes) for each in written]


@mlflow_here
def test_mlflow_has_each_run_once_and_a_stopped_one_again_once_it_is_finished(database):
    assert database[1] == [1, 0, 2, 0]


@mlflow_here
def test_mlflow_shows_every_evaluation_the_settings_and_what_is_said(runs, notes, database):
    client = client_of(database[0])
    experiment = client.get_experiment_by_name("mine").experiment_id
    there = client.search_runs([experiment], "attributes.status = 'FINISHED'")
    assert {each.data.tags["lossopt.id"] for each in there} == {run.id for run in runs}
    for each in there:
        [run] = [run for run in runs if run.id == each.data.tags["lossopt.id"]]
        assert each.data.tags["lossopt.status"] == run.status
        settings = flat_settings(run.experiment)
        assert each.data.params == {name: str(value) for name, value in settings.items()}
        assert {*each.data.metrics} == measured(run)
        for name in measured(run):
            points = client.get_metric_history(each.info.run_id, name)
            history = run.history[["update", name]].dropna()
            assert [point.step for point in points] == list(history["update"])
            largest = np.finfo(np.float64).max  # a database has no infinity
            kept = history[name].clip(-largest, largest)
            assert [point.value for point in points] == list(kept)
        note = notes.get(run.id)
        said = [each.data.tags.get(tag) for tag in ("lossopt.tags", "mlflow.note.content")]
        assert said == ([", ".join(note.tags), note.note] if note else [None, None])
        assert each.info.run_name == (
            note.name if note else "squared_hinge sgd learning_rate=100 margin=1"
        )


@mlflow_here
def test_a_stopped_run_is_killed_and_has_what_was_measured(database):
    client = client_of(database[0])
    experiment = client.get_experiment_by_name("mine").experiment_id
    [killed] = client.search_runs([experiment], "attributes.status = 'KILLED'")
    assert killed.data.tags["lossopt.status"] == "stopped"
    assert len(client.get_metric_history(killed.info.run_id, "objective")) == 2


@mlflow_here
@pytest.mark.parametrize("batch", [1, 3, 5_000])
def test_what_is_logged_does_not_depend_on_the_batches(runs, monkeypatch, batch):
    """Names and numbers of a batch; the id comes with the last one."""
    calls = []

    class Client:
        def create_run(self, *_, **__):
            return type("Created", (), {"info": type("Info", (), {"run_id": "1"})})

        def log_batch(self, _, metrics=(), params=(), tags=()):
            calls.append((list(metrics), list(params), list(tags)))

        def set_terminated(self, *_):
            calls.append("end")

    monkeypatch.setattr(mlflow_log, "BATCH", batch)
    [record, _] = programs.records(runs)
    mlflow_log._log(Client(), "1", vars(record))
    *batches, end = calls
    assert end == "end"
    logged = [(each.key, each.step, each.value) for metrics, *_ in batches for each in metrics]
    assert logged == [
        (name, *point)
        for name, (updates, values) in record.metrics.items()
        for point in zip(updates, values, strict=True)
    ]
    assert all(len(metrics) <= batch for metrics, *_ in batches)
    assert [bool(tags) for *_, tags in batches] == [False] * (len(batches) - 1) + [True]


@mlflow_here
@pytest.mark.slow  # two programs import MLflow
def test_mlflow_tells_nobody_that_it_was_used(tmp_path):
    """In an environment of its own: MLflow is silent in CI anyway."""
    code = f"""
import os, socket
kept = {{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}}
os.environ.clear()
os.environ.update(kept, HOME={str(tmp_path)!r})
asked = []
socket.getaddrinfo = lambda *address, **_: asked.append(address[:2]) or []
from lossopt_core import train
from lossopt_core.exchange.mlflow import write_mlflow
from tests.experiments import TINY
print(write_mlflow(train([TINY]), "sqlite:///{tmp_path}/mlflow.db"))
from mlflow.telemetry import get_telemetry_client
print(get_telemetry_client(), asked)
"""
    assert run_python("-c", code).split() == ["1", "None", "[]"]


@mlflow_here
@pytest.mark.parametrize("address", ["nonsense://x", "sqlite:///{}/no.db", "{}/mlruns"])
def test_where_mlflow_cannot_write_is_said_in_one_line(runs, tmp_path, address, monkeypatch):
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    (tmp_path / "no.db").write_text("not a database\n" * 100)
    with pytest.raises(ValueError, match="MLflow cannot write to this URI"):
        mlflow.write_mlflow(runs, address.format(tmp_path))


def unpacked(content: bytes, place: Path) -> Path:
    with zipfile.ZipFile(BytesIO(content)) as file:
        file.extractall(place)
    return place


@mlflow_here
@pytest.mark.slow  # test_downloads opens the zip that the page gives
def test_the_zip_for_mlflow_is_a_database_that_names_nothing_of_this_machine(
    runs, notes, tmp_path, monkeypatch
):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    place = unpacked(mlflow.mlflow_zip(runs, notes), tmp_path / "unpacked")
    assert {each.name for each in place.iterdir()} == {"README.txt", "mlflow.db"}
    assert not [*(tmp_path / "tmp").iterdir()], "nothing is left behind"
    assert "mlflow ui --backend-store-uri sqlite:///mlflow.db" in (place / "README.txt").read_text()
    content = (place / "mlflow.db").read_bytes().decode("latin-1")
    assert str(ROOT) not in content
    assert socket.gethostname() not in content
    with closing(sqlite3.connect(place / "mlflow.db")) as database:
        artifacts = database.execute(
            "SELECT artifact_location FROM experiments WHERE name = ?", ["lossopt"]
        )
        assert artifacts.fetchall() == [("mlflow-artifacts:/lossopt",)]
    client = client_of(f"sqlite:///{place / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("lossopt").experiment_id
    there = {each.data.tags["lossopt.id"]: each for each in client.search_runs([experiment])}
    assert there.keys() == {run.id for run in runs}
    assert there[runs[0].id].info.run_name == "../../<best>"
    assert there[runs[0].id].data.tags["mlflow.note.content"] == "look\nat *me*"
    for run in runs:
        points = client.get_metric_history(there[run.id].info.run_id, "objective")
        assert len(points) == run.history["objective"].notna().sum()


@mlflow_here
def test_a_zip_that_cannot_be_made_says_why(runs, monkeypatch):
    monkeypatch.setattr(mlflow, "TRACKING_URI", "nonsense://x")
    with pytest.raises(ValueError, match="MLflow cannot write to this URI"):
        mlflow.mlflow_zip(runs)


# Both


def test_runs_are_called_by_what_tells_them_apart(runs):
    assert programs.default_names(runs) == [
        "cross_entropy sgd learning_rate=0.1",
        "squared_hinge sgd learning_rate=100 margin=1",
    ]


WRITERS: dict[str, Callable[[list[Run]], object]] = {
    "tensorboard": lambda runs: tensorboard.write_events(runs, "logs"),
    "mlflow and alembic": mlflow.write_mlflow,
    "mlflow": mlflow.mlflow_zip,
}


@pytest.mark.parametrize("absent", WRITERS)
def test_without_the_package_it_is_said_what_to_install(runs, tmp_path, monkeypatch, absent):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(programs, "find_spec", lambda package: package not in absent or None)
    told = rf"^{absent} (is|are) not installed here: pip install \"lossopt\[export\]\"$"
    with pytest.raises(RuntimeError, match=told):
        WRITERS[absent](runs)
    assert not [*tmp_path.iterdir()]
