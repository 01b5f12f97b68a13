"""The table of saved runs, in which runs are filtered and selected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core.analysis.readings import AT_EPOCH, BEST, reading
from lossopt_core.experiment.caches import Cache
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.query.filters import FilterError, is_relative, parse
from lossopt_core.store import reference
from lossopt_core.store.sets import RunSet
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import Listing
from lossopt_ui.figures import caching
from lossopt_ui.runs import find, run_columns, table_rows, tuning
from lossopt_ui.runs.run_columns import RUN
from lossopt_ui.state import names, toasts, widgets
from lossopt_ui.state.kinds import EVERYTHING, MAX_CHOSEN, NOTHING
from lossopt_ui.state.session import SessionKey, selected_rows

MAX_BYTES = 30_000_000
"""Size of the cache of prepared tables."""
ROW, TALL_ROW, HEAD = 35, 61, 38
"""Heights in pixels; Streamlit breaks lines in rows of more than 60."""
MAX_UNREADABLE = 5
"""The most ids of unreadable runs that a warning lists."""
NEWEST = 10
"""Rows that are selected as long as nobody has chosen any."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """The table ready to be shown; it depends on nothing but the table of runs and a `View`.

    runs      the runs that match the filter
    rows      one row per run or group, in order
    shown     the cells
    error     the error in the filter, if any
    newest    ids of the set of runs to which the newest run belongs; empty if it belongs to none
    without   if no run matches: how many would without each of the conditions, by its option
    """

    runs: pd.DataFrame
    rows: pd.DataFrame
    shown: pd.DataFrame
    error: FilterError | None
    newest: frozenset[str] = frozenset()
    without: dict[str, int] = field(default_factory=dict)


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
    chips       conditions beside it
    now         the time from which relative times are reckoned, in the visitor's time zone; None
                if neither has any
    archived    whether archived runs are included
    tuning      whether runs measured on a validation split are included
    grouped     whether runs that differ by seed only share a row
    columns     columns to show; empty for the settings that differ
    sort        columns to sort by
    at          point of training whose results are shown; `at_epoch` is its epoch
    """

    filter: str
    chips: tuple[str, ...]
    now: datetime | None
    archived: bool
    tuning: bool
    grouped: bool
    columns: tuple[str, ...]
    sort: tuple[str, ...]
    at: str
    at_epoch: float

    @classmethod
    def chosen(cls) -> "View":
        """The current values of the controls."""
        text, chips = widgets.value("filter"), widgets.value("chips")
        relative = is_relative(text) or find.depends_on_time(chips)
        return cls(
            filter=text,
            chips=chips,
            now=find.now().replace(second=0, microsecond=0) if relative else None,
            archived=widgets.value("archived"),
            tuning=widgets.value("tuning"),
            grouped=widgets.value("rows") == "families",
            columns=widgets.value("columns"),
            sort=widgets.value("sort"),
            at=widgets.value("at"),
            at_epoch=widgets.value("at_epoch"),
        )


def selected(listing: Listing) -> pd.DataFrame:
    """The table rows of the selected runs: of the newest, as long as nobody has selected any."""
    prepared = _prepared(listing)
    if prepared.rows.empty:
        return prepared.runs
    return table_rows.runs_of(prepared.runs, _selection(prepared))


def is_in_the_browser(listing: Listing) -> bool:
    """Whether the list was drawn before with the same rows and the same selection."""
    prepared, drawn = _prepared(listing), _TABLE.get()
    return drawn.ids == prepared.rows["id"].tolist() and drawn.wanted == _selection(prepared)


