"""Worker processes of this machine: forked by a fork server, or each started on its own."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from lossopt_ui.jobs import fork_server

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""For matrices as small as ours a second thread of BLAS only waits for the first."""
START_SECONDS = 60.0
"""How long a fork server may take to import what it needs."""
ENDING_SECONDS = 0.5
"""How long a process that was killed may take to end."""


class LostWorkerError(Exception):
    """A worker ended within a task."""


class Worker:
    """A process that does one task after the other.

    LostWorkerError if it ends before it is ready.
    """

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._busy = True
        self._pid: int = self._receive()

    def run(self, task: Callable[[], Any]) -> Any:
        """The result or the error of a task; LostWorkerError if the worker ends."""
        self._busy = True
        try:
            self._connection.send(task)
        except OSError as error:
            raise self._loss() from error
        except Exception:  # it cannot be pickled, and nothing was sent
            self._busy = False
            raise
        result, problem = self._receive()
        if problem is not None:
            raise problem
        return result

    def _receive(self) -> Any:
        try:
            received = self._connection.recv()
        except Exception as error:  # it ended, or what it sent cannot be read
            raise self._loss() from error
        self._busy = False
        return received

    def _loss(self) -> LostWorkerError:
        self._busy = False
        self.close()
        return LostWorkerError()

    def close(self) -> None:
        """Let the process end as soon as it has nothing to do."""
        with suppress(OSError):
            self._connection.close()

    def end(self) -> None:
        """End the process, whatever it does."""
        if not self._busy:
            self.close()
            return
        with suppress(OSError):  # it has ended
            os.kill(self._pid, signal.SIGKILL)


class Source(Protocol):
    """Where workers come from."""

    def start(self) -> None:
        """Get ready; OSError if that fails."""

    def worker(self) -> Worker:
        """A new worker; OSError or LostWorkerError if there is none."""

    def close(self) -> None:
        """Give no more workers."""


@dataclass(frozen=True)
class _Forking:
    """A fork server that runs, and the connection through which it is asked."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket

    def worker(self) -> Worker:
        ours, its = multiprocessing.Pipe()
        with its:
            socket.send_fds(self.control, [b"w"], [its.fileno()])
        return Worker(ours)

    def has_ended(self) -> bool:
        try:
            self.process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        self.control.close()
        self.process.kill()


class ForkServer:
    """A process that forks workers, each ready within milliseconds."""

    def __init__(self) -> None:
        self._running: _Forking | None = None
        self._starting = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start it and wait until it is ready, unless it runs; OSError if it ends."""
        self._server()

    def worker(self) -> Worker:
        """A new worker, from a new server if the last one has ended."""
        server = self._server()
        try:
            return server.worker()
        except (OSError, LostWorkerError):
            if not server.has_ended():  # no process or memory is left: another could do no better
                raise
        return self._server(instead_of=server).worker()

    def _server(self, instead_of: _Forking | None = None) -> _Forking:
        """The server that runs, started if there is none or only one that has ended."""
        with self._starting:
            if self._running is None or self._running is instead_of:
                self._running = None
                self._running = self._started()
            return self._running

    def _started(self) -> _Forking:
        if self._closed:
            raise OSError("no process is forked any more")
        control, its = socket.socketpair()
        with its:
            descriptor = its.fileno()
            call = f"serve(socket.socket(fileno={descriptor}))"
            server = _Forking(_python(call, pass_fds=[descriptor]), control)
        control.settimeout(START_SECONDS)
        ready = False
        with suppress(OSError):
            ready = not self._closed and bool(control.recv(len(fork_server.READY)))
        control.settimeout(None)
        if self._closed or not ready:
            server.end()
            raise OSError("no process can be forked")
        return server

    def close(self) -> None:
        """End the server, without waiting; its workers go on."""
        self._closed = True
        if (server := self._running) is not None:
            server.end()


class OneByOne:
    """Starts each worker on its own, which takes as long as the imports."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Nothing is shared."""

    def worker(self) -> Worker:
        """A new worker."""
        self._processes = [each for each in self._processes if each.poll() is None]
        ours, its = multiprocessing.Pipe()
        with its:
            self._processes.append(_python(f"work_alone({its.fileno()})", pass_fds=[its.fileno()]))
        return Worker(ours)

    def close(self) -> None:
        """Nothing was kept."""


def source() -> Source | None:
    """Where workers come from on this machine; None on Windows, which passes no pipes on."""
    if sys.platform == "linux":
        return ForkServer()
    # macOS can fork, but not safely once its frameworks are in use, as NumPy uses them.
    return OneByOne() if os.name == "posix" else None


def _python(call: str, pass_fds: Sequence[int]) -> "subprocess.Popen[bytes]":
    """Start a Python that finds the same modules, and make a call of the module `fork_server`."""
    code = (
        f"import socket, sys; sys.path[:] = {sys.path!r};"
        f" from lossopt_ui.jobs import fork_server; fork_server.{call}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | ONE_THREAD,
        stdin=subprocess.DEVNULL,
        pass_fds=pass_fds,
    )
