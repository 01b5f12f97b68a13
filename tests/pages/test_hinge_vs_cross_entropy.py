"""The page Hinge vs cross-entropy."""

import pytest

from lossopt_core import LOSSES, Experiment, RunStore, paired_difference
from lossopt_core import train as train_in_core
from lossopt_ui.experiment.verdict import sentence
from tests.helpers import figures, open_one, open_page, settle, trace, train, words

PAGE = "hinge-vs-cross-entropy"


def test_both_losses_are_trained_on_the_same_minibatches(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "2"}))
    assert not app.exception
    both = train_in_core([Experiment(loss=name, epochs=2) for name in ("hinge", "cross_entropy")])
    for run in both:
        chart = figures(app)[f"objective-{run.experiment.loss}"]
        drawn = trace(chart, LOSSES[run.experiment.loss].label)
        assert drawn["y"] == pytest.approx(run.history["objective"].tolist())
    assert set(store.list()["loss"]) == {"hinge", "cross_entropy"}


def test_each_loss_has_its_own_axis_and_accuracy_a_shared_one(store: RunStore) -> None:
    shown = figures(train(open_one(PAGE, {"epochs": "2"})))
    assert {each["name"] for each in shown["accuracy"]["data"]} == {
        "Hinge, training",
        "Hinge, test",
        "Cross-entropy, training",
        "Cross-entropy, test",
    }
    for name, label in {"hinge": "Hinge", "cross_entropy": "Cross-entropy"}.items():
        lines = {each["name"] for each in shown[f"objective-{name}"]["data"]}
        assert {each for each in lines if "optimum" not in each} == {label}


def test_templates_are_side_by_side_on_one_scale(store: RunStore) -> None:
    shown = figures(train(open_one(PAGE, {"epochs": "2", "below": "weights"})))
    assert len({shown[f"portrait-{k}"]["data"][0]["zmax"] for k in (0, 1)}) == 1


def test_addresses_with_the_squared_hinge_still_add_it(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "2", "squared": "true", "learning_rate": "0.01"}))
    assert "objective-squared_hinge" in figures(app)
    assert len(store.list()) == 3


def test_the_verdict_compares_accuracies_over_ten_splits_at_tuned_rates(store: RunStore) -> None:
    app = settle(open_page(PAGE, {"dataset": "iris", "epochs": "5"}))
    runs = store.list()
    assert len(runs) == 20
    assert set(runs["split_seed"]) == set(range(10))
    results = [
        {
            run.experiment: run.final["test_accuracy"]
            for run in store.load(list(runs.loc[runs["loss"] == loss, "id"]))
        }
        for loss in ("hinge", "cross_entropy")
    ]
    found = paired_difference(results[0], results[1], measure="test_accuracy")
    said = sentence("Cross-entropy", "Hinge", "test_accuracy", found)
    assert f"**Test accuracy:** {said} Each at its own tuned learning rate." in words(app)


def test_terms_of_an_example_add_up_to_its_loss(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "1", "example": "7", "below": "example"}))
    hinge, cross_entropy = (table.value for table in app.dataframe)
    [true] = [row for row, name in enumerate(hinge["class"]) if name.endswith("(true)")]
    scores = hinge["score"]
    terms = [max(0.0, s - scores[true] + 1) for k, s in enumerate(scores) if k != true]
    assert hinge.iloc[:, -1].sum() == pytest.approx(sum(terms))
    assert cross_entropy["p"].sum() == pytest.approx(1.0)
    assert f"= {sum(terms):.3f}" in words(app) or sum(terms) == 0


def test_the_worst_example_is_one_click_away(store: RunStore) -> None:
    app = train(open_one(PAGE, {"epochs": "1", "below": "example"}))
    app.button(key="worst-hinge").click().run()
    assert not app.exception
    row = app.number_input(key="example").value
    assert dict(app.query_params)["example"] == str(row)
    before = app.dataframe[0].value.iloc[:, -1].sum()
    app.number_input(key="example").set_value(row - 1).run()
    assert app.dataframe[0].value.iloc[:, -1].sum() <= before


def test_an_example_number_is_limited_to_the_last(store: RunStore) -> None:
    train(open_one(PAGE, {"epochs": "1"}))
    app = open_one(PAGE, {"epochs": "1", "example": "999999", "below": "example"})
    assert not app.exception
    assert "Example 449 of the test set" in words(app)
    assert "example must be at most 449 here, got 999999. Using 449 instead." in words(app)
    assert app.number_input(key="example").value == 449
    assert dict(app.query_params)["example"] == "449"


def test_without_a_test_set_the_training_set_is_used(store: RunStore) -> None:
    query = {"dataset": "iris", "epochs": "1", "test_fraction": "0", "seeds": "6"}
    app = train(open_one(PAGE, query))
    assert not app.exception
    assert "**Training accuracy:** Cross-entropy" in words(app)


def test_two_features_show_decision_regions_of_both(store: RunStore) -> None:
    query = {"dataset": "spiral", "epochs": "2", "below": "weights"}
    assert {"portrait-0", "portrait-1"} <= set(figures(train(open_one(PAGE, query))))


def test_a_diverged_run_does_not_affect_the_templates_of_others(store: RunStore) -> None:
    app = train(open_one(PAGE, {"squared": "true", "below": "weights"}))
    hinge, cross_entropy, squared = (
        figures(app)[f"portrait-{k}"]["data"][0]["zmax"] for k in range(3)
    )
    assert hinge == cross_entropy < 10 < squared
    assert "Squared hinge diverged after" in words(app)
