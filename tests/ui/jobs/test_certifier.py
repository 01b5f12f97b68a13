"""Background certificates: newest request first, despite errors."""

import itertools
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from typing_extensions import override

from lossopt_core import (
    LOSSES,
    Certificate,
    Experiment,
    RunStore,
    StoreError,
    certify,
    uploads,
)
from lossopt_core.data.datasets import Examples
from lossopt_ui.jobs import certifier
from lossopt_ui.jobs.certifier import Certifier, Solve, within_seconds
from lossopt_ui.jobs.executors import AtOnce
from tests.programs import wait_until

SMALL = Experiment(dataset="course_demo", test_fraction=0, standardize=False, batch_size=2)
Make = Callable[..., Certifier]


@pytest.fixture
def make() -> Iterator[Make]:
    """Creates certifiers, and stops all of them after the test.

    What a test changes it changes in its own certifier and store: the app's certifier may still be
    at work for a page that was tested before.
    """
    made: list[Certifier] = []

    def make(**changes: object) -> Certifier:
        made.append(Certifier(**{"first_pause": 0.01, **changes}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        assert each.wait(20)


def failing(*errors: BaseException) -> tuple[Solve, list[Experiment]]:
    """A search that fails with these errors in turn and then succeeds; records its calls."""
    left, calls = list(errors), []

    def solve(experiment: Experiment) -> Certificate:
        calls.append(experiment)
        if left:
            raise left.pop(0)
        return within_seconds(experiment)

    return solve, calls


def wait_for(worker: Certifier, experiment: Experiment, store: RunStore) -> None:
    """Request repeatedly, as a page does, until the certificate is there."""

    def is_there() -> bool:
        if store.certificate(experiment) is not None:
            return True
        assert worker.ask(experiment, store), worker.failure(experiment, store)
        return False

    wait_until(is_there)


def wait_for_failure(worker: Certifier, experiment: Experiment, store: RunStore) -> str:
    wait_until(lambda: not worker.ask(experiment, store))
    failure = worker.failure(experiment, store)
    assert failure is not None
    assert failure.final
    return failure.reason


def test_a_requested_certificate_is_saved(store: RunStore, make: Make) -> None:
    worker = make()
    assert worker.ask(SMALL, store)
    wait_until(lambda: store.certificate(SMALL) is not None)
    assert store.certificate(SMALL).reached


def test_a_loss_that_has_no_certificate_is_refused(
    store: RunStore, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOSSES[SMALL.loss], "domain", None)
    assert not make().ask(SMALL, store)


@pytest.mark.parametrize(
    "fault",
    [
        StoreError("the store cannot be used: database is locked"),
        MemoryError(),
        TimeoutError("too slow"),
        BrokenProcessPool("a worker was killed"),
        OSError("too many open files"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_transient_error_is_retried(store: RunStore, make: Make, fault: Exception) -> None:
    solve, calls = failing(fault, fault)
    worker = make(solve=solve)
    wait_for(worker, SMALL, store)
    assert worker.wait(20)
    assert len(calls) == 3
    assert worker.failure(SMALL, store) is None


def test_saving_to_a_locked_store_is_retried(
    store: RunStore, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, locked = store.save_certificate, [True]

    def keep_at_second_try(experiment: Experiment, certificate: Certificate) -> None:
        if locked:
            locked.pop()
            raise StoreError("database is locked")
        keep(experiment, certificate)

    monkeypatch.setattr(store, "save_certificate", keep_at_second_try)
    wait_for(make(), SMALL, store)
    assert not locked


def test_a_request_during_a_failure_is_retried(store: RunStore, make: Make) -> None:
    """The timing of requests does not matter."""
    begun, go_on = threading.Event(), threading.Event()

    def fail_once(experiment: Experiment) -> Certificate:
        if not begun.is_set():
            begun.set()
            go_on.wait(20)
            raise MemoryError
        return within_seconds(experiment)

    worker = make(solve=fail_once)
    worker.ask(SMALL, store)
    begun.wait(20)
    worker.ask(SMALL, store)
    go_on.set()
    assert worker.wait(20)
    assert store.certificate(SMALL) is not None


def test_retries_back_off_and_end(store: RunStore, make: Make) -> None:
    now, pauses = 0.0, []
    solve, calls = failing(*[MemoryError()] * 100)
    worker = make(solve=solve, clock=lambda: now)

    def failed_again() -> bool:
        failure = worker.failure(SMALL, store)
        return failure is not None and failure.tries > len(pauses)

    while worker.ask(SMALL, store):
        wait_until(failed_again)
        failure = worker.failure(SMALL, store)
        assert failure is not None
        pauses.append(failure.due - now)
        now += min(pauses[-1], 1.0)
    assert len(calls) == certifier.MAX_TRIES
    assert pauses == pytest.approx([0.01 * 2**k for k in range(7)] + [np.inf])
    assert wait_for_failure(worker, SMALL, store) == "there was not enough memory"


@pytest.mark.parametrize(
    "fault", [ValueError("no such thing\nat all"), RuntimeError(), KeyError(1)]
)
def test_other_errors_are_reported_and_retried_on_request(
    store: RunStore, make: Make, fault: Exception
) -> None:
    solve, calls = failing(fault)
    worker = make(solve=solve)
    reason = wait_for_failure(worker, SMALL, store)
    assert reason.startswith(type(fault).__name__)
    assert "\n" not in reason
    assert calls == [SMALL]
    wait_for(worker, other := SMALL.replace(strength=0.5), store)
    assert calls == [SMALL, other]
    worker.retry(SMALL, store)
    wait_for(worker, SMALL, store)


def test_a_request_starts_a_new_worker_after_any_end(store: RunStore, make: Make) -> None:
    solve, calls = failing(SystemExit())
    wait_for(make(solve=solve), SMALL, store)
    assert len(calls) == 2


def test_certificates_on_uploads_belong_to_their_workspace(store: RunStore, make: Make) -> None:
    ann, bob = (RunStore(store.address, name) for name in ("ann", "bob"))
    random = np.random.default_rng(0)
    examples = Examples(random.normal(size=(40, 3)), np.arange(40) % 2, ("a", "b"), ("x", "y", "z"))
    options = uploads.UploadStore(ann).save("mine", examples).options
    experiment = SMALL.replace(dataset="own", dataset_options=options)
    solve, calls = failing(ValueError("a secret of Ann's"))
    worker = make(solve=solve)
    assert not worker.ask(experiment, bob)
    wait_for_failure(worker, experiment, ann)
    assert worker.failure(experiment, bob) is None
    uploads.UploadStore(bob).save("mine too", examples)
    wait_for(worker, experiment, bob)
    assert ann.certificate(experiment) is None
    uploads.UploadStore(ann).delete(options["data"])
    assert worker.failure(experiment, ann) is None
    assert not worker.ask(experiment, ann)
    assert calls == [experiment, experiment]


def test_data_deleted_meanwhile_leave_no_failure(store: RunStore, make: Make) -> None:
    upload_store, random = uploads.UploadStore(store), np.random.default_rng(0)
    examples = Examples(random.normal(size=(40, 3)), np.arange(40) % 2, ("a", "b"), tuple("xyz"))
    options = upload_store.save("mine", examples).options
    experiment = SMALL.replace(dataset="own", dataset_options=options)

    def solve(experiment: Experiment) -> Certificate:
        found = within_seconds(experiment)
        upload_store.delete(options["data"])
        return found

    worker = make(solve=solve)
    assert worker.ask(experiment, store)
    assert worker.wait(20)
    upload_store.save("mine", examples)
    assert store.certificate(experiment) is None


class Sizes(AtOnce):
    """Notes how large the tasks are that other processes would get."""

    def __init__(self) -> None:
        self.bytes: list[int] = []

    @override
    def submit(self, function, /, *args, **named):  # type: ignore[no-untyped-def]
        self.bytes.append(len(pickle.dumps((function, args, named))))
        return super().submit(function, *args, **named)


def test_only_uploaded_data_are_sent(store: RunStore) -> None:
    examples = Examples(
        np.random.default_rng(0).normal(size=(400, 30)), np.arange(400) % 2, ("a", "b"),
        tuple(f"x{k}" for k in range(30)),
    )  # fmt: skip
    kept, sizes = uploads.UploadStore(store), Sizes()
    options = kept.save("mine", examples).options
    builtin = Experiment(strength=1.0)
    with uploads.using(kept):
        for experiment in (builtin, builtin.replace(dataset="own", dataset_options=options)):
            found = within_seconds(experiment, sizes)
            assert found.lower_bound == pytest.approx(certify(experiment).lower_bound, rel=1e-3)
    of_builtin, of_own = sizes.bytes
    assert of_builtin < 5_000 < 300 * 30 * 8 < of_own


def test_the_newest_request_comes_first_and_abandoned_ones_are_dropped(
    store: RunStore, make: Make
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    done, certificate, seconds = [], certify(SMALL), itertools.count()

    def slow(experiment: Experiment) -> Certificate:
        begun.set()
        go_on.wait(20)
        done.append(experiment.strength)
        return certificate

    now = 0.0
    worker = make(clock=lambda: now + 1e-6 * next(seconds), solve=slow)
    worker.ask(SMALL.replace(strength=1.0), store)
    begun.wait(20)
    worker.ask(SMALL.replace(strength=2.0), store)
    now += certifier.FORGOTTEN_SECONDS  # no further request
    worker.ask(SMALL.replace(strength=3.0), store)
    worker.ask(SMALL.replace(strength=4.0), store)
    go_on.set()
    assert worker.wait(20)
    assert done == [1.0, 4.0, 3.0]
    assert store.certificate(SMALL.replace(strength=2.0)) is None
