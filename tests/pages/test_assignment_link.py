"""Assignment links: controls that the address hides or fixes."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.state import widgets
from tests.helpers import figures, go, open_page, settle, words
from tests.helpers import train as train_page

NAMES = ("view-name", "run-name", "run-tags", "bring-in-folder")
KINDS = ("selectbox", "number_input", "toggle", "multiselect", "text_input", "slider")
QUICK = {"dataset": "blobs", "epochs": "1", "seeds": "2", "learning_rate": "0.1"}
PAGES = [
    ("train", QUICK),
    ("hinge-vs-cross-entropy", QUICK),
    ("gd-vs-sgd", QUICK),
    ("sweep", {"dataset": "blobs", "epochs": "1", "axes": "strength=0,0.1", "seeds": "2"}),
    ("playground", {"two": "true", "points": "spiral", "features": "fourier"}),
    ("compare", {}),
    ("inspect", {}),
    ("landscape", {}),
    ("lecture", {"card": "scores"}),
    ("lecture", {"card": "hinge_and_softmax"}),
]


def labels(app: AppTest) -> set[str]:
    kinds = (app.selectbox, app.number_input, app.toggle)
    return {widget.label for kind in kinds for widget in kind}


def test_a_hidden_control_is_absent_but_its_value_applies() -> None:
    app = open_page("train", {"loss": "hinge", "margin": "2", "hide": "loss,margin", "epochs": "1"})
    assert not app.exception
    assert not labels(app) & {"Loss", "Margin Δ"}
    assert "max(0, s_j" not in words(app)
    assert "Hinge" in words(app) or app.session_state["controls.values"]["loss"] == "hinge"
    assert app.session_state["controls.values"]["margin"] == 2


def test_the_expected_initial_loss_can_be_hidden(store: RunStore) -> None:
    query = {"loss": "hinge", "epochs": "1", "below": "terms"}
    app = train_page(open_page("train", query))
    assert "the initial loss must be" in words(app)
    assert "first_loss" in app.session_state[widgets._DRAWN.name], "the dialog offers it"
    app = settle(open_page("train", query | {"hide": "optimizer,first_loss"}))
    assert not app.warning
    assert len(figures(app)) > 3
    assert "the initial loss must be" not in words(app)
    app.button(key="show-all").click().run()
    assert "the initial loss must be" in words(app)


def test_a_fixed_control_is_shown_and_cannot_be_changed() -> None:
    app = open_page("train", {"strength": "0.01", "fix": "strength"})
    strength = app.number_input(key="strength")
    assert strength.disabled
    assert strength.value == 0.01
    assert not app.number_input(key="epochs").disabled


def test_it_applies_on_other_pages_until_all_controls_are_shown() -> None:
    app = open_page("train", {"hide": "loss"})
    app = go(app, "gd-vs-sgd")
    assert "Loss" not in labels(app)
    app.button(key="show-all").click().run()
    assert "Loss" in labels(app)
    assert "hide" not in app.query_params


def test_a_hidden_setting_is_hidden_in_every_lane() -> None:
    query = {"live": "false", "hide": "optimizer"}
    keys = {widget.key for widget in open_page("gd-vs-sgd", query).selectbox}
    assert "lane-0-loss" in keys
    assert not [key for key in keys if key.endswith("optimizer")]


def test_an_unknown_control_name_is_reported_and_ignored() -> None:
    app = open_page("train", {"hide": "loss,<b>x</b>"})
    assert not app.exception
    assert "hide must be chosen from dataset" in app.warning[0].value
    assert "Loss" in labels(app)


def choices(app: AppTest) -> dict[str, Any]:
    """The widgets whose value is part of the address, by their keys."""
    found = {each.key: each for kind in KINDS for each in app.get(kind)}
    found |= {each.key: each for each in app.get("button_group")}
    # What somebody calls a view or a run, and what is imported, is no setting.
    return {key: each for key, each in found.items() if key not in NAMES}


@pytest.mark.parametrize(("page", "query"), PAGES)
def test_any_control_of_any_page_can_be_hidden_or_fixed(
    store: RunStore, page: str, query: dict[str, str]
) -> None:
    store.save(train([Experiment(dataset="blobs", epochs=2)]))
    app = settle(open_page(page, query))
    names = ",".join(app.session_state[widgets._DRAWN.name])
    assert choices(app)
    fixed = settle(open_page(page, query | {"fix": names}))
    assert not fixed.exception
    assert choices(fixed).keys() == choices(app).keys()
    free = {key for key, widget in choices(fixed).items() if not widget.proto.disabled}
    assert not free
    hidden = open_page(page, query | {"hide": names})
    assert not hidden.exception
    assert not choices(hidden)
