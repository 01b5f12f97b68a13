"""The results of a sweep on its page: best, map, other charts, and tables."""

import math
from collections import Counter
from dataclasses import replace

import pytest

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_core.analysis import pairing
from lossopt_core.analysis.groups import group_id
from lossopt_core.theory.l1_threshold import zero_strength
from lossopt_ui.charts.colours import GREY, translucent
from lossopt_ui.sweep import results
from tests.helpers import figures, open_page, send, settle, words
from tests.helpers import train as press_train
from tests.pages.test_sweep import SMALL, TWO_BY_THREE, sweep, trained

RATES = SMALL | {"axes": "learning_rate=0.05,0.1,0.2", "seeds": "6"}


def test_the_heatmap_shows_the_theoretical_limits(store: RunStore) -> None:
    query = SMALL | {
        "regularizer": "l1", "seeds": "1",
        "axes": "learning_rate=0.01,0.1,10;strength=0.001,0.01,10",
    }  # fmt: skip
    app = settle(press_train(open_page("sweep", query)).run())
    assert not app.exception
    layout = figures(app)["sweep-map-all"]["layout"]
    dashes = [each["line"].get("dash") for each in layout["shapes"]]
    assert dashes.count("dot") == 3, "one bar for each strength"
    assert dashes.count("dash") == 1
    [first, *_] = store.load(list(store.list()["id"]))
    zero_above = zero_strength(first.experiment)
    said = layout["xaxis"]["title"]["text"]
    assert f"all weights are zero above {zero_above:.3g}" in said
    assert "(full batch)" in said


def test_a_range_with_its_best_value_at_the_edge_can_be_extended(store: RunStore) -> None:
    app = press_train(
        sweep(axes="learning_rate=0.00001,0.0001,0.001", seeds="2", value="objective")
    )
    [warning] = [each.value for each in app.warning if "edge of the range" in each.value]
    assert "learning rate α 0.001 is the highest tried" in warning
    app.button(key="widen-learning_rate").click().run()
    assert dict(app.query_params)["axes"] == "learning_rate=1e-05,0.0001,0.001,0.01,0.1"
    assert "**10 runs**: 5 combinations × 2 seeds. 6 are already saved." in words(app)


@pytest.fixture
def some_diverged(store: RunStore) -> list[Run]:
    """Three learning rates; two of six runs with the largest one diverged, at full accuracy."""
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2, evaluations=20)
    runs = train(
        [base.replace(learning_rate=r, seed=k) for r in (0.05, 0.1, 0.2) for k in range(6)]
    )
    perfect = [
        replace(run, status="diverged", history=run.history.assign(test_accuracy=1.0))
        for run in runs[-2:]
    ]
    runs = [
        replace(run, history=run.history.assign(test_accuracy=0.5 + run.experiment.seed / 100))
        for run in runs[:-2]
    ] + perfect
    store.save(runs)
    return runs


@pytest.mark.parametrize("look", ["map", "parallel", "scatter"])
def test_a_combination_with_diverged_runs_is_never_the_best(
    some_diverged: list[Run], look: str
) -> None:
    app = open_page("sweep", RATES | {"look": look})
    assert not app.exception
    said = words(app)
    assert "1 combination has diverged runs" in said
    best = next(each.value for each in app.markdown if "Best test accuracy" in each.value)
    assert "α 0\\.2" not in best
    assert "on average over 6 runs on one split" in best
    [rows] = [each.value for each in app.dataframe]
    last = rows.iloc[-1]
    assert (last["Learning rate α"], last["Status"]) == ("0.2", "4 finished, 2 diverged")
    assert math.isnan(last["Test accuracy (%)"])
    assert not app.warning, "nothing is known of what lies on the border"
    [drawn] = figures(app).values()
    shown = {each for trace in drawn["data"] for each in trace.get("customdata") or []}
    mine = {some_diverged[-1].id, group_id(some_diverged[-1].experiment)}
    assert bool(shown & mine) == (look == "map"), "the map has a cross for it"


def test_stopped_runs_are_no_results(some_diverged: list[Run], store: RunStore) -> None:
    more = replace(some_diverged[0], experiment=some_diverged[0].experiment.replace(seed=6))
    store.save([replace(more, status="stopped")])
    app = open_page("sweep", RATES | {"seeds": "7"})
    assert "18 are already saved" in words(app)
    assert set(app.dataframe[0].value["Runs"]) == {6}


