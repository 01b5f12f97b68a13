"""What is written for TensorBoard and MLflow is read back by their own readers."""

import zipfile
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from lossopt_core import train
from lossopt_core.exchange import mlflow, programs, tensorboard
from lossopt_core.experiment.description import flat_settings
from lossopt_core.store.annotations import Note
from tests.experiments import TINY
from tests.programs import run_python

tensorboard_here = pytest.mark.skipif(bool(tensorboard.why_not()), reason=tensorboard.why_not())
mlflow_here = pytest.mark.skipif(bool(mlflow.why_not()), reason=mlflow.why_not())


@pytest.fixture(scope="module")
def runs():
    """One of them diverges: its last numbers are huge or infinite."""
    return train([TINY, TINY.replace(loss="squared_hinge", learning_rate=100.0)])


@tensorboard_here
def test_tensorboard_reads_every_evaluation_and_the_settings(runs, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.metadata import (
        SESSION_START_INFO_TAG,
        parse_session_start_info_plugin_data,
    )

    tensorboard.write_events(runs, tmp_path, names=["../../<b>", "second"])
    assert {each.name for each in tmp_path.iterdir()} == {
        f"_.._<b> {runs[0].id}".replace("<", "_").replace(">", "_"),
        f"second {runs[1].id}",
    }
    for folder in tmp_path.iterdir():
        [run] = [each for each in runs if folder.name.endswith(each.id)]
        events = EventAccumulator(str(folder)).Reload()
        for name in events.Tags()["scalars"]:
            history = run.history[["update", name]].dropna()
            scalars = events.Scalars(name)
            assert [each.step for each in scalars] == list(history["update"])
            np.testing.assert_array_equal(
                [each.value for each in scalars], history[name].astype(np.float32)
            )
        measured = run.history.dropna(axis="columns", how="all")
        assert {*events.Tags()["scalars"]} == {*measured} - {"update"}
        content = events.SummaryMetadata(SESSION_START_INFO_TAG).plugin_data.content
        told = parse_session_start_info_plugin_data(content).hparams
        assert told["loss"].string_value == run.experiment.loss
        assert told["learning_rate"].number_value == run.experiment.learning_rate


@mlflow_here
def test_mlflow_reads_every_evaluation_and_the_settings_and_has_a_run_once(runs, tmp_path):
    address = (tmp_path / "mlruns").as_uri()
    assert mlflow.write_mlflow(runs[:1], address, "mine") == 1
    assert mlflow.write_mlflow(runs, address, "mine") == 1
    assert mlflow.write_mlflow(runs, address, "mine") == 0
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=address)
    there = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
    assert {each.data.tags["lossopt.id"] for each in there} == {run.id for run in runs}
    for each in there:
        [run] = [run for run in runs if run.id == each.data.tags["lossopt.id"]]
        assert each.info.status == "FINISHED"  # a run that diverged is a result
        assert each.data.tags["lossopt.status"] == run.status
        settings = flat_settings(run.experiment)
        assert each.data.params == {name: str(value) for name, value in settings.items()}
        for name in run.history.dropna(axis="columns", how="all").columns.drop("update"):
            metrics = client.get_metric_history(each.info.run_id, name)
            history = run.history[["update", name]].dropna()
            assert [metric.step for metric in metrics] == list(history["update"])
            assert [metric.value for metric in metrics] == list(history[name])


@mlflow_here
def test_a_database_has_what_is_said_and_a_stopped_run_again_once_it_is_finished(runs, tmp_path):
    pytest.importorskip("alembic", reason="MLflow makes its databases with it")
    from mlflow import MlflowClient

    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    whole = runs[0]
    half = replace(whole, status="stopped", history=whole.history.iloc[:2])
    notes = {whole.id: Note("=mine", ("a", "b"), "two\nlines")}
    assert [mlflow.write_mlflow([run], address, notes=notes) for run in (half, half, whole)] == [
        *(1, 0, 1)
    ]
    client = MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("lossopt").experiment_id
    there = {run.info.status: run for run in client.search_runs([experiment])}
    assert {*there} == {"KILLED", "FINISHED"}
    for run in there.values():
        assert run.info.run_name == "=mine"
        assert run.data.tags["lossopt.tags"] == "a, b"
        assert run.data.tags["mlflow.note.content"] == "two\nlines"
    finished = client.get_metric_history(there["FINISHED"].info.run_id, "objective")
    assert [each.value for each in finished] == list(whole.history["objective"])
    assert len(client.get_metric_history(there["KILLED"].info.run_id, "objective")) == 2


@mlflow_here
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
print(write_mlflow(train([TINY]), {(tmp_path / "mlruns").as_uri()!r}))
from mlflow.telemetry import get_telemetry_client
print(get_telemetry_client(), asked)
"""
    assert run_python("-c", code).split() == ["1", "None", "[]"]


@mlflow_here
@pytest.mark.parametrize("address", ["nonsense://x", "sqlite:///{}/no.db"])
def test_where_mlflow_cannot_write_is_said_in_one_line(runs, tmp_path, address):
    pytest.importorskip("alembic", reason="MLflow makes its databases with it")
    (tmp_path / "no.db").write_text("not a database\n" * 100)
    with pytest.raises(ValueError, match="MLflow cannot write there"):
        mlflow.write_mlflow(runs, address.format(tmp_path))


@mlflow_here
def test_the_zip_for_mlflow_names_no_folder_of_this_machine(runs, tmp_path):
    with zipfile.ZipFile(BytesIO(mlflow.mlflow_zip(runs))) as file:
        texts = [file.read(name).decode() for name in file.namelist()]
        assert "README.txt" in file.namelist()
    assert not [text for text in texts if "file://" in text]


@mlflow_here
@tensorboard_here
def test_zips_have_what_was_said_of_a_run(runs):
    notes = {runs[0].id: Note("my best", ("for the paper",), "look at me")}
    with zipfile.ZipFile(BytesIO(mlflow.mlflow_zip(runs, notes))) as file:
        texts = " ".join(file.read(name).decode() for name in file.namelist())
    assert all(word in texts for word in ("my best", "for the paper", "look at me"))
    with zipfile.ZipFile(BytesIO(tensorboard.tensorboard_zip(runs, notes))) as file:
        assert [name for name in file.namelist() if name.startswith("my best")]


@tensorboard_here
def test_a_run_that_tensorboard_has_already_is_written_in_its_place(runs, tmp_path):
    for names in (None, ["renamed", ""]):
        tensorboard.write_events(runs, tmp_path, names)
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == len(runs)


def test_runs_are_called_by_what_tells_them_apart(runs):
    assert programs.default_names(runs) == [
        "cross_entropy sgd learning_rate=0.1",
        "squared_hinge sgd learning_rate=100 margin=1",
    ]


@tensorboard_here
def test_the_zip_for_tensorboard_has_a_file_a_run(runs):
    with zipfile.ZipFile(BytesIO(tensorboard.tensorboard_zip(runs))) as file:
        assert len(file.namelist()) == len(runs)


def test_without_the_package_it_is_said_what_to_install(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "find_spec", lambda package: None)
    with pytest.raises(RuntimeError, match="pip install tensorboard"):
        tensorboard.write_events(runs, tmp_path)
    with pytest.raises(RuntimeError, match="pip install mlflow-skinny"):
        mlflow.write_mlflow(runs, tmp_path.as_uri())
