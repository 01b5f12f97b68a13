"""Import on the Compare page: curves of other programs and exported runs."""

import json

import pytest
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from lossopt_core import Run, RunStore, train
from lossopt_core.analysis.tables import tidy, to_csv
from lossopt_core.exchange import programs
from lossopt_core.exchange.archive import to_archive
from lossopt_ui.runs.costs import in_words
from lossopt_ui.state.names import WORD_JOINER
from tests.experiments import TINY
from tests.helpers import figures, open_page, settle, trace, words

CSV = "epoch,train_loss,who\n0,1.5,torch\n1,0.5,torch\n2,0.25,jax\n"


@pytest.fixture
def kept(store: RunStore) -> Run:
    [run] = train([TINY])
    store.save([run])
    return run


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    return upload_all(app, {name: content})


def upload_all(app: AppTest, files: dict[str, bytes]) -> AppTest:
    chosen = [(name, content, "text/csv") for name, content in files.items()]
    return app.file_uploader[0].set_value(chosen).run()


def tell_apart(app: AppTest, *columns: str) -> AppTest:
    [box] = [each for each in app.multiselect if each.label == "Run columns"]
    return box.set_value([*columns]).run()


def select(app: AppTest, label: str) -> Selectbox:
    """The select box whose label begins like this."""
    [box] = [each for each in app.selectbox if each.label.startswith(label)]
    return box


def bring_in(app: AppTest) -> AppTest:
    return app.button(key="bring-in").click().run()


def test_curves_of_another_program_are_drawn_next_to_our_run(kept: Run, store: RunStore) -> None:
    app = open_page("compare", {"runs": kept.id, "x": "epoch"})
    bring_in(tell_apart(upload(app, "log.csv", CSV.encode()), "who"))
    assert not app.exception
    assert "Imported 2 curves." in [each.value for each in app.toast]
    [torch, jax] = store.foreign()
    assert dict(app.query_params)["runs"] == f"{torch.id},{jax.id},{kept.id}"
    drawn = [line for chart in figures(app).values() for line in chart["data"]]
    by_name = {line.get("name"): line for line in drawn}
    assert by_name["torch"]["y"] == [1.5, 0.5]
    assert any(
        list(line.get("y") or []) == pytest.approx(kept.history["objective"].tolist())
        for line in drawn
    )
    app.multiselect(key="bring-in-removed").set_value([torch.id]).run()
    app.button(key="bring-in-remove").click().run()
    assert [run.name for run in store.foreign()] == ["jax"]
    assert not app.exception


def test_an_empty_store_accepts_an_import(store: RunStore) -> None:
    app = open_page("compare")
    bring_in(upload(app, "only.csv", b"step,val_acc\n0,0.5\n9,0.75\n"))
    app.selectbox(key="y").set_value("test_accuracy").run()
    app.selectbox(key="x").set_value("update").run()
    assert not app.exception
    [chart] = figures(app).values()
    assert trace(chart, "only.csv")["x"] == [0, 9]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"epoch,loss\n0,1\n1,abc\n2,1\n3,1\n", r"Row 3, column loss: 'abc' is not"),
        ("x.csv", b"epoch,loss\n0,1\n1\n", r"Row 3 has 1 cells instead of 2"),
        ("x.json", b"*[bold](http://evil)*", r"The file is not JSON"),
        ("x.lossopt.zip", b"PK", r"The file is not an archive of runs, or it is corrupted\."),
    ],
)
def test_an_invalid_file_is_refused_with_row_and_column(
    store: RunStore, name: str, content: bytes, said: str
) -> None:
    app = upload(open_page("compare"), name, content)
    if any(button.key == "bring-in" for button in app.button):
        bring_in(app)
    assert not app.exception
    [error] = app.error
    assert said.replace("\\", "") in error.value.replace("\\", "")
    assert store.foreign() == []
    app.file_uploader[0].set_value(None).run()
    assert not app.error


