"""The program of a fork server: it imports what tasks need once, then forks workers.

A forked worker is ready within milliseconds and shares the memory of what was imported.  Forking is
safe here, because this process runs no other Python thread and knows nothing of Streamlit.  Where
forking is not safe, each worker is a process of its own that imports everything again.

A worker gets pickled tasks through a socket or pipes and gives pickled outcomes back.  It ends when
the other side does, and leaves signals to the server, which saves what its workers have done.
"""

import gc
import os
import pickle
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import IO, Any

from lossopt_ui.jobs import memory

NICENESS = 10
"""Pages come first: workers get what time the server leaves."""
KILLED_FIRST = "500"
"""Where memory runs out, Linux ends a worker, which costs a slice, rather than the server."""
READY = b"r"
_LENGTH = struct.Struct("!Q")
_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP")


def send(stream: IO[bytes], content: Any) -> None:
    """Write something that can be pickled."""
    write(stream, pickled(content))


def receive(stream: IO[bytes]) -> Any:
    """Read what was sent; EOFError if the other side is gone."""
    return pickle.loads(_read(stream))


def pickled(content: Any) -> bytes:
    """The message that says this."""
    return pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)


def write(stream: IO[bytes], message: bytes) -> None:
    """Send a message that is pickled already."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    [length] = _LENGTH.unpack(head)
    message = stream.read(length)
    if len(message) < length:  # the other side ended within it
        raise EOFError
    return message


def serve(control: socket.socket) -> None:
    """Fork a worker for every socket that comes through `control`, until it is closed."""
    _prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers that have ended
    gc.collect()
    gc.freeze()  # a collection would write to, and thereby copy, the memory that is shared
    control.sendall(READY)
    while True:
        asked, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not asked:
            return
        with (
            socket.socket(fileno=descriptors[0]) as channel,
            suppress(OSError),  # no process or memory left: who asked finds the channel closed
        ):
            if os.fork() == 0:
                control.close()
                _work_in_fork(channel)


def _work_in_fork(channel: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        with channel.makefile("rb") as tasks, channel.makefile("wb") as outcomes:
            work(tasks, outcomes)
    finally:
        os._exit(0)


def work_alone() -> None:
    """Be the one worker of this process, with its standard input and output as pipes."""
    _prepare()
    with (
        open(sys.stdin.fileno(), "rb") as tasks,
        open(sys.stdout.fileno(), "wb") as outcomes,
        redirect_stdout(sys.stderr),  # what tasks print must not get between the outcomes
    ):
        work(tasks, outcomes)


def work(tasks: IO[bytes], outcomes: IO[bytes]) -> None:
    """Say which process this is, then do one task after the other until there are no more.

    The outcome of a task is its result and None, or None and its error.
    """
    with suppress(EOFError, OSError):  # the server has ended
        send(outcomes, os.getpid())
        while True:
            write(outcomes, _outcome_of(_read(tasks)))
            memory.release_free_memory()


def _outcome_of(task: bytes) -> bytes:
    try:
        call: Callable[[], Any] = pickle.loads(task)
        return pickled((call(), None))
    except Exception as error:
        error.add_note(traceback.format_exc())
        return _failure(error)


def _failure(error: Exception) -> bytes:
    try:
        outcome = pickled((None, error))
        pickle.loads(outcome)
    except Exception:  # whatever the error's own methods raise
        return pickled((None, RuntimeError(f"{type(error).__name__}: {error}")))
    return outcome


def _prepare() -> None:
    """Import what trainings and certificates need; data sets come with the tasks."""
    for name in _IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(KILLED_FIRST)

    from lossopt_core.certify import certificates  # noqa: F401
    from lossopt_core.training import slices  # noqa: F401
