"""The page of all kept runs."""

import math
import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from lossopt_core import Experiment, Run, RunStore, train
from lossopt_core.sharing import pack
from lossopt_ui.charts.colours import BATCH, INK
from lossopt_ui.downloads import csv
from lossopt_ui.kept import Member
from lossopt_ui.lines import lines_of
from tests.helpers import figures, go, open_page, settle, trace, words


@pytest.fixture
def kept(store: RunStore) -> list[Run]:
    """Three runs of two losses, in the store."""
    runs = train(
        [
            Experiment(epochs=2),
            Experiment(epochs=2, learning_rate=0.3),
            Experiment(epochs=2, loss="hinge"),
        ]
    )
    store.save(runs)
    return runs


def ids(*runs: Run) -> dict[str, str]:
    return {"runs": ",".join(run.id for run in runs)}


def test_without_runs_it_shows_the_way_to_the_first(store: RunStore) -> None:
    app = open_page("compare")
    assert not app.exception
    assert "No runs are kept yet" in app.info[0].value
    assert not app.sidebar.selectbox, "there is nothing to be grouped"


def test_the_table_has_all_runs_with_what_differs_first(kept: list[Run]) -> None:
    [table] = open_page("compare").dataframe
    assert set(table.value["id"]) == {run.id for run in kept}
    assert list(table.value.columns)[:3] == ["loss", "learning_rate", "test_accuracy"]
    assert "momentum" not in table.value
    assert table.value["id"].iloc[0] == kept[-1].id


def test_runs_in_the_address_are_selected_and_drawn(kept: list[Run]) -> None:
    app = open_page("compare", ids(kept[0], kept[1]))
    assert not app.exception
    chart = figures(app)["curves-all"]
    for run, name in ((kept[0], "learning rate 0.1"), (kept[1], "learning rate 0.3")):
        drawn = trace(chart, name)
        assert drawn["y"] == pytest.approx(run.history["objective"].tolist())


def test_different_losses_never_share_an_axis_for_their_values(kept: list[Run]) -> None:
    app = open_page("compare", ids(*kept))
    assert set(figures(app)) == {"curves-hinge", "curves-cross_entropy"}
    assert "cannot be compared" in words(app)
    app.selectbox(key="y").set_value("test_accuracy").run()
    assert set(figures(app)) == {"curves-all"}
    assert len(figures(app)["curves-all"]["data"]) == 3


def test_axes_are_chosen_and_kept_in_the_address(kept: list[Run]) -> None:
    app = open_page("compare", ids(kept[0]) | {"x": "update", "log_y": "true"})
    layout = figures(app)["curves-all"]["layout"]
    assert layout["xaxis"]["title"]["text"] == "Updates"
    assert layout["yaxis"]["type"] == "log"
    app.selectbox(key="x").set_value("gradient_evaluations").run()
    assert dict(app.query_params)["x"] == "gradient_evaluations"


def test_two_runs_are_told_apart_by_the_fields_that_differ_alone(kept: list[Run]) -> None:
    app = open_page("compare", ids(kept[0], kept[1]))
    table = app.dataframe[1].value
    assert list(table.index) == ["learning rate 0.1", "learning rate 0.3"]
    assert list(table.columns)[:3] == ["Learning rate α", "Runs", "Objective"]
    assert list(table["Learning rate α"]) == ["0.1", "0.3"]
    table = app.toggle(key="differs").set_value(False).run().dataframe[1].value
    assert list(table["Loss"]) == ["Cross-entropy"] * 2


def test_deleting_deletes_the_selected_runs_alone_and_can_be_undone(
    kept: list[Run], store: RunStore
) -> None:
    app = open_page("compare", ids(kept[0], kept[2]))
    app.button(key="delete").click().run()
    assert not app.exception
    assert list(store.list()["id"]) == [kept[1].id]
    assert dict(app.query_params) == {}
    assert not app.warning
    assert "Deleted 2 runs." in words(app)
    app.button(key="undo").click().run()
    assert set(store.list()["id"]) == {run.id for run in kept}
    assert dict(app.query_params) == ids(kept[0], kept[2])
    assert "Deleted" not in words(app)


def test_a_run_that_is_not_kept_here_is_said(kept: list[Run]) -> None:
    app = open_page("compare", {"runs": f"{kept[0].id},{'0' * 16}"})
    assert not app.exception
    assert "1 of the runs in the address are not kept here" in app.warning[0].value
    assert len(figures(app)["curves-all"]["data"]) == 1