def test_each_loss_has_its_own_best_if_values_are_not_comparable(store: RunStore) -> None:
    app = press_train(sweep(seeds="2", value="objective"))
    said = [each.value for each in app.markdown if "Best objective" in each.value]
    assert [each.partition(":")[0] for each in said] == [
        "**Best objective of Hinge", "**Best objective of Cross-entropy"
    ]  # fmt: skip
    app = open_page(
        "sweep", TWO_BY_THREE | {"seeds": "2", "value": "objective", "look": "parallel"}
    )
    assert set(figures(app)) == {"sweep-parallel-hinge", "sweep-parallel-cross_entropy"}
    app = sweep(seeds="2", look="scatter", scatter_x="objective")
    assert set(figures(app)) == {"sweep-scatter-hinge", "sweep-scatter-cross_entropy"}


def test_the_verdict_is_corrected_for_all_pairs(store: RunStore) -> None:
    app = press_train(sweep(seeds="10"))
    assert "corrected for 15 comparisons (Bonferroni)" in words(app)  # all pairs of 6


def test_a_range_is_explained_only_if_shown(store: RunStore) -> None:
    app = press_train(sweep(seeds="2"))
    assert "too few seeds" in words(app)
    assert "95 % CI" not in words(app)


def test_a_sweep_too_large_for_a_verdict_states_the_limit(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "SUBSETS", 200)  # as if 6 combinations were 21
    said = words(press_train(sweep(seeds="6")))
    assert "15 comparisons at once are too many for a verdict, with any number of seeds" in said
    assert "Only a sweep of at most 3 combinations can get a verdict." in said
    assert "95 % CI" not in said


def test_error_bars_of_categories_are_explained(store: RunStore) -> None:
    query = {"dataset": "iris", "axes": "loss=hinge,cross_entropy", "seeds": "3", "epochs": "2"}
    app = press_train(open_page("sweep", query | {"look": "sensitivity"}))
    assert "Error bars: mean ± one standard deviation over the seeds" in words(app)


def test_a_run_deleted_elsewhere_affects_nothing_else(store: RunStore) -> None:
    """A fragment keeps the table that it was created with."""
    press_train(sweep(seeds="2"))
    table = store.list()
    firsts = table.drop_duplicates("family")
    store.delete([firsts["id"].iloc[0]])
    assert results._label(table, firsts["family"].iloc[1])
    assert results._label(table, firsts["family"].iloc[0])


def test_a_scatter_plot_shows_any_result_vs_any_setting_with_one_mark_per_run(
    store: RunStore,
) -> None:
    app = press_train(sweep(seeds="2", look="scatter", scatter_x="strength"))
    drawn = figures(app)["sweep-scatter-all"]["data"]
    assert {x for trace in drawn for x in trace["x"]} == {1e-4, 1e-3, 1e-2}
    ids = [each for trace in drawn for each in trace["customdata"]]
    assert set(ids) == set(trained(store)["id"])
    [run] = store.load([ids[3]])
    app = sweep(seeds="2", look="scatter", opened=run.id)
    assert f"Seed {run.experiment.seed}: Test accuracy" in words(app)
    links = [each.proto.query_string for each in app.get("page_link")]
    assert f"run={run.id}" in links


def test_points_are_coloured_by_a_chosen_parameter_or_metric(store: RunStore) -> None:
    query = {"seeds": "2", "look": "scatter", "scatter_x": "strength"}
    app = press_train(sweep(**query, scatter_colour="strength"))
    drawn = figures(app)["sweep-scatter-all"]
    assert [each["name"] for each in drawn["data"]] == ["0.0001", "0.001", "0.01"]
    assert drawn["layout"]["legend"]["title"]["text"] == "Strength λ"
    app.selectbox(key="scatter_colour").set_value("train_accuracy").run()
    [points] = figures(app)["sweep-scatter-all"]["data"]
    known = trained(store).set_index("id")["train_accuracy"]
    assert points["marker"]["color"] == pytest.approx(
        [100 * known[id] for id in points["customdata"]]
    )
    assert points["marker"]["colorbar"]["title"]["text"] == "Training accuracy (%)"
    assert dict(app.query_params)["scatter_colour"] == "train_accuracy"


