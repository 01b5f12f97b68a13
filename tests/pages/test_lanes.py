"""Lanes on the experiment pages: added, copied, changed, hidden, removed, renamed, shared."""

import pytest

from lossopt_core import RunStore
from lossopt_ui.state import pages
from lossopt_ui.state.page_spec import PageSpec
from tests.helpers import figures, go, open_one, open_page, settle, train, words

TRAINING = [page for page in pages.PAGES if page.lanes]
SMALL = {"dataset": "blobs", "epochs": "1"}


@pytest.mark.parametrize("page", TRAINING, ids=lambda page: page.name)
def test_lanes_can_be_added_changed_named_hidden_and_removed(
    store: RunStore, page: PageSpec
) -> None:
    app = train(open_one(page.name, SMALL))
    before = 1 if page is pages.TRAIN else 2
    app.button(key="add-lane").click().run()
    assert f"remove-lane-{before}" in {button.key for button in app.button}
    app.selectbox(key=f"lane-{before}-loss").set_value("squared_hinge").run()
    train(app)
    assert "squared_hinge" in set(store.list()["loss"])
    assert "objective-squared_hinge" in figures(app)
    app.text_input(key=f"lane-{before}-name").set_value("Mine, = ;").run()
    assert "**Mine, = ;**" in words(app)
    app.button(key=f"hide-lane-{before}").click().run()
    assert "objective-squared_hinge" not in figures(app)
    shared = dict(app.query_params)
    again = open_page(page.name, {name: value[0] for name, value in shared.items()}
                      if isinstance(next(iter(shared.values())), list) else shared)  # fmt: skip
    assert "Mine, = ;" in words(again), "the address has the lanes"
    app.button(key=f"remove-lane-{before}").click().run()
    assert "Mine" not in words(app)
    assert not app.exception


def test_a_lane_changes_only_itself(store: RunStore) -> None:
    app = train(open_one("hinge-vs-cross-entropy", SMALL))
    app.selectbox(key="lane-0-optimizer").set_value("adam").run()
    train(app)
    assert set(store.list().loc[store.list()["loss"] == "cross_entropy", "optimizer"]) == {"sgd"}
    assert "adam" in set(store.list().loc[store.list()["loss"] == "hinge", "optimizer"])


def test_what_all_lanes_have_becomes_a_setting_of_the_comparison(store: RunStore) -> None:
    app = open_one("hinge-vs-cross-entropy", SMALL)
    app.selectbox(key="lane-0-loss").set_value("cross_entropy").run()
    assert app.selectbox(key="loss").value == "cross_entropy"
    assert "Cross-entropy (2)" in words(app), "two lanes that are alike are told apart"
    app.button(key="remove-lane-1").click().run()
    assert not app.exception


def test_a_wrong_value_of_a_lane_is_refused_and_nothing_lost(store: RunStore) -> None:
    app = open_one("hinge-vs-cross-entropy", SMALL)
    app.number_input(key="lane-1-strength").set_value(-3.0).run()
    assert "must be a number from 0 to" in words(app)
    assert "The value was not changed." in words(app)
    assert app.number_input(key="lane-1-strength").value == 0.001


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loss=nonsense", "lane 1: loss must be one of hinge"),
        (";learning_rate=-1", "lane 2: learning_rate must be a number"),
        ("seed=3", "a setting must be one of loss, margin"),
        (";" * 9, "must be at most 6 lanes, got 10"),
        ("name=<script>alert(1)</script>", ""),
    ],
)
def test_lanes_from_an_address_are_checked(store: RunStore, text: str, said: str) -> None:
    app = open_page("train", {"lanes": text, "live": "false"})
    assert not app.exception
    assert said in words(app)
    assert bool(said) == bool(app.warning)


def test_hidden_and_fixed_lanes_of_an_assignment(store: RunStore) -> None:
    app = open_one("gd-vs-sgd", SMALL | {"hide": "optimizer_lanes"})
    assert not [button for button in app.button if button.key.endswith("-lane")]
    app = open_one("gd-vs-sgd", SMALL | {"fix": "optimizer_lanes"})
    assert not [each for each in app.button if "-lane" in each.key and not each.disabled]
    assert app.selectbox(key="lane-0-loss").disabled


def test_the_lanes_of_one_page_are_not_those_of_another(store: RunStore) -> None:
    app = open_one("hinge-vs-cross-entropy", SMALL)
    app.button(key="add-lane").click().run()
    app.query_params.clear()  # as the navigation does
    settle(go(app, "gd-vs-sgd"))
    assert "GD (full batch)" in words(app)
    assert "remove-lane-2" not in {button.key for button in app.button}
