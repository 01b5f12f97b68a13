"""The Sweep page: parameters, size, training, links."""

import itertools
import time
from collections.abc import Mapping, Sequence

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    paired_difference,
    train,
)
from lossopt_core.analysis.axes import axis
from lossopt_core.analysis.fair_tuning import Comparison
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.tuned_rate import tuned_rates
from lossopt_core.analysis.tuned_sweep import are_tuning
from tests.helpers import figures, go, open_page, settle, words
from tests.helpers import train as press_train
from tests.programs import wait_until

SMALL = {"dataset": "blobs", "blobs.examples": "60", "epochs": "2"}
TWO_BY_THREE = SMALL | {"axes": "loss=hinge,cross_entropy;strength=0.0001,0.001,0.01"}


def sweep(**query: str) -> AppTest:
    return open_page("sweep", TWO_BY_THREE | query)


def trained(store: RunStore) -> pd.DataFrame:
    """The runs of the sweep, without those that tuned its learning rates."""
    table = store.list()
    return table[~are_tuning(table)]


def _results(runs: Sequence[Run], store: RunStore) -> pd.DataFrame:
    elsewhere = RunStore(store.address, "elsewhere")
    elsewhere.save(runs)
    return elsewhere.list()


def test_the_size_of_a_sweep_is_shown_before_it_starts(store: RunStore) -> None:
    app = sweep()
    assert not app.exception
    size = (
        "**60 runs**: 6 combinations × 10 seeds, and 78 to tune their rates. Training time: about"
    )
    assert size in words(app)
    assert "No results yet" in words(app)
    assert store.list().empty


def test_results_begin_with_the_best_combination_and_a_verdict(store: RunStore) -> None:
    app = press_train(sweep(seeds="6"))
    assert not app.exception
    assert len(trained(store)) == 36
    said = words(app)
    assert "Best test accuracy" in said
    assert "with 6 seeds" in said or "(6 seeds)" in said or "too few seeds (6)" in said
    [bullets] = [each.value.splitlines() for each in app.markdown if each.value.startswith("- ")]
    assert [each.partition(":")[0] for each in bullets] == ["- Second best", "- Worst"]
    [cells] = figures(app)["sweep-map-all"]["data"]
    assert len(cells["x"]) == 3
    assert len(cells["y"]) == 2
    means = trained(store).groupby("family")["test_accuracy"].mean() * 100
    shown = [value for row in cells["z"] for value in row]
    assert sorted(shown) == pytest.approx(sorted(means))


def test_saved_runs_are_not_retrained(store: RunStore) -> None:
    base = Experiment(
        dataset="blobs", dataset_options={"examples": 60}, epochs=2, loss="hinge", strength=1e-4,
        evaluations=20,
    )  # fmt: skip
    store.save(runs := train([base.replace(seed=k) for k in range(4)]))
    app = sweep(seeds="4", learning_rate="0.1")
    assert "**24 runs**: 6 combinations × 4 seeds. 4 are already saved." in words(app)
    before = store.list().set_index("id")["created"]
    press_train(app)
    after = store.list().set_index("id")["created"]
    assert len(after) == 24
    assert (after[[run.id for run in runs]] == before[[run.id for run in runs]]).all()


def test_an_error_is_shown_at_its_field_and_the_rest_stays(store: RunStore) -> None:
    app = sweep(axes="loss=hinge,hing;strength=0.001,0.01")
    assert not app.exception
    [error] = app.error
    assert "Loss must be one of" in error.value
    assert "did you mean 'Hinge'?" in words(app)
    assert app.text_input(key="axis-strength").value == "0.001,0.01"
    app.text_input(key="axis-loss").set_value("Hinge, cross-entropy").run()
    assert not app.error
    assert "**40 runs**" in words(app)
    assert dict(app.query_params)["axes"] == "loss=hinge, cross_entropy;strength=0.001,0.01"


