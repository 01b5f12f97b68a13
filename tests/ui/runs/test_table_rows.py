"""The rows of the table of runs: seeds grouped or separate."""

import numpy as np
import pandas as pd
import pytest

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.runs.table_rows import (
    SPREAD,
    in_order,
    rows_of,
    runs_of,
    selected,
    unknown,
    wanted_unseen,
)

SMALL = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=1, evaluations=4)


@pytest.fixture
def table(store: RunStore) -> pd.DataFrame:
    """Two losses with three seeds each, and a single run."""
    families = [
        SMALL.replace(loss=loss, seed=k) for loss in ("hinge", "cross_entropy") for k in range(3)
    ]
    store.save(train([*families, SMALL.replace(learning_rate=0.3)]))
    store.annotate([families[0].id, families[1].id], tags=["a", "b"])
    store.annotate([each.id for each in families[:3]], name="my hinge")
    return store.list()


def test_a_group_is_one_row_with_means_and_standard_deviations(table: pd.DataFrame) -> None:
    rows = rows_of(table, grouped=True)
    assert sorted(rows["runs"]) == [1, 3, 3]
    hinge = rows[rows["loss"] == "hinge"].iloc[0]
    own = table[table["loss"] == "hinge"]
    assert hinge["test_accuracy"] == pytest.approx(own["test_accuracy"].mean())
    assert hinge["objective" + SPREAD] == pytest.approx(np.std(own["objective"], ddof=1))
    assert hinge["id"] == own["family"].iloc[0]
    assert hinge["name"] == "my hinge"
    assert hinge["tags"] == ["a", "b"]
    assert pd.isna(hinge["seed"])


def test_a_single_run_is_a_row_with_its_own_id(table: pd.DataFrame) -> None:
    rows = rows_of(table, grouped=True)
    [alone] = rows[rows["runs"] == 1].to_dict("records")
    assert alone["id"] == SMALL.replace(learning_rate=0.3).id
    assert alone["members"] == [alone["id"]]
    assert pd.isna(alone["objective" + SPREAD])


def test_separately_every_run_is_a_row(table: pd.DataFrame) -> None:
    rows = rows_of(table, grouped=False)
    assert list(rows["id"]) == list(table["id"])[::-1]
    assert set(rows["runs"]) == {1}


def test_pinned_runs_come_first(table: pd.DataFrame, store: RunStore) -> None:
    oldest = table["id"].iloc[0]
    store.annotate([oldest], pinned=True)
    assert rows_of(store.list(), grouped=False)["id"].iloc[0] == oldest


def test_sorting_puts_the_best_result_first(table: pd.DataFrame) -> None:
    rows = rows_of(table, grouped=False)
    best = in_order(rows, ["test_accuracy", "objective"])
    pairs = list(zip(-best["test_accuracy"], best["objective"], strict=True))
    assert pairs == sorted(pairs)
    assert list(in_order(rows, ["loss"])["loss"]) == sorted(rows["loss"])
    assert list(in_order(rows, ["created"])["created"]) == sorted(rows["created"], reverse=True)


def test_a_selection_names_runs_groups_or_all(table: pd.DataFrame) -> None:
    grouped, apart = rows_of(table, grouped=True), rows_of(table, grouped=False)
    family = table[table["loss"] == "hinge"]["family"].iloc[0]
    one = table["id"].iloc[0]
    assert grouped["loss"].iloc[selected(grouped, [family])].tolist() == ["hinge"]
    assert len(selected(apart, [family])) == 3
    assert len(selected(apart, [one])) == 1
    assert selected(grouped, [one]) == []
    assert len(selected(apart, ["all"])) == len(table)
    assert list(runs_of(table, [family])["loss"]) == ["hinge"] * 3
    assert len(runs_of(table, ["all"])) == len(table)
    assert unknown(table, [family, one, "0" * 16]) == ["0" * 16]


def test_the_hidden_part_of_a_group_stays_selected(table: pd.DataFrame) -> None:
    hinge = table[table["loss"] == "hinge"]
    first, second, third = hinge["id"]
    wanted = [hinge["family"].iloc[0]]
    assert wanted_unseen(hinge, set(), set(), wanted) == wanted
    assert wanted_unseen(hinge, {first, second}, {first, second}, wanted) == wanted
    assert wanted_unseen(hinge, {first, second}, {first}, wanted) == [third]
    assert wanted_unseen(hinge, {first, second, third}, {first}, wanted) == []
    assert wanted_unseen(hinge, {first}, set(), [first, third]) == [third]
