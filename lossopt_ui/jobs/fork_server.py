"""The program of a fork server: it imports what tasks need once, then forks workers.

A forked worker is ready within milliseconds and shares the memory of what was imported.  Forking is
safe here, because this process runs no other Python thread and knows nothing of Streamlit.  Where
forking is not safe, each worker is a process of its own that imports everything again.

A worker gets tasks through a pipe of `multiprocessing` and gives their outcomes back.  The pipe has
no name and is inherited, so that both ends belong to the server.  A worker ends when the other end
is closed, and leaves signals to the server, which saves what its workers have done.
"""

import copy
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import entry_points
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lossopt_ui.jobs import memory

NICENESS = 10
"""Pages come first: workers get what time the server leaves."""
KILLED_FIRST = "500"
"""Where memory runs out, Linux ends a worker, which costs a slice, rather than the server."""
UNUSED_SECONDS = 1.0
"""A worker lets go of data that it has not used for so long: the slices of a training follow each
other."""
READY = b"r"


def serve(control: socket.socket) -> None:
    """Fork a worker for every end of a pipe that comes through `control`, until it is closed."""
    _prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers that have ended
    gc.collect()
    gc.freeze()  # a collection would write to, and thereby copy, the memory that is shared
    control.sendall(READY)
    while True:
        asked, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not asked:
            return
        with suppress(OSError):  # no process or memory left: who asked finds the end closed
            if os.fork() == 0:
                control.close()
                _work_in_fork(descriptors[0])
        os.close(descriptors[0])


def _work_in_fork(descriptor: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        work(Connection(descriptor))
    finally:
        os._exit(0)


def work_alone(descriptor: int) -> None:
    """Be the one worker of this process, for the other end of this connection."""
    _prepare()
    work(Connection(descriptor))


def work(server: "Connection[Any, Any]") -> None:
    """Say which process this is, then do one task after the other until there are no more.

    The outcome of a task is its result and None, or None and its error.
    """
    with suppress(EOFError, OSError, MemoryError):  # the server has ended, or starts another
        server.send(os.getpid())
        while True:
            if not server.poll(UNUSED_SECONDS):
                _forget_unused(0.0)
            _work_once(server)
            _forget_unused(UNUSED_SECONDS)


def _forget_unused(seconds: float) -> None:
    from lossopt_core.experiment import caches  # not before `_prepare`: it imports pandas

    caches.drop_idle(seconds)
    memory.release_free_memory()


def _work_once(server: "Connection[Any, Any]") -> None:
    try:
        task: Callable[[], Any] = server.recv()
    except (EOFError, OSError, MemoryError):  # nothing more can be read
        raise
    except Exception as error:  # what it needs cannot be imported here
        server.send((None, _sendable(error)))
        return
    result, problem = None, None
    try:
        result = task()
    except Exception as error:
        problem = _sendable(error)
    try:
        server.send((result, problem))
    except OSError:
        raise
    except Exception as error:  # the result cannot be sent
        server.send((None, _sendable(error)))


def _sendable(error: Exception) -> Exception:
    """The error, or one that says the same and can be made again in another process."""
    error.add_note(traceback.format_exc())
    try:
        copy.deepcopy(error)
    except Exception:  # whatever the error's own methods raise
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _prepare() -> None:
    """Import what tasks need, so that workers share its memory and begin at once.

    Workers load data sets themselves, by scikit-learn; own data come with the tasks.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    memory.limit_arenas()
    os.nice(NICENESS)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(KILLED_FIRST)

    _import_pandas()

    from sklearn import datasets, model_selection, preprocessing  # noqa: F401

    from lossopt_core.certify import certificates  # noqa: F401
    from lossopt_core.experiment.description import Experiment
    from lossopt_core.experiment.loading import load_data
    from lossopt_core.training import slices  # noqa: F401

    load_data(Experiment())  # what most trainings use


def _import_pandas() -> None:
    """Import it without pyarrow, which it would load where that is installed.

    Tasks and their results are arrays. Only plug-ins may read files that need it; their registry
    cannot tell of them here, because it imports pandas itself.
    """
    plugins = any(group.startswith("lossopt.") for group in entry_points().groups)
    hidden = not plugins and "pyarrow" not in sys.modules
    if hidden:
        sys.modules["pyarrow"] = None  # type: ignore[assignment]
    import pandas  # noqa: F401

    if hidden:
        del sys.modules["pyarrow"]
