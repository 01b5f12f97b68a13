"""The Compare page."""

import csv
import json
import math
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    experiment_on,
    train,
)
from lossopt_core.exchange import archive
from lossopt_ui.charts.colours import BATCH, INK
from lossopt_ui.jobs import render_gate
from lossopt_ui.runs import group_charts, runs_table
from lossopt_ui.runs.downloads import DATA
from lossopt_ui.runs.run_notes import SEVERAL
from tests.helpers import figures, go, open_page, trace, words


def ids(*runs: Run) -> dict[str, str]:
    return {"runs": ",".join(run.id for run in runs)}


def test_without_runs_it_links_to_training(store: RunStore) -> None:
    app = open_page("compare")
    assert not app.exception
    assert "No saved runs yet" in app.info[0].value
    assert not app.sidebar.selectbox, "there is nothing to be grouped"


def test_the_list_names_all_runs_by_what_differs(kept: list[Run]) -> None:
    table = open_page("compare").dataframe[0]
    assert set(table.value["id"]) == {run.id for run in kept}
    assert list(table.value.columns)[:3] == ["run", "spark", "test_accuracy"]
    assert list(table.value["run"]) == [
        "Hinge · α 0.1", "Cross-entropy · α 0.3", "Cross-entropy · α 0.1"
    ]  # fmt: skip
    assert {"loss", "learning_rate"} <= set(table.value)
    assert "momentum" not in table.value
    assert table.value["id"].iloc[0] == kept[-1].id


def test_rows_are_as_tall_as_their_names_need(kept: list[Run], store: RunStore) -> None:
    assert open_page("compare").dataframe[0].proto.row_height == runs_table.ROW
    store.save(train([kept[0].experiment.replace(optimizer="momentum", strength=0.03, epochs=1)]))
    table = open_page("compare", {"rows": "runs"}).dataframe[0]
    assert max(map(len, table.value["run"])) > 27
    assert table.proto.row_height == runs_table.TALL_ROW


def test_runs_in_the_address_are_selected_and_drawn(kept: list[Run]) -> None:
    app = open_page("compare", ids(kept[0], kept[1]))
    assert not app.exception
    chart = figures(app)["curves-all"]
    for run, name in ((kept[0], "α 0.1"), (kept[1], "α 0.3")):
        drawn = trace(chart, name)
        assert drawn["y"] == pytest.approx(run.history["objective"].tolist())


def test_different_losses_never_share_an_axis_for_their_values(kept: list[Run]) -> None:
    app = open_page("compare", ids(*kept))
    assert app.selectbox(key="y").value == "test_accuracy", "the first thing that they share"
    assert set(figures(app)) == {"curves-all", "forest"}
    assert "y" not in app.query_params
    app.selectbox(key="y").set_value("objective").run()
    assert set(figures(app)) == {"curves-hinge", "curves-cross_entropy", "forest"}
    assert "Values of different losses are not comparable" in words(app)
    app.selectbox(key="y").set_value("test_accuracy").run()
    assert set(figures(app)) == {"curves-all", "forest"}
    assert len(figures(app)["curves-all"]["data"]) == 3


def test_chosen_axes_are_part_of_the_address(kept: list[Run]) -> None:
    app = open_page("compare", ids(kept[0]) | {"x": "update", "log_y": "true"})
    layout = figures(app)["curves-all"]["layout"]
    assert layout["xaxis"]["title"]["text"] == "Updates"
    assert layout["yaxis"]["type"] == "log"
    app.selectbox(key="x").set_value("gradient_evaluations").run()
    assert dict(app.query_params)["x"] == "gradient_evaluations"


def test_labels_name_only_the_settings_that_differ(kept: list[Run]) -> None:
    app = open_page("compare", ids(kept[0], kept[1]))
    table = app.dataframe[1].value
    assert list(table.index) == ["α 0.1", "α 0.3"]
    assert list(table.columns)[:3] == ["Learning rate α", "Runs", "Objective"]
    assert list(table["Learning rate α"]) == ["0.1", "0.3"]
    table = app.toggle(key="differs").set_value(False).run().dataframe[1].value
    assert list(table["Loss"]) == ["Cross-entropy"] * 2


