"""The start page."""

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, RunStore, train
from lossopt_core.analysis.digits import with_spread
from lossopt_core.store import reference
from lossopt_ui.experiment.examples import READY_MADE
from lossopt_ui.state import url
from tests.helpers import figures, open_page, settle, trace, words


def links(app: AppTest, label: str) -> list[dict[str, str]]:
    """The addresses' queries of all links with a label."""
    found = [each.proto for each in app.get("page_link") if each.proto.label == label]
    return [{k: v[0] for k, v in parse_qs(each.query_string).items()} for each in found]


def test_a_stranger_finds_a_trained_comparison_without_a_click(store: RunStore) -> None:
    reference.train_missing(store.address)
    app = settle(open_page("start"))
    assert not app.exception
    shown = figures(app)["accuracy"]
    for name in ("Hinge, training", "Hinge, test", "Cross-entropy, test", "Hinge, test: band"):
        assert trace(shown, name)
    assert "10 splits" in words(app)
    assert "Each at its own tuned learning rate" in words(app)
    assert "What you can do here" in words(app), "its own runs are not recent ones"
    for k, example in enumerate(READY_MADE):
        assert example.title in words(app)
        assert figures(app)[f"thumbnail-{k}"]["data"]


def test_the_slider_trains_anew_with_the_curves_before_behind(store: RunStore) -> None:
    app = settle(open_page("start"))
    before = trace(figures(app)["accuracy"], "Hinge, test")["y"]
    app = settle(app.select_slider(key="showcase.strength").set_value(1.0).run())
    assert dict(app.query_params) == {"strength": "1"}
    drawn = figures(app)["accuracy"]["data"]
    old = [each for each in drawn if each["name"].startswith("before: strength 0.001 → 1")]
    assert next(each["y"] for each in old if each["line"]["dash"] == "dash") == before
    assert trace(figures(app)["accuracy"], "Hinge, test")["y"] != before
    assert links(app, "Open this experiment") == [{"strength": "1"}]
    assert {row["strength"] for row in store.list().to_dict("records")} == {0.001, 1.0}


def test_a_strength_of_another_page_is_on_the_slider(store: RunStore) -> None:
    app = open_page("start", {"strength": "0.02"})
    slider = app.select_slider(key="showcase.strength")
    assert slider.value == 0.02
    assert slider.label == "Strength λ of the L2 penalty: 0.02"
    assert len(set(slider.options)) == 8, "seven, and the one that was typed"


def test_recent_runs_are_cards_by_group_newest_first(store: RunStore) -> None:
    small = Experiment(dataset="blobs", epochs=1)
    groups = [small.replace(strength=strength) for strength in (0.1, 0.2, 0.3, 0.4)]
    for each in groups:
        store.save(train([each, each.replace(seed=1)]))
    app = open_page("start")
    newest = groups[:0:-1]
    assert links(app, "Continue") == [url.query_of(url.values_of(each)) for each in newest]
    assert [each.label.replace("\\", "") for each in app.metric] == [
        f"Blobs · Cross-entropy · λ {strength}" for strength in (0.4, 0.3, 0.2)
    ]
    titles = {each.value for each in app.markdown}
    assert all(each.label in titles for each in app.metric), "in lines, so never cut off"
    results = store.list()
    ends = 100 * results[results["strength"] == 0.4]["test_accuracy"]
    assert app.metric[0].value == f"{with_spread(ends.mean(), ends.std())} % test"
    assert words(app).count("2 runs, just now") == 3


@pytest.mark.slow
def test_every_ready_made_experiment_trains_when_opened(store: RunStore) -> None:
    for example in READY_MADE:
        file = example.page.removeprefix("pages/").removesuffix(".py")
        app = settle(open_page(file, example.query))
        assert not app.exception
        assert not app.warning
        assert figures(app)
