"""The Train page."""

import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import (
    Experiment,
    RunStore,
    load_data,
    train,
)
from lossopt_core.inspect.diagnostics import examples_by_loss
from tests.helpers import figures, go, open_one, open_page, settle, trace, words
from tests.helpers import train as press_train
from tests.programs import wait_until


def test_nobody_opens_an_empty_page(store: RunStore) -> None:
    app = settle(open_page("train"))
    assert not app.exception
    assert {"objective-cross_entropy", "accuracy", "sensitivity"} <= set(figures(app))
    assert len(store.list()) == 10, "ten seeds, without a click"


def test_without_live_a_button_asks_for_the_training(store: RunStore) -> None:
    app = open_one("train")
    assert app.button(key="train").label.startswith("Train (about ")
    assert list(figures(app)) == ["preview-digits"], "a look at the data"
    assert store.list().empty


def test_training_shows_the_run_of_the_core(store: RunStore) -> None:
    app = press_train(open_one("train", {"epochs": "3"}))
    [run] = train([Experiment(epochs=3)])
    assert not app.exception
    assert f"Test accuracy {100 * run.final['test_accuracy']:.4g} %" in words(app)
    assert f"objective {run.final['objective']:.4g} nats" in words(app)
    objective = trace(figures(app)["objective-cross_entropy"], "Cross-entropy")
    assert objective["y"] == pytest.approx(run.history["objective"].tolist(), rel=1e-9)
    assert objective["x"] == pytest.approx(run.history["epoch"].tolist())
    assert objective["y"][0] == pytest.approx(math.log(10))
    assert list(store.list()["id"]) == [run.id]


def test_the_objective_is_drawn_with_its_terms(store: RunStore) -> None:
    chart = figures(press_train(open_one("train", {"epochs": "2", "below": "terms"})))["terms-0"]
    parts = [trace(chart, name)["y"] for name in ("data loss", "penalty", "objective")]
    for data_loss, penalty, objective in zip(*parts, strict=True):
        assert data_loss + penalty == pytest.approx(objective)
    assert chart["layout"]["xaxis"]["title"]["text"] == "Epochs"
    assert "nats" in chart["layout"]["yaxis"]["title"]["text"]
    assert "Objective" in chart["alt"]


def test_the_terms_of_the_objective_and_the_weight_norm_are_shown(
    store: RunStore,
) -> None:
    app = press_train(open_one("train", {"epochs": "2", "strength": "0.1", "below": "terms"}))
    [run] = store.load(store.list()["id"])
    for name in ("data_loss", "penalty", "weight_norm"):
        label = name.replace("_", " ")
        assert f"{label} {run.final[name]:.4g}" in words(app).lower()


@pytest.mark.parametrize(
    ("loss", "theory"), [("hinge", "9"), ("squared_hinge", "9"), ("cross_entropy", "2.303")]
)
def test_the_initial_loss_agrees_with_theory(store: RunStore, loss: str, theory: str) -> None:
    query = {"loss": loss, "epochs": "1", "learning_rate": "0.01", "below": "terms"}
    app = press_train(open_one("train", query))
    [level] = figures(app)[f"objective-{loss}"]["layout"]["annotations"]
    assert level["text"] == f"zero weights: {theory}"
    assert trace(figures(app)["terms-0"], "data loss")["y"][0] == pytest.approx(
        float(theory), rel=1e-3
    )
    assert f"= {theory}$" in words(app)


def test_digits_have_templates_confusion_and_worst_examples(store: RunStore) -> None:
    app = press_train(open_one("train", {"epochs": "2", "below": "weights"}))
    [portrait] = figures(app)["portrait-0"]["data"]
    assert portrait["zmin"] == -portrait["zmax"]
    captions = [each["text"] for each in figures(app)["portrait-0"]["layout"]["annotations"]]
    assert captions == list("0123456789")
    app.radio(key="below").set_value("mistakes").run()
    [confusion] = figures(app)["confusion-0"]["data"]
    assert sum(map(sum, confusion["customdata"])) == 450
    assert len(figures(app)["worst-0"]["layout"]["annotations"]) == 10


