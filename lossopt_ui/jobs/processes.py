"""Worker processes of this machine: forked by a fork server, or each started on its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Protocol

from lossopt_ui.jobs import fork_server

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""For matrices as small as ours a second thread of BLAS only waits for the first."""


class LostWorkerError(Exception):
    """A worker ended within a task."""


class Worker:
    """A process that does one task after the other.

    LostWorkerError if it ends before it is ready.
    """

    def __init__(self, tasks: IO[bytes], outcomes: IO[bytes]) -> None:
        self._tasks, self._outcomes = tasks, outcomes
        self._lost = False
        self._pid: int = self._receive()

    def run(self, task: Callable[[], Any]) -> Any:
        """The result or the error of a task; LostWorkerError if the worker ends."""
        try:
            fork_server.send(self._tasks, task)
        except (OSError, ValueError) as error:  # ValueError once the streams are closed
            raise self._loss() from error
        result, problem = self._receive()
        if problem is not None:
            raise problem
        return result

    def _receive(self) -> Any:
        try:
            return fork_server.receive(self._outcomes)
        except (EOFError, OSError, ValueError) as error:
            raise self._loss() from error

    def _loss(self) -> LostWorkerError:
        self._lost = True
        for stream in (self._tasks, self._outcomes):
            with suppress(OSError):  # what is left to be written
                stream.close()
        return LostWorkerError()

    def kill(self) -> None:
        """End the process, whatever it does."""
        if not self._lost:
            with suppress(ProcessLookupError):
                os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))


class Source(Protocol):
    """Where workers come from."""

    def start(self) -> None:
        """Get ready; OSError if that fails."""

    def worker(self) -> Worker:
        """A new worker; OSError or LostWorkerError if there is none."""

    def close(self) -> None:
        """Give no more workers."""


class ForkServer:
    """A process that forks workers, each ready within milliseconds."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start it and wait until it is ready, unless it runs; OSError if it ends."""
        with self._starting:
            if self._control is not None:
                return
            control, its = socket.socketpair()
            with its:
                descriptor = its.fileno()
                _python(f"serve(socket.socket(fileno={descriptor}))", pass_fds=[descriptor])
            if not control.recv(len(fork_server.READY)):
                control.close()
                raise OSError("the process that forks the workers has ended")
            self._control = control

    def worker(self) -> Worker:
        """A new worker, from a new server if the last one has ended."""
        try:
            return self._forked()
        except (OSError, LostWorkerError):
            self.close()
            return self._forked()

    def _forked(self) -> Worker:
        self.start()
        ours, its = socket.socketpair()
        with ours:
            with its, self._starting:
                if self._control is None:
                    raise OSError("the fork server was closed")
                socket.send_fds(self._control, [b"w"], [its.fileno()])
            return Worker(ours.makefile("wb"), ours.makefile("rb"))

    def close(self) -> None:
        """End the server; its workers go on."""
        with self._starting:
            if self._control is not None:
                self._control.close()
            self._control = None


class OneByOne:
    """Starts each worker on its own, which takes as long as the imports."""

    def start(self) -> None:
        """Nothing is shared."""

    def worker(self) -> Worker:
        """A new worker."""
        process = _python("work_alone()", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        return Worker(process.stdin, process.stdout)

    def close(self) -> None:
        """Nothing was kept."""


def source() -> Source:
    """Where workers come from on this machine."""
    # macOS can fork, too, but not safely once its frameworks are in use, as NumPy uses them.
    return ForkServer() if sys.platform == "linux" else OneByOne()


def _python(call: str, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a Python that finds the same modules, and make a call of the module `fork_server`."""
    code = (
        f"import socket, sys; sys.path[:] = {sys.path!r};"
        f" from lossopt_ui.jobs import fork_server; fork_server.{call}"
    )
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "text": False} | options
    return subprocess.Popen([sys.executable, "-c", code], env=os.environ | ONE_THREAD, **streams)