@pytest.mark.slow  # tests/pages/test_compare_settings.py shows it
def test_a_box_over_parallel_coordinates_filters_the_table_and_the_map(store: RunStore) -> None:
    app = press_train(sweep(seeds="2", look="parallel"))
    verdict = app.markdown[0].value
    for wrong in (None, {"x": [0, 1]}, "x"):
        send(app, "sweep-parallel-all", "box", wrong)
        assert "brush" not in app.query_params
    send(app, "sweep-parallel-all", "box", {"x": [0.9, 1.1], "y": [-0.1, 0.6]})
    assert not app.exception
    assert dict(app.query_params)["brush"] == "strength >= 0.0001 and strength <= 0.001"
    assert "Filter: 4 of 6 combinations." in words(app)
    assert set(app.dataframe[0].value["Strength λ"]) == {"0.0001", "0.001"}
    assert app.markdown[0].value == verdict, "the verdict is on all of them"
    colours = Counter(line["line"]["color"] for line in figures(app)["sweep-parallel-all"]["data"])
    assert colours[translucent(GREY["light"], 0.25)] == 2
    app = sweep(**dict(app.query_params) | {"look": "map"})
    assert set(figures(app)["sweep-map-all"]["data"][0]["x"]) == {"0.0001", "0.001"}
    app.text_input(key="brush").set_value("strength > 1").run()
    assert "No combination with a result matches the filter." in words(app)
    app.text_input(key="brush").set_value("strenth > 1").run()
    assert "Everything is shown." in words(app)
    assert len(app.dataframe[0].value) == 6


@pytest.mark.parametrize("look", ["sensitivity", "parallel", "scatter"])
def test_there_are_other_charts(store: RunStore, look: str) -> None:
    app = press_train(sweep(seeds="2", look=look))
    assert not app.exception
    drawn = figures(app)[f"sweep-{look}-all"]["data"]
    names = {trace.get("name") for trace in drawn}
    assert ("Bands: mean ± one standard deviation" in words(app)) == (look == "sensitivity")
    if look == "sensitivity":
        assert {"Hinge", "Cross-entropy"} <= names
    if look == "scatter":
        assert sum(len(trace["x"]) for trace in drawn) == 12
    if look == "parallel":
        assert len(drawn) == 6


def test_importance_is_that_of_the_swept_parameters(store: RunStore) -> None:
    axes = "loss=hinge,cross_entropy;learning_rate=0.0001,0.01,0.1,10"
    query = SMALL | {"axes": axes, "seeds": "1", "blobs.spread": "3", "look": "importance"}
    app = press_train(open_page("sweep", query | {"value": "train_accuracy"}))
    assert not app.exception
    [bars] = [line for line in figures(app)["importance-"]["data"] if line["type"] == "bar"]
    table = store.list()
    ends = table.pivot_table(index="loss", columns="learning_rate", values="train_accuracy")
    around = ends - ends.to_numpy().mean()
    total = (around.to_numpy() ** 2).sum()
    found = dict(zip(bars["y"], bars["x"], strict=True))
    assert found["Loss"] == pytest.approx(100 * 4 * (around.mean(axis=1) ** 2).sum() / total)
    assert found["Learning rate α"] == pytest.approx(100 * 2 * (around.mean() ** 2).sum() / total)
    assert "8 configurations, each the mean of its seeds. They are a full grid" in words(app)
    app.text_input(key="brush").set_value("loss = hinge").run()
    assert "at least 8 configurations with a result are needed, got 4" in words(app)


def test_different_losses_have_separate_charts(store: RunStore) -> None:
    app = press_train(sweep(seeds="2", value="objective"))
    assert {"sweep-map-hinge", "sweep-map-cross_entropy"} <= set(figures(app)) or {
        "sweep-sensitivity-hinge", "sweep-sensitivity-cross_entropy"
    } <= set(figures(app)) or len(figures(app)) == 2  # fmt: skip
    assert "Values of different losses are not comparable" in words(app)


def test_an_opened_combination_links_to_its_runs(store: RunStore) -> None:
    app = press_train(sweep(seeds="3"))
    family = trained(store)["family"].iloc[0]
    app = sweep(seeds="3", opened=family)
    links = [each.proto for each in app.get("page_link")]
    assert any(f"runs={family}" in each.query_string for each in links)
    assert ": 3 runs" in words(app)
