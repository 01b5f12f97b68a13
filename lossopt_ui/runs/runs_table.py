"""The table of saved runs, in which runs are filtered and selected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.analysis.readings import AT_EPOCH, BEST, reading
from lossopt_core.experiment.caches import Cache
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Choice, Number
from lossopt_core.query.filters import FilterError, parse
from lossopt_core.store import reference
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import Listing
from lossopt_ui.figures import caching
from lossopt_ui.runs import table_rows
from lossopt_ui.runs.table_rows import SPREAD, differing
from lossopt_ui.state import names, pages, toasts, widgets
from lossopt_ui.state.kinds import EVERYTHING, MAX_CHOSEN
from lossopt_ui.state.pages.settings import COLUMNS
from lossopt_ui.state.session import SessionKey, selected_rows

RESULTS = ("test_accuracy", "train_accuracy", "objective", "update")
ABOUT = ("status", "created", "id")
MAX_BYTES = 30_000_000
"""Size of the cache of prepared tables."""
ROW, HEAD, TALLEST = 35, 38, 330


@dataclass(frozen=True, eq=False)
class Prepared:
    """The table ready to be shown; it depends on nothing but the table of runs and a `View`.

    runs      the runs that match the filter
    rows      one row per run or group, in order
    shown     the cells
    error     the error in the filter, if any
    """

    runs: pd.DataFrame
    rows: pd.DataFrame
    shown: pd.DataFrame
    error: FilterError | None


@dataclass(frozen=True)
class Drawn:
    """The table widget as last drawn.

    number     serial number, part of its key
    ids        ids of its rows
    at_first   selection when it was first drawn with this key
    wanted     current selection
    """

    number: int = 0
    ids: Sequence[str] | None = None
    at_first: Sequence[str] = ()
    wanted: Sequence[str] = ()


_TABLE = SessionKey("runs_table.table", Drawn)


@dataclass(frozen=True)
class View:
    """The controls that determine the content of the table.

    filter      text of the filter
    archived    whether archived runs are included
    grouped     whether runs that differ by seed only share a row
    columns     columns to show; empty for the settings that differ
    sort        columns to sort by
    at          point of training whose results are shown; `at_epoch` is its epoch
    """

    filter: str
    archived: bool
    grouped: bool
    columns: tuple[str, ...]
    sort: tuple[str, ...]
    at: str
    at_epoch: float

    @classmethod
    def chosen(cls) -> "View":
        """The current values of the controls."""
        return cls(
            filter=widgets.value("filter"),
            archived=widgets.value("archived"),
            grouped=widgets.value("rows") == "families",
            columns=widgets.value("columns"),
            sort=widgets.value("sort"),
            at=widgets.value("at"),
            at_epoch=widgets.value("at_epoch"),
        )


def choose(listing: Listing) -> pd.DataFrame:
    """Show the runs, newest first; return the table rows of the selected ones.

    Settings that differ come first, then the results. Settings that are the same in all runs are
    left out, unless columns are chosen.
    """
    prepared, table = _prepared(listing), listing.runs
    if prepared.error is not None:
        stop = "" if prepared.error.message.endswith("?") else "."
        said = f"Filter: {names.escape_markdown(prepared.error.message)}{stop} All runs are shown."
        st.error(said, icon=":material/filter_alt_off:")
        st.code(prepared.error.pointer, language=None)
    if hidden := hidden_by_the_filter(listing):
        what = "1 selected run is" if hidden == 1 else f"{hidden:,} selected runs are"
        st.info(f"{what} hidden by the filter.", icon=":material/filter_alt:")
    # Streamlit draws the table's toolbar over the space above its right end, so keep that empty.
    st.caption(_how_many(prepared, of=len(table)))
    ids = prepared.rows["id"].tolist()
    wanted = widgets.value("runs")
    key, at_first = _same_table(ids, wanted)
    # Copies of a few columns: whatever a callback refers to is held for the whole session.
    rows = prepared.rows[["id", "family", "members"]].copy()
    meant = _selected_runs(table)[["id", "family"]].copy()
    st.dataframe(
        prepared.shown,
        key=key,
        hide_index=True,
        height=min(TALLEST, HEAD + ROW * len(ids)),
        placeholder="–",
        on_select=lambda: _take_selection(key, rows, meant),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": table_rows.selected(prepared.rows, at_first)}},
        column_config=_looks(prepared.shown),
    )
    return table_rows.runs_of(prepared.runs, wanted)


def _how_many(prepared: Prepared, *, of: int) -> str:
    """'30 of 2,000 runs in 3 rows'."""
    runs, rows = len(prepared.runs), len(prepared.rows)
    of_all = "" if runs == of else f" of {of:,}"
    found = f"{runs:,}{of_all} run{'s' * (of != 1)}"
    return found if rows == runs else f"{found} in {rows:,} row{'s' * (rows != 1)}"


_PREPARED: Cache[Prepared] = Cache(
    MAX_BYTES, lambda prepared: _bytes_of(prepared.runs) + _bytes_of(prepared.rows)
)


def _bytes_of(table: pd.DataFrame) -> int:
    return saved_runs.TABLE_BYTES + saved_runs.RUN_BYTES * len(table)


def _prepared(listing: Listing) -> Prepared:
    view = View.chosen()
    return _PREPARED.get(
        (listing.source, view),
        lambda: _prepare(listing.runs, view),
        owner=caching.owner(),
        version=listing.version,
    )


def _prepare(table: pd.DataFrame, view: View) -> Prepared:
    runs, error = _found(table, view)
    at_point = _at_the_point(runs, view)
    rows = table_rows.in_order(table_rows.rows_of(at_point, grouped=view.grouped), view.sort)
    return Prepared(runs, rows, _as_shown(rows, _columns_of(rows, view)), error)


def _found(table: pd.DataFrame, view: View) -> tuple[pd.DataFrame, FilterError | None]:
    """The runs that match the filter; all runs if the filter is invalid."""
    table = _in_question(table, archived=view.archived)
    try:
        return table[parse(view.filter).matches(table)].reset_index(drop=True), None
    except FilterError as error:
        return table.reset_index(drop=True), error


def _in_question(table: pd.DataFrame, *, archived: bool) -> pd.DataFrame:
    """The runs in the table before filtering: archived ones only if switched on."""
    return table if archived else table[~table["archived"]]


def _selected_runs(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that are selected individually, whether hidden by the filter or not."""
    wanted = [each for each in widgets.value("runs") if each != EVERYTHING]
    return table_rows.runs_of(_in_question(table, archived=widgets.value("archived")), wanted)


