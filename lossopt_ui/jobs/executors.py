"""Where trainings run: in processes of this machine, or at once in the thread that asks.

Pages are drawn by one Python interpreter.  A training in the same interpreter would slow them down
and be slowed down by them, so that it gets processes of its own.
"""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

from typing_extensions import override

from lossopt_core import Experiment, load_data

COLD_SECONDS = 0.5
"""How long a task waits for processes that are still starting, before it runs in this one."""
CONNECT_SECONDS = 5.0
"""How long the scheduler of a cluster may take to answer."""
MAX_LOST = 3
"""How many processes in a row may be killed by what they do before it counts as an error."""
P = ParamSpec("P")
Result = TypeVar("Result")


class AtOnce(Executor):
    """Runs what is submitted at once, in the calling thread."""

    @override
    def submit(
        self, task: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(task(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes(Executor):
    """Processes that start with the server and are replaced when they are killed.

    A task whose process was killed is submitted again, up to `MAX_LOST` times, so that it must not
    matter whether it is done twice.  Where no process can be started, tasks run at once.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._warm = threading.Event()
        self._patience = Patience(COLD_SECONDS)

    def start(self) -> Self:
        """Start the processes, without waiting for them."""
        threading.Thread(target=self._warm_up, name="starting workers", daemon=True).start()
        return self

    def _warm_up(self) -> None:
        """Let each process import what a training needs, and load a data set."""
        with suppress(BrokenExecutor, OSError):  # the next task tries again
            for each in [self._pool().submit(load_data, Experiment()) for _ in range(self._count)]:
                each.result()
        self._warm.set()

    def _pool(self) -> Executor:
        from joblib.externals.loky import get_reusable_executor

        pool: Executor = get_reusable_executor(
            self._count, timeout=None, initializer=ignore_interrupts
        )
        return pool

    @override
    def submit(
        self, task: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        if not self._patience.wait(self._warm):
            return AtOnce().submit(task, *args, **kwargs)
        outer: Future[Result] = Future()
        self._try(outer, partial(task, *args, **kwargs), 1)
        return outer

    def _try(self, outer: Future[Result], task: Callable[[], Result], number: int) -> None:
        """Submit a task for the `number`th time."""

        def done(inner: Future[Result]) -> None:
            if isinstance(inner.exception(), BrokenExecutor) and number < MAX_LOST:
                # The pool calls this from a thread that its replacement waits for.
                again = (outer, task, number + 1)
                threading.Thread(target=self._try, args=again, daemon=True).start()
            else:
                hand_over(inner, outer)

        try:
            self._pool().submit(task).add_done_callback(done)
        except (BrokenExecutor, OSError):
            if number < MAX_LOST:
                self._try(outer, task, number + 1)
            else:
                hand_over(AtOnce().submit(task), outer)

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, whatever they do."""
        if self._warm.is_set():
            with suppress(BrokenExecutor, OSError):
                self._pool().shutdown(wait=wait, kill_workers=True)  # type: ignore[call-arg]


class Cluster(Executor):
    """The workers of a Dask cluster; once it cannot be reached, another executor.

    Args:
        address: The scheduler's.
        otherwise: Makes the other executor.
    """

    def __init__(self, address: str, otherwise: Callable[[], Executor]) -> None:
        self._address = address
        self._otherwise = otherwise
        self._client: Any = None
        self._connected = threading.Event()
        self._patience = Patience(COLD_SECONDS)
        self._fallback: Executor | None = None
        self._falling = threading.Lock()

    def start(self) -> Self:
        """Connect, without waiting for it."""
        threading.Thread(target=self._connect, name="connecting", daemon=True).start()
        return self

    def _connect(self) -> None:
        from distributed import Client

        try:
            self._client = Client(self._address, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError):
            self.fall_back()
        self._connected.set()

    @property
    def lost(self) -> bool:
        """Whether the cluster could not be reached, so that the other executor is used."""
        return self._fallback is not None

    def fall_back(self) -> Executor:
        """Use the other executor from now on."""
        with self._falling:
            if self._fallback is None:
                self._fallback = self._otherwise()
        return self._fallback

    @override
    def submit(
        self, task: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        if not self._patience.wait(self._connected):
            return AtOnce().submit(task, *args, **kwargs)
        if self._fallback is not None:
            return self._fallback.submit(task, *args, **kwargs)
        outer: Future[Result] = Future()
        whole = partial(task, *args, **kwargs)

        def done(inner: Any) -> None:
            if inner.status in ("cancelled", "lost"):
                hand_over(self.fall_back().submit(whole), outer)
            elif inner.status == "error":
                outer.set_exception(inner.exception())
            else:
                outer.set_result(inner.result())

        try:
            found = self._client.submit(whole, pure=False, retries=MAX_LOST)
        except Exception:  # whatever a client raises whose scheduler is gone
            hand_over(self.fall_back().submit(whole), outer)
        else:
            found.add_done_callback(done)
        return outer


class Patience:
    """Waits for an event, but not longer than some seconds since the first wait."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def wait(self, event: threading.Event) -> bool:
        """Whether the event is set by then."""
        if self._until is None:
            self._until = time.monotonic() + self._seconds
        return event.wait(max(0.0, self._until - time.monotonic()))


def hand_over(inner: Future[Result], outer: Future[Result]) -> None:
    """Give `outer` the result or the error of `inner` as soon as there is one."""

    def done(inner: Future[Result]) -> None:
        if (error := inner.exception()) is not None:
            outer.set_exception(error)
        else:
            outer.set_result(inner.result())

    inner.add_done_callback(done)


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the server, which saves what its processes have done."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def new(scheduler: str, count: int) -> Executor:
    """The executor of a setting: "processes", "thread", or the address of a Dask scheduler."""
    if scheduler == "processes":
        return Processes(count).start()
    if scheduler == "thread":
        return AtOnce()
    return Cluster(scheduler, lambda: Processes(count).start()).start()