def test_two_features_have_decision_regions_and_a_table_of_worst_examples(store: RunStore) -> None:
    app = press_train(open_one("train", {"dataset": "blobs", "epochs": "2", "below": "weights"}))
    names = [each.get("name") for each in figures(app)["portrait-0"]["data"]]
    assert names == [None, "A", "B", "C", "A, test", "B, test", "C, test"]
    app.radio(key="below").set_value("mistakes").run()
    assert "worst-0" not in figures(app)
    [table] = [each for each in app.get("bidi_component") if each.key == "worst-0"]
    at_the_end = json.loads(table.proto.json)["rows"][-1]
    losses = [float(loss) for *_, loss in at_the_end]
    assert losses == sorted(losses, reverse=True)
    [run] = store.load(list(store.list()["id"]))
    largest = examples_by_loss(run, load_data(run.experiment))["loss"].head(len(losses))
    assert losses == pytest.approx(largest.tolist(), rel=1e-3)


@pytest.mark.parametrize(("features", "rows"), [(5, 5), (40, 30)])
def test_other_features_are_shown_by_their_weights(
    store: RunStore, features: int, rows: int
) -> None:
    query = {"dataset": "blobs", "blobs.features": str(features), "epochs": "2"}
    query |= {"below": "weights"}
    app = press_train(open_one("train", query))
    assert not app.exception
    portrait = figures(app)["portrait-0"]
    [cells] = portrait["data"]
    [run] = store.load(list(store.list()["id"]))
    largest = np.sort(np.abs(run.weights).max(axis=0))[-rows:]
    assert_allclose(np.sort(np.abs(cells["z"]).max(axis=1)), largest, rtol=1e-6)
    assert cells["zmax"] == -cells["zmin"] == pytest.approx(np.abs(run.weights).max())
    assert ("the 30 largest of 40" in portrait["layout"]["title"]["text"]) == (features == 40)


def test_training_works_without_a_test_set(store: RunStore) -> None:
    app = press_train(open_one("train", {"test_fraction": "0", "epochs": "1"}))
    assert not app.exception
    assert "Training accuracy" in words(app)
    assert "Test accuracy" not in words(app)


def test_minibatch_objectives_are_drawn_at_their_updates(store: RunStore) -> None:
    settings = {"dataset": "iris", "epochs": "2", "batch_size": "100", "below": "terms"}
    shown = figures(press_train(open_one("train", settings)))["terms-0"]
    [run] = train([Experiment(dataset="iris", epochs=2, batch_size=100)])
    before = trace(shown, "minibatch objective")
    assert before["y"] == pytest.approx(list(run.minibatch["objective"]))
    assert before["x"] == pytest.approx([0, *run.minibatch["epoch"][:-1]]), "before each step"
    full = figures(press_train(open_one("train", settings | {"optimizer": "gd"})))["terms-0"]
    assert "minibatch objective" not in [each["name"] for each in full["data"]]


@pytest.mark.parametrize("epochs", [0, 999_999_999])
def test_a_number_out_of_range_is_refused_with_a_message(store: RunStore, epochs: int) -> None:
    app = open_page("train", {"epochs": "3", "live": "false"})
    app.number_input(key="epochs").set_value(epochs).run()
    allowed = "Epochs must be a whole number from 1 to 100000"
    assert f"{allowed}, got {epochs}. Keeping 3." in words(app)
    assert app.number_input(key="epochs").value == 3
    assert dict(app.query_params) == {"epochs": "3", "live": "false"}
    assert allowed not in words(app.run())


def test_a_diverged_run_is_shown_and_explained(store: RunStore) -> None:
    app = press_train(open_one("train", {"loss": "squared_hinge", "learning_rate": "1"}))
    assert not app.exception
    assert "Squared hinge diverges" in words(app)
    assert "diverged after" in words(app)
    assert list(store.list()["status"]) == ["diverged"]


def test_changed_settings_keep_the_previous_curves_as_a_ghost(store: RunStore) -> None:
    app = press_train(open_one("train", {"epochs": "2"}))
    before = trace(figures(app)["accuracy"], "Cross-entropy, test")["y"]
    app.number_input(key="learning_rate").set_value(0.5).run()
    [test] = [each for each in figures(app)["accuracy"]["data"] if each["line"]["dash"] == "dash"]
    assert test["name"] == "before: α 0.1 → 0.5"
    assert test["y"] == before
    press_train(app)
    assert trace(figures(app)["accuracy"], "Cross-entropy, test")["y"] != before
    ghosts = [each for each in figures(app)["accuracy"]["data"] if "before" in each["name"]]
    assert before in [each["y"] for each in ghosts]