def test_names_from_a_file_are_shown_as_text(store: RunStore) -> None:
    app = upload(open_page("compare"), "<b>.csv", b'step,"**[a](http://evil)** loss"\n0,1\n1,2\n')
    labels = [each.label for each in app.selectbox]
    assert rf"\*\*\[a\]\(http\:{WORD_JOINER}//evil\)\*\* loss" in labels
    bring_in(app)
    assert not app.exception
    assert [run.name for run in store.foreign()] == ["<b>.csv"]
    assert not [each for each in app.markdown if "<b>" in each.value or "[a]" in each.value]


def test_exported_runs_can_be_imported_again(store: RunStore) -> None:
    runs = train([TINY, TINY.replace(loss="hinge")])
    app = bring_in(upload(open_page("compare"), "mine.lossopt.zip", to_archive(runs)))
    assert not app.exception
    assert set(store.list()["id"]) == {run.id for run in runs}
    assert dict(app.query_params)["runs"] == ",".join(run.id for run in runs)


def downloads(app: AppTest) -> dict[str, tuple[bool, str]]:
    """Whether each download is disabled, and its tooltip."""
    return {
        each.proto.id.rpartition("-download")[2].lstrip("-"): (
            each.proto.disabled,
            each.proto.help,
        )
        for each in app.get("download_button")
    }


def test_export_formats_need_their_packages(kept: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda package: package != "alembic" or None)
    app = open_page("compare", {"runs": kept.id})
    app.session_state["take-along"] = True
    found = downloads(app.run())
    assert found["whole"] == (False, "")
    assert "mlflow" not in found, "its database needs alembic"
    assert found["tensorboard"] == (False, "")
    told = 'Files for MLflow need an extra: `pip install "lossopt[export]"`'
    assert told in [each.value for each in app.caption]


def test_a_curve_without_values_for_an_axis_is_reported(kept: Run) -> None:
    app = open_page("compare", {"runs": kept.id, "x": "gradient_evaluations"})
    bring_in(upload(app, "log.csv", b"epoch,loss\n0,1\n1,2\n"))
    assert not app.exception
    assert "Left out because they have no values for these axes: log.csv" in words(app)


def test_our_own_tables_are_retrained_and_compared(kept: Run, store: RunStore) -> None:
    content = to_csv(tidy([kept])).encode()
    store.delete([kept.id])
    app = upload(open_page("compare"), "runs.csv", content)
    assert any("curves of 1 run exported from lossopt" in each.value for each in app.info)
    app = settle(app.button(key="train-brought").click().run())
    assert not app.exception
    assert "reproduced: largest relative difference" in app.success[0].value
    assert store.load([kept.id])[0].weights.tolist() == kept.weights.tolist()


def test_a_stopped_run_is_not_retrained_to_a_different_end(kept: Run, store: RunStore) -> None:
    content = to_csv(tidy([kept]).assign(status="stopped")).encode()
    app = upload(open_page("compare"), "runs.csv", content)
    app.button(key="train-brought").click().run()
    assert "Stopped runs cannot be shared" in app.error[0].value


def test_the_cost_of_a_curve_without_the_target_metric_is_unknown(
    kept: Run, store: RunStore
) -> None:
    two = b"epoch,train_loss,val_acc,who\n0,1.5,,bare\n1,0.5,,bare\n0,1,0.1,poor\n1,0.5,0.2,poor\n"
    app = open_page("compare", {"runs": kept.id, "x": "epoch", "target": "0.99"})
    bring_in(tell_apart(upload(app, "log.csv", two), "who"))
    query = dict(app.query_params) | {
        "part": "cost",
        "target": "0.99",
        "target_of": "test_accuracy",
    }
    app = open_page("compare", query)
    assert not app.exception
    drawn = figures(app)["cost"]
    said = {each["y"]: each["text"].strip() for each in drawn["layout"]["annotations"]}
    assert said["bare"] == "unknown"
    assert said["poor"] == "not reached"
    assert "bare unknown" in drawn["alt"]
    table = in_words(app.dataframe[-1].value)
    assert table.loc["bare", "Median"] == "unknown"
    assert table.loc["poor", "Median"] == "not reached"
    assert table.loc["poor", "Runs"] == "1"


