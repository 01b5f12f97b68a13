"""The rows of the table of runs: families together, or run by run."""

import numpy as np
import pandas as pd
import pytest

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.runs.entries import (
    SPREAD,
    entries,
    in_order,
    runs_of,
    selected,
    unknown,
    wanted_unseen,
)

SMALL = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1, evaluations=4)


@pytest.fixture
def table(store: RunStore) -> pd.DataFrame:
    """Two losses with three seeds each, and one run alone."""
    families = [
        SMALL.replace(loss=loss, seed=k) for loss in ("hinge", "cross_entropy") for k in range(3)
    ]
    store.save(train([*families, SMALL.replace(learning_rate=0.3)]))
    store.annotate([families[0].id, families[1].id], tags=["a", "b"])
    store.annotate([each.id for each in families[:3]], name="my hinge")
    return store.list()


def test_a_family_is_one_row_with_means_and_spreads(table: pd.DataFrame) -> None:
    rows = entries(table, together=True)
    assert sorted(rows["runs"]) == [1, 3, 3]
    hinge = rows[rows["loss"] == "hinge"].iloc[0]
    own = table[table["loss"] == "hinge"]
    assert hinge["test_accuracy"] == pytest.approx(own["test_accuracy"].mean())
    assert hinge["objective" + SPREAD] == pytest.approx(np.std(own["objective"], ddof=1))
    assert hinge["id"] == own["family"].iloc[0]
    assert hinge["name"] == "my hinge"
    assert hinge["tags"] == ["a", "b"]
    assert pd.isna(hinge["seed"])


def test_a_run_alone_is_a_row_of_its_own_with_its_own_id(table: pd.DataFrame) -> None:
    rows = entries(table, together=True)
    [alone] = rows[rows["runs"] == 1].to_dict("records")
    assert alone["id"] == SMALL.replace(learning_rate=0.3).id
    assert alone["members"] == [alone["id"]]
    assert pd.isna(alone["objective" + SPREAD])


def test_run_by_run_every_run_is_a_row(table: pd.DataFrame) -> None:
    rows = entries(table, together=False)
    assert list(rows["id"]) == list(table["id"])[::-1]
    assert set(rows["runs"]) == {1}


def test_pinned_runs_stand_first(table: pd.DataFrame, store: RunStore) -> None:
    oldest = table["id"].iloc[0]
    store.annotate([oldest], pinned=True)
    assert entries(store.list(), together=False)["id"].iloc[0] == oldest


def test_sorting_puts_the_best_result_first(table: pd.DataFrame) -> None:
    rows = entries(table, together=False)
    best = in_order(rows, ["test_accuracy", "objective"])
    pairs = list(zip(-best["test_accuracy"], best["objective"], strict=True))
    assert pairs == sorted(pairs)
    assert list(in_order(rows, ["loss"])["loss"]) == sorted(rows["loss"])
    assert list(in_order(rows, ["created"])["created"]) == sorted(rows["created"], reverse=True)


def test_a_selection_means_runs_families_or_all(table: pd.DataFrame) -> None:
    together, apart = entries(table, together=True), entries(table, together=False)
    family = table[table["loss"] == "hinge"]["family"].iloc[0]
    one = table["id"].iloc[0]
    assert together["loss"].iloc[selected(together, [family])].tolist() == ["hinge"]
    assert len(selected(apart, [family])) == 3
    assert len(selected(apart, [one])) == 1
    assert selected(together, [one]) == []
    assert len(selected(apart, ["all"])) == len(table)
    assert list(runs_of(table, [family])["loss"]) == ["hinge"] * 3
    assert len(runs_of(table, ["all"])) == len(table)
    assert unknown(table, [family, one, "0" * 16]) == ["0" * 16]


def test_of_a_family_that_is_shown_in_part_the_rest_stays_wanted(table: pd.DataFrame) -> None:
    hinge = table[table["loss"] == "hinge"]
    first, second, third = hinge["id"]
    wanted = [hinge["family"].iloc[0]]
    assert wanted_unseen(hinge, set(), set(), wanted) == wanted
    assert wanted_unseen(hinge, {first, second}, {first, second}, wanted) == wanted
    assert wanted_unseen(hinge, {first, second}, {first}, wanted) == [third]
    assert wanted_unseen(hinge, {first, second, third}, {first}, wanted) == []
    assert wanted_unseen(hinge, {first}, set(), [first, third]) == [third]