def test_a_ghost_can_be_pinned_as_a_lane(store: RunStore) -> None:
    app = press_train(open_one("train", {"epochs": "2"}))
    press_train(app.number_input(key="learning_rate").set_value(0.5).run())
    app.button(key="pin").click().run()
    assert not app.exception
    assert "Cross-entropy, α 0.1" in words(app) or "learning rate 0.1" in words(app)
    assert len(store.list()) == 2, "both are trained already"


def test_live_trains_on_every_change(store: RunStore) -> None:
    app = press_train(open_one("train", {"epochs": "2"}))
    app.toggle(key="live").set_value(True).run()
    settle(app.number_input(key="epochs").set_value(3).run())
    assert trace(figures(app)["objective-cross_entropy"], "Cross-entropy")["x"][-1] == 3.0
    assert len(store.list()) == 2


def test_settings_survive_going_to_another_page_and_back(store: RunStore) -> None:
    app = open_page("train", {"live": "false"})
    app.selectbox(key="loss").set_value("hinge").run()
    app.number_input(key="margin").set_value(2.5).run()
    app.number_input(key="learning_rate").set_value(0.3).run()
    go(app, "compare")
    go(app, "train")
    assert app.selectbox(key="loss").value == "hinge"
    assert app.number_input(key="margin").value == 2.5
    assert app.number_input(key="learning_rate").value == 0.3


def test_a_rate_typed_on_one_page_is_not_that_of_another(store: RunStore) -> None:
    app = open_page("train", {"live": "false", "learning_rate": "0.3"})
    app.query_params.clear()  # as the navigation does
    go(app, "gd-vs-sgd")
    assert not app.toggle(key="same-rate").value
    assert "learning_rate" not in app.query_params


def test_the_address_contains_settings_but_no_defaults(store: RunStore) -> None:
    app = open_page("train", {"live": "false"})
    app.selectbox(key="loss").set_value("hinge").run()
    app.number_input(key="learning_rate").set_value(0.3).run()
    assert dict(app.query_params) == {"loss": "hinge", "learning_rate": "0.3", "live": "false"}
    app.selectbox(key="loss").set_value("cross_entropy").run()
    assert dict(app.query_params) == {"learning_rate": "0.3", "live": "false"}
    app.number_input(key="learning_rate").set_value(None).run()
    assert dict(app.query_params) == {"live": "false"}, "an emptied field is tuned"


def test_an_invalid_learning_rate_is_replaced_by_the_tuned_one(store: RunStore) -> None:
    app = open_page("train", {"dataset": "iris", "learning_rate": "nan", "live": "false"})
    assert "using the suggested value instead." in words(app)
    assert app.number_input(key="learning_rate").value is None
    assert "tuned" in app.number_input(key="learning_rate").placeholder


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("loss", "<script>alert(1)</script>", "loss must be one of hinge"),
        ("epochs", "99999999", "epochs must be a whole number from 1 to 100000"),
        ("epochs", "3.5", "epochs must be a whole number"),
        ("learning_rate", "nan", "learning_rate must be a number"),
        ("learning_rate", "-1", "learning_rate must be a number from 1e-08"),
        ("standardize", "perhaps", "standardize must be true or false"),
        ("dataset", "../../etc/passwd", "dataset must be one of digits"),
        ("blobs.spread", "1e999", "blobs.spread must be a number from 0.1 to 10"),
        ("runs", "DROP TABLE runs", "runs must be ids"),
        ("batch_sizes", "32,7", "batch_sizes must be chosen from"),
    ],
)
def test_an_invalid_value_in_the_address_is_reported_and_replaced(
    store: RunStore, name: str, value: str, said: str
) -> None:
    app = open_page("train", {name: value, "momentum": "0.5", "live": "false"})
    assert not app.exception
    assert len(app.warning) == 1
    assert said in words(app)
    assert "using" in words(app) or "it is ignored." in words(app)
    assert dict(app.query_params) == {"momentum": "0.5", "live": "false"}


def test_settings_that_make_no_experiment_are_explained(store: RunStore) -> None:
    app = open_one("train", {"dataset": "course_demo", "test_fraction": "0.1"})
    assert not app.exception
    assert "test_fraction must be 0 or leave at least one" in words(app)


