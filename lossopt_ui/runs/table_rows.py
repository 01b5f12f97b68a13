"""The rows of the table of runs: one per run, or one per group of runs that differ by seed only."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any

import numpy as np
import pandas as pd

from lossopt_core.analysis.groups import SEEDS, whole
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.state.kinds import EVERYTHING, NOTHING

FIGURES = (
    "update",
    "objective",
    "data_loss",
    "penalty",
    "gradient_norm",
    "weight_norm",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "best_objective",
    "best_train_accuracy",
    "best_test_accuracy",
    "validation_accuracy",
)
SPREAD = " ±"
"""Suffix of the name of a standard deviation column."""


def differing(table: pd.DataFrame) -> list[str]:
    """The settings that are not the same in all rows.

    A setting that is at its default in all rows where it applies is left out: it only reflects
    the loss or the optimizer that it belongs to.
    """
    found = []
    for name, declaration in declared_settings().items():
        values: list[Any] = list(table[name].unique()) if name in table else []
        known = [each for each in values if pd.notna(each)]
        if len(values) > 1 and known and (len(known) > 1 or known[0] != declaration.default):
            found.append(name)
    return found


def rows_of(table: pd.DataFrame, *, grouped: bool) -> pd.DataFrame:
    """One row per run or, if `grouped`, per group: settings and means; pinned first, then newest.

    The columns are those of the table of runs, plus `members` (list of run ids), `runs` (their
    number), and for each metric its standard deviation over the runs, NaN for a single run. A
    group has metrics only if all of its runs finished. The id of a row is that of its run, or of
    the group if it has several.
    """
    by = table["family"] if grouped else table["id"]
    order = by.drop_duplicates(keep="last").iloc[::-1]
    if by.is_unique:
        rows = table.iloc[::-1].reset_index(drop=True)
        rows["members"] = [[id] for id in rows["id"]]
        rows["runs"] = 1
        none = dict.fromkeys((name + SPREAD for name in FIGURES), np.nan)
        return _pinned_first(rows.assign(**none))
    groups = table.groupby(by, sort=False)
    rows = groups.first().loc[order]
    for seed in SEEDS:
        varies = groups[seed].nunique().loc[order] > 1
        rows[seed] = rows[seed].mask(varies)
    # Loops over lists: pandas takes a hundred times as long for each small group.
    places = groups.indices
    parts = [[int(place) for place in places[family]] for family in order]
    rows["members"] = _by_group(table["id"], parts)
    rows["runs"] = groups.size().loc[order]
    rows["created"] = groups["created"].last().loc[order]
    rows["pinned"] = groups["pinned"].any().loc[order]
    rows["status"] = [_statuses(each) for each in _by_group(table["status"], parts)]
    rows["name"] = [_common(each) for each in _by_group(table["name"], parts)]
    rows["note"] = [_common(each) for each in _by_group(table["note"], parts)]
    rows["tags"] = [_all_tags(each) for each in _by_group(table["tags"], parts)]
    names = [name for name in (*FIGURES, *DISTANCES) if name in table]
    figures = groups[names]
    known = rows.index.isin(whole(table)["family"]) | (rows["runs"] == 1)
    means, spreads = figures.mean().loc[order], figures.std().loc[order]
    rows[names] = means.where(known)
    rows[[f"{name}{SPREAD}" for name in names]] = spreads.where(known).to_numpy()
    ids = rows["members"].str[0].where(rows["runs"] == 1, rows.index.to_series())
    return _pinned_first(rows.assign(id=ids, family=rows.index).reset_index(drop=True))


def _pinned_first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("pinned", ascending=False, kind="stable", ignore_index=True)


def _by_group(column: pd.Series, parts: Sequence[Sequence[int]]) -> list[list[Any]]:
    """The cells of each group, whose rows are at the given places."""
    cells = column.tolist()
    return [[cells[place] for place in places] for places in parts]


def _statuses(cells: Sequence[str]) -> str:
    counts = Counter(cells)
    if len(counts) == 1:
        return str(cells[0])
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _common(cells: Sequence[str]) -> str:
    return str(cells[0]) if len(set(cells)) == 1 else ""


def _all_tags(cells: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(tag for tags in cells for tag in tags))


def in_order(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort by columns, the first being the primary key: results best first, dates newest first."""
    if not by:
        return rows
    names = [name for name in by if name in rows]
    keys = pd.DataFrame({name: _sortable(rows[name]) for name in names})
    ascending = [_rises(name) for name in names]
    order = keys.sort_values(names, ascending=ascending, kind="stable", na_position="last")
    sorted_rows: pd.DataFrame = rows.loc[order.index].reset_index(drop=True)
    return sorted_rows


def _sortable(column: pd.Series) -> pd.Series:
    if column.map(lambda cell: isinstance(cell, list)).any():
        return column.map(str)
    return column


def _rises(name: str) -> bool:
    measure = MEASURES.get(name.removeprefix("best_"))
    return name != "created" and (measure is None or measure.better != "higher")


def selected(rows: pd.DataFrame, wanted: Sequence[str]) -> list[int]:
    """Positions of the rows selected by their own id, by all of their runs, or by "all"."""
    if EVERYTHING in wanted:
        return list(range(len(rows)))
    names = set(wanted)
    return [
        place
        for place, (id, group_id, members) in enumerate(
            zip(*(rows[name].tolist() for name in ("id", "family", "members")), strict=True)
        )
        if id in names or group_id in names or names.issuperset(members)
    ]


def runs_of(table: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """The runs with these ids, which may be of runs or of groups, in the order of the ids."""
    if EVERYTHING in wanted:
        return table
    place = {id: k for k, id in enumerate(wanted)}
    meant = _meant(table, place.keys())
    rows = [(place.get(id, place.get(family)), row) for row, id, family in meant]
    return table.iloc[[row for _, row in sorted(rows)]]


def unknown(table: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """Ids of no run or group in the table."""
    here = {EVERYTHING, NOTHING}
    for _, id, family in _meant(table, set(wanted)):
        here |= {id, family}
    return [each for each in wanted if each not in here]


def _meant(table: pd.DataFrame, wanted: Set[str]) -> list[tuple[int, str, str]]:
    """Place, id and group of the rows that are wanted by either: lists are faster than masks."""
    pairs = zip(table["id"].tolist(), table["family"].tolist(), strict=True)
    return [(row, *pair) for row, pair in enumerate(pairs) if not wanted.isdisjoint(pair)]


def wanted_unseen(
    meant: pd.DataFrame, shown: set[str], selected: set[str], wanted: Sequence[str]
) -> list[str]:
    """The ids that stay selected because they are in no row, whatever rows are selected.

    `meant` are the runs behind the ids; `shown` and `selected` are the ids of the runs in all
    rows and in the selected rows. A group that is partly shown stays selected as a whole while
    its shown runs are selected; otherwise only its hidden runs stay.
    """
    runs_by: dict[str, list[str]] = {}
    for _, id, family in _meant(meant, set(wanted)):
        for each in {id, family}:
            runs_by.setdefault(each, []).append(id)
    stay: list[str] = []
    for each in wanted:
        its = runs_by.get(each, [])
        unseen = [id for id in its if id not in shown]
        whole = selected.issuperset(id for id in its if id in shown)
        stay += ([each] if whole else unseen) if unseen else []
    return stay