def test_the_preview_says_what_each_column_is_and_where_a_run_diverged(store: RunStore) -> None:
    text = b"epoch,loss,best_val_loss,lr\n1,0.5,0.5,1e-3\n2,nan,0.5,1e-3\n3,nan,0.5,1e-3\n"
    app = upload(open_page("compare"), "log.csv", text)
    runs, columns = (each.value for each in app.dataframe[:2])
    assert runs["points"].tolist() == [3]
    assert runs["metrics"][0].startswith("diverged; training loss 0.5")
    assert columns["used as"].tolist() == ["step", "training loss", "metric", "metric"]
    assert "diverged at epoch 2" in words(app)
    bring_in(app)
    [curve] = store.foreign()
    assert curve.diverged_at == 2
    assert not app.exception
    app = open_page("compare", {"runs": curve.id, "x": "epoch"})
    assert not app.exception
    assert "log.csv (diverged)" in json.dumps(figures(app))


def test_the_scale_of_accuracies_can_be_chosen(store: RunStore) -> None:
    app = upload(open_page("compare"), "log.csv", b"epoch,acc (%)\n1,0.5\n2,0.9\n")
    assert "although its name says per cent" in words(app)
    app = select(app, "Values of acc").set_value((False, "percent")).run()
    assert "per cent, as chosen" in words(app)
    app = select(app, "Values of acc").set_value((True, "share")).run()
    assert "1 − error" in words(app)
    bring_in(app)
    [curve] = store.foreign()
    assert_allclose(curve.history["train_accuracy"], [0.5, 0.1])


def test_a_guess_that_was_changed_is_not_said_any_more(store: RunStore) -> None:
    app = upload(open_page("compare"), "log.csv", b"accuracy,other\n0.5,3\n0.9,4\n")
    assert "the number of the row counts" in words(app)
    assert "measured on training or validation data?" in app.warning[0].value
    app = select(app, "Step column").set_value("other").run()
    assert "the number of the row counts" not in words(app)
    app = select(app, "accuracy").set_value("test_accuracy").run()
    assert not app.warning


def test_a_column_may_be_a_run(store: RunStore) -> None:
    app = upload(open_page("compare"), "log.csv", b"epoch,adam,sgd\n1,0.5,0.4\n2,0.9,0.5\n")
    assert "a run of its own?" in app.warning[0].value
    app = select(app, "Each column of numbers is").set_value("runs").run()
    app = select(app, "value").set_value("test_accuracy").run()
    assert app.dataframe[0].value["run"].tolist() == ["adam", "sgd"]
    bring_in(app)
    assert {run.name: [*run.history["test_accuracy"]] for run in store.foreign()} == {
        "adam": [0.5, 0.9],
        "sgd": [0.4, 0.5],
    }


def test_a_choice_that_does_not_fit_can_be_taken_back(store: RunStore) -> None:
    app = upload(open_page("compare"), "log.csv", b"epoch,acc\n1,0.5\n2,70\n")
    app = select(app, "Values of acc").set_value((False, "share")).run()
    assert "accuracies must be 0 to 1, as chosen, got 70" in app.error[0].value
    select(app, "Each column of numbers is")
    app = select(app, "Values of acc").set_value((False, "percent")).run()
    assert not app.error
    app = upload(open_page("compare"), "log.csv", b"epoch,who\n1,a\n2,b\n")
    app = select(app, "Each column of numbers is").set_value("runs").run()
    assert "read columns as metrics" in app.error[0].value
    app = select(app, "Each column of numbers is").set_value(None).run()
    assert "metric column" in app.error[0].value


