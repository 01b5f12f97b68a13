"""What pages show by default is trained once for everybody; visitors get copies."""

import threading
from collections.abc import Iterator

import pytest

from lossopt_core import RunStore
from lossopt_core.analysis import tuned_rate
from lossopt_core.experiment import caches
from lossopt_core.store import reference
from lossopt_ui.jobs import defaults as shared
from lossopt_ui.jobs import rates
from lossopt_ui.jobs.workers import Workers
from tests.helpers import figures, open_page, settle, words

PAGES = ("start", "train", "hinge-vs-cross-entropy", "gd-vs-sgd")


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is known of the default runs, and a training of a visitor is an error."""

    def begin(*_: object, **__: object) -> None:
        raise AssertionError("a visitor's page has begun a training")

    monkeypatch.setattr(Workers, "begin", begin)
    monkeypatch.setattr(rates, "_KNOWN", caches.Cache(rates.MAX_KNOWN))
    yield
    shared.defaults.cache_clear()


def test_nobody_waits_for_what_pages_show_by_default(store: RunStore, untrained: None) -> None:
    reference.train_defaults(store.address, shared._learn)
    for page in PAGES:
        app = open_page(page)
        assert not app.exception
        assert "10 splits" in words(app)
        assert not [each for each in app.button if each.key in ("train", "stop")]
    kept = store.list()
    assert len(kept) == 30, "three configurations on ten splits: copies of the visitor's own"
    assert not kept["archived"].any(), "no tuning runs among them"


def test_a_page_shows_the_default_runs_as_they_come(
    store: RunStore, untrained: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, first_there = threading.Event(), threading.Event()
    trained = shared._train

    def train_slowly(experiments):
        if len(experiments) == 3 * (reference.DEFAULT_SEEDS - 1):
            first_there.set()
            go_on.wait(60)
        return trained(experiments)

    monkeypatch.setattr(shared, "_train", train_slowly)
    shared.defaults().begin()
    first_there.wait(60)
    app = open_page("start")
    assert "data" in figures(app)["accuracy"]
    assert "10 splits" not in words(app)
    go_on.set()
    while shared.defaults().underway:
        pass
    assert "10 splits" in words(app.run())


def test_a_page_trains_by_itself_if_the_default_runs_fail(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_):
        raise ValueError("no memory")

    monkeypatch.setattr(shared, "_train", fail)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    shared.defaults().begin()
    while shared.defaults().underway:
        pass
    app = settle(open_page("train"))
    assert "10 splits" in words(app)


def test_only_configurations_of_the_defaults_are_expected() -> None:
    here = shared.Defaults()
    [first, *_] = reference.DEFAULTS
    assert not here.expect(tuned_rate.tuning(first)), "nothing is being trained"
    here._underway.set()
    assert here.expect(tuned_rate.tuning(first))
    assert not here.expect([])
    assert not here.expect([first, first.replace(strength=0.5)])
