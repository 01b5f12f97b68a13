"""Store failures are reported, lose no finished work, and the app recovers by itself."""

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from lossopt_core import Experiment, RunStore
from lossopt_core import train as train_runs
from lossopt_core.store.schema import trainings
from lossopt_core.store.unfinished import ActiveTrainings
from tests.helpers import go, open_one, open_page, settle, train

FULL = """
    CREATE TRIGGER full BEFORE INSERT ON arrays
    BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
"""


def at(store: RunStore) -> sqlite3.Connection:
    return sqlite3.connect(store.address.removeprefix("sqlite:///"), isolation_level=None)


def said(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.error, *app.warning))


def run_until(app: AppTest, condition: Callable[[AppTest], bool]) -> AppTest:
    end = time.monotonic() + 30
    while not condition(app):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)
        app.run()
    return app


def test_runs_wait_for_a_full_disk(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossopt_ui.jobs.job.RETRY_SECONDS", 0.1)
    assert store.list().empty
    database = at(store)
    database.execute(FULL)
    app = open_one("train", {"dataset": "blobs", "epochs": "2"})
    app.button(key="train").click().run()
    run_until(app, lambda app: "not saved yet" in said(app))
    assert "database or disk is full" in said(app)
    assert not app.exception
    database.execute("DROP TRIGGER full")
    settle(app)
    assert "not saved yet" not in said(app)
    assert len(store.list()) == 1


def test_stop_ends_the_wait_for_a_full_disk(store: RunStore) -> None:
    assert store.list().empty
    at(store).execute(FULL)
    app = open_one("train", {"dataset": "blobs", "epochs": "2"})
    app.button(key="train").click().run()
    run_until(app, lambda app: "not saved yet" in said(app))
    app.button(key="stop").click().run()
    run_until(app, lambda app: "Training failed" in said(app))
    assert "database or disk is full" in said(app)
    assert store.list().empty


def test_a_locked_store_is_reported_and_found_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = train(open_one("train", {"dataset": "blobs", "epochs": "2"}))
    monkeypatch.setattr("lossopt_core.store.connections.BUSY_SECONDS", 0.2)
    # Another address, to get another database engine.
    monkeypatch.setenv("LOSSOPT_STORE", store.address.replace("sqlite:", "sqlite+pysqlite:"))
    database = at(store)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN EXCLUSIVE")
    database.execute("UPDATE facts SET value = value")
    for page in ("start", "compare", "train", "inspect", "landscape", "sweep"):
        app = go(app, page)
        assert not app.exception, page
    go(app, "compare")
    assert "Runs cannot be saved or loaded" in said(app)
    assert "locked" in said(app)
    database.execute("ROLLBACK")
    database.close()
    app.run()
    assert not said(app)


@pytest.mark.parametrize("page", ["start", "train", "compare", "inspect", "landscape", "sweep"])
@pytest.mark.parametrize("fault", ["unreachable", "newer", "no database"])
def test_an_unreachable_store_is_reported_on_every_page(
    fault: str, page: str, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "unreachable":
        monkeypatch.setenv("LOSSOPT_STORE", "postgresql+psycopg://nobody@127.0.0.1:9/none")
    elif fault == "newer":
        assert store.list().empty
        at(store).execute("UPDATE facts SET value = '99'")
    else:
        (tmp_path / "text").write_text("no database " * 100)
        monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{tmp_path / 'text'}")
    app = open_page(page, {"live": "true", "epochs": "1"} if page == "train" else {})
    assert not app.exception
    assert "Runs cannot be saved or loaded" in said(app)


def interrupt(store: RunStore, experiments: list[Experiment]) -> str:
    job = ActiveTrainings(store).begin(experiments)
    ActiveTrainings(store).interrupt([job])
    return job


def buttons(app: AppTest, label: str) -> list[Button]:
    return [each for each in app.button if each.label == label]


def test_an_interrupted_training_is_offered_again(store: RunStore) -> None:
    left = [Experiment(dataset="blobs", epochs=1, seed=seed) for seed in range(3)]
    interrupt(store, left)
    app = open_one("train")
    assert "interrupted: 3 runs (Cross\\-entropy; SGD; Blobs; varying seed)." in said(app)
    assert "Nothing was saved" in said(app)
    [resume] = buttons(app, "Continue")
    resume.click().run()
    assert "interrupted" not in said(app)
    run_until(app, lambda _: len(store.list()) == 3)
    assert "interrupted" not in said(open_page("lecture"))


def test_an_interrupted_training_can_be_discarded(store: RunStore) -> None:
    left = [Experiment(dataset="blobs", epochs=1)]
    interrupt(store, left)
    app = open_page("lecture")
    other_tab = open_page("compare")
    assert "interrupted: 1 run " in said(app)
    [discard] = buttons(app, "Discard")
    discard.click().run()
    assert "interrupted" not in said(app)
    assert "interrupted" not in said(open_page("lecture"))
    [resume] = buttons(other_tab, "Continue")
    resume.click().run()
    assert "interrupted" not in said(other_tab)
    assert ActiveTrainings(store).jobs() == {}, "it was dealt with in the first tab"
    assert store.list().empty


def test_the_saved_part_of_an_interrupted_training_is_reported(store: RunStore) -> None:
    experiments = [Experiment(dataset="blobs", epochs=5, seed=seed) for seed in range(4)]
    asked = iter(range(100))
    [stopped] = train_runs(experiments[1:2], should_stop=lambda: next(asked) == 7)
    store.save([*train_runs(experiments[:1]), stopped])
    interrupt(store, experiments)
    words = said(open_page("lecture"))
    assert "1 run is finished, 1 is saved up to update 7 of" in words
    assert "trains the 3 missing runs" in words


def test_several_interrupted_trainings_are_handled_separately(store: RunStore) -> None:
    each = [[Experiment(dataset="blobs", epochs=1, seed=seed)] for seed in range(5)]
    jobs = [interrupt(store, some) for some in each]
    app = open_page("lecture")
    assert len(buttons(app, "Continue")) == 3
    assert "2 more interrupted trainings" in app.caption[0].value
    for _ in jobs:
        buttons(app, "Continue")[0].click().run()
    run_until(app, lambda _: len(store.list()) == 5)
    assert not app.warning
    assert not ActiveTrainings(store).interrupted()


def test_an_interrupted_training_that_needs_a_plug_in_says_so(store: RunStore) -> None:
    interrupt(store, [Experiment(dataset="blobs", epochs=1)])
    text = json.dumps([Experiment().to_json().replace('"cross_entropy"', '"focal"')])
    change = trainings.update().values(experiments=text)
    store.database.write(lambda database: database.execute(change))
    app = open_one("train")
    assert "once the plug-in that adds the loss 'focal' is installed again" in said(app)
    assert not buttons(app, "Continue")
    [discard] = buttons(app, "Discard")
    discard.click().run()
    assert "interrupted" not in said(app)
    assert not ActiveTrainings(store).jobs()


def test_an_early_visitor_is_told_once_the_interruption_is_known(store: RunStore) -> None:
    job = ActiveTrainings(store).begin([Experiment(dataset="blobs", epochs=1)])
    app = open_page("lecture")
    assert "interrupted" not in said(app)
    ActiveTrainings(store).interrupt([job])
    assert "interrupted" in said(app.run())


def test_a_training_that_the_page_restarts_is_not_offered(store: RunStore) -> None:
    [experiment] = [Experiment(dataset="blobs", epochs=2)]
    ActiveTrainings(store).begin([experiment])
    app = train(open_one("train", {"dataset": "blobs", "epochs": "2", "learning_rate": "0.1"}))
    assert list(store.list()["id"]) == [experiment.id]
    interrupt(store, [experiment])
    assert "interrupted" not in said(app.run())