def test_other_settings_can_be_swept(store: RunStore) -> None:
    app = sweep()
    app.multiselect(key="sweep-fields").set_value(["learning_rate"]).run()
    ends = [app.number_input(key=f"axis-learning_rate-{e}").value for e in ("low", "high", "count")]
    assert ends == [0.001, 1.0, 7.0]
    assert "**70 runs**: 7 combinations × 10 seeds. Training" in words(app), "nothing is tuned"
    app.number_input(key="axis-learning_rate-count").set_value(3.0).run()
    assert dict(app.query_params)["axes"] == "learning_rate=log 0.001 1 3"
    app.selectbox(key="axis-learning_rate-kind").set_value("list").run()
    assert app.text_input(key="axis-learning_rate").value == "0.001, 0.03162, 1"
    app.text_input(key="axis-learning_rate").set_value("20 %, 1e-2").run()
    assert dict(app.query_params)["axes"] == "learning_rate=0.2, 0.01"
    app.text_input(key="axis-learning_rate").set_value("0.01 to 1 in 3").run()
    assert app.selectbox(key="axis-learning_rate-kind").value == "log"
    assert dict(app.query_params)["axes"] == "learning_rate=log 0.01 1 3"


def _accuracies(runs: Sequence[Run]) -> Mapping[str, Mapping[Experiment, float]]:
    found: dict[str, dict[Experiment, float]] = {}
    for run in runs:
        of_loss = found.setdefault(run.experiment.loss, {})
        of_loss[run.experiment] = run.final["test_accuracy"]
    return found


def test_names_are_chips_with_labels_and_can_be_typed(store: RunStore) -> None:
    app = sweep()
    chips = app.multiselect(key="axis-loss")
    assert chips.value == ["hinge", "cross_entropy"]
    assert "Squared hinge" in chips.options
    chips.set_value(["hinge", "squared hinge, Crammer-Singer"]).run()
    assert app.multiselect(key="axis-loss").value == ["hinge", "squared_hinge", "crammer_singer"]
    assert "9 combinations" in words(app)
    app = sweep(axes="Loss=Hinge, Cross-entropy;strength λ=1 %")
    assert not app.error
    assert "2 combinations" in words(app)
    app = sweep(axes="los=hinge")
    assert "'los' cannot be swept; did you mean 'loss'?" in words(app)
    assert not app.exception


def test_a_sweep_of_three_losses_has_a_rate_for_each_and_agrees_with_fair_tuning(
    store: RunStore,
) -> None:
    data = {"dataset": "iris", "epochs": "5"}
    axes = "loss=hinge,squared_hinge,cross_entropy"
    app = press_train(open_page("sweep", data | {"axes": axes}))
    table = trained(store)
    lanes = [
        Experiment(dataset="iris", epochs=5, loss=loss, evaluations=20)
        for loss in ("hinge", "squared_hinge", "cross_entropy")
    ]
    rates = {name.loss: found.rate for name, found in tuned_rates(lanes).items()}
    assert dict(zip(table["loss"], table["learning_rate"], strict=True)) == rates
    assert len(set(rates.values())) > 1, "one rate would not suit all"
    assert "each at its own tuned learning rate" in words(app)
    alone = tuned_rates(lanes[:1])
    assert next(iter(alone.values())).rate == rates["hinge"], "whatever else is swept"

    base = Experiment(dataset="iris", epochs=5, evaluations=20)
    fair = Comparison("losses", base, tuple(rates), fresh_seeds=10)
    final = train(fair.final(fair.tuned(_results(train(fair.tuning()), store))))
    both = [_accuracies(runs) for runs in (final, store.load(table["id"]))]
    for one, other in itertools.combinations(rates, 2):
        told = {paired_difference(each[one], each[other], 3).verdict for each in both}
        assert not {"lower", "higher"} <= told, f"{one} and {other}: {told}"