def test_a_restart_may_be_two_runs(store: RunStore) -> None:
    app = upload(open_page("compare"), "log.csv", b"step,loss\n0,4\n1,3\n2,2\n1,2.5\n2,1\n")
    assert "Training was restarted" in app.warning[0].value
    bring_in(select(app, "Where steps go back").set_value("runs").run())
    assert [len(run.history) for run in store.foreign()] == [3, 2]


def test_several_files_are_one_import(store: RunStore) -> None:
    files = {"a.csv": b"step,loss\n0,2\n1,1\n", "b.jsonl": b'{"step": 1, "loss": 3}\n'}
    app = upload_all(open_page("compare"), files)
    assert not app.exception
    bring_in(app)
    assert sorted(run.name for run in store.foreign()) == ["a.csv", "b.jsonl"]
    app = upload_all(open_page("compare"), files | {"c.csv": b"step,loss\n0,1,2\n"})
    assert not [each for each in app.button if each.key == "bring-in"], "all or nothing"
    assert "Row 2 has 3 cells" in app.error[0].value


def in_folder(app: AppTest, files: dict[str, bytes]) -> AppTest:
    app.toggle(key="bring-in-folder").set_value(True).run()
    return upload_all(app, files)


FOLDER = {
    "logs/a/metrics.csv": b"step,loss\n0,2\n1,1\n",
    "logs/b/metrics.csv": b"step,loss\n0,4\n10,3\n20,nan\n",
    "logs/run-c-tag-loss.csv": b"Wall time,Step,Value\n1,0,3\n2,5,2\n",
    "logs/run-c-tag-accuracy.csv": b"Wall time,Step,Value\n1,0,0.5\n2,5,0.75\n",
    "logs/readme.txt": b"about\nthese\nruns\n",
    "logs/weights.bin": b"\x80\x04\x95",
    "logs/.DS_Store": b"\0\0\0\1",
    "logs/__MACOSX/metrics.csv": b"\0\0\0\1",
}


def test_a_folder_is_one_import_with_one_preview(store: RunStore) -> None:
    app = in_folder(open_page("compare"), FOLDER)
    assert not app.exception
    tables = [each.value for each in app.dataframe]
    [preview] = [each for each in tables if "curve" in each]
    assert dict(zip(preview["curve"], preview["points"], strict=True)) == {
        "a/metrics.csv": 2, "b/metrics.csv": 3, "c": 2,
    }  # fmt: skip
    assert list(preview["steps"]) == ["0 to 1", "0 to 20", "0 to 5"]
    assert [each.startswith("diverged") for each in preview["metrics"]] == [False, True, False]
    [left_out] = [each for each in tables if "reason" in each]
    assert sorted(left_out["file"]) == ["readme.txt", "weights.bin"]
    assert all(left_out["reason"])
    bring_in(app)
    assert not app.exception
    assert [curve.name for curve in store.foreign()] == list(preview["curve"])
    [merged] = [curve for curve in store.foreign() if curve.name == "c"]
    assert sorted(merged.history) == ["objective", "train_accuracy", "update"]


def test_a_folder_without_curves_says_what_is_in_the_way(store: RunStore) -> None:
    app = in_folder(open_page("compare"), {"x/readme.txt": b"about\nthese\nruns\n"})
    assert not app.exception
    assert not [each for each in app.button if each.key == "bring-in"]
    assert "Left out 1 file without curves" in [each.label for each in app.expander]


def test_as_many_files_as_are_allowed_are_one_import_and_not_one_more(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lossopt_ui.runs.folders.MAX_FILES", 2)
    files = {f"logs/{k}.csv": b"step,loss\n0,2\n1,1\n" for k in range(3)}
    app = in_folder(open_page("compare"), dict([*files.items()][:2]))
    assert [each for each in app.button if each.key == "bring-in"]
    for app in (in_folder(open_page("compare"), files), upload_all(open_page("compare"), files)):
        assert "At most 2 files can be imported at once, got 3" in words(app)
        assert not [each for each in app.button if each.key == "bring-in"]
