"""The completions of the filter, as the page sends them."""

from typing import Any

import pytest

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.runs import completing
from tests.helpers import open_page


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        (None, []),
        (["loss = ", 1], ["Hinge"]),
        (["x" * 5_000, 2], []),
        ("loss = ", []),
        ([1, "loss"], []),
    ],
    ids=str,
)
def test_what_a_browser_sends_is_answered_or_ignored(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, typed: Any, labels: list[str]
) -> None:
    store.save(train([Experiment(dataset="iris", loss="hinge", epochs=1)]))
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(completing, "_component", lambda **told: sent.append(told["data"]))
    monkeypatch.setattr(completing, "component_event", lambda key, name: typed)
    app = open_page("compare")
    assert not app.exception
    assert [each["label"] for each in sent[-1]["offers"]] == labels
    assert app.text_input(key="filter").value == ""


def test_a_filter_that_is_hidden_or_fixed_has_no_completions(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(train([Experiment(dataset="iris", epochs=1)]))
    sent: list[object] = []
    monkeypatch.setattr(completing, "_component", lambda **told: sent.append(told))
    for query in ({"hide": "filter"}, {"fix": "filter"}):
        assert not open_page("compare", query).exception
    assert not sent
