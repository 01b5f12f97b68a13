"""The list of runs: columns, group ids, unreadable rows and its revision."""

import itertools
import math

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from benchmarks.many_runs import experiments, fill
from lossopt_core import RunStore, train
from lossopt_core.analysis.groups import group_id
from lossopt_core.experiment.settings import flat_settings
from tests.databases import change
from tests.experiments import TINY


@pytest.fixture(scope="module")
def diverged():
    [run] = train([TINY.replace(loss="squared_hinge", learning_rate=1e4, epochs=50)])
    assert run.status == "diverged"
    return run


def test_the_list_has_settings_and_final_figures_oldest_first(address, finished, diverged):
    store = RunStore(address)
    store.save([finished[1], diverged, finished[0]])
    table = store.list()
    assert list(table["id"]) == [finished[1].id, diverged.id, finished[0].id]
    assert list(table["status"]) == ["finished", "diverged", "finished"]
    assert table["created"].is_monotonic_increasing
    for row, run in zip(
        table.to_dict("records"), [finished[1], diverged, finished[0]], strict=True
    ):
        for name, value in flat_settings(run.experiment).items():
            assert row[name] == value
        assert row["objective"] == run.final["objective"]
        assert row["update"] == run.final["update"]
    assert list(table["margin"].isna()) == [True, False, True]


def test_an_empty_list_has_the_columns_of_a_full_one(address, finished):
    store = RunStore(address)
    empty = store.list()
    store.save(finished)
    assert_frame_equal(store.list().iloc[:0], empty)


def test_an_unreadable_row_does_not_break_the_list(address, finished):
    store = RunStore(address)
    store.save(finished)
    bad = finished[1].id
    change(address, "UPDATE runs SET final = '{}' WHERE id = :id", id=bad)
    kept = store.listing()
    assert list(kept.runs["id"]) == [run.id for run in finished if run.id != bad]
    assert kept.unreadable == [bad]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE notes SET tags = '[7]'",
        "UPDATE notes SET tags = 'nonsense'",
        "UPDATE notes SET note = :bell",
        "UPDATE runs SET best = '{}'",
        "UPDATE runs SET spark = '[[]]'",
        "UPDATE runs SET spark = '[1e999]'",
    ],
)
def test_a_run_with_a_corrupted_note_or_summary_is_named_as_unreadable(address, finished, damage):
    check_unreadable(address, finished, damage)


@pytest.mark.parametrize(
    "damage", ["UPDATE notes SET name = :byte", "UPDATE runs SET final = :byte"]
)
def test_a_run_with_bytes_instead_of_a_text_is_named_as_unreadable(
    sqlite_address, finished, damage
):
    check_unreadable(sqlite_address, finished, damage)  # others hold a column to its kind


def check_unreadable(address, finished, damage):
    store = RunStore(address)
    store.save(finished[:1])
    store.annotate([finished[0].id], tags=["a"])
    assert change(address, damage, bell="\a", byte=b"\0") == 1
    assert store.listing().unreadable == [finished[0].id]


# ---- summaries


def test_sparks_begin_and_end_with_the_objective_and_are_short(address):
    [long] = train([TINY.replace(epochs=100, evaluations=80)])
    store = RunStore(address)
    store.save([long])
    [spark] = store.list()["spark"]
    objective = long.history["objective"].to_numpy()
    assert len(objective) > len(spark) == 24
    np.testing.assert_allclose([spark[0], spark[-1]], objective[[0, -1]], rtol=1e-5)
    nearest = np.abs(np.subtract.outer(spark, objective)).min(axis=1)
    assert (nearest < 1e-5).all()


def test_best_metrics_are_the_best_of_the_history(address, diverged):
    runs = [diverged, *train([TINY.replace(learning_rate=1.0, test_fraction=0.5, batch_size=1)])]
    store = RunStore(address)
    store.save(runs)
    for row, run in zip(store.list().to_dict("records"), runs, strict=True):
        history = run.history.replace([np.inf, -np.inf], np.nan)
        assert row["best_objective"] == history["objective"].min()
        assert row["best_train_accuracy"] == history["train_accuracy"].max()
        assert math.isnan(row["best_test_accuracy"]) == run.history["test_accuracy"].isna().all()
        assert all(map(math.isfinite, row["spark"]))


def test_runs_of_one_group_differ_by_seed_only(address):
    trained = train(
        [
            TINY.replace(seed=seed, loss=loss)
            for loss in ("hinge", "cross_entropy")
            for seed in (0, 1)
        ]
    )
    store = RunStore(address)
    store.save(trained)
    families = list(store.list()["family"])
    assert families == [group_id(run.experiment) for run in trained]
    assert families[0] == families[1] != families[2] == families[3]


# ---- the revision


def test_the_revision_changes_if_and_only_if_the_list_does(address, finished):
    store = RunStore(address)
    id = finished[0].id
    changes = [
        lambda: store.save(finished[:2]),
        lambda: store.annotate([id], name="a name"),
        lambda: store.delete([id]),
        lambda: store.restore([id]),
        lambda: store.save(finished),
    ]
    seen = [store.revision()]
    for make_another in changes:
        make_another()
        seen += [store.revision(), RunStore(address).revision()]
        assert seen[-2] == seen[-1] != seen[-3]
        store.list()
        store.save(finished[1:2])
        RunStore(address, workspace="other").save(finished)
        assert store.revision() == seen[-1]
    assert len({*seen}) == 1 + len(changes)


# ---- many


def test_a_store_is_filled_with_groups_of_trained_runs(address):
    store = RunStore(address)
    ids = fill(store, runs=30, rows=10)
    table = store.list()
    assert list(table["id"]) == ids
    assert sorted(table["family"].value_counts()) == [10, 10, 10]
    assert set(table["status"]) == {"finished"}
    histories = store.histories(ids)
    assert {len(history) for history in histories.values()} == {10}
    assert len({history["objective"].iloc[-1] for history in histories.values()}) == 30


def test_two_thousand_runs_are_two_hundred_groups_of_ten():
    wanted = list(experiments(2_000, 100))
    assert len({each.id for each in wanted}) == 2_000
    by_family = itertools.groupby(sorted(map(group_id, wanted)))
    assert [len([*members]) for _, members in by_family] == [10] * 200