def test_delete_removes_only_the_selected_runs_and_can_be_undone(
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


def test_an_unknown_run_in_the_address_is_reported(kept: list[Run]) -> None:
    app = open_page("compare", {"runs": f"{kept[0].id},{'0' * 16}"})
    assert not app.exception
    assert "1 of the runs in the address are not saved here" in app.warning[0].value
    assert len(figures(app)["curves-all"]["data"]) == 1


def test_the_download_contains_every_evaluation_of_the_runs(kept: list[Run]) -> None:
    rows = [*csv.reader(StringIO(DATA["csv"].write(kept, {}).decode()))]
    assert len(rows) == 1 + sum(len(run.history) for run in kept)
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["id"] == kept[0].id
    assert float(first["objective"]) == pytest.approx(math.log(10))


def test_an_archive_in_several_files_is_announced_before_the_click(
    kept: list[Run], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = store.sizes(run.id for run in kept)
    largest = max(sizes.values()) + archive.BYTES_OF_A_DESCRIPTION
    monkeypatch.setattr(archive, "LARGEST", largest)
    app = open_page("compare", {"runs": "all"})
    app.session_state["take-along"] = True
    app = app.run()
    said = words(app)
    assert f"they are split into {len(kept)} files" in said
    [part] = [each for each in app.selectbox if each.label == "Part"]
    assert len(part.options) == len(kept)
    app = part.set_value(1).run()
    assert not app.exception


def test_a_run_opens_on_the_train_page_with_its_settings(kept: list[Run]) -> None:
    link, *_ = open_page("compare", ids(kept[2])).get("page_link")
    assert link.proto.page == "train"
    app = open_page("train", dict(parse_qsl(link.proto.query_string)))
    assert not app.exception
    assert app.title[0].value == "Train a classifier"
    assert app.selectbox(key="loss").value == "hinge"
    assert app.number_input(key="epochs").value == 2
    assert "accuracy" in figures(app)
    assert [key for key in figures(app) if key.startswith("objective")]


def test_a_run_of_defaults_opens_with_the_defaults(store: RunStore) -> None:
    store.save(runs := train([Experiment()]))
    app = open_page("train", {"loss": "hinge"})
    app.query_params.clear()
    app.query_params.update(ids(*runs))
    link, *_ = go(app, "compare").get("page_link")
    app.query_params.clear()
    app.query_params.update(dict(parse_qsl(link.proto.query_string)))
    assert go(app, "train").selectbox(key="loss").value == "cross_entropy"


def test_comparing_does_not_change_the_settings_of_the_next_training(kept: list[Run]) -> None:
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


def test_unfinished_runs_are_labelled(store: RunStore) -> None:
    runs = train([Experiment(loss="squared_hinge", learning_rate=rate) for rate in (0.001, 1.0)])
    store.save(runs)
    lines = figures(open_page("compare", ids(*runs)))["curves-all"]["data"]
    names = [line["name"] for line in lines if line.get("showlegend") is not False]
    assert names == ["α 0.001", "α 1 (diverged)"]


def test_comparing_other_data_or_penalties_gives_a_warning(
    store: RunStore,
) -> None:
    runs = train([Experiment(epochs=1), Experiment(epochs=1, strength=0.1)])
    runs += train([Experiment(dataset="blobs", epochs=1), Experiment(dataset="moons", epochs=1)])
    store.save(runs)
    assert "differ in penalty, so" in words(open_page("compare", ids(*runs[:2])))
    app = open_page("compare", ids(*runs))
    assert "differ in data, penalty, so" in words(app)
    app.selectbox(key="y").set_value("test_accuracy").run()
    assert "differ in" not in words(app)


def test_runs_on_separate_axes_may_differ_in_the_penalty(store: RunStore) -> None:
    runs = train([Experiment(epochs=1), Experiment(epochs=1, loss="hinge", strength=0.5)])
    store.save(runs)
    assert "differ in" not in words(open_page("compare", ids(*runs)))


def test_options_are_shown_with_their_data_set(store: RunStore) -> None:
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


def test_names_tags_and_notes_are_saved_and_shown_as_text(kept: list[Run], store: RunStore) -> None:
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


def test_only_edited_fields_are_saved_for_several_runs(kept: list[Run], store: RunStore) -> None:
    first, second, _ = kept
    store.annotate([first.id], name="too fast", tags=["all", "bad"], note="important")
    store.annotate([second.id], name="best", tags=["all", "good"])
    app = open_page("compare", ids(first, second))
    assert app.text_input(key="run-name").placeholder == SEVERAL
    assert app.text_area(key="run-note").placeholder == SEVERAL
    assert app.text_input(key="run-tags").value == "all"
    assert "only some of the runs have stay unchanged" in words(app)
    app.text_input(key="run-tags").set_value("paper")
    app.button(key="keep-notes").click().run()
    rows = store.list().set_index("id")[["name", "tags", "note"]]
    assert list(rows.loc[first.id]) == ["too fast", ["bad", "paper"], "important"]
    assert list(rows.loc[second.id]) == ["best", ["good", "paper"], ""]

    app.text_input(key="run-name").set_value("one name").run()
    app.button(key="keep-notes").click().run()
    app.text_input(key="run-name").set_value("").run()
    app.button(key="keep-notes").click().run()
    rows = store.list().set_index("id")[["name", "tags", "note"]]
    assert list(rows.loc[first.id]) == ["", ["bad", "paper"], "important"], "a shared one goes"


def test_too_many_tags_for_one_run_change_no_run(kept: list[Run], store: RunStore) -> None:
    store.annotate([kept[0].id], name="first", tags=[f"tag {k}" for k in range(12)])
    app = open_page("compare", ids(kept[0], kept[1]))
    app.text_input(key="run-name").set_value("another")
    app.text_input(key="run-tags").set_value("one more")
    app.button(key="keep-notes").click().run()
    assert "Not saved: tags must have at most 12 entries" in app.toast[0].value
    rows = store.list().set_index("id")
    assert rows["name"][kept[0].id] == "first"
    assert rows["tags"][kept[1].id] == []


def test_annotation_fields_are_refilled_after_visiting_another_page(
    kept: list[Run], store: RunStore
) -> None:
    store.annotate([kept[0].id], name="first", tags=["good"], note="important")
    app = open_page("compare", ids(kept[0]))
    go(app, "train")
    app.query_params.update(ids(kept[0]))
    go(app, "compare")
    assert app.text_input(key="run-name").value == "first"
    app.text_input(key="run-tags").set_value("good, paper")
    app.button(key="keep-notes").click().run()
    row = store.list().set_index("id").loc[kept[0].id]
    assert (row["name"], row["tags"], row["note"]) == ("first", ["good", "paper"], "important")


def tick(app: AppTest, *ids: str) -> None:
    """Select exactly these rows of the table, as by clicks in a browser."""
    rows = [list(app.dataframe[0].value["id"]).index(id) for id in ids]
    selection = {"selection": {"rows": rows, "columns": [], "cells": []}}
    states = app._tree.get_widget_states()
    states.widgets.add(id=app.dataframe[0].proto.id, string_value=json.dumps(selection))
    app._run(states)


def chosen(app: AppTest) -> list[str]:
    return [each for each in dict(app.query_params).get("runs", "").split(",") if each]


def test_what_one_waits_for_is_drawn_first(
    kept: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def noted(where: Any, name: str) -> None:
        draw = getattr(where, name)
        monkeypatch.setattr(where, name, lambda *args: (order.append(name), draw(*args))[1])

    noted(runs_table, "choose")
    noted(group_charts, "draw")
    noted(render_gate.PAGES, "let_browser_draw")
    app = open_page("compare", {"rows": "runs"} | ids(kept[0], kept[1]))
    assert order == ["choose", "draw"]
    order.clear()
    tick(app, kept[0].id)
    assert not app.exception
    assert order == ["draw", "let_browser_draw", "choose"]
    assert chosen(app) == [kept[0].id]
    assert len(figures(app)["curves-all"]["data"]) == 1


def test_a_filter_keeps_the_earlier_selection(kept: list[Run]) -> None:
    slow, fast, hinge = (run.id for run in kept)
    app = open_page("compare", {"filter": "loss = cross_entropy"})
    tick(app, slow)
    assert chosen(app) == [slow]
    app.text_input(key="filter").set_value("loss = hinge").run()
    assert "1 selected run is hidden by the filter." in words(app)
    assert "Select rows" not in words(app)
    tick(app, hinge)
    assert chosen(app) == [hinge, slow]
    tick(app)
    assert chosen(app) == [slow]
    app.text_input(key="filter").set_value("").run()
    assert "hidden by the filter" not in words(app)
    assert len(figures(app)["curves-all"]["data"]) == 1
    tick(app, slow, fast, hinge)
    assert chosen(app) == ["all"]


def test_a_click_deselects_an_archived_run(kept: list[Run], store: RunStore) -> None:
    first, second, _ = (run.id for run in kept)
    app = open_page("compare", {"runs": first})
    app.button(key="archive").click().run()
    assert "hidden by the filter" not in words(app)
    tick(app, second)
    assert chosen(app) == [second]


def test_the_selection_is_limited_by_the_address(
    kept: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, fast, hinge = (run.id for run in kept)
    monkeypatch.setattr(runs_table, "MAX_CHOSEN", 2)
    app = open_page("compare", {"runs": hinge, "filter": "loss = cross_entropy"})
    tick(app, slow)
    assert chosen(app) == [slow, hinge]
    tick(app, slow, fast)
    assert chosen(app) == ["all"]
    assert "Hidden runs are no longer selected" in app.toast[0].value


def test_pinned_runs_come_first_and_archived_ones_are_hidden(
    kept: list[Run], store: RunStore
) -> None:
    app = open_page("compare", ids(kept[0]))
    app.button(key="pin").click().run()
    assert app.dataframe[0].value["id"].iloc[0] == kept[0].id
    app.button(key="archive").click().run()
    assert kept[0].id not in set(app.dataframe[0].value["id"])
    app = open_page("compare", {"archived": "true"})
    assert kept[0].id in set(app.dataframe[0].value["id"])


def test_a_view_is_saved_under_a_name(kept: list[Run], store: RunStore) -> None:
    app = open_page("compare", ids(kept[0]) | {"log_y": "true", "filter": "loss = cross_entropy"})
    app.text_input(key="view-name").set_value("My view")
    app.button(key="keep-view").click().run()
    assert dict(parse_qsl(store.views()["My view"])) == {
        "runs": kept[0].id, "log_y": "true", "filter": "loss = cross_entropy"
    }  # fmt: skip
    assert app.text_input(key="view-name").value == ""
    assert app.button(key="open-My view").label == "My view"
    app.button(key="forget-My view").click().run()
    assert store.views() == {}


def test_a_saved_view_opens_on_click(kept: list[Run], store: RunStore) -> None:
    query = ids(kept[0], kept[1]) | {"filter": "loss = cross_entropy", "columns": "loss,update"}
    store.save_view("Two rates", urlencode(query))
    app = open_page("compare", ids(kept[2]) | {"log_y": "true", "hide": "facet"})
    app.button(key="open-Two rates").click().run()
    assert not app.exception
    assert dict(app.query_params) == query | {"hide": "facet"}
    assert app.text_input(key="filter").value == "loss = cross_entropy"
    assert not app.toggle(key="log_y").value, "the view does not name it"
    assert set(app.dataframe[0].value["id"]) == {kept[0].id, kept[1].id}
    assert list(app.dataframe[0].value.columns) == ["run", "loss", "update", "id"]
    assert len(figures(app)["curves-all"]["data"]) == 2


def test_invalid_parts_of_a_saved_view_are_reported(kept: list[Run], store: RunStore) -> None:
    store.save_view("Old", urlencode(ids(kept[0]) | {"x": "fortnights"}))
    app = open_page("compare")
    app.button(key="open-Old").click().run()
    assert not app.exception
    assert "In the view: x must be" in app.toast[0].value
    assert dict(app.query_params) == ids(kept[0])


def test_columns_and_order_can_be_chosen(kept: list[Run]) -> None:
    app = open_page("compare", {"columns": "loss,objective", "sort": "test_accuracy"})
    table = app.dataframe[0].value
    assert list(table.columns) == ["run", "loss", "objective", "id"]
    best = max(kept, key=lambda run: run.final["test_accuracy"])
    assert table["id"].iloc[0] == best.id


def test_seconds_are_an_axis_only_for_runs_trained_alone(store: RunStore) -> None:
    alone = [train([Experiment(epochs=2, learning_rate=rate)])[0] for rate in (0.1, 0.2)]
    grouped = train([Experiment(epochs=2, learning_rate=rate) for rate in (0.3, 0.4)])
    store.save([*alone, *grouped])
    app = open_page("compare", {"x": "seconds"} | ids(*alone, grouped[0]))
    assert not app.exception
    chart = figures(app)["curves-all"]
    seconds = trace(chart, "α 0.1")["x"]
    assert seconds[-1] == pytest.approx(alone[0].seconds_per_update * alone[0].final["update"])
    assert chart["layout"]["xaxis"]["title"]["text"] == "Seconds of training"
    assert len(chart["data"]) == 2
    assert "only runs trained alone" in words(app)

    app = open_page("compare", {"x": "seconds", "part": "cost", "target": "0.2"} | ids(*alone))
    assert (
        "Seconds of training to a test accuracy" in figures(app)["cost"]["layout"]["title"]["text"]
    )
    assert "Wall-clock seconds on the machine" in words(app)


def test_runs_on_two_uploads_are_labelled_by_fingerprint(store: RunStore):
    sets = [
        experiment_on(
            [[x] for x in (0, 1, 2, 3.0 + k)], [0, 1, 0, 1], batch_size=1, test_fraction=0
        )
        for k in (0, 1)
    ]
    store.save(train(sets))
    app = open_page("compare")
    assert not app.exception
    [named] = [each.value["dataset"] for each in app.dataframe if "dataset" in each.value]
    for each in sets:
        assert any(each.dataset_options["data"][:8] in words for words in named)
