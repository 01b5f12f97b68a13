"""The start page."""

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.experiment.examples import READY_MADE
from tests.helpers import figures, open_page, settle, words


def test_the_start_page_offers_ready_made_experiments(store: RunStore) -> None:
    app = open_page("start")
    assert not app.exception
    assert "No saved runs yet" in words(app)
    for example in READY_MADE:
        assert example.title in words(app)


def test_recent_runs_are_listed_newest_first(store: RunStore) -> None:
    runs = train([Experiment(epochs=1, seed=seed) for seed in range(7)])
    store.save(runs)
    [table] = open_page("start").dataframe
    assert list(table.value["id"]) == [run.id for run in reversed(runs[-5:])]


def test_every_ready_made_experiment_trains_when_opened(store: RunStore) -> None:
    for example in READY_MADE:
        file = example.page.removeprefix("pages/").removesuffix(".py")
        app = settle(open_page(file, example.query))
        assert not app.exception
        assert not app.warning
        assert figures(app)
