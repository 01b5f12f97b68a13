"""The browser's part of the playground, for tests without a browser."""

import base64
import json
from typing import Any

import numpy as np
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from tests.helpers import open_page

PAGE = "playground"
DEMO = "2.06_1.48_-0.42__0.44_-1.82_0.52__2.27_-2.04_-0.1"
"""The weights of the course demo, as in an address."""


class Clock:
    """Shows the time that a test sets."""

    time = 100.0

    def monotonic(self) -> float:
        return self.time


def arena(app: AppTest) -> dict[str, Any]:
    """The data sent to the interactive part."""
    [found] = [each for each in app.get("bidi_component") if each.key == "arena"]
    content: dict[str, Any] = json.loads(found.proto.json)
    return content


def floats(text: str) -> Any:
    return np.frombuffer(base64.b64decode(text), np.float32)


class Browser:
    """Does what the browser does: keeps the frames, and sends events."""

    def __init__(self, app: AppTest) -> None:
        self.app, self.position, self.playing, self.orders = app, 0, False, -1
        self.updates: list[int] = []
        self.number = 0
        self.read()

    def read(self) -> None:
        now = arena(self.app)
        if now["chunk"]["number"] != self.number:
            keep = [each for each in self.updates if each <= now["chunk"]["keep"]]
            self.updates = keep + now["chunk"]["updates"]
            self.number = now["chunk"]["number"]
        if now["orders"] != self.orders:
            self.orders = now["orders"]
            self.position, self.playing = now["position"], now["playing"]

    def send(self, kind: str, **content: Any) -> AppTest:
        now = arena(self.app)
        event = {
            "kind": kind,
            "number": now["answered"] + 1,
            "position": self.position,
            "playing": self.playing,
            "count": len(now["points"]),
        } | content
        self.send_raw(event)
        return self.app

    def send_raw(self, event: Any) -> None:
        [part] = [each for each in self.app.get("bidi_component") if each.key == "arena"]
        states = self.app._tree.get_widget_states()
        content = json.dumps([{"event": "event", "value": event}])
        states.widgets.add(id=_make_trigger_id(part.proto.id, "events"), json_trigger_value=content)
        self.app._run(states)
        self.read()

    def step(self, updates: int) -> AppTest:
        return self.send("step", updates=updates)

    def weights(self, side: int = 0) -> list[float]:
        """Of the last frame."""
        chunk = arena(self.app)["chunk"]
        of = floats(chunk["sides"][side]["weights"]).reshape(len(chunk["updates"]), -1)
        last: list[float] = of[-1].tolist()
        return last

    def numbers(self, side: int = 0) -> dict[str, float]:
        """The numbers of the last frame."""
        chunk = arena(self.app)["chunk"]
        row = floats(chunk["sides"][side]["rows"]).reshape(-1, 6)[-1].tolist()
        names = ("objective", "data_loss", "penalty", "accuracy", "test_loss", "test_accuracy")
        return {"updates": chunk["updates"][-1]} | dict(zip(names, row, strict=True))


def opened(query: dict[str, str] | None = None) -> Browser:
    """The page before any update, unless the query says otherwise."""
    return Browser(open_page(PAGE, {"updates": "0"} | (query or {})))


def address(app: AppTest) -> dict[str, str]:
    """The query of the page's address."""
    query = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in query}


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def positions(app: AppTest) -> list[tuple[float, float]]:
    return [(x, y) for x, y, _ in arena(app)["points"]]
