"""Train longer on the Compare page: says before the click from where it starts, and does so."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, Run, RunStore, train
from lossopt_core.analysis.groups import group_id
from tests.helpers import figures, open_page, settle, words

SMALL = Experiment(
    dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2, evaluations=4
)
CONTINUES = "exactly as an uninterrupted training would"


def opened(store: RunStore, experiments: list[Experiment]) -> tuple[AppTest, list[Run]]:
    runs = train(experiments)
    store.save(runs)
    return open_page("compare"), runs


def links(app: AppTest) -> list[str]:
    return [each.proto.label for each in app.get("page_link")]


def test_all_seeds_are_continued_where_they_ended(store: RunStore) -> None:
    app, runs = opened(store, [SMALL.replace(seed=k) for k in range(3)])
    assert f"Continues all 3 runs from the saved weights, {CONTINUES}." in words(app)
    assert app.button(key="train-longer").label == "Train longer: continue to 4 epochs"
    assert not [each for each in links(app) if "from the start" in each]
    app = settle(app.button(key="train-longer").click().run())
    assert not app.exception
    longer = [run.experiment.replace(epochs=4) for run in runs]
    assert not store.missing(longer)
    for before, ours, whole in zip(
        runs, store.load([each.id for each in longer]), train(longer), strict=True
    ):
        assert_allclose(ours.stacked, whole.stacked, rtol=1e-12, atol=1e-15)
        kept = ours.history[: len(before.history)]
        assert_allclose(kept.to_numpy(float), before.history.to_numpy(float), rtol=1e-12)
        assert np.all(np.diff(ours.history["update"]) > 0)
    assert len(store.list()) == 6
    chosen = app.query_params["runs"]
    assert chosen == ",".join(group_id(each) for each in (SMALL, longer[0]))
    assert "Trained to 4 epochs." in [each.value for each in app.toast]
    assert figures(app)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schedule": "cosine"}, "the cosine schedule stretches over all epochs"),
        ({"stopping": "no_progress"}, "early stopping depends on"),
        ({"learning_rate": 1e4, "strength": 10.0}, "the run diverged"),
    ],
    ids=str,
)
def test_what_cannot_be_continued_is_said_to_start_anew(
    store: RunStore, changes: dict[str, object], reason: str
) -> None:
    app, _ = opened(store, [SMALL.replace(**changes)])
    assert f"Starts anew: {reason}" in words(app)
    assert CONTINUES not in words(app)
    assert not [each for each in app.button if each.key == "train-longer"]
    assert "Train longer: 4 epochs from the start" in links(app)


@pytest.mark.parametrize("changes", [{"optimizer": "adam"}, {"averaging": True}], ids=str)
def test_a_run_with_the_state_of_its_optimizer_is_continued_and_an_older_one_is_not(
    store: RunStore, changes: dict[str, object]
) -> None:
    app, [run] = opened(store, [SMALL.replace(**changes)])
    assert CONTINUES in words(app)
    settle(app.button(key="train-longer").click().run())
    longer = SMALL.replace(**changes, epochs=4)
    [ours], [whole] = store.load([longer.id]), train([longer])
    assert_allclose(ours.stacked, whole.stacked, rtol=1e-12, atol=1e-15)

    store.delete([run.id, longer.id])
    store.save([dataclasses.replace(run, state=None)])
    assert "also needs its own state, which was not saved with the run" in words(
        open_page("compare")
    )


def test_a_run_whose_numbers_do_not_agree_is_trained_anew_and_that_is_said(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = opened(store, [SMALL])
    monkeypatch.setattr("lossopt_core.training.continuing._weights_agree", lambda run: False)
    app = settle(app.button(key="train-longer").click().run())
    [longer] = store.load([SMALL.replace(epochs=4).id])
    assert list(longer.history["update"]) == list(train([longer.experiment])[0].history["update"])
    assert any("Started anew: the weights" in each.value for each in app.toast)


def test_what_is_already_there_is_shown_without_training(store: RunStore) -> None:
    store.save(train([SMALL.replace(epochs=4)]))
    app, _ = opened(store, [SMALL])
    app = open_page("compare", {"runs": group_id(SMALL)})
    before = store.revision()
    app = settle(app.button(key="train-longer").click().run())
    assert store.revision() == before
    assert len(app.query_params["runs"].split(",")) == 2