def choose(listing: Listing) -> None:
    """Show the runs, newest first, to select some of them.

    Each has a name made of the settings that differ.
    """
    prepared, table = _prepared(listing), listing.runs
    _report_error(prepared.error)
    if hidden := hidden_by_the_filter(listing):
        what = "1 selected run is" if hidden == 1 else f"{hidden:,} selected runs are"
        st.info(f"{what} hidden by the filter.", icon=":material/filter_alt:")
    if prepared.rows.empty:
        _explain_nothing(prepared)
        return
    # Streamlit draws the table's toolbar over the space above its right end, so keep that empty.
    st.caption(_how_many(prepared, of=len(table)) + _folded_away(table))
    ids = prepared.rows["id"].tolist()
    wanted = _selection(prepared)
    key, at_first = _same_table(ids, wanted)
    # Copies of a few columns: whatever a callback refers to is held for the whole session.
    rows = prepared.rows[["id", "family", "members"]].copy()
    meant = _selected_runs(table)[["id", "family"]].copy()
    tall = run_columns.has_long_names(prepared.shown)
    row, rows_in_view = (TALL_ROW, 8) if tall else (ROW, 11)
    st.dataframe(
        prepared.shown,
        key=key,
        hide_index=True,
        row_height=row,
        height=HEAD + row * min(rows_in_view, len(ids)),
        placeholder="–",
        on_select=lambda: _take_selection(key, at_first, rows, meant),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": table_rows.selected(prepared.rows, at_first)}},
        column_config=run_columns.looks(prepared.shown),
    )


def _selection(prepared: Prepared) -> tuple[str, ...]:
    """The ids of the selected rows: as chosen, or the newest.

    The newest are those of the set of runs that was trained last, or else of one data set.
    """
    rows = prepared.rows
    chosen: tuple[str, ...] = widgets.value("runs")
    if chosen:
        return () if chosen == (NOTHING,) else chosen
    if prepared.runs["reference"].all():
        compared = [each.id for each in reference.OPTIMIZERS_COMPARED]
        return tuple(rows.loc[rows["id"].isin(compared), "id"])
    # Rows without a date were imported from other programs.
    dated = rows[rows["created"].notna()] if rows["created"].notna().any() else rows
    if prepared.newest:
        alike = dated[[not prepared.newest.isdisjoint(ids) for ids in dated["members"]]]
    else:
        newest = dated.nlargest(1, "created")["dataset"]
        alike = dated[dated["dataset"].isin(newest)] if newest.notna().all() else dated
    return tuple(rows.loc[sorted(alike["created"].nlargest(NEWEST).index), "id"])


def _report_error(error: FilterError | None) -> None:
    if error is None:
        return
    stop = "" if error.message.endswith("?") else "."
    said = f"Filter: {names.escape_markdown(error.message)}{stop} All runs are shown."
    st.error(said, icon=":material/filter_alt_off:")
    st.code(error.pointer, language=None)


def _explain_nothing(prepared: Prepared) -> None:
    """Say why there are no rows, and offer to drop what excludes them."""
    ways_out: dict[str, tuple[str, Callable[[], None]]] = {
        "filter": ("Clear the filter", lambda: widgets.put("filter", "")),
        "chips": ("Clear the chips", lambda: widgets.put("chips", ())),
        "tuning": ("Show tuning runs", lambda: widgets.put("tuning", content=True)),
        "archived": ("Show archived runs", lambda: widgets.put("archived", content=True)),
    }
    find.explain_nothing(
        {ways_out[name][0]: (n, ways_out[name][1]) for name, n in prepared.without.items()}
    )


def _folded_away(table: pd.DataFrame) -> str:
    """' · 90 tuning runs are folded away', if there are any."""
    count = 0 if widgets.value("tuning") else int(tuning.are_tuning(table).sum())
    return f" · {names.counted(count, 'tuning run')} folded away (see Columns)" if count else ""


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
        lambda: _prepare(listing, view),
        owner=caching.owner(),
        version=listing.version,
    )


def _prepare(listing: Listing, view: View) -> Prepared:
    table = tuning.apart(listing.runs)
    runs, error = _found(table, view, listing.sets)
    if runs.empty:
        without = _found_without_each(table, view, listing.sets)
        return Prepared(runs, runs, runs, error, without=without)
    at_point = _at_the_point(runs, view)
    best_first = (*view.sort, *["test_accuracy"] * _asks_for_best(view))
    rows = table_rows.in_order(table_rows.rows_of(at_point, grouped=view.grouped), best_first)
    columns = run_columns.columns_of(rows, view.columns, grouped=view.grouped)
    labelled = rows.assign(**{RUN: run_columns.named(rows, grouped=view.grouped)})
    newest = _newest_set(runs, listing.sets)
    return Prepared(runs, rows, run_columns.as_shown(labelled, columns), error, newest)


