"""The kept runs as a table in which runs are chosen."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core import DATASETS, Run
from lossopt_core.export import declared_settings
from lossopt_core.fields import Choice, Number
from lossopt_ui import controls, links, names, optimum
from lossopt_ui.optimum import Optima
from lossopt_ui.views import MOST_RUNS

RESULTS = {
    "test_accuracy": "Test accuracy (%)",
    "train_accuracy": "Training accuracy (%)",
    "objective": "Objective",
    "update": "Updates",
}


def choose(table: pd.DataFrame) -> tuple[str, ...]:
    """Show the runs, the newest first; return the ids of those that are selected.

    What differs between the runs comes first, then what came of them.  Settings that are the
    same in all of them are left out.
    """
    table = table.iloc[::-1].reset_index(drop=True)
    ids = list(table["id"])
    chosen = tuple(each for each in controls.value("runs") if each in ids)
    # A selection is kept by position: a table of other runs must be another table.
    key = f"runs-table-{hash(tuple(ids)):x}"
    st.dataframe(
        _as_shown(table),
        key=key,
        hide_index=True,
        height=min(320, 38 + 35 * len(table)),
        placeholder="–",
        on_select=lambda: _take_selection(key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(each) for each in chosen]}},
        column_config=_columns(table),
    )
    return chosen


def glance(table: pd.DataFrame) -> None:
    """A few runs, the newest first, to look at only."""
    table = table.iloc[::-1].reset_index(drop=True)
    loss_and_optimizer = {
        name: _readable(name, table[name]) for name in ("dataset", "loss", "optimizer")
    }
    shown = _as_shown(table)
    first = [name for name in loss_and_optimizer if name not in shown]
    for place, name in enumerate(first):
        shown.insert(place, name, loss_and_optimizer[name])
    labels = {name: st.column_config.Column(links.DECLARED[name].label) for name in first}
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        key="last-runs",
        column_config=_columns(table) | labels,
    )


def _take_selection(key: str, ids: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    selected = [ids[row] for row in rows if row < len(ids)]
    if len(selected) > MOST_RUNS:
        st.toast(f"At most {MOST_RUNS} runs can be shown at once: the first {MOST_RUNS} are.")
    controls.put("runs", selected[:MOST_RUNS])


def differing(table: pd.DataFrame) -> list[str]:
    """The settings that are not the same in all rows."""
    return [
        name
        for name in declared_settings()
        if name in table and table[name].nunique(dropna=False) > 1
    ]


def _as_shown(table: pd.DataFrame) -> pd.DataFrame:
    shown = pd.DataFrame(index=table.index)
    options = [name for name in differing(table) if "." in name]
    for name in differing(table):
        if name not in options:
            shown[name] = _readable(name, table[name])
    if options:
        shown["dataset"] = _with_options(table)
        shown.insert(0, "dataset", shown.pop("dataset"))
    for name in RESULTS:
        shown[name] = table[name] * 100 if name.endswith("accuracy") else table[name]
    return shown.assign(status=table["status"], created=table["created"], id=table["id"])


def _with_options(table: pd.DataFrame) -> pd.Series:
    """Each row's data set, with the options that differ among the runs on it."""
    words = _readable("dataset", table["dataset"])
    for dataset, rows in table.groupby("dataset"):
        for name in differing(rows):
            if name.startswith(f"{dataset}."):
                label = links.DECLARED[name].label.lower()
                cells = rows[name].map(lambda each: f"{each:g}")
                words.loc[rows.index] += f", {label} " + cells
    return words


def _readable(name: str, column: pd.Series) -> pd.Series:
    """Entries of registries by their labels; numbers stay numbers, so that they sort."""
    declaration = links.DECLARED[name]
    if isinstance(declaration, Choice):
        return column.map(lambda each: names.shown(name, each), na_action="ignore")
    return column


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    settings = {name: links.DECLARED[name] for name in ["dataset", *differing(table)]}
    columns = {
        name: number(declaration.label, format="%d" if declaration.whole else "%g")
        if isinstance(declaration, Number)
        else st.column_config.Column(declaration.label)
        for name, declaration in settings.items()
    }
    formats = {"update": "%d", "objective": "%.4g"}
    results = {
        name: number(label, format=formats.get(name, "%.1f")) for name, label in RESULTS.items()
    }
    return (
        columns
        | results
        | {
            "status": st.column_config.TextColumn("Status"),
            "created": st.column_config.DatetimeColumn("When", format="distance"),
            "id": st.column_config.TextColumn("Id"),
        }
    )


def differences(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Some runs beside each other: one row a setting that differs, one column a run."""
    rows = {}
    for name in differing(table):
        cells = [_cell(name, value) for value in table[name]]
        rows[_qualified(name)] = cells
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(labels))


def optimality(runs: Sequence[Run], labels: Sequence[str], optima: Optima) -> pd.DataFrame:
    """One column a run: its objective, the best possible one, and how far that is."""
    unknown = "being computed" if optima.pending else "not known"
    cells = []
    for run in runs:
        objective, known = run.final["objective"], optima.of(run.experiment)
        best, distance = unknown, unknown
        if known is not None:
            best, distance = f"{known.objective:.6g}", optimum.within(objective, known)
        elif run.experiment in optima.certificates:
            best, distance = "at least 0 (no penalty)", "not known"
        cells.append([f"{objective:.6g}", best, distance])
    rows = ["Objective", "Best possible objective", "Distance"]
    return pd.DataFrame(dict(zip(labels, cells, strict=True)), index=rows)


def _qualified(name: str) -> str:
    """A setting's label; an option's with its data set, as two may have one of that name."""
    dataset, _, option = name.rpartition(".")
    label = links.DECLARED[name].label
    return f"{DATASETS[dataset].label}: {label.lower()}" if dataset and option else label


def _cell(name: str, value: Any) -> str:
    if pd.isna(value):
        return "–"
    declaration = links.DECLARED[name]
    if isinstance(declaration, Number) and declaration.whole:
        return str(int(value))
    return names.shown(name, value)