def test_a_batch_larger_than_the_data_is_reduced(store: RunStore) -> None:
    app = press_train(open_one("train", {"dataset": "course_demo", "epochs": "2"}))
    assert not app.exception
    assert "whole training set (6 examples)" in words(app)
    assert list(store.list()["batch_size"]) == [6]


def test_an_unreachable_store_is_reported_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOSSOPT_STORE", "sqlite:////proc/nowhere/runs.db")
    app = open_one("train")
    assert not app.exception
    assert "Runs cannot be saved or loaded" in app.error[0].value


def test_a_long_training_continues_on_other_pages(store: RunStore) -> None:
    app = open_one("train", {"epochs": "100000"})
    app.button(key="train").click().run()
    assert any(button.key == "stop" for button in app.button)
    go(app, "hinge-vs-cross-entropy")
    assert not app.exception
    go(app, "train")
    stop = app.button(key="stop")
    stop.click().run()
    settle(app)
    assert "the results up to there are saved" in words(app)
    assert list(store.list()["status"]) == ["stopped"]


def test_the_earlier_training_can_be_stopped_after_settings_changed(store: RunStore) -> None:
    app = open_one("train", {"epochs": "100000"})
    app.button(key="train").click().run()
    app.selectbox(key="loss").set_value("hinge").run()
    app.button(key="stop").click().run()
    settle(app)
    assert not app.exception
    assert list(store.list()["loss"]) == ["cross_entropy"]


@pytest.mark.parametrize(
    ("stopping", "said"),
    [
        ("no_progress", "updates: no progress. Training ends when a tenth of the epochs lowers"),
        ("target", "updates: target reached. Training ends when the objective is certified"),
    ],
)
def test_early_stopping_is_explained(store: RunStore, stopping: str, said: str) -> None:
    query = {"dataset": "blobs", "epochs": "500", "stopping": stopping, "tolerance": "0.01"}
    app = press_train(open_one("train", query))
    assert not app.exception
    assert "Cross-entropy stopped after" in words(app)
    assert said in words(app)
    assert app.number_input(key="tolerance").value == 0.01


def test_a_target_without_certificate_is_refused(store: RunStore) -> None:
    app = open_one("train", {"stopping": "target", "regularizer": "none"})
    assert "stopping must not be target: it needs a penalty" in words(app)
    assert not app.exception


def test_sampling_averaging_and_label_noise_are_settings(store: RunStore) -> None:
    query = {"dataset": "blobs", "epochs": "2", "learning_rate": "0.1"}
    options = {"replacement": "true", "averaging": "true", "label_noise": "0.2"}
    app = press_train(open_one("train", query | options))
    experiment = Experiment(dataset="blobs", epochs=2).replace(
        replacement=True, averaging=True, label_noise=0.2
    )
    assert list(store.list()["id"]) == [experiment.id]
    assert app.toggle(key="averaging").value


def test_a_stopped_run_is_labelled_when_opened(store: RunStore) -> None:
    experiment = Experiment(epochs=100_000, seed=3)
    made = iter(range(400))
    store.save(train([experiment], should_stop=lambda: next(made, None) is None))
    app = open_one("train", {"epochs": "100000", "seed": "3"})
    assert "was stopped after 400 of 4,300,000 updates; the results up to" in words(app)
    drawn = trace(figures(app)["objective-cross_entropy"], "Cross-entropy")
    assert sum(epochs < 1 for epochs in drawn["x"]) >= 3, "it shows how the training began"


def test_a_training_in_progress_goes_on_when_a_setting_changes(store: RunStore) -> None:
    app = open_one("train", {"epochs": "100000", "seed": "4"})
    app.button(key="train").click().run()
    wait_until(lambda: "objective-cross_entropy" in figures(app.run()))
    app.number_input(key="learning_rate").set_value(0.05).run()
    assert "Training with previous settings" in app.get("progress")[0].proto.text
    settle(app.button(key="stop").click().run())


def test_without_a_test_set_there_is_no_test_curve(store: RunStore) -> None:
    shown = figures(press_train(open_one("train", {"test_fraction": "0", "epochs": "1"})))
    assert [line["name"] for line in shown["accuracy"]["data"]] == ["Cross-entropy"]