def test_the_download_holds_every_evaluation_of_the_runs(kept: list[Run]) -> None:
    rows = csv(kept).decode().splitlines()
    assert len(rows) == 1 + sum(len(run.history) for run in kept)
    header = rows[0].split(",")
    first = dict(zip(header, rows[1].split(","), strict=True))
    assert first["id"] == kept[0].id
    assert float(first["objective"]) == pytest.approx(math.log(10))


def test_a_run_opens_on_the_train_page_with_its_settings(kept: list[Run]) -> None:
    link, *_ = open_page("compare", ids(kept[2])).get("page_link")
    assert link.proto.page == "train"
    app = open_page("train", dict(parse_qsl(link.proto.query_string)))
    assert not app.exception
    assert app.title[0].value == "Train a classifier"
    assert app.selectbox(key="loss").value == "hinge"
    assert app.number_input(key="epochs").value == 2
    assert set(figures(app)) >= {"objective", "accuracy"}


def test_a_run_of_defaults_opens_with_the_defaults(store: RunStore) -> None:
    store.save(runs := train([Experiment()]))
    app = open_page("train", {"loss": "hinge"})
    app.query_params.clear()
    app.query_params.update(ids(*runs))
    link, *_ = go(app, "compare").get("page_link")
    app.query_params.clear()
    app.query_params.update(dict(parse_qsl(link.proto.query_string)))
    assert go(app, "train").selectbox(key="loss").value == "cross_entropy"


def test_comparing_leaves_the_settings_of_the_next_training_alone(kept: list[Run]) -> None:
    app = open_page("train", {"loss": "hinge", "epochs": "7"})
    for name, value in ids(kept[0]).items():
        app.query_params[name] = value
    go(app, "compare")
    assert dict(app.query_params) == ids(kept[0])
    go(app, "train")
    assert app.selectbox(key="loss").value == "hinge"
    assert dict(app.query_params) == {"loss": "hinge", "epochs": "7"}


def test_gd_and_sgd_keep_their_colours(store: RunStore) -> None:
    runs = train([Experiment(epochs=1, optimizer=name) for name in ("gd", "sgd")])
    store.save(runs)
    chart = figures(open_page("compare", ids(*runs)))["curves-all"]
    assert trace(chart, "GD (full batch)")["line"]["color"] == INK["light"]
    [sgd] = [line for line in chart["data"] if line["name"].startswith("SGD")]
    assert sgd["line"]["color"] == BATCH[32]["light"]


def test_runs_that_did_not_come_to_their_end_say_so(store: RunStore) -> None:
    runs = train([Experiment(loss="squared_hinge", learning_rate=rate) for rate in (0.001, 1.0)])
    store.save(runs)
    names = [
        line["name"] for line in figures(open_page("compare", ids(*runs)))["curves-all"]["data"]
    ]
    assert names == ["learning rate 0.001", "learning rate 1 (diverged)"]


def test_values_of_other_data_or_penalties_are_not_compared_without_a_word(
    store: RunStore,
) -> None:
    runs = train([Experiment(epochs=1), Experiment(epochs=1, strength=0.1)])
    runs += train([Experiment(dataset="blobs", epochs=1), Experiment(dataset="moons", epochs=1)])
    store.save(runs)
    assert "differ in penalty:" in words(open_page("compare", ids(*runs[:2])))
    app = open_page("compare", ids(*runs))
    assert "differ in data, penalty:" in words(app)
    app.selectbox(key="y").set_value("test_accuracy").run()
    assert "differ in" not in words(app)


def test_runs_on_axes_of_their_own_may_differ_in_the_penalty(store: RunStore) -> None:
    runs = train([Experiment(epochs=1), Experiment(epochs=1, loss="hinge", strength=0.5)])
    store.save(runs)
    assert "differ in" not in words(open_page("compare", ids(*runs)))


def test_options_are_told_with_their_data_set(store: RunStore) -> None:
    runs = train(
        [
            Experiment(dataset="blobs", epochs=1),
            Experiment(dataset="blobs", epochs=1, dataset_options={"spread": 3}),
            Experiment(dataset="moons", epochs=1),
            Experiment(dataset="circles", epochs=1),
        ]
    )
    store.save(runs)
    table, settings = (each.value for each in open_page("compare", ids(*runs)).dataframe)
    assert list(table["dataset"]) == ["Circles", "Moons", "Blobs, spread 3", "Blobs, spread 1.5"]
    assert not [name for name in table.columns if "." in name]
    assert {"Moons: noise", "Circles: noise", "Blobs: spread"} <= set(settings.columns)


