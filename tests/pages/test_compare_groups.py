"""The Compare page with grouped runs: seeds, settings, baselines."""

import math
import re
import statistics
from dataclasses import replace

import pytest

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.runs import view_report
from lossopt_ui.runs.groups import group_runs
from lossopt_ui.runs.report import Text
from lossopt_ui.sweep.fair_tuning import NO_OPTIMA
from tests.helpers import figures, open_page, trace, words


@pytest.fixture
def seeded(store: RunStore) -> list[Run]:
    """Two losses with eight seeds each, on small data."""
    base = Experiment(dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2)
    runs = train(
        [base.replace(loss=loss, seed=k) for loss in ("hinge", "cross_entropy") for k in range(8)]
    )
    store.save(runs)
    return runs


def families(store: RunStore) -> list[str]:
    return list(dict.fromkeys(store.list()["family"]))


def test_runs_that_differ_by_seed_are_one_row_and_one_curve(
    seeded: list[Run], store: RunStore
) -> None:
    app = open_page("compare", {"runs": ",".join(families(store)), "y": "test_accuracy"})
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["runs"]) == [8, 8]
    chart = figures(app)["curves-all"]["data"]
    [mean] = [
        line for line in chart if line["name"].startswith("Hinge") and "band" not in line["name"]
    ]
    ends = [100 * run.final["test_accuracy"] for run in seeded if run.experiment.loss == "hinge"]
    assert mean["y"][-1] == pytest.approx(sum(ends) / 8)
    assert "(n=8)" in mean["name"]
    assert any(line["name"].endswith(": band") for line in chart)
    assert "Distance to optimum (worst run)" in app.dataframe[1].value
    said = words(app)
    assert "Legend: mean ± standard deviation over the runs." in said
    assert "Band: 95 % CI of the mean, pointwise." in said
    assert "In the table: mean ± standard deviation over the runs." in said
    apart = app.selectbox(key="rows").set_value("runs").run()
    assert len(apart.dataframe[0].value) == 16
    assert len(figures(apart)["curves-all"]["data"]) == 16
    assert "Distance to optimum" in apart.dataframe[1].value
    assert "±" not in "".join(each.value for each in apart.caption)


def test_results_of_seeds_are_dots_or_boxes_of_the_same_colours(seeded: list[Run]) -> None:
    app = open_page("compare", {"part": "seeds"})
    dots = trace(figures(app)["seeds-test_accuracy-"], "Hinge")
    ends = [100 * run.final["test_accuracy"] for run in seeded if run.experiment.loss == "hinge"]
    assert sorted(dots["x"]) == pytest.approx(sorted(ends))
    app.radio(key="results_as").set_value("box").run()
    assert not app.exception
    assert dict(app.query_params)["results_as"] == "box"
    chart = figures(app)["seeds-test_accuracy-"]
    box, few = trace(chart, "Hinge: box"), trace(chart, "Hinge")
    assert box["median"] == pytest.approx([statistics.median(ends)])
    assert few["x"] == dots["x"]
    assert few["marker"]["color"] == dots["marker"]["color"]
    assert "Box: median and quartiles" in words(app)


def test_only_accuracies_are_averaged_over_several_losses(
    seeded: list[Run], store: RunStore
) -> None:
    query = {"runs": ",".join(families(store)), "group": "epochs"}
    app = open_page("compare", query)
    assert not app.exception
    assert not figures(app)
    said = words(app)
    assert "Left out because a mean over different losses is meaningless: epochs 2." in said
    assert list(app.dataframe[1].value["Objective"]) == ["several losses"]
    app.selectbox(key="y").set_value("test_accuracy").run()
    names = [line["name"] for line in figures(app)["curves-all"]["data"]]
    assert any(name.startswith("epochs 2") and name.endswith("(n=16)") for name in names)


def test_a_baseline_with_several_losses_explains_why_it_compares_nothing(
    seeded: list[Run], store: RunStore
) -> None:
    store.save(train([seeded[0].experiment.replace(epochs=1, seed=k) for k in range(6)]))
    query = {"rows": "runs", "runs": "all", "group": "epochs", "delta": "true", "y": "objective"}
    shown = [SavedRun(run.id, run.experiment, run.history, run.status) for run in seeded]
    [mixed] = group_runs(shown, grouped=False, by=("epochs",))
    app = open_page("compare", query | {"baseline": mixed.key})
    assert not app.exception
    assert "No differences: epochs 2 has no values for these axes." in words(app).replace("\\", "")
    chart = figures(app)["curves-all"]
    assert "Difference" not in chart["layout"]["yaxis"]["title"]["text"]
    app = open_page(
        "compare", query | {"baseline": mixed.key, "part": "differences", "measure": "objective"}
    )
    assert (
        "epochs 2: its runs have different losses, so a mean objective would be meaningless"
        in words(app)
    )


