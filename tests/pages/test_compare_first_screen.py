"""The Compare page as it opens: what is drawn, said and found without a click."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, Run, RunStore, train
from lossopt_ui.runs import runs_table
from tests.helpers import figures, open_page, settle, trace, words

SMALL = Experiment(
    dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2, evaluations=4
)


@pytest.fixture
def seeded(store: RunStore) -> list[Run]:
    """Three losses with seven seeds each; cross-entropy is the oldest."""
    runs = [
        run
        for loss in ("cross_entropy", "hinge", "squared_hinge")
        for run in train([SMALL.replace(loss=loss, seed=k) for k in range(7)])
    ]
    store.save(runs)
    return runs


def drawn(app: AppTest) -> set[str]:
    return {
        line["name"].split(":")[0]
        for chart in figures(app).values()
        for line in chart["data"]
        if line.get("mode") == "lines" and "band" not in line["name"]
    }


def test_the_newest_rows_are_drawn_until_some_are_chosen(
    seeded: list[Run], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("compare")
    assert not app.exception
    assert drawn(app) == {"Cross-entropy", "Hinge", "Squared hinge"}
    assert dict(app.query_params) == {}
    monkeypatch.setattr(runs_table, "NEWEST", 2)
    assert drawn(open_page("compare")) == {"Hinge", "Squared hinge"}
    store.save(train([Experiment(dataset="iris", epochs=1)]))
    assert drawn(open_page("compare")) == {"Cross-entropy"}, "on the data of the newest"
    none = open_page("compare", {"runs": "none"})
    assert not figures(none)
    assert "Select runs in the first column" in words(none)


def test_the_verdict_compares_with_the_oldest_or_the_pinned_group(
    seeded: list[Run], store: RunStore
) -> None:
    app = open_page("compare", {"y": "test_accuracy"})
    assert "Test accuracy. Furthest ahead of 2 curves compared: " in words(app)
    assert "All have learning rate 0.1" in words(app)
    forest = figures(app)["forest"]
    assert forest["layout"]["title"]["text"] == "Test accuracy vs baseline"
    assert "Cross-entropy (baseline)" in {line["name"] for line in forest["data"]}
    hinge = trace(forest, "Hinge")
    ends = {
        loss: [run.final["test_accuracy"] for run in seeded if run.experiment.loss == loss]
        for loss in ("hinge", "cross_entropy")
    }
    mean = 100 * (sum(ends["hinge"]) - sum(ends["cross_entropy"])) / 7
    assert hinge["x"] == pytest.approx([mean])
    assert hinge["error_x"]["array"][0] > 0
    store.annotate([seeded[-1].id], pinned=True)
    said = words(open_page("compare"))
    assert "than Squared hinge (7 seeds)" in said or "from Squared hinge (7 seeds" in said
    app.selectbox(key="baseline-choice").set_value("none").run()
    assert "Furthest ahead" not in words(app)
    assert "forest" not in figures(app)


def test_an_outdated_label_of_the_baseline_is_ignored(seeded: list[Run]) -> None:
    app = open_page("compare")
    box = app.selectbox(key="baseline-choice")
    states = app._tree.get_widget_states()
    [sent] = [each for each in states.widgets if each.id == box.proto.id] or [states.widgets.add()]
    sent.id, sent.string_value = box.proto.id, "Baseline: Hinge, epochs 9 (automatic)"
    app._run(states)
    assert not app.exception
    assert "baseline" not in app.query_params
    assert "forest" in figures(app)


def test_a_few_seeds_give_no_verdict_but_say_who_is_ahead(kept: list[Run]) -> None:
    said = words(open_page("compare"))
    best = max(kept, key=lambda run: run.final["test_accuracy"])
    assert f"so far: {'Hinge' if best.experiment.loss == 'hinge' else 'Cross-entropy'}" in said
    assert "too few to tell a difference from chance. Train at least 6 seeds of each." in said


def test_results_on_other_data_are_not_compared(seeded: list[Run], store: RunStore) -> None:
    store.save(train([Experiment(dataset="iris", epochs=1, seed=k) for k in range(7)]))
    app = open_page("compare", {"runs": "all", "part": "differences"})
    assert "on another data set than" in words(app)


def test_only_settings_that_differ_are_offered_and_the_baseline_survives(
    seeded: list[Run], store: RunStore
) -> None:
    store.save(train([SMALL.replace(loss="hinge", strength=0.1, seed=k) for k in range(7)]))
    app = open_page("compare", {"runs": "all", "y": "test_accuracy"})
    assert app.multiselect(key="group").options == ["Loss", "Strength λ", "Seed"]
    assert app.selectbox(key="colour").options == ["Automatic", "Loss", "Strength λ", "Seed"]
    choice = app.selectbox(key="baseline-choice")
    hinge = next(each for each in choice.options if each.startswith("Baseline: Squared hinge"))
    choice.set_value(choice.options.index(hinge) and hinge).run()
    app.multiselect(key="group").set_value(["loss"]).run()
    assert not app.exception
    names = {line["name"] for line in figures(app)["forest"]["data"]}
    assert "Squared hinge (baseline)" in names


def test_chips_narrow_the_list_and_an_empty_one_offers_ways_out(
    seeded: list[Run], store: RunStore
) -> None:
    store.save(train([Experiment(dataset="iris", epochs=1, seed=k) for k in range(2)]))
    app = open_page("compare", {"chips": "dataset:blobs,loss:hinge,loss:cross_entropy,when:today"})
    assert not app.exception
    assert set(app.dataframe[0].value["loss"]) == {"Hinge", "Cross-entropy"}
    options = app.multiselect(key="chips-choice").options
    assert {"Data set: Iris", "Loss: Hinge", "Best: Best 3 per data set"} <= set(options)
    assert not [each for each in options if each.startswith("Optimizer")], "there is but one"
    app.multiselect(key="chips-choice").set_value(["best:3"]).run()
    assert len(app.dataframe[0].value) == 4, "three of the blobs, one of the irises"
    assert dict(app.query_params)["chips"] == "best:3"

    app = open_page("compare", {"chips": "loss:hinge", "filter": "data set = iris"})
    assert "No run matches all conditions." in words(app)
    labels = [each.label for each in app.button if each.key.startswith("drop-")]
    assert labels == ["Clear the filter (7 runs)", "Clear the chips (2 runs)"]
    app.button(key="drop-Clear the chips").click().run()
    assert len(app.dataframe[0].value) == 1
    app = open_page("compare", {"chips": "colour:red"})
    assert "chips must be conditions such as dataset:VALUE" in words(app)


def test_tuning_runs_are_folded_away_and_have_no_test_results(store: RunStore) -> None:
    tuned = train([SMALL.replace(validation=True, learning_rate=rate) for rate in (0.1, 0.2)])
    store.save([*tuned, *train([SMALL])])
    app = open_page("compare")
    assert len(app.dataframe[0].value) == 1
    assert "2 tuning runs folded away" in words(app)
    app = open_page("compare", {"tuning": "true", "y": "test_accuracy"})
    table = app.dataframe[0].value.set_index("validation")
    assert table.loc[True, "test_accuracy"].isna().all()
    assert sorted(table.loc[True, "validation_accuracy"]) == sorted(
        100 * run.final["test_accuracy"] for run in tuned
    )
    assert "Left out because they have no values for these axes" in words(app)
    app = open_page("compare", {"tuning": "true", "at": "epoch", "at_epoch": "1"})
    assert app.dataframe[0].value.set_index("validation").loc[True, "test_accuracy"].isna().all()
    store.delete([run.id for run in train([SMALL])])
    app = open_page("compare")
    app.button(key="drop-Show tuning runs").click().run()
    assert len(app.dataframe[0].value) == 2


def test_an_unknown_parameter_of_the_address_is_said(kept: list[Run]) -> None:
    app = open_page("compare", {"filtr": "hinge"})
    assert "In the address: there is no option 'filtr'; did you mean 'filter'?" in words(app)


def test_deleted_runs_are_restored_from_the_bin_after_a_reload(
    kept: list[Run], store: RunStore
) -> None:
    store.delete([run.id for run in kept])
    app = open_page("compare")
    assert "3 runs: Hinge" in words(app)
    assert app.button(key="empty-bin").disabled
    app.button(key="restore-0").click().run()
    assert not app.exception
    assert set(store.list()["id"]) == {run.id for run in kept}
    assert drawn(app) == {
        "Cross-entropy, α 0.1",
        "Cross-entropy, α 0.3",
        "Hinge, α 0.1",
    }

    store.delete([kept[0].id])
    app = open_page("compare")
    app.checkbox(key="bin-sure").check().run()
    app.button(key="empty-bin").click().run()
    assert store.bin().empty
    assert not [each for each in app.button if each.key == "empty-bin"]


def links(app: AppTest) -> dict[str, str]:
    """The query strings of all links, by their labels."""
    return {each.proto.label: each.proto.query_string for each in app.get("page_link")}


def opened(page: str, query: str) -> AppTest:
    return open_page(page, dict(parse_qsl(query)))


def test_a_group_is_continued_with_more_seeds_longer_and_around(
    seeded: list[Run], store: RunStore
) -> None:
    everything = links(open_page("compare"))
    app = opened("sweep", everything["More seeds (10 of each)"])
    assert not app.exception
    assert "30 runs: 3 combinations × 10 seeds. 21 are already saved." in plain_words(app)
    one = links(open_page("compare", {"runs": store.list()["family"].iloc[0]}))
    app = opened("sweep", one["More seeds (10 of each)"])
    assert "10 runs: 1 combination" in plain_words(app)
    assert "7 are already saved." in plain_words(app)
    app = opened("sweep", one["Sweep around learning rate 0.1"])
    assert "21 runs: 7 combinations × 3 seeds. 3 are already saved." in plain_words(app)
    query = dict(parse_qsl(everything["Open as 3 lanes"]))
    assert query["seeds"] == "7"
    assert query["lanes"].count(";") == 2
    assert "loss=squared_hinge" in query["lanes"]
    app = settle(opened("train", everything["Open as 3 lanes"]))
    assert not app.exception
    assert "In the address" not in words(app)
    assert figures(app)
    assert len(store.list()) == 21, "all lanes are runs that exist"
    query = dict(parse_qsl(one["Open in Train"]))
    assert query["epochs"] == "2"
    assert query["blobs.spread"] == "3"


def plain_words(app: AppTest) -> str:
    return words(app).replace("**", "")


def test_every_seed_is_a_dot_and_losses_have_ranges_of_their_own(seeded: list[Run]) -> None:
    app = open_page("compare", {"part": "seeds", "measures": "test_accuracy,objective"})
    assert not app.exception
    charts = figures(app)
    accuracy = charts["seeds-test_accuracy-"]
    ends = [100 * run.final["test_accuracy"] for run in seeded if run.experiment.loss == "hinge"]
    assert sorted(trace(accuracy, "Hinge")["x"]) == pytest.approx(sorted(ends))
    assert trace(accuracy, "Hinge: mean")["x"] == pytest.approx([sum(ends) / 7])
    assert {"seeds-objective-Hinge", "seeds-objective-Cross-entropy"} <= set(charts)


def test_what_was_planned_together_is_a_set_with_a_name(seeded: list[Run], store: RunStore) -> None:
    strengths = [0.001, 0.01, 0.1, 1.0]
    swept = [
        SMALL.replace(loss=loss, strength=strength)
        for loss in ("hinge", "cross_entropy")
        for strength in strengths
    ]
    store.save(train(swept))
    query = {"dataset": "blobs", "blobs.examples": "90", "blobs.spread": "3", "epochs": "2"}
    query |= {"learning_rate": "0.1", "sweep_evaluations": "4", "seeds": "1"}
    axes = "loss=hinge,cross_entropy;strength=0.001,0.01,0.1,1"
    assert not open_page("sweep", query | {"axes": axes}).exception
    [found] = store.sets()
    assert set(found.runs) == {each.id for each in swept}
    app = open_page("compare")
    assert len(drawn(app)) == 8, "the newest runs belong to it"
    name = "Sweep: loss × strength, Blobs (8 runs)"
    assert name in app.multiselect(key="chips-choice").options
    app = open_page("compare", {"chips": f"set:{found.id}", "rows": "runs"})
    assert len(app.dataframe[0].value) == 8
    assert name in app.multiselect(key="chips-choice").options
