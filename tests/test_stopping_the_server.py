"""The server is stopped in the middle of a training: what is done is saved, the rest is offered."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection

import pytest

from benchmarks.visitors import Visit
from lossopt_ui.app import shutdown
from lossopt_ui.config import mode as hosting
from tests.browser.helpers import free_port, wait_until_healthy
from tests.databases import ask
from tests.programs import ROOT

LONG = {"dataset": "digits", "epochs": "400", "batch_size": "1", "learning_rate": "0.001"}
FEW = {"epochs": "40", "rates": "0.001,0.003,0.01", "seeds": "2"}
"""No more updates than hosted mode allows: 33 runs."""
ONE = {"seeds": "1", "live": "false"}
GRACE = 10.0
"""The seconds that containers have from SIGTERM to SIGKILL."""
INTERRUPTED = "Training was interrupted"
TRAINED = {
    "train": ("train", LONG | ONE),
    "losses": ("hinge-vs-cross-entropy", LONG | ONE),
    "optimizers": (
        "gd-vs-sgd",
        {"dataset": "digits", "epochs": "2000", "learning_rate": "0.1"} | ONE,
    ),
    "sweep": ("sweep", LONG | {"axes": "learning_rate=0.001,0.002,0.004", "seeds": "1"}),
    "fair tuning": ("sweep", LONG | FEW | {"mode": "fair", "protocol": "losses"}),
}


@dataclass
class Server:
    """A server that can be stopped and started again, and its store."""

    folder: Path
    mode: str
    command: Sequence[str] = (sys.executable,)
    port: int = field(default_factory=free_port)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> str:
        return f"sqlite:///{self.folder / 'runs.db'}"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        arguments = [
            "-m", "streamlit", "run", "streamlit_app.py",
            "--server.port", str(self.port),
            "--server.address", "127.0.0.1",
            "--server.headless", "true",
            "--server.fileWatcherType", "none",
        ]  # fmt: skip
        process = subprocess.Popen(
            [*self.command, *arguments],
            cwd=ROOT,
            env=os.environ
            | {
                "LOSSOPT_STORE": self.store,
                "LOSSOPT_MODE": self.mode,
                "LOSSOPT_SCHEDULER": "processes",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_healthy(process, self.address)
            yield process
        finally:
            process.kill()
            process.wait()

    def kept(self) -> set[str]:
        """The states of all visitors' runs."""
        question = "SELECT status FROM runs WHERE workspace != 'reference'"
        return {status for (status,) in ask(self.store, question)}


@asynccontextmanager
async def visit(
    server: Server, cookies: dict[str, str], page: str, query: dict[str, str] | None = None
) -> AsyncIterator[Visit]:
    tab = Visit(server.address, cookies)
    await tab.open(page, query or {})
    try:
        yield tab
    finally:
        with suppress(Exception):  # the server may be gone
            await tab.__aexit__()


async def stop_while_it_trains(
    server: Server, cookies: dict[str, str], number: int, *, what: str = "train", times: int = 1
) -> int:
    """Begin a training and send a signal; returns the exit code."""
    page, query = TRAINED[what]
    with server.running() as process:
        async with visit(server, cookies, page, query) as tab:
            await tab.press("train")
            await tab.wait_until(lambda: "Training: " in tab.words(), "it does not train")
            await asyncio.sleep(1)
            for _ in range(times):
                os.kill(innermost(process.pid), number)
                await asyncio.sleep(2 * shutdown.ECHO_SECONDS)
            return await asyncio.to_thread(process.wait, GRACE)


def innermost(pid: int) -> int:
    """The process, or the one that it runs in a namespace of its own."""
    if not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"unshare"):
        return pid  # its children are workers
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


async def told(server: Server, cookies: dict[str, str], page: str = "compare") -> str:
    async with visit(server, cookies, page) as tab:
        return tab.words()


