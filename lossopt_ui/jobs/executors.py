"""Where trainings run: in processes of this machine, or at once in the thread that asks.

Pages are drawn by one Python interpreter.  A training in the same interpreter would slow them down
and be slowed down by them, so that it gets processes of its own.
"""

import signal
import threading
import time
from abc import ABC, abstractmethod
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


class Elsewhere(Executor, ABC):
    """Runs tasks outside this process as soon as that is possible.

    While it is not, the first tasks wait together for at most `COLD_SECONDS`, and the others run at
    once.
    """

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._wait_until: float | None = None

    def start(self) -> Self:
        """Get ready, without waiting for it."""

        def prepare() -> None:
            self._prepare()
            self._ready.set()

        threading.Thread(target=prepare, name="starting workers", daemon=True).start()
        return self

    @abstractmethod
    def _prepare(self) -> None:
        """Get ready; what does not succeed is tried again by the tasks."""

    @abstractmethod
    def _begin(self, task: Callable[[], Result], outer: Future[Result]) -> None:
        """Run a task elsewhere, and give `outer` what comes of it."""

    @override
    def submit(
        self, task: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        whole = partial(task, *args, **kwargs)
        if not self._is_ready_soon():
            return AtOnce().submit(whole)
        outer: Future[Result] = Future()
        self._begin(whole, outer)
        return outer

    def _is_ready_soon(self) -> bool:
        if self._wait_until is None:
            self._wait_until = time.monotonic() + COLD_SECONDS
        return self._ready.wait(max(0.0, self._wait_until - time.monotonic()))


class Processes(Elsewhere):
    """Processes that start with the server and are replaced when they are killed.

    A task whose process was killed is submitted again, up to `MAX_LOST` times, so that it must not
    matter whether it is done twice.  Where no process can be started, tasks run at once.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self._closed = False

    @override
    def _prepare(self) -> None:
        """Let each process import what a training needs, and load a data set."""
        with suppress(BrokenExecutor, OSError):
            for each in [self._pool().submit(load_data, Experiment()) for _ in range(self._count)]:
                each.result()

    def _pool(self) -> Executor:
        from joblib.externals.loky import get_reusable_executor

        pool: Executor = get_reusable_executor(
            self._count, timeout=None, initializer=ignore_interrupts
        )
        return pool

    @override
    def _begin(self, task: Callable[[], Result], outer: Future[Result], number: int = 1) -> None:
        """Submit a task for the `number`th time."""

        def done(inner: Future[Result]) -> None:
            broken = not inner.cancelled() and isinstance(inner.exception(), BrokenExecutor)
            if broken and number < MAX_LOST and not self._closed:
                # The pool calls this from a thread that its replacement waits for.
                again = (task, outer, number + 1)
                threading.Thread(target=self._begin, args=again, daemon=True).start()
            else:
                hand_over(inner, outer)

        try:
            self._pool().submit(task).add_done_callback(done)
        except (BrokenExecutor, OSError):
            if number < MAX_LOST:
                self._begin(task, outer, number + 1)
            else:
                hand_over(AtOnce().submit(task), outer)

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, whatever they do."""
        self._closed = True
        if self._ready.is_set():
            with suppress(BrokenExecutor, OSError):
                self._pool().shutdown(wait=wait, kill_workers=True)  # type: ignore[call-arg]


class Cluster(Elsewhere):
    """The workers of a Dask cluster; once it cannot be reached, another executor.

    Args:
        address: The scheduler's.
        otherwise: Makes the other executor.
    """

    def __init__(self, address: str, otherwise: Callable[[], Executor]) -> None:
        super().__init__()
        self._address = address
        self._otherwise = otherwise
        self._client: Any = None
        self._fallback: Executor | None = None
        self._falling = threading.Lock()

    @override
    def _prepare(self) -> None:
        from distributed import Client

        try:
            self._client = Client(self._address, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError):
            self.fall_back()

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
    def _begin(self, task: Callable[[], Result], outer: Future[Result]) -> None:
        def done(inner: Any) -> None:
            if inner.status in ("cancelled", "lost"):
                hand_over(self.fall_back().submit(task), outer)
            elif inner.status == "error":
                outer.set_exception(inner.exception())
            else:
                outer.set_result(inner.result())

        if self._fallback is not None:
            hand_over(self._fallback.submit(task), outer)
            return
        try:
            found = self._client.submit(task, pure=False, retries=MAX_LOST)
        except Exception:  # whatever a client raises whose scheduler is gone
            hand_over(self.fall_back().submit(task), outer)
        else:
            found.add_done_callback(done)

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which others may use, and end the other executor."""
        if self._client is not None:
            self._client.close(timeout=CONNECT_SECONDS)
        if self._fallback is not None:
            self._fallback.shutdown(wait=wait, cancel_futures=cancel_futures)


def hand_over(inner: Future[Result], outer: Future[Result]) -> None:
    """Give `outer` the result or the error of `inner` as soon as there is one."""

    def done(inner: Future[Result]) -> None:
        if inner.cancelled():  # the executor was shut down
            outer.cancel()
        elif (error := inner.exception()) is not None:
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
