"""A training whose program is gone is known as interrupted, and no other."""

import json
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import RunStore, train
from lossopt_core.analysis.fair_tuning import Comparison
from lossopt_core.analysis.tuned_sweep import TunedSweep
from lossopt_core.store.schema import trainings
from lossopt_core.store.unfinished import SILENT_CHECKS, ActiveTrainings, Watch
from tests.experiments import BLOBS, TINY

THREE = [TINY.replace(seed=seed) for seed in range(3)]
COMPARISON = Comparison(
    "losses", BLOBS, ("hinge", "cross_entropy"), (0.01, 0.1, 1.0), tuning_seeds=2, fresh_seeds=2
)


@pytest.fixture
def store(address):
    return RunStore(address)


def left(underway: ActiveTrainings) -> dict[str, list]:
    return {each.job: list(each.missing) for each in underway.interrupted()}


def look_until_silent(address: str) -> None:
    watch = Watch(address)
    for _ in range(SILENT_CHECKS + 1):
        watch.check()


def test_a_training_with_heartbeats_is_not_interrupted(store, address):
    underway, watch = ActiveTrainings(store), Watch(address)
    job = underway.begin(THREE)
    for _ in range(3 * SILENT_CHECKS):
        watch.check()
        underway.heartbeat(job)
    assert underway.jobs() == {job: False}
    look_until_silent(address)
    assert underway.jobs() == {job: True}
    assert left(underway) == {job: THREE}
    underway.heartbeat(job)
    assert left(underway) == {}, "its program was only slow"


@settings(max_examples=12)
@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=5))
def test_clock_jumps_do_not_affect_heartbeats(shifts):
    now = datetime(2026, 11, 24, tzinfo=UTC)

    class Jumping(datetime):
        @classmethod
        def now(cls, tz=None):
            return now

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        address = f"sqlite:///{folder}/runs.db"
        underway, watch = ActiveTrainings(RunStore(address)), Watch(address)
        patch.setattr("lossopt_core.store.unfinished.datetime", Jumping)
        job = underway.begin(THREE)
        for hours in shifts:
            now += timedelta(hours=hours)
            for _ in range(SILENT_CHECKS - 1):
                watch.check()
            underway.heartbeat(job)
            watch.check()
            assert not underway.jobs()[job]
        for _ in range(SILENT_CHECKS + 1):
            now += timedelta(hours=shifts[0])
            watch.check()
        assert underway.jobs()[job]


def test_a_stopped_program_marks_its_trainings_immediately(store):
    underway = ActiveTrainings(store)
    job, other = underway.begin(THREE[:1]), underway.begin(THREE[1:])
    underway.interrupt([job])
    assert left(underway) == {job: THREE[:1]}
    assert underway.jobs() == {job: True, other: False}


def test_saved_runs_of_an_interrupted_training_are_not_missing(store, finished):
    underway = ActiveTrainings(store)
    job = underway.begin(THREE)
    underway.interrupt([job])
    store.save(finished[:1])
    assert left(underway) == {job: THREE[1:]}
    store.save(finished)
    assert left(underway) == {}
    store.delete(run.id for run in finished)
    assert left(underway) == {}, "it was struck out when it was complete"


def test_ended_trainings_are_deleted(store):
    underway = ActiveTrainings(store)
    job, other = underway.begin(THREE[:1]), underway.begin(THREE[1:])
    underway.interrupt([job, other])
    assert underway.end([job]) == 1
    assert underway.end([job]) == 0
    assert left(underway) == {other: THREE[1:]}


def test_workspaces_do_not_see_trainings_of_others(store, address):
    job = ActiveTrainings(store).begin(THREE)
    other = ActiveTrainings(RunStore(address, "other"))
    other.end([job])
    other.interrupt([job])
    assert ActiveTrainings(store).jobs() == {job: False}
    look_until_silent(address)
    assert left(other) == {} == other.jobs()
    assert left(ActiveTrainings(store)) == {job: THREE}


@pytest.mark.parametrize("tuned", [COMPARISON, TunedSweep(tuple(THREE))], ids=lambda of: type(of))
def test_an_interrupted_tuning_continues_with_what_follows(store, tuned):
    underway, tuning = ActiveTrainings(store), tuned.tuning()
    job = underway.begin(tuning, tuned)
    underway.interrupt([job])
    store.save(train(tuning[:5]))
    [found] = underway.interrupted()
    assert (list(found.missing), found.tuned) == (tuning[5:], tuned)
    store.save(train(tuning[5:]))
    [found] = underway.interrupted()
    final = tuned.final_after(store.list())
    assert final
    assert (list(found.missing), found.tuned) == (final, None)
    assert list(found.experiments) == [*tuning, *final]
    store.save(train(final))
    assert underway.interrupted() == []


def test_an_extended_training_is_recorded_with_its_new_experiments(store):
    underway = ActiveTrainings(store)
    job = underway.begin(THREE[:1], COMPARISON)
    underway.extend(job, THREE)
    underway.interrupt([job])
    [found] = underway.interrupted()
    assert (list(found.missing), found.tuned) == (THREE, None)


@pytest.mark.parametrize(
    "text",
    [
        "[", "{}", "[1]", '["{}x"]', '[{"seed": 1}]', '{"experiments": []}',
        '{"experiments": [], "comparison": "{}"}', '{"experiments": [], "sweep": "[1]"}',
        '{"experiments": [], "nothing": "[]"}',
    ],
)  # fmt: skip
def test_unreadable_records_are_deleted(store, text):
    underway = ActiveTrainings(store)
    underway.interrupt([underway.begin(THREE)])
    change = trainings.update().values(experiments=text)
    store.database.write(lambda database: database.execute(change))
    assert underway.interrupted() == []
    assert underway.jobs() == {}


def test_a_record_that_needs_a_plug_in_waits_for_it(store):
    underway = ActiveTrainings(store)
    job = underway.begin(THREE)
    underway.interrupt([job])
    texts = [each.to_json().replace('"cross_entropy"', '"focal"') for each in THREE]
    change = trainings.update().values(experiments=json.dumps(texts))
    store.database.write(lambda database: database.execute(change))
    [found] = underway.interrupted()
    assert found.needs == "the loss 'focal'"
    assert not found.missing
    assert underway.jobs() == {job: True}
