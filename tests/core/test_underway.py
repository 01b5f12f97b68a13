"""A training whose program is gone is known as interrupted, and no other."""

from datetime import UTC, datetime, timedelta

import pytest

from lossopt_core import RunStore
from lossopt_core.store_layout import trainings
from lossopt_core.underway import SILENT, Underway
from tests.experiments import TINY

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
THREE = [TINY.but(seed=seed) for seed in range(3)]
LATER = SILENT + timedelta(seconds=1)


@pytest.fixture
def store(address):
    return RunStore(address)


def test_what_gives_signs_of_life_is_not_interrupted(store):
    underway = Underway(store)
    job = underway.begin(THREE, now=NOW)
    assert underway.interrupted(now=NOW + SILENT) == {}
    underway.beat(job, now=NOW + SILENT)
    assert underway.interrupted(now=NOW + LATER) == {}
    assert underway.interrupted(now=NOW + SILENT + LATER) == {job: THREE}


def test_a_clock_that_was_put_back_makes_no_training_live_on(store):
    underway = Underway(store)
    job = underway.begin(THREE, now=NOW)
    assert underway.interrupted(now=NOW - timedelta(hours=1)) == {job: THREE}
    underway.beat(job, now=NOW - timedelta(hours=1))
    assert underway.interrupted(now=NOW - timedelta(hours=1)) == {}


def test_what_was_kept_of_it_is_not_missing(store, finished):
    underway = Underway(store)
    job = underway.begin(THREE, now=NOW)
    store.save(finished[:1])
    assert underway.interrupted(now=NOW + LATER) == {job: THREE[1:]}
    store.save(finished)
    assert underway.interrupted(now=NOW + LATER) == {}
    store.delete(run.id for run in finished)
    assert underway.interrupted(now=NOW + LATER) == {}, "it was struck out when it was complete"


def test_what_is_struck_out_is_forgotten(store):
    underway = Underway(store)
    job, other = underway.begin(THREE[:1], now=NOW), underway.begin(THREE[1:], now=NOW)
    underway.end([job])
    assert underway.interrupted(now=NOW + LATER) == {other: THREE[1:]}


def test_workspaces_do_not_see_each_others(store, address):
    job = Underway(store).begin(THREE, now=NOW)
    other = Underway(RunStore(address, "other"))
    other.end([job])
    assert other.interrupted(now=NOW + LATER) == {}
    assert Underway(store).interrupted(now=NOW + LATER) == {job: THREE}


@pytest.mark.parametrize("text", ["[", "{}", "[1]", '["{}x"]', '[{"seed": 1}]'])
def test_what_cannot_be_read_is_struck_out(store, text):
    underway = Underway(store)
    underway.begin(THREE, now=NOW)
    change = trainings.update().values(experiments=text)
    store.database.write(lambda database: database.execute(change))
    assert underway.interrupted(now=NOW + LATER) == {}
    count = trainings.select()
    assert not store.database.write(lambda database: database.execute(count).all())
