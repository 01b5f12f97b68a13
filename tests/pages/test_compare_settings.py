"""The Settings tab of the Compare page: which settings go with the results."""

from dataclasses import replace

import numpy as np
import pytest

from lossopt_core import Experiment, Run, RunStore, train
from tests.helpers import certify, figures, open_page, send, trace, words

QUERY = {"runs": "all", "part": "settings"}


@pytest.fixture(scope="module")
def trained() -> list[Run]:
    """A grid of two losses and four learning rates, with two seeds each."""
    base = Experiment(dataset="blobs", dataset_options={"examples": 60, "spread": 3}, evaluations=3)
    losses, rates = ("hinge", "cross_entropy"), (0.001, 0.01, 0.1, 1.0)
    return train(
        [
            base.replace(loss=loss, learning_rate=rate, seed=k, epochs=2)
            for loss in losses
            for rate in rates
            for k in range(2)
        ]
    )


def test_shares_are_main_effects_between_means_over_seeds(
    trained: list[Run], store: RunStore
) -> None:
    store.save(trained)
    app = open_page("compare", QUERY)
    assert not app.exception
    ends = np.array([run.final["test_accuracy"] for run in trained]).reshape(2, 4, 2).mean(axis=2)
    around = ends - ends.mean()
    total = (around**2).sum()
    of_rate = 100 * 2 * (around.mean(axis=0) ** 2).sum() / total
    of_loss = 100 * 4 * (around.mean(axis=1) ** 2).sum() / total
    [bars] = [line for line in figures(app)["importance-"]["data"] if line["type"] == "bar"]
    found = dict(zip(bars["y"], bars["x"], strict=True))
    assert found == pytest.approx(
        {"Learning rate α": of_rate, "Loss": of_loss, "Interactions": 100 - of_rate - of_loss}
    )
    chance = trace(figures(app)["importance-"], "chance")
    assert sorted(chance["y"]) == ["Learning rate α", "Loss"]
    said = words(app)
    assert "8 configurations, each the mean of its seeds. They are a full grid" in said
    assert "Association, not cause." in said
    table = app.dataframe[1].value
    best = (0.001, 0.01, 0.1, 1.0)[int(ends.mean(axis=0).argmax())]
    assert table.loc["Learning rate α", "Highest on average"].startswith(f"{best:g}: ")


def test_a_metric_of_a_loss_is_judged_for_each_loss(trained: list[Run], store: RunStore) -> None:
    store.save(trained)
    app = open_page("compare", QUERY | {"measure": "objective"})
    said = words(app)
    for loss in ("Hinge", "Cross-entropy"):
        assert (
            f"Objective, {loss}: no importance of settings, because at least 8 configurations with"
            " a result are needed, got 4." in said
        )


def test_runs_without_results_are_left_out_aloud(trained: list[Run], store: RunStore) -> None:
    store.save([replace(trained[0], status="diverged"), *trained[1:]])
    more = train([run.experiment.replace(epochs=1) for run in trained[::2]])
    store.save(more)
    app = open_page("compare", QUERY)
    said = words(app)
    assert "15 configurations" in said
    assert "not a full grid, so shares may overlap" in said
    assert "Left out: 1 configuration with a run that has no result" in said
    assert not app.exception


def test_too_few_runs_are_refused_in_words(store: RunStore, kept: list[Run]) -> None:
    app = open_page("compare", QUERY)
    assert "because at least 8 configurations with a result are needed, got 3" in words(app)
    assert not app.exception


def test_a_box_over_parallel_coordinates_filters_the_list(
    trained: list[Run], store: RunStore
) -> None:
    store.save(trained)
    app = open_page("compare", QUERY | {"effects": "parallel"})
    assert len(figures(app)["parallel-all"]["data"]) == 8
    for wrong in (None, {"x": [0, 1]}, "x"):
        send(app, "parallel-all", "box", wrong)
        assert "filter" not in app.query_params
    # The axes are loss, learning rate (0.001 to 1) and test accuracy.
    send(app, "parallel-all", "box", {"x": [0.9, 1.1], "y": [0.5, 1.1]})
    assert not app.exception
    assert app.query_params["filter"] == "learning_rate >= 0.1 and learning_rate <= 1.0"
    assert len(app.dataframe[0].value) == 4
    assert len(figures(app)["parallel-all"]["data"]) == 4
    app = open_page("compare", QUERY | {"effects": "parallel", "measure": "objective"})
    assert {"parallel-hinge", "parallel-cross_entropy"} <= set(figures(app))