def test_diverged_runs_are_excluded_from_means_and_reported(
    seeded: list[Run], store: RunStore
) -> None:
    gone = [
        replace(run, experiment=run.experiment.replace(seed=k), status="diverged")
        for k, run in enumerate(seeded[:3], 8)
    ]
    store.save(gone)
    one, two = families(store)
    query = {"runs": f"{one},{two}", "y": "test_accuracy"}
    app = open_page("compare", query)
    ends = [100 * run.final["test_accuracy"] for run in seeded[:8]]
    names = [line["name"] for line in figures(app)["curves-all"]["data"]]
    told = next(name for name in names if name.startswith("Hinge") and "band" not in name)
    assert told.startswith(f"Hinge (3 of 11 diverged): {sum(ends) / 8:.1f} ± ")
    assert told.endswith("% (n=8)")
    rows = app.dataframe[0].value.set_index("loss")
    assert math.isnan(rows["test_accuracy"]["Hinge"]), "a mean of the others would flatter"
    assert rows["status"]["Hinge"] == "8 finished, 3 diverged"
    app = open_page("compare", query | {"part": "differences", "baseline": two})
    assert "Left out: 3 runs without a comparable result" in words(app)


def test_colour_line_style_and_facets_each_follow_a_setting(store: RunStore) -> None:
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, evaluations=4)
    runs = train(
        [
            base.replace(learning_rate=rate, momentum=m, epochs=epochs, optimizer="momentum")
            for rate in (0.01, 0.1)
            for m in (0.5, 0.9)
            for epochs in (1, 3)
        ]
    )
    store.save(runs)
    looks = {"colour": "learning_rate", "dash": "momentum", "facet": "epochs"}
    app = open_page("compare", {"runs": "all", "y": "test_accuracy"} | looks)
    assert not app.exception
    charts = figures(app)
    del charts["forest"]
    assert [chart["layout"]["title"]["text"] for chart in charts.values()] == [
        "Epochs: 1", "Epochs: 3"
    ]  # fmt: skip
    styles: dict[tuple[str, str], set[str]] = {}
    for chart in charts.values():
        assert len(chart["data"]) == 4
        for line in chart["data"]:
            said = re.search("α (.*), β (.*), epochs", line["name"])
            assert said is not None, line["name"]
            styles.setdefault(said.groups(), set()).add(str(line["line"]))
    looks_of = {key: next(iter(each)) for key, each in styles.items() if len(each) == 1}
    assert len(set(looks_of.values())) == 4, "the same look in both charts, another for each pair"
    first, second = (chart["layout"] for chart in charts.values())
    assert first["xaxis"]["range"] == second["xaxis"]["range"] == [0.0, 3.0]
    assert first["yaxis"]["range"] == second["yaxis"]["range"]


def test_line_styles_are_refused_rather_than_repeated(store: RunStore) -> None:
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1, evaluations=3)
    store.save(train([base.replace(learning_rate=rate) for rate in (0.01, 0.02, 0.03, 0.04)]))
    app = open_page("compare", {"runs": "all", "dash": "learning_rate"})
    assert "has 4 values, but there are 3 line styles, so all lines are solid." in words(app)
    lines = [each for each in figures(app)["curves-all"]["data"] if each.get("mode") == "lines"]
    assert {each["line"]["dash"] for each in lines} == {"solid"}
    colours = [each["line"]["color"] for each in lines]
    assert len(set(colours)) == 4


def test_single_runs_are_drawn_behind_their_mean_on_request(
    seeded: list[Run], store: RunStore
) -> None:
    app = open_page("compare", {"runs": families(store)[0], "members": "true"})
    [behind] = [
        line for line in figures(app)["curves-all"]["data"] if line["name"].endswith("each run")
    ]
    assert sum(value is None or value != value for value in behind["x"]) == 8


def test_a_baseline_gives_a_verdict_for_each_other_group(
    seeded: list[Run], store: RunStore
) -> None:
    one, two = families(store)
    query = {"runs": f"{one},{two}", "part": "differences", "baseline": one}
    app = open_page("compare", query)
    assert not app.exception
    said = words(app)
    assert "8 seeds" in said
    assert "better" in said or "worse" in said or "no detectable difference" in said
    assert "the data stay the same" in said
    paired = app.dataframe[1].value
    assert list(paired["Pairs"]) == [8]
    runs = {run.experiment.loss: [] for run in seeded}
    for run in seeded:
        runs[run.experiment.loss].append(run.final["test_accuracy"])
    losses = list(dict.fromkeys(run.experiment.loss for run in seeded))
    expected = 100 * (sum(runs[losses[1]]) - sum(runs[losses[0]])) / 8
    assert paired["Δ (points)"].iloc[0] == pytest.approx(expected)
    app.selectbox(key="measure").set_value("objective").run()
    assert "objective is not comparable with Hinge" in words(app)


