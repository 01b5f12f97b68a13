"""Where trainings run: in processes of this machine, or at once in the thread that asks.

Pages are drawn by one Python interpreter.  A training in the same interpreter would slow them down
and be slowed down by them, so that it gets processes of its own.
"""

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import ParamSpec, Self, TypeVar

from typing_extensions import override

from lossopt_core import Experiment, load_data

COLD_SECONDS = 0.5
"""How long a task waits for processes that are still starting, before it runs in this one."""
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
    matter whether it is done twice.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._warm = threading.Event()

    def start(self) -> Self:
        """Start the processes, without waiting for them."""
        threading.Thread(target=self._warm_up, name="starting workers", daemon=True).start()
        return self

    def _warm_up(self) -> None:
        """Let each process import what a training needs, and load a data set."""
        try:
            for each in [self._pool().submit(load_data, Experiment()) for _ in range(self._count)]:
                each.result()
        except BrokenExecutor:
            return  # the next task tries again
        self._warm.set()

    def _pool(self) -> Executor:
        from joblib.externals.loky import get_reusable_executor

        pool: Executor = get_reusable_executor(self._count, timeout=None)
        return pool

    @override
    def submit(
        self, task: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Result]:
        if not self._warm.wait(COLD_SECONDS):
            return AtOnce().submit(task, *args, **kwargs)
        outer: Future[Result] = Future()
        self._try(outer, lambda pool: pool.submit(task, *args, **kwargs), 1)
        return outer

    def _try(
        self,
        outer: Future[Result],
        begin: Callable[[Executor], Future[Result]],
        number: int,
    ) -> None:
        def done(inner: Future[Result]) -> None:
            error = inner.exception()
            if isinstance(error, BrokenExecutor) and number < MAX_LOST:
                # The pool calls this from a thread that its replacement waits for.
                again = (outer, begin, number + 1)
                threading.Thread(target=self._try, args=again, daemon=True).start()
            elif error is not None:
                outer.set_exception(error)
            else:
                outer.set_result(inner.result())

        try:
            begin(self._pool()).add_done_callback(done)
        except BrokenExecutor as error:
            if number < MAX_LOST:
                self._try(outer, begin, number + 1)
            else:
                outer.set_exception(error)


def new(scheduler: str, count: int) -> Executor:
    """The executor of a setting: "processes", "thread", or the address of a Dask scheduler."""
    if scheduler == "processes":
        return Processes(count).start()
    if scheduler == "thread":
        return AtOnce()
    from distributed import Client

    pool: Executor = Client(scheduler).get_executor()  # type: ignore[no-untyped-call]
    return pool