def _newest_set(runs: pd.DataFrame, sets: Sequence[RunSet]) -> frozenset[str]:
    """The ids of the set to which the newest run belongs; empty if it belongs to none."""
    dated = runs[runs["created"].notna()]
    if dated.empty:
        return frozenset()
    newest = dated.sort_values("created")["id"].iloc[-1]
    return next((frozenset(each.runs) for each in sets if newest in each.runs), frozenset())


def _asks_for_best(view: View) -> bool:
    return any(each.startswith("best:") for each in view.chips)


def _found(
    table: pd.DataFrame, view: View, sets: Sequence[RunSet]
) -> tuple[pd.DataFrame, FilterError | None]:
    """The runs that match the filter and the chips; an invalid filter matches all."""
    table = _in_question(table, archived=view.archived, with_tuning=view.tuning)
    error = None
    try:
        table = table[parse(view.filter, view.now).matches(table)]
    except FilterError as problem:
        error = problem
    if view.chips:
        table = table[find.matches(table, view.chips, view.now or datetime.now(UTC), sets)]
    return table.reset_index(drop=True), error


def _found_without_each(table: pd.DataFrame, view: View, sets: Sequence[RunSet]) -> dict[str, int]:
    """How many runs match if one condition is dropped, by the name of its option."""
    dropped = {
        "filter": replace(view, filter=""),
        "chips": replace(view, chips=()),
        "tuning": replace(view, tuning=True),
        "archived": replace(view, archived=True),
    }
    counts = {name: len(_found(table, each, sets)[0]) for name, each in dropped.items()}
    return {name: count for name, count in counts.items() if count}


def _in_question(table: pd.DataFrame, *, archived: bool, with_tuning: bool) -> pd.DataFrame:
    """The runs in the table before filtering: archived and tuning runs only if switched on."""
    table = table if archived else table[~table["archived"]]
    return table if with_tuning else table[~tuning.are_tuning(table)]


def _selected_runs(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that are selected individually, whether hidden by the filter or not."""
    wanted = [each for each in widgets.value("runs") if each not in (EVERYTHING, NOTHING)]
    in_question = _in_question(
        table, archived=widgets.value("archived"), with_tuning=widgets.value("tuning")
    )
    return table_rows.runs_of(in_question, wanted)


def hidden_by_the_filter(listing: Listing) -> int:
    """Number of selected runs that do not match the filter."""
    visible = _prepared(listing).runs["id"]
    return int((~_selected_runs(listing.runs)["id"].isin(visible)).sum())


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


def _take_selection(
    key: str, at_first: Sequence[str], rows: pd.DataFrame, meant: pd.DataFrame
) -> None:
    """Select the runs of the chosen rows, and keep earlier selections that are in no row."""
    places = selected_rows(key)
    selected = rows.iloc[[place for place in places if place < len(rows)]]
    if not widgets.value("runs") and set(selected["id"]) == {*at_first}:
        return  # not a choice: the browser sent the selection with which the table was drawn
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
    wanted = wanted[:MAX_CHOSEN]
    widgets.put("runs", wanted or [NOTHING])
    _TABLE.set(replace(_TABLE.get(), wanted=tuple(wanted)))


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
        members = tuning.without_test_results(saved_runs.members(table))
        histories = {each.id: each.history for each in members}

        def at_epoch(id: str, name: str) -> float | None:
            known = id in histories
            return reading(histories[id], name, AT_EPOCH, view.at_epoch) if known else None

        measured: dict[str, Any] = {
            name: [at_epoch(id, name) for id in table["id"]] for name in MEASURES if name in table
        }
        return table.assign(**measured)
    return table


def report_unreadable(listing: Listing) -> None:
    """Report saved runs that cannot be read, and the plug-ins that they need."""
    if count := len(listing.unreadable):
        ids = ", ".join(listing.unreadable[:MAX_UNREADABLE])
        more = f" and {count - MAX_UNREADABLE} more" if count > MAX_UNREADABLE else ""
        left_out = names.counted(count, "saved run")
        st.warning(f"{left_out} cannot be read and are left out: {ids}{more}.")
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