def test_one_rate_for_all_is_a_switch_and_title_and_verdict_say_so(store: RunStore) -> None:
    app = sweep(seeds="6", axes="loss=hinge,squared_hinge")
    app.toggle(key="sweep-same-rate").set_value(True).run()
    app.number_input(key="sweep_rate").set_value(0.02).run()
    assert dict(app.query_params)["sweep_rate"] == "0.02"
    app = press_train(app)
    assert set(store.list()["learning_rate"]) == {0.02}
    assert "**all at the learning rate 0.02**, which favours those that it suits" in words(app)
    assert "all at the learning rate 0.02" in str(figures(app)["sweep-map-all"]["layout"]["title"])
    app.toggle(key="sweep-same-rate").set_value(False).run()
    assert "to tune their rates" in words(app)
    older = sweep(axes="loss=hinge", learning_rate="0.3")
    assert older.number_input(key="sweep_rate").value == 0.3


def test_the_page_opens_with_the_result_of_an_example(store: RunStore) -> None:
    app = settle(open_page("sweep"))
    assert not app.exception
    assert "Best test accuracy" in words(app)
    assert "sweep-map-all" in figures(app)
    app.multiselect(key="axis-loss").set_value(["hinge", "squared_hinge"]).run()
    assert "30 of 60 runs are still to be trained." in words(app)
    app.multiselect(key="axis-loss").set_value(["squared_hinge"]).run()
    said = words(app)
    assert "Settings have changed. These are the results of the previous sweep." in said
    assert "Best test accuracy" in said
    recent = go(app, "start")
    assert "20" not in [each.value.get("Evaluations") for each in recent.dataframe]


def test_an_address_that_only_chooses_a_chart_opens_with_it(store: RunStore) -> None:
    app = settle(open_page("sweep", {"look": "sensitivity", "value": "objective"}))
    assert not app.exception
    assert "sweep-sensitivity" in " ".join(figures(app))


def test_an_address_of_a_sweep_trains_nothing_before_its_button(store: RunStore) -> None:
    app = settle(open_page("sweep", {"look": "sensitivity", "seeds": "3"}))
    assert not figures(app)
    assert store.list().empty


def test_the_seeds_that_a_verdict_needs_are_offered(store: RunStore) -> None:
    app = sweep(seeds="3")
    assert "A verdict on 6 combinations needs **10 seeds**." in words(app)
    app.button(key="enough-seeds").click().run()
    assert app.number_input(key="seeds").value == 10
    assert "needs **" not in words(app)
    app = sweep(seeds="3", value="objective")
    assert "A verdict on 3 combinations needs **7 seeds**." in words(app), "losses are apart"
    many = sweep(axes="strength=log 1e-4 1 30")
    assert "At most 20 can get a verdict." in words(many)


def test_tuning_runs_are_archived_and_no_part_of_the_set(store: RunStore) -> None:
    press_train(sweep(seeds="1", axes="loss=hinge,cross_entropy")).run()
    app = open_page("compare")
    assert len(app.dataframe[0].value) == 2
    app = open_page("compare", {"archived": "true"})
    assert len(app.dataframe[0].value) > 2
    [kept] = store.sets()
    assert set(kept.runs) == set(trained(store)["id"])


def test_a_sweep_that_is_too_large_is_refused(store: RunStore) -> None:
    app = sweep(axes="learning_rate=log 1e-3 1 100;strength=log 1e-4 1 100")
    assert "the maximum is 10,000" in words(app).replace("\\", "")
    assert not app.exception


def test_a_link_to_the_page_has_all_of_its_settings(store: RunStore) -> None:
    app = sweep(seeds="7", vary="split", value="train_accuracy", look="scatter")
    assert app.number_input(key="seeds").value == 7
    assert app.selectbox(key="vary").value == "split"
    assert "Each seed has its own sample of the data." in words(app)
    assert dict(app.query_params)["seeds"] == "7"


