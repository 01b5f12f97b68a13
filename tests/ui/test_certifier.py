"""Certificates in the background: for whoever waits, the newest first."""

import itertools
import threading

import pytest

from lossopt_core import Certificate, Experiment, RunStore, StoreError, certify
from lossopt_ui import certifier
from lossopt_ui.certifier import Certifier
from tests.programs import wait_until

SMALL = Experiment(dataset="course_demo", test_fraction=0, standardize=False, batch_size=2)


def test_what_is_asked_for_comes_into_the_store(store: RunStore) -> None:
    worker = Certifier()
    assert worker.ask(SMALL, store)
    wait_until(lambda: store.certificate(SMALL) is not None)
    assert store.certificate(SMALL).reached


def test_a_loss_that_has_no_certificate_is_refused(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifier, "CERTIFIED_LOSSES", ("hinge",))
    assert not Certifier().ask(SMALL.but(loss="one_vs_all"), store)


def test_what_failed_once_is_not_promised_again(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Certificate:
        raise StoreError("the disk is full")

    monkeypatch.setattr(certifier, "certify", fail)
    worker = Certifier()
    wait_until(lambda: not worker.ask(SMALL, store))
    assert worker.ask(SMALL.but(strength=0.5), store)


def test_the_newest_comes_first_and_the_forgotten_never(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    done, certificate, seconds = [], certify(SMALL), itertools.count()

    def slow(experiment: Experiment, *, time_budget: float) -> Certificate:
        begun.set()
        go_on.wait(20)
        done.append(experiment.strength)
        return certificate

    monkeypatch.setattr(certifier, "certify", slow)
    now = 0.0
    worker = Certifier(clock=lambda: now + 1e-3 * next(seconds))
    worker.ask(SMALL.but(strength=1.0), store)
    begun.wait(20)
    worker.ask(SMALL.but(strength=2.0), store)
    now += certifier.FORGOTTEN_SECONDS  # nobody asks for it again
    worker.ask(SMALL.but(strength=3.0), store)
    worker.ask(SMALL.but(strength=4.0), store)
    go_on.set()
    wait_until(lambda: len(done) == 3)
    assert done == [1.0, 4.0, 3.0]
    assert store.certificate(SMALL.but(strength=2.0)) is None
