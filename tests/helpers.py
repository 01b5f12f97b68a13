"""The app without a browser: pages run by Streamlit's AppTest, figures read back."""

import base64
import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from tests.programs import ROOT

PATIENCE = 60.0
"""Seconds for a training in the background; the first one imports scikit-learn."""


def open_page(file: str, query: Mapping[str, str] | None = None) -> AppTest:
    """A new visitor opens a page by its file's name, with settings in the address."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in (query or {}).items():
        app.query_params[name] = value
    return app.run() if file == "start" else go(app, file)


def go(app: AppTest, file: str) -> AppTest:
    """The same visitor goes on to another page."""
    return app.switch_page(f"pages/{file}.py").run()


def settle(app: AppTest) -> AppTest:
    """Run the page until nothing is trained any more."""
    end = time.monotonic() + PATIENCE
    while any(button.key == "stop" for button in app.button):
        assert time.monotonic() < end, "the training did not come to an end"
        time.sleep(0.1)
        app.run()
    return app


def train(app: AppTest) -> AppTest:
    """Press Train, where something is not trained by itself, and wait for the runs."""
    [*pressed] = [button for button in app.button if button.key == "train"]
    return settle(pressed[0].click().run() if pressed else app)


def open_one(page: str, query: Mapping[str, str] | None = None) -> AppTest:
    """Open a page that trains with one seed, a typed learning rate, and a Train button."""
    return open_page(page, {"seeds": "1", "live": "false", "learning_rate": "0.1"} | (query or {}))


def certify(app: AppTest) -> AppTest:
    """Run the page until the certified optima are known."""
    end = time.monotonic() + PATIENCE
    while "Computing the certified optim" in words(app) or "being computed" in words(app):
        assert time.monotonic() < end, "no certificate came"
        time.sleep(0.1)
        app.run()
    return app


def figures(app: AppTest) -> dict[str, dict[str, Any]]:
    """The figures on the page by their keys, with plain lists for arrays; `alt` beside."""
    found = {}
    for element in app.get("bidi_component"):
        content = json.loads(element.proto.json)
        if "figure" not in content:
            continue
        figure = plain(json.loads(content["figure"]))
        found[element.key] = figure | {"alt": content["alt"]}
    return found


def click_mark(app: AppTest, key: str, content: Any) -> AppTest:
    """Click on a mark of the figure with this key: the mark has `content` as its customdata."""
    return send(app, key, "click", content)


def send(app: AppTest, key: str, name: str, content: Any) -> AppTest:
    """What the browser sends from a figure."""
    [element] = [each for each in app.get("bidi_component") if each.key == key]
    states = app._tree.get_widget_states()
    event = json.dumps([{"event": name, "value": content}])
    states.widgets.add(id=_make_trigger_id(element.proto.id, "events"), json_trigger_value=event)
    return app._run(states)


def trace(figure: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A figure's trace by its name in the legend."""
    [found] = [each for each in figure["data"] if each.get("name") == name]
    return found


def plain(value: Any) -> Any:
    """A figure's JSON with its packed arrays as lists."""
    if isinstance(value, dict) and "bdata" in value:
        numbers = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        shape = [int(each) for each in str(value.get("shape", len(numbers))).split(",")]
        return numbers.reshape(shape).tolist()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def words(app: AppTest) -> str:
    """All that the page says in words, as one reads it: without the escapes of Markdown."""
    text = "\n".join(_texts(app)).replace("\u2060", "")  # it breaks up what would be a mark
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text)


def _texts(app: AppTest) -> Iterator[str]:
    for kind in ("title", "subheader", "markdown", "caption", "info", "warning", "error"):
        yield from (element.value for element in getattr(app, kind))
    yield from (f"{each.label}: {each.value} ({each.delta})" for each in app.metric)
    yield from (str(cell) for table in app.dataframe for cell in table.value.to_numpy().ravel())
