"""Certificates in the store: one for all runs with the same objective, and the better of two."""

import dataclasses

import numpy as np
import pytest

from lossopt_core import RunStore, certify
from tests.databases import change
from tests.experiments import TINY


def test_a_certificate_is_kept_for_all_with_the_same_objective(address):
    store, certificate = RunStore(address, workspace="one"), certify(TINY)
    assert store.certificate(TINY) is None
    store.save_certificate(TINY, certificate)
    other = TINY.replace(optimizer="adam", learning_rate=0.5, seed=9, epochs=77, batch_size=1)
    found = RunStore(address, workspace="two").certificate(other)
    for name in ("objective", "lower_bound", "relative_gap", "seconds", "method", "reached"):
        assert getattr(found, name) == getattr(certificate, name)
    assert np.array_equal(found.theta, certificate.theta)
    for changes in ({"strength": 0.5}, {"loss": "hinge"}, {"regularizer": "l1"}, {"split_seed": 1}):
        assert store.certificate(TINY.replace(**changes)) is None
    hinge = TINY.replace(loss="hinge")
    store.save_certificate(hinge, certify(hinge))
    assert store.certificate(hinge.replace(margin=2.0)) is None
    assert store.certificate(TINY.replace(margin=2.0)) is not None  # cross-entropy has no margin
    at_once = store.certificates([TINY, other, hinge, TINY.replace(strength=0.5)])
    assert set(at_once) == {TINY, other, hinge}
    assert at_once[other].objective == certificate.objective != at_once[hinge].objective


def test_the_better_of_two_certificates_is_kept(address):
    store, good = RunStore(address), certify(TINY, target_gap=1e-9)
    poor = dataclasses.replace(good, lower_bound=0.0, relative_gap=1.0)
    for each in (poor, good, poor):
        store.save_certificate(TINY, each)
    assert store.certificate(TINY).relative_gap == good.relative_gap


@pytest.mark.parametrize(
    "damage",
    ["facts = '{}'", "facts = replace(facts, '\"lower_bound\": ', '\"lower_bound\": 9')",
     "data = :byte", "facts = 'nonsense'"],
)  # fmt: skip
def test_a_corrupted_certificate_counts_as_missing_and_is_replaced(address, damage):
    store, certificate = RunStore(address), certify(TINY)
    store.save_certificate(TINY, certificate)
    assert change(address, f"UPDATE certificates SET {damage}", byte=b"\0") == 1
    assert store.certificate(TINY) is None
    store.save_certificate(TINY, certificate)
    assert store.certificate(TINY).objective == certificate.objective