def hidden_by_the_filter(listing: Listing) -> int:
    """Number of selected runs that do not match the filter."""
    visible = _prepared(listing).runs["id"]
    return int((~_selected_runs(listing.runs)["id"].isin(visible)).sum())


def glance(table: pd.DataFrame) -> None:
    """Show a few runs, newest first, without selection."""
    rows = table_rows.rows_of(table, grouped=False)
    columns = list(dict.fromkeys(["dataset", "loss", "optimizer", *_automatic(rows)]))
    tags = ["tags"] * bool(rows["tags"].map(bool).any())
    shown = _as_shown(rows, [*columns, *RESULTS, *tags, *ABOUT])
    st.dataframe(
        shown, hide_index=True, placeholder="–", key="last-runs", column_config=_looks(shown)
    )


def _same_table(ids: Sequence[str], wanted: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The key of the table widget, and its selection when it was first drawn with that key.

    Streamlit stores a selection by position, so other rows need another key, and so does a
    selection that was changed outside the table. A selection made in the table changes neither,
    so its rows are not sent again.
    """
    before = _TABLE.get()
    number, at_first = before.number, before.at_first
    if before.ids != ids or before.wanted != wanted:
        number, at_first = number + 1, wanted
    _TABLE.set(Drawn(number, ids, at_first, wanted))
    return f"runs-table-{number}", at_first


def _take_selection(key: str, rows: pd.DataFrame, meant: pd.DataFrame) -> None:
    """Select the runs of the chosen rows, and keep earlier selections that are in no row."""
    places = selected_rows(key)
    selected = rows.iloc[[place for place in places if place < len(rows)]]
    unseen = _wanted_unseen(rows, meant, selected)
    ids = [
        id
        for id, group_id in zip(selected["id"], selected["family"], strict=True)
        if group_id not in unseen
    ]
    wanted = list(dict.fromkeys([*ids, *unseen]))
    everything = len(selected) == len(rows) > 1
    if everything and (not unseen or len(wanted) > MAX_CHOSEN):
        wanted = [EVERYTHING]
        if unseen:
            toasts.later("All rows are selected. Hidden runs are no longer selected.")
    if len(wanted) > MAX_CHOSEN:
        toasts.later(
            f"At most {MAX_CHOSEN} rows can be selected individually; the first {MAX_CHOSEN} are"
            " selected. Narrow the table with the filter and select all of its rows."
        )
    widgets.put("runs", wanted[:MAX_CHOSEN])
    _TABLE.set(replace(_TABLE.get(), wanted=widgets.value("runs")))


def _wanted_unseen(rows: pd.DataFrame, meant: pd.DataFrame, selected: pd.DataFrame) -> list[str]:
    """Selected ids that are in no row because the filter or a switch hides them."""
    wanted = widgets.value("runs")
    shown, on = ({id for ids in some["members"] for id in ids} for some in (rows, selected))
    unknown = {*table_rows.unknown(meant, wanted)} - shown
    references = [each for each in wanted if each in unknown and each in reference.IDS]
    return [*table_rows.wanted_unseen(meant, shown, on, wanted), *references]


def _at_the_point(table: pd.DataFrame, view: View) -> pd.DataFrame:
    """The table with the results at the chosen point of training."""
    if view.at == BEST:
        best = {
            name: table[f"best_{name}"] for name in ("objective", "train_accuracy", "test_accuracy")
        }
        return table.assign(**best)
    if view.at == AT_EPOCH:
        histories = {each.id: each.history for each in saved_runs.members(table)}

        def at_epoch(id: str, name: str) -> float | None:
            known = id in histories
            return reading(histories[id], name, AT_EPOCH, view.at_epoch) if known else None

        measured: dict[str, Any] = {
            name: [at_epoch(id, name) for id in table["id"]] for name in MEASURES if name in table
        }
        return table.assign(**measured)
    return table


def _automatic(rows: pd.DataFrame) -> list[str]:
    """Settings that differ; options of data sets are merged into the data set column."""
    names_ = differing(rows)
    if any("." in name for name in names_):
        return ["dataset", *(name for name in names_ if "." not in name and name != "dataset")]
    return names_


def _columns_of(rows: pd.DataFrame, view: View) -> list[str]:
    if view.columns:
        return ["pinned"] * bool(rows["pinned"].any()) + [*view.columns, "id"]
    spreads = [f"test_accuracy{SPREAD}"] * bool((rows["runs"] > 1).any())
    varying = [
        name for name in _automatic(rows) if not view.grouped or name not in ("seed", "split_seed")
    ]
    said = [name for name in ("name", "tags", "note") if rows[name].map(bool).any()]
    first = ["pinned"] * bool(rows["pinned"].any()) + [name for name in said if name == "name"]
    several = ["runs"] * bool((rows["runs"] > 1).any())
    return [
        *first, *varying, *several, "test_accuracy", *spreads, *RESULTS[1:], "spark",
        *(name for name in said if name != "name"), *ABOUT,
    ]  # fmt: skip


def _as_shown(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    shown = pd.DataFrame(index=rows.index)
    for name in columns:
        if name == "dataset":
            shown[name] = _with_options(rows)
        elif name in pages.DECLARED and name in rows:
            shown[name] = _readable(name, rows[name])
        elif name.removesuffix(SPREAD).endswith("accuracy"):
            shown[name] = rows[name] * 100
        elif name == "spark":
            shown[name] = rows[name].map(np.float32)  # half the bytes, the same line
        elif name in rows:
            shown[name] = rows[name]
    return shown


def _with_options(table: pd.DataFrame) -> pd.Series:
    """The data set of each row, with its options that differ."""
    words = _readable("dataset", table["dataset"])
    for dataset, rows in table.groupby("dataset"):
        for name in differing(rows):
            if name.startswith(f"{dataset}."):
                label = pages.DECLARED[name].label.lower()
                cells = rows[name].map(_option_in_short)
                words.loc[rows.index] += f", {label} " + cells
    return words


def _option_in_short(value: float | str) -> str:
    """A number, or the first digits of a fingerprint."""
    return value[:8] if isinstance(value, str) else f"{value:g}"


def _readable(name: str, column: pd.Series) -> pd.Series:
    """Registry entries as their labels; numbers stay numbers, so that they sort."""
    if isinstance(pages.DECLARED[name], Choice):
        return column.map(lambda each: names.value_text(name, each), na_action="ignore")
    return column


def _looks(shown: pd.DataFrame) -> dict[str, Any]:
    """Titles and formats of the columns."""
    return {name: _look(name) for name in map(str, shown)}


def _look(name: str) -> Any:
    config = st.column_config
    declaration = pages.DECLARED.get(name)
    if isinstance(declaration, Number):
        return config.NumberColumn(declaration.label, format="%d" if declaration.whole else "%g")
    match name:
        case "spark":
            return config.LineChartColumn(
                "Objective", help="Over the whole training.", width="small"
            )
        case "created":
            return config.DatetimeColumn(COLUMNS[name], format="distance")
        case "tags":
            return config.ListColumn(COLUMNS[name])
        case "pinned":
            return config.CheckboxColumn("Pinned", width="small")
        case "runs":
            return config.NumberColumn("Runs", help="Runs that differ by seed only.")
        case "id":
            return config.TextColumn("ID")
        case _ if name.endswith(SPREAD):
            return config.NumberColumn("± sd", format="%.2f", help="Standard deviation over seeds.")
        case _ if name.endswith("accuracy"):
            return config.NumberColumn(f"{COLUMNS[name]} (%)", format="%.1f")
        case "update":
            return config.NumberColumn(COLUMNS[name], format="%d")
        case _ if name in table_rows.FIGURES:
            return config.NumberColumn(COLUMNS[name], format="%.4g")
    return config.TextColumn(COLUMNS.get(name, declaration.label if declaration else name))


def report_unreadable(listing: Listing) -> None:
    """Report saved runs that cannot be read, and the plug-ins that they need."""
    if listing.unreadable:
        ids = ", ".join(listing.unreadable)
        st.warning(f"These saved runs cannot be read and are left out: {ids}.")
    if listing.needed:
        said = names.escape_markdown(", ".join(listing.needed))
        st.warning(f"Some runs need plug-ins that are not installed here: {said}.")


def report_missing(listing: Listing) -> None:
    """Report saved runs that cannot be read, and ids in the address that do not exist."""
    report_unreadable(listing)
    unknown = {*table_rows.unknown(listing.runs, widgets.value("runs"))}
    if hidden := len(unknown & {*reference.IDS}):
        what = "1 reference run is" if hidden == 1 else f"{hidden} reference runs are"
        st.info(f"{what} selected but not shown. Switch on 'Reference runs' to show them.")
    if gone := len(unknown - {*reference.IDS}):
        st.warning(f"{gone} of the runs in the address are not saved here.")