def test_fair_tuning_tunes_and_then_compares_with_fresh_seeds(store: RunStore) -> None:
    query = SMALL | {
        "blobs.examples": "120", "mode": "fair", "rates": "log 1e-3 1 4", "seeds": "6",
        "candidates": "gd,sgd",
    }  # fmt: skip
    app = open_page("sweep", query)
    assert "evaluated on a **validation set**" in words(app)
    app = press_train(app)
    app = settle(app.run())
    assert not app.exception
    table = store.list()
    assert set(table["validation"].fillna(False)) == {True, False}
    fresh = table[~table["validation"].fillna(False)]
    assert len(fresh) == 12
    assert fresh["seed"].min() == 3
    assert "Highest mean:" in words(app)
    assert {"GD (full batch)", "SGD"} <= {
        trace["name"] for trace in figures(app)["fair-sensitivity"]["data"]
    }


def stop(app: AppTest) -> AppTest:
    app.button(key="train").click().run()
    app.button(key="stop").click().run()
    app = settle(app)
    assert not app.exception
    return app


def test_a_stopped_sweep_resumes_where_it_was(store: RunStore) -> None:
    one = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2, evaluations=20)
    store.save(train([one]))
    query = SMALL | {"axes": "epochs=2,50000", "seeds": "2", "learning_rate": "0.1"}
    app = open_page("sweep", query)
    app.button(key="train").click().run()
    # Parts that were not started leave nothing; the long one is in progress now.
    wait_until(lambda: app.run().get("progress")[0].proto.text not in ("", "Training: 0%"))
    app = settle(app.button(key="stop").click().run())
    kept = store.list().set_index("id")["status"]
    assert kept[one.id] == "finished"
    assert "stopped" in set(kept)
    assert "**4 runs**: 2 combinations × 2 seeds." in words(app)
    short = {one.id, one.replace(seed=1).id}
    app = open_page("sweep", query | {"axes": "epochs=2"})
    press_train(app)
    assert set(store.list().query("status == 'finished'")["id"]) == short


def test_a_stopped_tuning_stays_stopped(store: RunStore) -> None:
    query = SMALL | {"epochs": "20000", "mode": "fair", "rates": "log 1e-3 1 3"}
    app = stop(open_page("sweep", query | {"batch_size": "8", "candidates": "gd,sgd"}))
    for _ in range(2):
        time.sleep(0.2)
        assert "stop" not in {button.key for button in app.run().button}
    assert "runs left" in words(app)
    assert store.list()["status"].eq("finished").sum() < 6


def test_random_draws_have_a_seed_control(
    store: RunStore,
) -> None:
    app = sweep(axes="learning_rate=random log 1e-3 1 5", seeds="1")
    assert "**5 runs**" in words(app)
    app.number_input(key="draw_seed").set_value(3).run()
    assert dict(app.query_params)["draw_seed"] == "3"
    press_train(app)
    expected = axis("learning_rate", "random log 1e-3 1 5", draw_seed=3).values
    assert sorted(store.list()["learning_rate"]) == sorted(expected)
    assert "draw_seed" not in {each.key for each in sweep().number_input}


def test_a_sweep_has_few_evaluations_by_default(store: RunStore) -> None:
    app = sweep(seeds="1", axes="loss=hinge")
    assert app.number_input(key="sweep_evaluations").value == 20
    app.number_input(key="sweep_evaluations").set_value(60).run()
    assert dict(app.query_params)["sweep_evaluations"] == "60"
    press_train(app)
    assert list(trained(store)["evaluations"]) == [60]


def test_too_little_data_for_validation_is_reported(store: RunStore) -> None:
    app = open_page("sweep", SMALL | {"mode": "fair"})
    assert not app.exception
    assert "Batch\\_size must be at most the 30 training examples" in app.error[0].value


def test_the_groups_of_a_sweep_are_those_of_the_store(store: RunStore) -> None:
    press_train(sweep(seeds="2"))
    table = store.list()
    for id, family in zip(table["id"], table["family"], strict=True):
        assert group_id(store.load([id])[0].experiment) == family