@pytest.fixture
def seeded(store: RunStore) -> list[Run]:
    """Two losses with eight seeds each, on small data."""
    base = Experiment(dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2)
    runs = train(
        [base.but(loss=loss, seed=k) for loss in ("hinge", "cross_entropy") for k in range(8)]
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
    apart = app.selectbox(key="rows").set_value("runs").run()
    assert len(apart.dataframe[0].value) == 16
    assert len(figures(apart)["curves-all"]["data"]) == 16


def test_a_mean_over_several_losses_is_drawn_of_accuracies_alone(
    seeded: list[Run], store: RunStore
) -> None:
    query = {"runs": ",".join(families(store)), "group": "epochs"}
    app = open_page("compare", query)
    assert not app.exception
    assert not figures(app)
    said = words(app)
    assert "Left out, as a mean over runs of several losses means nothing: epochs 2." in said
    assert list(app.dataframe[1].value["Objective"]) == ["several losses"]
    app.selectbox(key="y").set_value("test_accuracy").run()
    names = [line["name"] for line in figures(app)["curves-all"]["data"]]
    assert any(name.startswith("epochs 2") and name.endswith("(n=16)") for name in names)


def test_a_baseline_of_several_losses_is_compared_with_nothing_and_says_why(
    seeded: list[Run], store: RunStore
) -> None:
    store.save(train([seeded[0].experiment.but(epochs=1, seed=k) for k in range(6)]))
    query = {"rows": "runs", "runs": "all", "group": "epochs", "delta": "true"}
    shown = [Member(run.id, run.experiment, run.history, run.status) for run in seeded]
    [mixed] = lines_of(shown, together=False, group=("epochs",))
    app = open_page("compare", query | {"baseline": mixed.key})
    assert not app.exception
    assert "No differences: epochs 2 has no curve along these axes." in words(app).replace("\\", "")
    chart = figures(app)["curves-all"]
    assert "Difference" not in chart["layout"]["yaxis"]["title"]["text"]
    app = open_page(
        "compare", query | {"baseline": mixed.key, "part": "differences", "measure": "objective"}
    )
    assert "epochs 2: its runs have several losses, of which objective has no mean" in words(app)


def test_what_diverged_counts_in_no_mean_and_is_said(seeded: list[Run], store: RunStore) -> None:
    gone = [
        replace(run, experiment=run.experiment.but(seed=k), status="diverged")
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
    assert "Left out: 3 runs without a result to compare" in words(app)


def test_colour_line_style_and_small_multiples_each_follow_a_setting(store: RunStore) -> None:
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, evaluations=4)
    runs = train(
        [
            base.but(learning_rate=rate, momentum=m, epochs=epochs, optimizer="momentum")
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
    assert [chart["layout"]["title"]["text"] for chart in charts.values()] == [
        "Epochs: 1", "Epochs: 3"
    ]  # fmt: skip
    styles: dict[tuple[str, str], set[str]] = {}
    for chart in charts.values():
        assert len(chart["data"]) == 4
        for line in chart["data"]:
            said = re.search("learning rate (.*), .*momentum (.*), epochs", line["name"])
            assert said is not None, line["name"]
            styles.setdefault(said.groups(), set()).add(str(line["line"]))
    looks_of = {key: next(iter(each)) for key, each in styles.items() if len(each) == 1}
    assert len(set(looks_of.values())) == 4, "the same look in both charts, another for each pair"
    first, second = (chart["layout"] for chart in charts.values())
    assert first["xaxis"]["range"] == second["xaxis"]["range"] == [0.0, 3.0]
    assert first["yaxis"]["range"] == second["yaxis"]["range"]


def test_members_are_drawn_behind_their_mean_when_asked(seeded: list[Run], store: RunStore) -> None:
    app = open_page("compare", {"runs": families(store)[0], "members": "true"})
    [behind] = [
        line for line in figures(app)["curves-all"]["data"] if line["name"].endswith("each run")
    ]
    assert sum(value is None or value != value for value in behind["x"]) == 8


def test_a_baseline_gives_a_sentence_for_each_other_line(
    seeded: list[Run], store: RunStore
) -> None:
    one, two = families(store)
    query = {"runs": f"{one},{two}", "part": "differences", "baseline": one}
    app = open_page("compare", query)
    assert not app.exception
    said = words(app)
    assert "8 seeds" in said
    assert "better" in said or "worse" in said or "no difference" in said
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
    assert "means something else" in words(app)


def test_differences_can_be_drawn_as_curves(seeded: list[Run], store: RunStore) -> None:
    one, two = families(store)
    query = {"runs": f"{one},{two}", "baseline": one, "delta": "true", "y": "test_accuracy"}
    chart = figures(open_page("compare", query))["curves-all"]
    [curve] = [line for line in chart["data"] if "band" not in line["name"]]
    assert curve["name"] == "Cross-entropy − Hinge (n=8)"
    assert curve["y"][0] == pytest.approx(0.0)


def test_the_filter_narrows_the_table_and_points_at_mistakes(seeded: list[Run]) -> None:
    app = open_page("compare", {"filter": "loss = hinge and seed < 3", "rows": "runs"})
    assert len(app.dataframe[0].value) == 3
    app.text_input(key="filter").set_value("los = hinge").run()
    assert not app.exception
    assert "los" in app.error[0].value
    assert "^" in app.get("code")[0].value
    assert len(app.dataframe[0].value) == 16


def test_everything_that_the_filter_shows_can_be_chosen_at_once(
    seeded: list[Run], store: RunStore
) -> None:
    app = open_page("compare", {"filter": "loss = hinge", "runs": "all", "rows": "runs"})
    assert len(figures(app)["curves-all"]["data"]) == 8


def test_more_lines_than_can_be_named_become_groups(store: RunStore) -> None:
    base = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1, evaluations=3)
    rates = [0.001 * k for k in range(1, 15)]
    store.save(
        train(
            [
                base.but(loss=loss, learning_rate=r)
                for loss in ("hinge", "cross_entropy")
                for r in rates
            ]
        )
    )
    app = open_page("compare", {"runs": "all", "y": "test_accuracy"})
    assert "More than 24 curves: they are grouped by loss." in words(app)
    names = [
        line["name"] for line in figures(app)["curves-all"]["data"] if "band" not in line["name"]
    ]
    assert len(names) == 2
    assert all("(n=14)" in name for name in names)


def test_names_tags_and_notes_are_kept_and_shown_as_text(kept: list[Run], store: RunStore) -> None:
    hostile = "<b>x</b> ![y](http://127.0.0.2/z.png)"
    app = open_page("compare", ids(kept[0], kept[1]))
    app = open_page("compare", ids(kept[0]))
    app.text_input(key="run-name").set_value(hostile)
    app.text_input(key="run-tags").set_value("good, lecture 3")
    app.button(key="keep-notes").click().run()
    assert not app.exception
    row = store.list().set_index("id").loc[kept[0].id]
    assert (row["name"], row["tags"]) == (hostile, ["good", "lecture 3"])
    [line] = figures(app)["curves-all"]["data"]
    assert line["name"].startswith("&lt;b&gt;x")
    said = [each.value for each in (*app.markdown, *app.caption, *app.info, *app.warning)]
    assert not any("![y](http" in text for text in said)


def test_pinned_runs_come_first_and_archived_ones_go(kept: list[Run], store: RunStore) -> None:
    app = open_page("compare", ids(kept[0]))
    app.button(key="pin").click().run()
    assert app.dataframe[0].value["id"].iloc[0] == kept[0].id
    app.button(key="archive").click().run()
    assert kept[0].id not in set(app.dataframe[0].value["id"])
    app = open_page("compare", {"archived": "true"})
    assert kept[0].id in set(app.dataframe[0].value["id"])


def test_a_view_is_kept_under_a_name(kept: list[Run], store: RunStore) -> None:
    app = open_page("compare", ids(kept[0]) | {"log_y": "true", "filter": "loss = cross_entropy"})
    app.text_input(key="view-name").set_value("My view")
    app.button(key="keep-view").click().run()
    assert dict(parse_qsl(store.views()["My view"])) == {
        "runs": kept[0].id, "log_y": "true", "filter": "loss = cross_entropy"
    }  # fmt: skip
    assert any("My view" in each.proto.label for each in app.get("page_link"))
    app.button(key="forget-My view").click().run()
    assert store.views() == {}


def test_columns_and_order_are_as_one_likes(kept: list[Run]) -> None:
    app = open_page("compare", {"columns": "loss,objective", "sort": "test_accuracy"})
    table = app.dataframe[0].value
    assert list(table.columns) == ["loss", "objective", "id"]
    best = max(kept, key=lambda run: run.final["test_accuracy"])
    assert table["id"].iloc[0] == best.id


def test_runs_in_a_link_are_trained_and_compared(store: RunStore) -> None:
    runs = train([Experiment(dataset="blobs", epochs=2, seed=k) for k in range(2)])
    app = settle(open_page("compare", {"share": pack(runs)}))
    app = settle(app.run())
    assert not app.exception
    assert set(store.list()["id"]) == {run.id for run in runs}
    assert "reproduced: largest relative difference" in app.success[0].value


def test_a_link_says_which_run_came_out_otherwise_and_why(kept: list[Run]) -> None:
    one, other, third = kept
    changed = other.history.assign(objective=other.history["objective"] * 1.01)
    tampered = [one, replace(other, history=changed), replace(third, status="diverged")]
    older = {**one.environment, "numpy": "1.26 *x*"}
    app = open_page("compare", {"share": pack(tampered, older)})
    assert not app.exception
    [said] = [each.value for each in app.warning if "reproduced" in each.value]
    assert "Not reproduced: 2 of 3." in said
    assert "learning rate 0\\.3" in said
    assert "the objective differs by 0.0099 (relative) at update" in said
    assert "it finished here, and diverged where it was shared" in said
    assert "computed with numpy 1\\.26 \\*x\\* there and" in said
    app = open_page("compare", {"share": pack(tampered, one.environment)})
    assert any("the same versions" in each.value for each in app.warning)
    app = open_page("compare", {"share": pack(tampered)})
    assert any("computed there is not known" in each.value for each in app.warning)
    assert not any("the same versions" in each.value for each in app.warning)


def test_a_diverged_run_in_a_link_is_known_by_its_end(store: RunStore) -> None:
    [run] = train([Experiment(loss="squared_hinge", learning_rate=1.0, epochs=2)])
    assert run.status == "diverged"
    app = settle(settle(open_page("compare", {"share": pack([run])})).run())
    assert not app.exception
    assert "The shared run was trained here and reproduced" in app.success[0].value
    assert list(store.list()["status"]) == ["diverged"]


def test_a_damaged_link_is_said_and_left_behind(kept: list[Run]) -> None:
    app = open_page("compare", {"share": "nonsense"})
    assert not app.exception
    assert "the shared runs are damaged" in app.error[0].value
    app.button(key="drop-share").click().run()
    assert not app.error
    assert "share" not in app.query_params


def test_every_run_is_evaluated_under_every_loss(seeded: list[Run], store: RunStore) -> None:
    app = open_page("compare", {"runs": ",".join(families(store)), "part": "evaluation"})
    assert not app.exception
    assert {"evaluated", "margins", "calibration"} <= set(figures(app))
    [cells] = figures(app)["evaluated"]["data"]
    assert len(cells["x"]) == 6
    assert len(cells["y"]) == 2


def test_cost_to_target_says_who_does_not_reach_it(seeded: list[Run], store: RunStore) -> None:
    query = {"runs": ",".join(families(store)), "part": "cost", "target": "0.05"}
    app = open_page("compare", query)
    assert not app.exception
    assert list(app.dataframe[1].value["Reached by"]) == [8, 8]
    app.number_input(key="target").set_value(1.0).run()
    assert "not reached" in figures(app)["cost"]["alt"]
    texts = [each["text"] for each in figures(app)["cost"]["layout"]["annotations"]]
    assert any("not reached" in text for text in texts)


def test_seconds_are_an_axis_for_runs_that_were_trained_alone(store: RunStore) -> None:
    alone = [train([Experiment(epochs=2, learning_rate=rate)])[0] for rate in (0.1, 0.2)]
    together = train([Experiment(epochs=2, learning_rate=rate) for rate in (0.3, 0.4)])
    store.save([*alone, *together])
    app = open_page("compare", {"x": "seconds"} | ids(*alone, together[0]))
    assert not app.exception
    chart = figures(app)["curves-all"]
    seconds = trace(chart, "learning rate 0.1")["x"]
    assert seconds[-1] == pytest.approx(alone[0].seconds_per_update * alone[0].final["update"])
    assert chart["layout"]["xaxis"]["title"]["text"] == "Seconds of training"
    assert len(chart["data"]) == 2
    assert "only runs that were trained alone" in words(app)

    app = open_page("compare", {"x": "seconds", "part": "cost", "target": "0.2"} | ids(*alone))
    assert (
        "Seconds of training to a test accuracy" in figures(app)["cost"]["layout"]["title"]["text"]
    )
    assert "Seconds are those of the machine" in words(app)
