"""Where trainings run: in processes of this machine, or at once in the thread that asks.

Pages are drawn by one Python interpreter.  A training in the same interpreter would slow them down
and be slowed down by them, so that it gets processes of its own.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, Self, TypeVar

from typing_extensions import override

from lossopt_ui.jobs import processes
from lossopt_ui.jobs.processes import LostWorkerError, Source, Worker

COLD_SECONDS = 0.5
"""How long a task waits for processes that are still starting, before it runs in this one."""
CONNECT_SECONDS = 5.0
"""How long the scheduler of a cluster may take to answer."""
FETCH_SECONDS = 60.0
"""How long the result of a task may take to come from a cluster."""
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

    A task whose process was killed is done again, up to `MAX_LOST` times in all, so that it must
    not matter whether it is done twice.  Where no process can be started, tasks run in threads.
    """

    def __init__(self, count: int, source: Source) -> None:
        super().__init__()
        self._count = count
        self._source = source
        self._tasks: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._workers: dict[int, Worker] = {}
        self._closed = False

    @override
    def _prepare(self) -> None:
        with suppress(OSError):
            self._source.start()
        for number in range(self._count):
            thread = threading.Thread(
                target=self._use_worker, args=(number,), name="a worker's", daemon=True
            )
            thread.start()

    @override
    def _begin(self, task: Callable[[], Result], outer: Future[Result]) -> None:
        self._tasks.put((task, outer))

    def _use_worker(self, number: int) -> None:
        """Give one worker task after task."""
        while (found := self._tasks.get()) is not None:
            self._do(number, *found)
            del found  # it holds a visitor's data

    def _do(self, number: int, task: Callable[[], Any], outer: Future[Any]) -> None:
        if outer.set_running_or_notify_cancel():
            try:
                outer.set_result(self._result(number, task))
            except Exception as error:
                outer.set_exception(error)

    def _result(self, number: int, task: Callable[[], Any]) -> Any:
        for _ in range(MAX_LOST):
            if self._closed:
                break
            if (worker := self._worker(number)) is None:
                return task()
            try:
                return worker.run(task)
            except LostWorkerError:
                del self._workers[number]
        raise BrokenExecutor("the process that worked on it was killed")

    def _worker(self, number: int) -> Worker | None:
        """The worker of this number; None if no process can be started."""
        if number not in self._workers:
            try:
                self._workers[number] = self._source.worker()
            except (OSError, LostWorkerError):
                return None
        return self._workers[number]

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, whatever they do."""
        self._closed = True
        while not self._tasks.empty():
            with suppress(Empty):
                if (found := self._tasks.get_nowait()) is not None:
                    found[1].cancel()
        for _ in range(self._count):
            self._tasks.put(None)
        for each in list(self._workers.values()):
            each.end()
        self._source.close()


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
            try:
                if inner.status == "error":
                    outer.set_exception(inner.exception(FETCH_SECONDS))
                    return
                result = inner.result(FETCH_SECONDS)
            except (Exception, CancelledError):  # the scheduler, the task or its result is lost
                hand_over(self.fall_back().submit(task), outer)
            else:
                outer.set_result(result)

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


def new(scheduler: str, count: int) -> Executor:
    """The executor of a setting: "processes", "thread", or the address of a Dask scheduler."""
    if scheduler == "thread":
        return AtOnce()
    if scheduler == "processes":
        source = processes.source()
        return AtOnce() if source is None else Processes(count, source).start()
    return Cluster(scheduler, lambda: new("processes", count)).start()