def test_confounded_groups_give_a_warning(store: RunStore) -> None:
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1)
    hinge, entropy = base.replace(loss="hinge"), base.replace(loss="cross_entropy")
    slower = [hinge.replace(learning_rate=rate, seed=k) for rate in (0.001, 0.01) for k in range(6)]
    store.save(runs := train([*slower, *(entropy.replace(seed=k) for k in range(6))]))
    shown = [SavedRun(run.id, run.experiment, run.history, run.status) for run in runs]
    lines = group_runs(shown, grouped=False, by=("loss",))
    key = next(line.key for line in lines if line.label == "Hinge")
    query = {"rows": "runs", "runs": "all", "group": "loss", "part": "differences", "baseline": key}
    app = open_page("compare", query)
    assert not app.exception
    [warning] = app.warning
    assert "also differ in learning rate: 0.1 vs 0.001, 0.01" in words(app)
    assert "margin" not in warning.value
    store.save(
        train(
            [
                entropy.replace(learning_rate=rate, seed=k)
                for rate in (0.001, 0.01)
                for k in range(6)
            ]
        )
    )
    app = open_page("compare", query | {"filter": "learning_rate < 0.1"})
    assert not app.warning


def test_a_report_explains_spreads_and_warns_like_the_page(seeded: list[Run]) -> None:
    faster = [
        replace(run, experiment=run.experiment.replace(learning_rate=0.3)) if k < 4 else run
        for k, run in enumerate(seeded)
    ]
    shown = [SavedRun(run.id, run.experiment, run.history, run.status) for run in faster]
    lines = group_runs(shown, grouped=False, by=("loss",))
    parts = view_report._parts(lines, lines[0], NO_OPTIMA)
    said = " ".join(part.text for part in parts if isinstance(part, Text))
    assert "Legend: mean ± standard deviation over the runs." in said
    assert "In the table: mean ± standard deviation over the runs." in said
    assert "also differ in learning rate: 0.1 vs 0.1, 0.3" in said
    assert isinstance(parts[0], Text)
    assert parts[0].strong, "the verdict comes first"
    [script] = [part.text for part in parts if isinstance(part, Text) and part.code]
    compile(script, "script", "exec")
    assert "95 % CI" in said or "better than" in said or "worse than" in said


def test_differences_can_be_drawn_as_curves(seeded: list[Run], store: RunStore) -> None:
    one, two = families(store)
    query = {"runs": f"{one},{two}", "baseline": one, "delta": "true", "y": "test_accuracy"}
    chart = figures(open_page("compare", query))["curves-all"]
    [curve] = [line for line in chart["data"] if "band" not in line["name"]]
    assert curve["name"] == "Cross-entropy − Hinge (n=8)"
    assert curve["y"][0] == pytest.approx(0.0)


def test_the_filter_narrows_the_table_and_points_at_errors(seeded: list[Run]) -> None:
    app = open_page("compare", {"filter": "loss = hinge and seed < 3", "rows": "runs"})
    assert len(app.dataframe[0].value) == 3
    app.text_input(key="filter").set_value("los = hinge").run()
    assert not app.exception
    assert "los" in app.error[0].value
    assert "^" in app.get("code")[0].value
    assert len(app.dataframe[0].value) == 16


def test_all_filtered_runs_can_be_selected_at_once(seeded: list[Run], store: RunStore) -> None:
    app = open_page("compare", {"filter": "loss = hinge", "runs": "all", "rows": "runs"})
    assert len(figures(app)["curves-all"]["data"]) == 8


def test_too_many_curves_are_grouped(store: RunStore) -> None:
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1, evaluations=3)
    rates = [0.001 * k for k in range(1, 15)]
    store.save(
        train(
            [
                base.replace(loss=loss, learning_rate=r)
                for loss in ("hinge", "cross_entropy")
                for r in rates
            ]
        )
    )
    app = open_page("compare", {"runs": "all", "y": "test_accuracy"})
    assert "More than 24 curves, so they are grouped by loss." in words(app)
    names = [
        line["name"] for line in figures(app)["curves-all"]["data"] if "band" not in line["name"]
    ]
    assert len(names) == 2
    assert all("(n=14)" in name for name in names)


def test_every_run_is_evaluated_under_every_loss(seeded: list[Run], store: RunStore) -> None:
    app = open_page("compare", {"runs": ",".join(families(store)), "part": "evaluation"})
    assert not app.exception
    assert {"evaluated", "margins", "calibration"} <= set(figures(app))
    [cells] = figures(app)["evaluated"]["data"]
    assert len(cells["x"]) == 6
    assert len(cells["y"]) == 2


def test_cost_to_target_labels_runs_that_miss_it(seeded: list[Run], store: RunStore) -> None:
    query = {"runs": ",".join(families(store)), "part": "cost", "target": "0.05"}
    app = open_page("compare", query)
    assert not app.exception
    assert list(app.dataframe[1].value["Reached by"]) == [8, 8]
    app.number_input(key="target").set_value(1.0).run()
    assert "not reached" in figures(app)["cost"]["alt"]
    texts = [each["text"] for each in figures(app)["cost"]["layout"]["annotations"]]
    assert any("not reached" in text for text in texts)
