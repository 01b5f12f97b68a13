"""The page Hinge vs cross-entropy."""

import pytest

from lossopt_core import Experiment, RunStore
from lossopt_core import train as train_in_core
from tests.helpers import figures, open_page, trace, train, words

PAGE = "hinge-vs-cross-entropy"


def test_both_losses_are_trained_on_the_same_minibatches(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2"}))
    assert not app.exception
    both = train_in_core([Experiment(loss=name, epochs=2) for name in ("hinge", "cross_entropy")])
    for run in both:
        chart = figures(app)[f"objective-{run.experiment.loss}"]
        assert trace(chart, "objective")["y"] == pytest.approx(run.history["objective"].tolist())
    assert set(store.list()["loss"]) == {"hinge", "cross_entropy"}


def test_each_loss_has_its_own_axis_and_accuracy_a_shared_one(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2"}))
    shown = figures(app)
    assert [each["name"] for each in shown["accuracy"]["data"]] == [
        "Hinge, training",
        "Hinge, test",
        "Cross-entropy, training",
        "Cross-entropy, test",
    ]
    for loss in ("hinge", "cross_entropy"):
        assert {each["name"] for each in shown[f"objective-{loss}"]["data"]} == {
            "objective",
            "test loss",
        }
    assert "Values of different losses are not comparable" in words(app)


def test_templates_are_side_by_side_on_one_scale(store: RunStore) -> None:
    shown = figures(train(open_page(PAGE, {"epochs": "2"})))
    scales = {shown[f"portrait-{loss}"]["data"][0]["zmax"] for loss in ("hinge", "cross_entropy")}
    assert len(scales) == 1


def test_the_squared_hinge_is_optional(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "2", "squared": "true", "learning_rate": "0.01"}))
    assert "objective-squared_hinge" in figures(app)
    assert len(store.list()) == 3
    assert app.metric[1].delta.endswith("points vs hinge")


def test_terms_of_an_example_add_up_to_its_loss(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "1", "example": "7"}))
    hinge, cross_entropy = (table.value for table in app.dataframe)
    [true] = [row for row, name in enumerate(hinge["class"]) if name.endswith("(true)")]
    scores = hinge["score"]
    terms = [max(0.0, s - scores[true] + 1) for k, s in enumerate(scores) if k != true]
    assert hinge.iloc[:, -1].sum() == pytest.approx(sum(terms))
    assert cross_entropy["p"].sum() == pytest.approx(1.0)
    assert f"= {sum(terms):.3f}" in words(app) or sum(terms) == 0


def test_the_worst_example_is_one_click_away(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "1"}))
    app.button(key="worst-hinge").click().run()
    assert not app.exception
    row = app.number_input(key="example").value
    assert dict(app.query_params)["example"] == str(row)
    before = app.dataframe[0].value.iloc[:, -1].sum()
    app.number_input(key="example").set_value(row - 1).run()
    assert app.dataframe[0].value.iloc[:, -1].sum() <= before


def test_an_example_number_is_limited_to_the_last(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "1", "example": "999999"}))
    assert not app.exception
    assert "Example 449 of the test set" in words(app)
    assert "example must be at most 449 here, got 999999. Using 449 instead." in words(app)
    assert app.number_input(key="example").value == 449
    assert dict(app.query_params)["example"] == "449"


def test_without_a_test_set_the_training_set_is_used(store: RunStore) -> None:
    app = train(open_page(PAGE, {"epochs": "1", "test_fraction": "0"}))
    assert not app.exception
    assert [card.label for card in app.metric] == [
        "Hinge: training accuracy",
        "Cross-entropy: training accuracy",
    ]
    assert app.metric[1].delta.endswith("points vs hinge")


def test_two_features_show_decision_regions_of_both(store: RunStore) -> None:
    shown = figures(train(open_page(PAGE, {"dataset": "spiral", "epochs": "2"})))
    assert {"portrait-hinge", "portrait-cross_entropy"} <= set(shown)


def test_a_diverged_run_does_not_affect_the_templates_of_others(store: RunStore) -> None:
    app = train(open_page(PAGE, {"squared": "true", "learning_rate": "0.1"}))
    shown = figures(app)
    scale = {
        loss: shown[f"portrait-{loss}"]["data"][0]["zmax"]
        for loss in ("hinge", "cross_entropy", "squared_hinge")
    }
    assert scale["hinge"] == scale["cross_entropy"] < 10 < scale["squared_hinge"]
    assert "diverged after" in words(app)