def test_sigterm_saves_results_and_reports_the_interruption_until_it_is_handled(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        server, mine = Server(tmp_path, hosting.HOSTED), dict[str, str]()
        code = await stop_while_it_trains(server, mine, signal.SIGTERM)
        assert code in (-signal.SIGTERM, 128 + signal.SIGTERM)
        assert server.kept() == {"stopped"}
        with server.running():
            assert INTERRUPTED not in await told(server, {})
            async with visit(server, mine, "compare") as tab:
                assert INTERRUPTED in tab.words()
                assert "1 is saved up to update" in tab.words()
                # With another seed: the page's default is there for everybody who opens it.
                query = {"live": "false", "seed": "7"}
                async with visit(server, mine, "train", query) as other:
                    assert INTERRUPTED in other.words()
                    [discard] = [
                        each.button.id
                        for each in other.shown("button")
                        if each.button.label == "Discard"
                    ]
                    await other.forge(discard)
                    assert INTERRUPTED not in other.words()
                await tab.go("compare", {})
                assert INTERRUPTED not in tab.words()
            assert server.kept() == {"stopped"}

    asyncio.run(story())


AS_CHILD = (sys.executable,)
AS_PID_1 = ("unshare", "--fork", "--pid", "--mount-proc", sys.executable)


@pytest.mark.slow  # the same in other ways: one of them is always tried above
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs `unshare`, for namespaces of Linux")
@pytest.mark.parametrize("mode", [hosting.LOCAL, hosting.HOSTED])
@pytest.mark.parametrize("command", [AS_CHILD, AS_PID_1], ids=["child", "PID 1"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_termination_signal_saves_results(
    tmp_path: Path, mode: str, command: tuple[str, ...], number: signal.Signals
) -> None:
    async def story() -> None:
        server, mine = Server(tmp_path, mode, command), dict[str, str]()
        code = await stop_while_it_trains(server, mine, number)
        if command == AS_CHILD:
            assert code in (-number, 128 + number)
        else:  # the first process of a namespace cannot die of a signal that it sends to itself
            assert code in (0, 128 + number)
        assert server.kept() == {"stopped"}
        server.command = AS_CHILD
        with server.running():
            assert INTERRUPTED in await told(server, mine)

    asyncio.run(story())


@pytest.mark.slow  # it waits until the signs of life count as silent
@pytest.mark.parametrize("what", TRAINED)
def test_a_tab_that_reconnects_after_a_kill_is_offered_its_training(
    tmp_path: Path, what: str
) -> None:
    async def story() -> None:
        server, mine = Server(tmp_path, hosting.HOSTED), dict[str, str]()
        code = await stop_while_it_trains(server, mine, signal.SIGKILL, what=what)
        assert code == -signal.SIGKILL
        with server.running():
            page, query = TRAINED[what]
            async with visit(server, mine, page, query) as tab:

                def offered() -> list[str]:
                    buttons = (each.button for each in tab.shown("button"))
                    return [each.id for each in buttons if each.label == "Continue"]

                # The button comes after the words.
                await tab.wait_until(lambda: bool(offered()), "nothing is offered")
                assert INTERRUPTED in tab.words()
                await tab.forge(offered()[0])
                assert INTERRUPTED not in tab.words()
                await tab.wait_until(lambda: "Training: " in tab.words(), "it does not train")
            assert INTERRUPTED not in await told(server, mine)

    asyncio.run(story())


@pytest.mark.slow
def test_a_second_signal_exits_immediately_despite_open_connections(tmp_path: Path) -> None:
    server = Server(tmp_path, hosting.LOCAL)
    upload = b"POST /_stcore/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"
    for times, longest in ((1, GRACE), (2, 3.0)):
        place = ("127.0.0.1", server.port)
        with server.running() as process, create_connection(place) as hanging:
            hanging.sendall(upload)
            time.sleep(0.5)
            begun = time.monotonic()
            for _ in range(times):
                process.terminate()
                time.sleep(2 * shutdown.ECHO_SECONDS)
            assert process.wait(GRACE) in (-signal.SIGTERM, 128 + signal.SIGTERM)
            assert time.monotonic() - begun < longest
