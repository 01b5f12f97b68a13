"""File descriptors suffice for many sessions; if not, existing sessions have priority."""

import logging
import os
from typing import Any

import pytest

from lossopt_ui.app import descriptors
from lossopt_ui.app.descriptors import SessionLimit
from tests.asgi import page, request, run
from tests.programs import run_python

resource = pytest.importorskip("resource")


def test_the_limit_is_raised_as_far_as_the_system_allows() -> None:
    program = (
        "import resource; from lossopt_ui.app import descriptors;"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)); descriptors.prepare();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], hard)"
    )
    soft, hard = map(int, run_python("-c", program).split())
    assert soft == (descriptors.WANTED if hard < 0 else min(hard, descriptors.WANTED))


def test_a_low_limit_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(descriptors, "raise_limit", lambda: 1024)
    with caplog.at_level(logging.WARNING):
        descriptors.prepare()
    assert "1024 open files: enough for about 135 simultaneous sessions" in caplog.text
    caplog.clear()
    monkeypatch.setattr(descriptors, "raise_limit", lambda: float("inf"))
    descriptors.prepare()
    assert caplog.text == ""


def test_a_limit_is_never_lowered_and_a_refusal_is_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, int]] = []
    limits = {"soft": 100_000, "hard": resource.RLIM_INFINITY}

    def set_limit(_: int, wanted: tuple[int, int]) -> None:
        asked.append(wanted)
        if wanted[0] > 20_000:  # as macOS does
            raise ValueError("not allowed")
        limits["soft"] = wanted[0]

    monkeypatch.setattr(resource, "getrlimit", lambda _: (limits["soft"], limits["hard"]))
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    assert descriptors.raise_limit() == 100_000
    assert asked == []
    limits["soft"] = 256
    assert descriptors.raise_limit() == descriptors.LOWER
    limits["soft"] = limits["hard"] = 4096
    assert descriptors.raise_limit() == 4096


class Crowded:
    """A server whose sessions stay open and hold descriptors."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, files: float) -> None:
        self.files = 30
        self.app = SessionLimit(self._visit)
        self.answers: list[str] = []
        monkeypatch.setattr(descriptors, "limit", lambda: files)
        monkeypatch.setattr(os, "listdir", lambda _: range(self.files))

    async def _visit(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        if self.files < 5000:  # the next session starts while this one stays
            self.files += descriptors.PER_SESSION
            await self.app(scope, receive, send)

    def open(self) -> list[str]:
        return [each["type"] for each in run(self.app, request(kind="websocket"))]


def test_sessions_are_rejected_before_descriptors_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = Crowded(monkeypatch, files=1024)
    *came, last = crowded.open()
    assert last == "websocket.close"
    assert set(came) == {"websocket.accept"}
    assert len(came) >= descriptors.most_sessions(1024)
    assert crowded.files < 1024 - 50
    crowded.files = 30  # all sessions have ended
    assert crowded.open()[0] == "websocket.accept"
    [answer, *_] = run(SessionLimit(page), request())
    assert answer["status"] == 200, "pages are shown meanwhile"


def test_the_limit_applies_if_files_cannot_be_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowded = Crowded(monkeypatch, files=1024)

    def fails(_: str) -> list[str]:
        raise OSError

    monkeypatch.setattr(os, "listdir", fails)
    *came, last = crowded.open()
    assert last == "websocket.close"
    assert len(came) == int(descriptors.most_sessions(1024))
