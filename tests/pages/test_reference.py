"""Reference runs on the pages: offered, compared, opened, and never changed."""

from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_core.store import reference
from tests.helpers import figures, open_page, settle, words

CROSS_ENTROPY = ",".join(each.id for each in reference.OPTIMIZERS_COMPARED)


@pytest.fixture(scope="module")
def trained() -> list[Run]:
    return train(reference.EXPERIMENTS)


@pytest.fixture
def theirs(store: RunStore, trained: list[Run], monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The table of the reference runs in the store."""
    monkeypatch.setattr(reference, "train", lambda experiments: trained)
    reference.train_missing(store.address)
    return reference.runs(store.address).list()


@pytest.fixture
def own(store: RunStore) -> Run:
    """A run of the visitor's own."""
    [run] = train([Experiment(epochs=2)])
    store.save([run])
    return run


def unchanged(theirs: pd.DataFrame, store: RunStore) -> bool:
    return reference.runs(store.address).list().equals(theirs)


def test_without_own_runs_they_are_offered_and_compared(theirs, store):
    app = open_page("compare")
    assert "You have no saved runs yet: these are reference runs" in app.info[0].value
    assert not app.exception
    table = app.dataframe[0].value
    assert set(table["id"]) == set(reference.IDS)
    assert list(table["tags"]) == [["reference"]] * len(reference.IDS)
    names = [line["name"] for line in figures(app)["curves-all"]["data"]]
    assert len([name for name in names if name.endswith("(reference)")]) == 4
    assert "references" not in app.query_params
    assert store.list().empty


def test_the_switch_shows_them_next_to_own_runs(theirs, own):
    app = open_page("compare")
    assert list(app.dataframe[0].value["id"]) == [own.id]
    app.toggle(key="references").set_value(True).run()
    table = app.dataframe[0].value
    assert table["id"].iloc[0] == own.id
    assert set(table["id"]) == {own.id, *reference.IDS}
    app.text_input(key="filter").set_value("not reference").run()
    assert list(app.dataframe[0].value["id"]) == [own.id]


def test_selected_but_hidden_reference_runs_are_reported(theirs, own):
    app = open_page("compare", {"references": "true", "runs": CROSS_ENTROPY})
    app.toggle(key="references").set_value(False).run()
    assert "4 reference runs are selected but not shown" in words(app)


def test_a_retrained_reference_run_is_listed_once_and_editable(theirs, store, trained):
    store.save(trained[:1])
    app = open_page("compare", {"references": "true", "runs": trained[0].id})
    assert list(app.dataframe[0].value["id"]).count(trained[0].id) == 1
    app.button(key="delete").click().run()
    assert store.list().empty
    assert unchanged(theirs, store)


def test_own_seeds_are_a_separate_curve(theirs, store):
    [first, *_] = reference.EXPERIMENTS
    seeds = train([first.replace(seed=k) for k in (1, 2)])
    store.save(seeds)
    family = store.list()["family"].iloc[0]
    app = open_page("compare", {"references": "true", "runs": f"{family},{first.id}"})
    names = [line["name"] for line in figures(app)["curves-all"]["data"]]
    assert any("(n=2)" in name for name in names)
    assert any(name.endswith("(reference)") for name in names)


def test_only_own_runs_of_the_selection_are_changed(theirs, store, own):
    query = {"references": "true", "runs": f"{own.id},{CROSS_ENTROPY}"}
    app = open_page("compare", query)
    assert "Reference runs are read-only; the buttons apply to your own" in words(app)
    app.text_input(key="run-name").set_value("mine")
    app.button(key="keep-notes").click().run()
    app.button(key="pin").click().run()
    app.button(key="archive").click().run()
    assert list(store.list()["name"]) == ["mine"]
    app = open_page("compare", query | {"archived": "true"})
    app.button(key="delete").click().run()
    assert store.list().empty
    assert unchanged(theirs, store)


def test_a_forged_click_cannot_change_reference_runs(theirs, store, own):
    app = open_page("compare", {"references": "true", "runs": own.id})
    buttons = {key: app.button(key=key).proto.id for key in ("pin", "archive", "delete")}
    app = open_page("compare", {"references": "true", "runs": CROSS_ENTROPY})
    assert not {each.key for each in app.button} & {*buttons, "keep-notes"}
    for id in buttons.values():
        forge(app, WidgetState(id=id, trigger_value=True))
        assert not app.exception
    assert list(store.list()["id"]) == [own.id]
    assert unchanged(theirs, store)


def forge(app: AppTest, state: WidgetState) -> None:
    """Send a forged state: of a widget that is not on the page."""
    states = app._tree.get_widget_states()
    states.widgets.append(state)
    app._run(states)


def test_they_can_be_opened_evaluated_and_used_as_a_baseline(theirs, own):
    first = reference.IDS[0]
    app = open_page("inspect", {"run": first})
    assert not app.exception
    assert any("reference" in each for each in app.selectbox[0].options)
    assert "objective" in figures(app)
    app = open_page("landscape", {"runs": CROSS_ENTROPY})
    assert not app.exception
    assert not app.warning
    assert len(app.multiselect[0].value) == 4
    query = {"references": "true", "runs": f"{own.id},{CROSS_ENTROPY}"}
    assert "evaluated" in figures(open_page("compare", query | {"part": "evaluation"}))
    app = open_page("compare", query | {"part": "differences", "baseline": first})
    assert "too few seeds" in words(app)


def test_they_can_be_shared_in_a_link(theirs, store):
    app = open_page("compare", {"references": "true", "runs": CROSS_ENTROPY})
    app.session_state["take-along"] = True
    app.run()
    [address] = [each.value for each in app.code if "share=" in each.value]
    [share] = parse_qs(urlsplit(address).query)["share"]
    received = settle(settle(open_page("compare", {"share": share})).run())
    said = received.success[0].value
    assert "All 4 shared runs were retrained and reproduced" in said
    assert set(store.list()["id"]) == {each.id for each in reference.OPTIMIZERS_COMPARED}


def test_without_own_runs_the_pages_about_runs_offer_them(theirs):
    for page in ("inspect", "landscape"):
        app = open_page(page)
        assert "You have no saved runs yet: these are reference runs" in words(app)
        assert not app.exception
        assert figures(app)
    app = open_page("inspect", {"run": "0123456789abcdef"})
    assert "Run 0123456789abcdef is not saved here. This is another one." in words(app)
