"""A background training that reports its progress and can be stopped.

Independent of Streamlit. Its runs are saved to the store.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    InvalidStateError,
)
from concurrent.futures import wait as wait_for
from contextlib import suppress

import pandas as pd

from lossopt_core import (
    DATASETS,
    Experiment,
    Run,
    RunStore,
    StoreError,
    uploads,
)
from lossopt_core.store.quotas import products_of
from lossopt_core.store.unfinished import ActiveTrainings
from lossopt_core.training.continuing import checkpoint_of, groups_to_continue
from lossopt_core.training.grouping import cohorts, firsts_of_groups, load_all, pieces
from lossopt_core.training.run import STOPPED
from lossopt_core.training.slices import SlicedTraining
from lossopt_ui.jobs.executors import AtOnce
from lossopt_ui.jobs.plan import Plan
from lossopt_ui.jobs.sequel import Sequel

PART = 64
"""Most runs that are trained and saved together if a job saves by part."""
SMALL_PART = 8
"""Fewer runs of a group are not split: each part repeats work that its runs share."""
FEWEST = 3
"""Fewer runs of several groups are not split either: an update costs as much for two as for one."""
PRODUCTS_AN_UPDATE = 50_000
"""Overhead of an update, in equivalent multiplications: function calls."""
UNKEPT_SECONDS = 120.0
"""How long finished runs wait for a store that is full, locked or unreachable."""
RETRY_SECONDS = 2.0
SHORT_SECONDS = 3.0
"""The first runs of a plan that is replaced sooner are not kept, unless they are complete."""


class Job:
    """The training of some experiments, started as soon as a worker is free.

    It ends early when it is stopped, reaches its time limit, has had no visitor for a while, or
    the process ends; the results so far are saved. A long job saves `by_part`: each cohort as soon
    as it is trained, and none that was not started. Other jobs get their turn between slices of a
    fraction of a second. The sequel follows unless the job was stopped. With a plan it trains what
    the plan says instead. Experiments with a run in `starts` are trained on from its weights.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        store: RunStore,
        *,
        by_part: bool = False,
        sequel: Sequel | None = None,
        plan: Plan | None = None,
        seconds: float = math.inf,
        executor: Executor | None = None,
        workers: int = 1,
        check: Callable[[Sequence[Experiment]], None] = lambda _: None,
        starts: Mapping[Experiment, Run] | None = None,
    ) -> None:
        self._starts = starts or {}
        self.experiments = tuple(experiments if plan is None else plan.tuning)
        self._urgent_over = threading.Event()
        self._since = time.monotonic()
        self._replaced = False
        self._executor = executor or AtOnce()
        self._workers = 1 if isinstance(self._executor, AtOnce) else workers
        self.width = 1
        """How many of its parts are trained at once from the next turn on."""
        self._check = check
        self.store = store
        self._together = not by_part
        self._sequel = sequel
        self._plan = plan
        self._total = _updates(self.experiments) + (_updates(plan.likely) if plan else 0)
        self._total += sequel.updates if sequel else 0
        self._done = 0
        self.seconds_left = seconds
        """Remaining time limit, not counting the part in progress."""
        self._stop = threading.Event()
        self._given_up = threading.Event()
        self.problem: StoreError | None = None
        """Why the trained runs could not be saved so far."""
        self._active: list[SlicedTraining] = []
        self._finished: list[SlicedTraining] = []
        self._visitors: set[int] = set()
        self._visitors_lock = threading.Lock()
        self._future: Future[None] = Future()
        self._future.add_done_callback(lambda _: self._urgent_over.set())
        self._turns = self._work()
        self._turn = threading.Lock()
        self._underway = ActiveTrainings(store)
        self.noted = self._underway.begin(
            self.experiments if plan is None else (), sequel.tuned if sequel else None
        )
        """Its id among the trainings registered in the store."""
        self._interrupted = False

    def take_turn(self) -> bool:
        """Make one slice of the training; returns whether there is more to do. For workers."""
        with self._turn:
            if self._future.done():  # stopped while waiting
                return False
            if not self._future.running():
                self._future.set_running_or_notify_cancel()
            try:
                with uploads.using(uploads.UploadStore(self.store)):
                    next(self._turns)
                    while self.stopped:  # save the results so far
                        next(self._turns)
            except StopIteration:
                self._future.set_result(None)
            except BaseException as error:
                self._future.set_exception(error)
        return self.running

    def _work(self) -> Iterator[None]:
        if self._plan is not None:
            yield from self._follow(self._plan)
            return
        anew = [each for each in self.experiments if each not in self._starts]
        longer = groups_to_continue(self._starts)
        yield from self._train([*longer, *parts_of(anew, self._workers)])
        if self._sequel is not None and not self.stopped:
            more = self.store.missing(self._sequel.experiments())
            self._check(more)
            self.experiments += tuple(more)
            self._underway.extend(self.noted, self.experiments)
            self._total = self._done + _updates(more)
            yield from self._train(parts_of(more, self._workers))

    def _follow(self, plan: Plan) -> Iterator[None]:
        """Tune, then train the batches that follow from it, the first one as urgent as tuning."""
        tuned: list[Run] = []
        yield from self._train(parts_of(plan.tuning, self._workers), tuned.extend)
        if self.stopped:
            return
        batches = plan.after(tuned)
        missing = set(self.store.missing([each for batch in batches for each in batch]))
        self._check(list(missing))
        self.experiments += tuple(each for batch in batches for each in batch)
        self._underway.extend(self.noted, self.experiments[len(plan.tuning) :])
        self._total = self._done + _updates(missing)
        for batch in batches:
            wanted = [each for each in batch if each in missing]
            yield from self._train(parts_of(wanted, self._workers), self._save_worthwhile)
            if self.stopped:
                return
            self._urgent_over.set()

    def _save_worthwhile(self, runs: Sequence[Run]) -> None:
        """Save runs without those cut short that nobody asked for.

        A changed setting ends a plan at every step of a slider; further seeds are of no use alone.
        """
        waited = not self._replaced or time.monotonic() - self._since > SHORT_SECONDS
        if worth := [run for run in runs if run.status != STOPPED or (self.urgent and waited)]:
            self._save(worth)

    def _train(
        self,
        parts: Sequence[Sequence[Experiment]],
        keep: Callable[[Sequence[Run]], None] | None = None,
    ) -> Iterator[None]:
        """Train the parts, several at once where workers are free, yielding between slices.

        Once it is stopped, the parts that have begun end where they are; no other begins, unless
        all are saved together. `keep` takes the runs instead of the store.
        """
        waiting = deque(parts)
        while True:
            if self.stopped and not self._together:
                waiting.clear()
            while waiting and len(self._active) < self.width:
                self._active.append(self._begun(waiting.popleft()))
            self._advance()
            if not self._together or not (self._active or waiting):
                self._keep_finished(keep or self._save)
            if not (self._active or waiting):
                return
            yield

    def _begun(self, part: Sequence[Experiment]) -> SlicedTraining:
        private = DATASETS[part[0].dataset].uploaded  # other processes cannot see these
        start = checkpoint_of(part, self._starts) if part[0] in self._starts else None
        return SlicedTraining(part, load_all(part) if private else None, start)

    def _advance(self) -> None:
        """Make one slice of every active part."""
        begun = time.monotonic()
        # When the server ends, the last slice must not depend on processes that may be gone.
        executor = AtOnce() if self._interrupted else self._executor
        slices = [(each, each.submit(executor, stop=self.stopped)) for each in self._active]
        for training, future in slices:
            try:
                training.take(future.result())
            except (BrokenExecutor, CancelledError):  # the executor was shut down, for one
                if not self.stopped:
                    raise
                # It makes no update, but loads the data: here only where it cannot be elsewhere.
                training.take(training.submit(AtOnce(), stop=True).result())
        self.seconds_left -= time.monotonic() - begun
        if self.seconds_left <= 0:
            self._stop.set()
        self._finished += [each for each in self._active if each.over]
        self._active = [each for each in self._active if not each.over]

    def _keep_finished(self, keep: Callable[[Sequence[Run]], None]) -> None:
        runs = {run.experiment: run for each in self._finished for run in each.runs()}
        if runs:
            keep([runs[each] for each in self.experiments if each in runs])
        self._done += _updates(runs)
        self._finished = []

    @property
    def _trainings(self) -> list[SlicedTraining]:
        """The parts that have begun and are not saved; for other threads too."""
        return [*self._finished, *self._active]

    def _save(self, runs: Sequence[Run]) -> None:
        """Save the runs; if the store fails, retry for a while, since the work is done."""
        give_up = time.monotonic() + UNKEPT_SECONDS
        while True:
            try:
                self.store.save(runs)
            except StoreError as problem:
                self.problem = problem
                # A first Stop keeps the results; a Stop while saving fails gives them up.
                if time.monotonic() > give_up or self._given_up.wait(RETRY_SECONDS):
                    raise
            else:
                self.problem = None
                return

    def heartbeat(self) -> None:
        """Tell the store that the job is alive."""
        if not self._interrupted:
            self._underway.heartbeat(self.noted)

    def interrupt(self) -> None:
        """Stop it because the process ends; the rest can be continued later."""
        self._interrupted = True
        self.stop()

    def note_interruption(self) -> None:
        """Register it as interrupted, so that a returning visitor finds it immediately."""
        self._underway.interrupt([self.noted])

    def deregister(self) -> None:
        """Unregister it, unless it was interrupted or the store failed: then it can be resumed."""
        if self._interrupted:
            return
        if isinstance(self.error, StoreError) and not self.stopped:
            self.note_interruption()
        else:
            self._underway.end([self.noted])

    def join(self, visitor: object) -> None:
        """Add a visitor who watches this training."""
        with self._visitors_lock:
            self._visitors.add(id(visitor))

    def leave(self, visitor: object, patience: float) -> None:
        """Remove a visitor; after `patience` seconds without any, the training is stopped."""
        with self._visitors_lock:
            self._visitors.discard(id(visitor))
        if self.running:
            timer = threading.Timer(patience, self._stop_if_deserted)
            timer.daemon = True
            timer.start()

    def _stop_if_deserted(self) -> None:
        with self._visitors_lock:
            deserted = not self._visitors
        if deserted:
            self.stop()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._future.done()

    def includes(self, experiments: Iterable[Experiment]) -> bool:
        """Whether it trains all of these, or has."""
        return set(experiments) <= set(self.experiments)

    @property
    def planned(self) -> bool:
        """Whether it follows a plan, whose first results come early."""
        return self._plan is not None

    @property
    def waiting(self) -> bool:
        """Whether it is still waiting for a worker."""
        return self.running and not self._future.running()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop, or has reached its time limit."""
        return self._stop.is_set()

    @property
    def used_up(self) -> bool:
        """Whether it has reached its time limit."""
        return self.seconds_left <= 0

    @property
    def error(self) -> BaseException | None:
        """The error that ended it, if any."""
        return None if self.running or self._future.cancelled() else self._future.exception()

    @property
    def share(self) -> float:
        """Fraction done, between 0 and 1."""
        done = self._done + sum(each.updates for each in self._trainings)
        return min(1.0, done / self._total) if self._total else 0.0

    @property
    def cost(self) -> float:
        """Remaining work, in multiplications."""
        plan = self._plan
        to_come = self.experiments if plan is None else (*plan.tuning, *plan.likely)
        whole = sum(map(products_of, to_come)) + PRODUCTS_AN_UPDATE * self._total
        return (1 - self.share) * whole

    def histories(self) -> dict[Experiment, pd.DataFrame]:
        """Curves so far of the runs in progress."""
        found: dict[Experiment, pd.DataFrame] = {}
        for each in self._trainings:
            found |= each.histories()
        return found

    def give_way(self) -> None:
        """Stop it because another one replaces it."""
        self._replaced = True
        self.stop()

    def stop(self) -> None:
        """Ask it to end at the next update; the results so far are saved if possible."""
        self._stop.set()
        if self.problem is not None:
            self._given_up.set()
        self._future.cancel()
        if self._turn.acquire(blocking=False):  # not in a turn: waiting for the next one, if begun
            unsaved = bool(self._trainings)
            if not unsaved:
                with suppress(InvalidStateError):
                    self._future.set_result(None)
            self._turn.release()
            if unsaved:  # without waiting until the others had their turns
                threading.Thread(target=self.take_turn, name="stopping", daemon=True).start()

    @property
    def urgent(self) -> bool:
        """Whether it goes before trainings that are not: until the first batch of its plan."""
        return not self._urgent_over.is_set()

    def when_over(self, call: Callable[["Job"], object]) -> None:
        """Call this once it has ended, in the thread that ends it."""
        self._future.add_done_callback(lambda _: call(self))

    def wait_for_first(self, seconds: float) -> bool:
        """Wait at most this long for the first batch of its plan, or for all without a plan.

        Returns whether it is there.
        """
        return self._urgent_over.wait(seconds)

    def wait(self, seconds: float) -> bool:
        """Wait at most this long; returns whether it has ended."""
        return bool(wait_for([self._future], timeout=seconds).done)


def _updates(experiments: Iterable[Experiment]) -> int:
    return sum(each.updates for each in experiments)


def parts_of(experiments: Sequence[Experiment], workers: int = 1) -> Sequence[Sequence[Experiment]]:
    """Cohorts, in pieces of at most `PART` runs; in smaller ones if workers would have none."""
    found = cohorts(experiments)
    wanted = math.ceil(workers / len(found)) if found else 1
    return [piece for members in found for piece in pieces(members, _share_of(members, wanted))]


def _share_of(members: Sequence[Experiment], wanted: int) -> int:
    """Most runs of a piece of a cohort, so that so many pieces take equally long."""
    groups = len(firsts_of_groups(members))
    if groups < wanted:
        return min(PART, max(SMALL_PART, math.ceil(len(members) / wanted)))
    of_group = len(members) // groups
    return min(PART, max(FEWEST, math.ceil(groups / wanted) * of_group))
