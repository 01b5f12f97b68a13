"""What follows from somebody's data is answered to nobody else, and goes with the data."""

import gc
import weakref
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import (
    Experiment,
    RunStore,
    certify,
    load_data,
    noise_floor,
    step_limits,
    suggested_learning_rate,
    train,
    uploads,
)
from lossopt_core.data.datasets import Examples, MissingDataError, Owner
from lossopt_core.experiment import caches
from lossopt_core.experiment.caches import Cache, cached_by_data
from lossopt_core.store.workspaces import GRACE, Workspaces
from lossopt_core.theory.l1_threshold import zero_strength
from tests.running_time import run_for

ANN, BOB = "visit-ann", "visit-bob"


def random_examples(seed: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    return Examples(random.normal(size=(40, 3)), np.arange(40) % 2, ("a", "b"), ("x", "y", "z"))


@pytest.fixture
def upload_stores(sqlite_address) -> dict[str, uploads.UploadStore]:
    return {name: uploads.UploadStore(RunStore(sqlite_address, name)) for name in (ANN, BOB)}


@pytest.fixture
def private(upload_stores) -> Experiment:
    """An experiment on data that Ann has uploaded."""
    kept = upload_stores[ANN].save("mine", random_examples())
    return Experiment(dataset="own", dataset_options=kept.options, epochs=2, batch_size=8)


QUESTIONS: dict[str, Callable[[Experiment], object]] = {
    "data": load_data,
    "suggestion": suggested_learning_rate,
    "limits": step_limits,
    "zero strength": lambda each: zero_strength(each.replace(regularizer="l1")),
    "certificate": certify,
    "noise": lambda each: noise_floor(each, OPTIMUM[0]),
    "training": lambda each: train([each]),
}
OPTIMUM = []


@pytest.mark.parametrize("question", QUESTIONS)
def test_results_on_uploaded_data_are_private(upload_stores, private, question):
    with uploads.using(upload_stores[ANN]):
        OPTIMUM[:] = [certify(private)]
        QUESTIONS[question](private)
    with uploads.using(upload_stores[BOB]), pytest.raises(MissingDataError) as refused:
        QUESTIONS[question](private)
    assert refused.value.options == private.dataset_options
    upload_stores[ANN].delete(private.dataset_options["data"])
    with uploads.using(upload_stores[ANN]), pytest.raises(MissingDataError):
        QUESTIONS[question](private)


def test_deleting_data_clears_cached_results(upload_stores, private):
    with uploads.using(upload_stores[ANN]):
        loaded = weakref.ref(load_data(private))
    gc.collect()
    assert loaded() is not None, "it is cached"
    upload_stores[ANN].delete(private.dataset_options["data"])
    gc.collect()
    assert loaded() is None


def test_deleting_a_workspace_clears_cached_results(upload_stores, private, sqlite_address):
    everything = Workspaces(sqlite_address)
    everything.note_use(ANN)
    with uploads.using(upload_stores[ANN]):
        loaded = weakref.ref(load_data(private))
    week = timedelta(days=7)
    run_for(sqlite_address, week)
    assert everything.remove_unused("visit-", week) == []
    run_for(sqlite_address, GRACE)
    assert everything.remove_unused("visit-", week) == [ANN]
    gc.collect()
    assert loaded() is None


def test_results_computed_while_data_are_deleted_are_not_cached(upload_stores, private):
    made = []

    @cached_by_data(5)
    def slow(experiment: Experiment) -> str:
        made.append(experiment)
        if len(made) == 1:
            upload_stores[ANN].delete(experiment.dataset_options["data"])
        return "computed"

    with uploads.using(upload_stores[ANN]):
        with pytest.raises(MissingDataError):
            slow(private)
        upload_stores[ANN].save("back", random_examples())
        assert slow(private) == "computed"
    assert len(made) == 2


def test_nested_experiments_are_found(upload_stores, private):
    with uploads.using(upload_stores[ANN]):
        [run] = train([private])

    @cached_by_data(5, key=lambda *_, **__: "one key for all")
    def anything(*_: object, **__: object) -> int:
        return 1

    contents = [[private], {"x": (run,)}, {private: None}, (("a", [run]),), {private}]
    for content in contents:
        with uploads.using(upload_stores[BOB]):
            with pytest.raises(MissingDataError):
                anything(content)
            with pytest.raises(MissingDataError):
                anything(named=content)
    with uploads.using(upload_stores[ANN]):
        assert anything(contents) == 1


def test_two_owners_of_the_data_both_get_results(upload_stores, private):
    upload_stores[BOB].save("theirs", random_examples())
    answers = []
    for upload_store in upload_stores.values():
        with uploads.using(upload_store):
            answers.append(suggested_learning_rate(private))
    upload_stores[ANN].delete(private.dataset_options["data"])
    with uploads.using(upload_stores[BOB]):
        answers.append(suggested_learning_rate(private))
    assert len(set(answers)) == 1


# Certificates in the store


def test_a_certificate_on_uploaded_data_is_private(address):
    ann, bob = RunStore(address, ANN), RunStore(address, BOB)
    upload_store = uploads.UploadStore(ann)
    options = upload_store.save("mine", random_examples()).options
    experiment = Experiment(dataset="own", dataset_options=options, batch_size=8)
    with uploads.using(upload_store):
        optimum = certify(experiment)
    bob.save_certificate(experiment, optimum)
    assert bob.certificate(experiment) is ann.certificate(experiment) is None
    ann.save_certificate(experiment, optimum)
    assert ann.certificate(experiment).objective == optimum.objective
    assert bob.certificate(experiment) is None
    uploads.UploadStore(bob).save("the same", random_examples())
    assert bob.certificate(experiment) is None
    before = ann.usage().bytes
    upload_store.save("another name", random_examples())
    assert ann.certificate(experiment) is not None
    Workspaces(address).move(ANN, "account")
    account = RunStore(address, "account")
    assert account.certificate(experiment).objective == optimum.objective
    assert account.usage().bytes == before
    uploads.UploadStore(account).delete(options["data"])
    assert account.certificate(experiment) is None
    assert account.usage().bytes == 0
    assert bob.certificate(experiment) is None


def test_old_certificates_on_uploaded_data_are_evicted(address, monkeypatch):
    store = RunStore(address, ANN)
    upload_store = uploads.UploadStore(store)
    options = upload_store.save("mine", random_examples()).options
    experiments = [
        Experiment(dataset="own", dataset_options=options, batch_size=8, strength=strength)
        for strength in (0.1, 0.2, 0.3)
    ]
    monkeypatch.setattr("lossopt_core.store.certificates.MAX_OWN_BYTES", 2 * 2 * 4 * 8)
    with uploads.using(upload_store):
        for each in experiments:
            store.save_certificate(each, certify(each))
    assert list(store.certificates(experiments)) == experiments[1:]


# The cache itself


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_unused_entry_is_dropped(clock):
    cache = Cache(10, clock=clock)
    cache.put("a", 1)
    cache.put("b", 2)
    clock.now = caches.IDLE_SECONDS
    assert cache.find("a") == 1
    clock.now += 1.0
    cache.drop_idle()
    assert cache.find("a") == 1
    assert cache.find("b") is None


KEYS = st.sampled_from("abcde")
STEPS = st.lists(
    st.tuples(st.just("put"), KEYS, st.sampled_from([ANN, BOB, None]), st.integers(1, 4))
    | st.tuples(st.just("drop"), st.just(""), st.sampled_from([ANN, BOB]), st.just(0)),
    max_size=30,
)


@settings(max_examples=40)
@given(STEPS)
def test_dropping_an_owner_drops_exactly_their_entries(steps):
    cache, whose = Cache(10, size=float), {}
    for action, key, name, size in steps:
        owner = None if name is None else Owner("here", name)
        if action == "put":
            cache.put(key, size, owner=owner)
            whose[key] = (owner, size)
        else:
            cache.drop_owner(owner)
            whose = {key: each for key, each in whose.items() if each[0] != owner}
        found = {key: cache.find(key) for key in "abcde" if cache.find(key) is not None}
        assert sum(found.values()) <= 10
        assert all(whose[key][1] == size for key, size in found.items())
        if sum(size for _, size in whose.values()) <= 10:
            assert found.keys() == whose.keys()
        whose = {key: whose[key] for key in found}


def test_none_is_a_result_like_any_other():
    made = []
    cache = Cache(10)
    for _ in range(2):
        cache.get("a", lambda: made.append(1))
    assert made == [1]


def test_a_search_for_entries_to_drop_is_not_a_use():
    cache = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.find("a") == 1
    cache.drop_owner(Owner("here", "nobody"))
    cache.drop_idle()
    cache.put("c", 3)
    assert cache.find("a") == 1
    assert cache.find("b") is None


def test_a_new_version_replaces_the_old_and_too_large_results_are_not_cached():
    cache = Cache(10, size=len)
    assert cache.get("a", lambda: "first", version=1) == "first"
    assert cache.get("a", lambda: "second", version=2) == "second"
    assert cache.find("a", version=1) is None
    assert cache.get("a", lambda: "much too large", version=3) == "much too large"
    assert cache.find("a", version=3) is None