def test_a_box_that_cannot_filter_says_why(trained: list[Run], store: RunStore) -> None:
    store.save(trained)
    query = QUERY | {"effects": "parallel", "measure": "distance_share"}
    app = certify(open_page("compare", query))
    assert "is computed here, not saved with runs, so its axis cannot filter" in words(app)
    # The axes are loss, learning rate and distance.
    send(app, "parallel-all", "box", {"x": [1.9, 2.1], "y": [0.0, 0.5]})
    assert "The filter has no column for Distance to the optimum / distance" in words(app)
    send(app, "parallel-all", "box", {"x": [0.9, 1.1], "y": [0.4, 0.6]})
    assert "The box contains no value of the axis, so nothing changed." in words(app)
    assert "so nothing changed." in words(app.run())  # a poll draws the same again
    assert "filter" not in app.query_params
    # Of two axes one can filter.
    send(app, "parallel-all", "box", {"x": [0.9, 2.1], "y": [0.5, 1.1]})
    assert app.query_params["filter"] == "learning_rate >= 0.1 and learning_rate <= 1.0"
    assert "nothing changed" not in words(app)
    assert "changed nothing" not in words(app)


def test_runs_are_points_coloured_by_a_chosen_quantity(trained: list[Run], store: RunStore) -> None:
    store.save([replace(trained[0], status="diverged"), *trained[1:]])
    query = {"effects": "scatter", "scatter_x": "train_accuracy", "scatter_colour": "loss"}
    app = open_page("compare", QUERY | query)
    found = figures(app)["scatter-all"]
    ends = {run.id: run.final for run in trained[2:]}
    for points in found["data"]:
        finals = [ends[id] for id in points["customdata"]]
        assert points["x"] == pytest.approx([100 * each["train_accuracy"] for each in finals])
        assert points["y"] == pytest.approx([100 * each["test_accuracy"] for each in finals])
    assert [len(points["x"]) for points in found["data"]] == [8, 6]
    assert {points["name"] for points in found["data"]} == {"Hinge", "Cross-entropy"}
    assert "Left out: 2 runs without a result, or with another seed that has none." in words(app)
    app.selectbox(key="scatter_colour").set_value("weight_norm").run()
    [points] = figures(app)["scatter-all"]["data"]
    assert points["marker"]["color"] == pytest.approx(
        [ends[id]["weight_norm"] for id in points["customdata"]]
    )


def test_a_scatter_matrix_shows_all_results_against_what_varies(
    trained: list[Run], store: RunStore
) -> None:
    store.save(trained)
    app = open_page("compare", QUERY | {"effects": "matrix", "scatter_colour": "loss"})
    assert not app.exception
    drawn = figures(app)["matrix-all"]
    # The objectives of two losses are not comparable: rows are test and training accuracy.
    titles = [drawn["layout"][axis]["title"]["text"] for axis in ("yaxis", "yaxis5")]
    assert titles == ["Test accuracy (%)", "Training accuracy (%)"]
    first = next(each for each in drawn["data"] if each["name"] == "Hinge")
    ends = {run.id: 100 * run.final["test_accuracy"] for run in trained}
    assert first["y"] == pytest.approx([ends[id] for id in first["customdata"]])
    # Those of one loss are.
    objective = open_page("compare", QUERY | {"effects": "matrix", "filter": "loss = hinge"})
    titles = {
        axis.get("title", {}).get("text")
        for axis in figures(objective)["matrix-all"]["layout"].values()
        if isinstance(axis, dict)
    }
    assert "Objective" in titles
