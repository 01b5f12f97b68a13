"""User text on each page: escaped in Markdown, unchanged elsewhere."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from google.protobuf.json_format import MessageToDict

from lossopt_core import (
    Experiment,
    ForeignRun,
    RunStore,
    train,
    uploads,
)
from lossopt_core.data.datasets import Examples
from tests.helpers import AppTest, open_page, settle

MARK = "ZQ7 :red[x] *b* `c` &lt; <b>"
"""Prefix of every name; unescaped it would be coloured, bold, or gone."""
PLAIN = {
    "options", "rawValue", "rawValues", "default", "placeholder", "codeText", "id", "formId",
    "fileName", "url", "value",
}  # fmt: skip
"""Fields of elements that the front end shows literally."""


@pytest.fixture(scope="module")
def _names() -> tuple[str, ...]:
    return tuple(f"{MARK}{end}" for end in "12")


@pytest.fixture
def queries(store: RunStore, _names: tuple[str, ...]) -> dict[str, str]:
    """A store with such names everywhere; returns addresses that show them."""
    upload_store = uploads.UploadStore(store)
    data = Examples(
        np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2, _names, _names
    )
    kept = upload_store.save(MARK, data)
    experiment = Experiment(dataset="own", dataset_options=dict(kept.options), epochs=1)
    with uploads.using(upload_store):
        runs = train([experiment, experiment.replace(loss="hinge")])
    store.save(runs)
    for run in runs:
        store.annotate([run.id], name=f"{MARK}{run.id}", note=MARK, tags=["ZQ7 :red[x]"])
    history = pd.DataFrame({"update": [0, 1], "objective": [1.0, 0.5]})
    [curve] = store.save_foreign([ForeignRun(name=MARK, source=MARK, history=history)])
    store.save_view(MARK, "runs=all")
    own = "&".join(f"own.{name}={value}" for name, value in kept.options.items())
    return {
        "train": f"dataset=own&{own}",
        "data": "",
        "inspect": f"run={runs[0].id}",
        "compare": f"rows=runs&runs={','.join([*(run.id for run in runs), curve.id])}",
        "choose": "dataset=own",
    }


def texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """All texts in a message, each with the name of its field."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from texts(each, (*path, name))
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, path)
    elif isinstance(value, str) and path:
        yield path[-1], value


def elements(block: Any) -> Iterator[Any]:
    if getattr(block, "proto", None) is not None:
        yield block
    for child in getattr(block, "children", {}).values():
        yield from elements(child)


def shown(app: AppTest) -> Iterator[tuple[str, str, str]]:
    """Element type, field and text of everything that contains the prefix, except tables."""
    for root in app._tree.children.values():
        for element in elements(root):
            if element.type == "arrow_data_frame":
                continue
            content = MessageToDict(element.proto)
            if element.type == "bidi_component":
                content = {
                    "figure": json.loads(json.loads(content.get("json", "{}")).get("figure", "{}"))
                }
            for field, text in texts(content):
                if "ZQ7" in text:
                    yield element.type, field, text


@pytest.mark.parametrize(
    "page",
    [
        "choose",
        "compare",
        *(pytest.param(p, marks=pytest.mark.slow) for p in ("train", "data", "inspect")),
    ],
)
def test_a_name_is_shown_as_text_everywhere(queries: dict[str, str], page: str) -> None:
    query = dict(each.split("=", 1) for each in queries[page].split("&") if each)
    app = settle(open_page("train" if page == "choose" else page, query))
    assert page == "choose" or not app.exception  # without data there is nothing to draw
    found = [*shown(app)]
    assert found
    for kind, field, text in found:
        if kind == "bidi_component":
            assert field == "customdata" or "&lt; <b>" not in text, (kind, field, text)
        elif field in PLAIN:
            assert r"\:red" not in text, (kind, field, text)
        else:
            assert ":red[" not in text, (kind, field, text)
            assert " *b*" not in text, (kind, field, text)
