"""Pages in hosted mode, where each app under test is a separate visitor."""

import threading
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, RunStore, StoreError
from lossopt_core.store.workspaces import Workspaces
from lossopt_ui.config import mode, providers
from lossopt_ui.identity import cookie
from lossopt_ui.identity import visitor as visits
from lossopt_ui.jobs import watching
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.workers import WORKERS, Workers
from lossopt_ui.runs.run_notes import Deleted, Edited
from lossopt_ui.state.names import WORD_JOINER
from tests.helpers import figures, go, open_one, open_page, settle, train, words

SMALL = {"dataset": "blobs", "epochs": "1"}


@pytest.fixture(autouse=True)
def hosted(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mode.MODE, mode.HOSTED)
    monkeypatch.setattr(visits, "_token", cookie.new_token)  # an AppTest has no cookies
    monkeypatch.setattr(visits, "has_cookie", lambda: True)


def workspace_of(app: AppTest) -> str:
    name: str = app.session_state["visits.visit"]
    return name


def test_the_page_states_how_long_runs_are_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("start")
    assert "saved for at least 7 days after your last visit in this browser. Only you" in words(app)
    monkeypatch.setattr(providers, "names", lambda: ["default"])
    assert "in this browser, or permanently once you sign in" in words(app.run())
    monkeypatch.setattr(visits, "has_cookie", lambda: False)
    assert "only for this visit, because the browser does not accept" in words(app.run())
    monkeypatch.setattr(visits, "person", lambda: visits.Person("who", "Alice"))
    assert "saved until you delete them" in words(app.run())
    monkeypatch.setenv(mode.MODE, mode.LOCAL)
    assert "All runs are saved." in words(open_page("start"))


def test_forged_widget_values_cannot_change_runs_of_others(
    store: RunStore,
) -> None:
    owner = train(open_one("train", SMALL))
    mine = RunStore(store.address, workspace_of(owner))
    [theirs] = mine.list()["id"]
    mine.save_view("theirs", "runs=all")
    other = train(open_one("train", SMALL | {"seed": "5"}))
    [own] = RunStore(store.address, workspace_of(other)).list()["id"]
    before = mine.revision()

    go(other, "compare")
    # Values in the session are not trusted either: selected, edited, deleted or shown runs.
    other.session_state["runs"] = (own, theirs)
    other.session_state["run_notes.edited"] = Edited((theirs,))
    other.session_state["run_notes.deleted"] = Deleted((theirs,))
    other.query_params["runs"] = f"{own},{theirs}"
    other.run()
    for key in ("undo", "pin", "archive", "delete"):
        buttons = [each for each in other.button if each.key == key]
        if buttons:
            buttons[0].click().run()
        assert not other.exception, key
    for page in ("inspect", "landscape", "compare"):
        other.query_params["run"] = other.query_params["runs"] = theirs
        go(other, page)
        assert not other.exception, page
        assert theirs not in words(other).replace(f"Run {theirs} is not saved here", "")
    assert mine.revision() == before
    assert list(mine.list()["id"]) == [theirs]
    assert "theirs" not in words(other)


def test_a_failed_move_is_explained(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    app = train(open_one("train", SMALL))
    monkeypatch.setattr(providers, "names", lambda: ["default"])
    monkeypatch.setattr(visits, "person", lambda: visits.Person("who", "Alice"))
    monkeypatch.setattr(visits, "_of_account", lambda visitor: "account-alice")
    app = go(app, "lecture")
    assert "before you signed in: 1 run." in words(app)
    monkeypatch.setenv("LOSSOPT_MAX_BYTES", "10")
    app.button(key="move").click().run()
    assert "Not moved: your workspace can store" in app.error[0].value
    monkeypatch.delenv("LOSSOPT_MAX_BYTES")

    def fails(*names: str) -> None:
        raise StoreError("the store cannot be used")

    with monkeypatch.context() as broken:
        broken.setattr(Workspaces, "move", fails)
        app.button(key="move").click().run()
        assert "Not moved: the store cannot be used." in app.error[0].value
    app.button(key="move").click().run()
    assert not app.error
    assert "before you signed in" not in words(app)
    assert len(RunStore(store.address, "account-alice").list()) == 1
    settle(app)


def test_an_unreachable_store_is_reported_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOSSOPT_STORE", "postgresql+psycopg://me@127.0.0.1:9/none")
    app = open_page("compare")
    said = [each.value.replace("\\", "") for each in app.error]
    assert said == [
        "Runs cannot be saved or loaded: the store cannot be used: it cannot be reached."
    ]


@pytest.mark.parametrize(
    ("page", "names"),
    {
        "train": ("loss", "epochs", "own.data", "hide", "share"),
        "compare": ("runs", "filter", "y"),
        "inspect": ("run",),
        "playground": ("points", "own_points", "left_loss"),
        "lecture": ("card", "lesson"),
    }.items(),
)
def test_values_in_an_address_are_shown_as_text(page: str, names: tuple[str, ...]) -> None:
    image = "![x](https://x.example/a.png)"
    app = open_page(page, dict.fromkeys(names, image))
    assert not app.exception
    kinds = ("title", "markdown", "caption", "info", "warning", "error")
    said = [each.value for kind in kinds for each in getattr(app, kind)]
    assert any("x.example" in text.replace("\\", "").replace(WORD_JOINER, "") for text in said)
    assert not [text for text in said if "![x](" in text]


def test_train_returns_at_once_if_the_queue_is_busy(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers, may_go_on = Workers(), threading.Event()
    monkeypatch.setattr(watching, "workers", lambda: workers)
    monkeypatch.setattr(watching, "PATIENCE", 0.01)
    monkeypatch.setattr(watching, "FIRST_PATIENCE", 0.01)
    monkeypatch.setattr(Job, "take_turn", turn_once(may_go_on))
    busy = [
        workers.begin([Experiment(seed=k)], RunStore(store.address, f"other {k}"))
        for k in range(WORKERS)
    ]
    app = open_one("train", SMALL)
    app.button(key="train").click().run()
    waiting = app.get("progress")[0].proto.text
    assert "Waiting for a free worker: yours is next, about" in waiting
    assert "preview-blobs" in figures(app)  # the preview is shown meanwhile
    for job in busy:
        job.stop()
    may_go_on.set()
    settle(app)
    assert not app.exception
    assert len(RunStore(store.address, workspace_of(app)).list()) == 1


def turn_once(event: threading.Event) -> Callable[[Job], bool]:
    """The turn of a job, made only once it may: a worker that takes it is busy until then."""
    take_turn = Job.take_turn

    def turn(job: Job) -> bool:
        event.wait()
        return take_turn(job)

    return turn
