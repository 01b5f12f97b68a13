"""The kept runs as a table in which runs are found and chosen."""

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
from lossopt_ui.runs import entries
from lossopt_ui.runs.entries import SPREAD, differing
from lossopt_ui.state import names, pages, toasts, widgets
from lossopt_ui.state.kinds import EVERYTHING, MOST_CHOSEN
from lossopt_ui.state.pages.settings import COLUMNS
from lossopt_ui.state.session import SessionKey, selected_rows

RESULTS = ("test_accuracy", "train_accuracy", "objective", "update")
ABOUT = ("status", "created", "id")
MOST_BYTES = 30_000_000
"""Of all tables that are prepared and held."""
ROW, HEAD, TALLEST = 35, 38, 330


@dataclass(frozen=True, eq=False)
class Prepared:
    """The table as it is to be shown; the same for everybody with the same choices.

    runs      the runs that the filter lets through
    rows      the entries: families of runs, or runs, in their order
    shown     the cells
    error     what is wrong with the filter
    """

    runs: pd.DataFrame
    rows: pd.DataFrame
    shown: pd.DataFrame
    error: FilterError | None


@dataclass(frozen=True)
class Drawn:
    """The table that was drawn last.

    number     tells it from those before
    ids        of its rows
    at_first   what was selected when it was drawn first
    wanted     what is selected
    """

    number: int = 0
    ids: Sequence[str] | None = None
    at_first: Sequence[str] = ()
    wanted: Sequence[str] = ()


_TABLE = SessionKey("runs_table.table", Drawn)


@dataclass(frozen=True)
class View:
    """What a visitor has chosen of how the table looks: all that it is prepared from.

    filter      which runs are in it
    archived    whether archived ones are
    together    whether runs that differ by seed only are one row
    columns     which are shown; none for those that tell the runs apart
    sort        by which columns
    at          the point of the training at which results are shown, with its epoch
    """

    filter: str
    archived: bool
    together: bool
    columns: tuple[str, ...]
    sort: tuple[str, ...]
    at: str
    at_epoch: float

    @classmethod
    def chosen(cls) -> "View":
        """As the widgets of the page say."""
        return cls(
            filter=widgets.value("filter"),
            archived=widgets.value("archived"),
            together=widgets.value("rows") == "families",
            columns=widgets.value("columns"),
            sort=widgets.value("sort"),
            at=widgets.value("at"),
            at_epoch=widgets.value("at_epoch"),
        )


def choose(listing: Listing) -> pd.DataFrame:
    """Show the runs, the newest first; return the rows of those that are selected.

    What differs between the runs comes first, then what came of them.  Settings that are the
    same in all of them are left out, unless columns are chosen.
    """
    prepared, table = _prepared(listing), listing.runs
    if prepared.error is not None:
        stop = "" if prepared.error.message.endswith("?") else "."
        said = f"Filter: {names.in_markdown(prepared.error.message)}{stop} All runs are shown."
        st.error(said, icon=":material/filter_alt_off:")
        st.code(prepared.error.pointer, language=None)
    if hidden := hidden_by_the_filter(listing):
        what = "1 selected run is" if hidden == 1 else f"{hidden:,} selected runs are"
        st.info(f"{what} hidden by the filter.", icon=":material/filter_alt:")
    # Streamlit lays the table's tools over what is above its right end: nothing stands there.
    st.caption(_how_many(prepared, of=len(table)))
    ids = prepared.rows["id"].tolist()
    wanted = widgets.value("runs")
    key, at_first = _same_table(ids, wanted)
    # Not the tables themselves: what a callback names is held as long as the visit lasts.
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
        selection_default={"selection": {"rows": entries.selected(prepared.rows, at_first)}},
        column_config=_looks(prepared.shown),
    )
    return entries.runs_of(prepared.runs, wanted)


def _how_many(prepared: Prepared, *, of: int) -> str:
    """'30 of 2,000 runs in 3 rows'."""
    runs, rows = len(prepared.runs), len(prepared.rows)
    of_all = "" if runs == of else f" of {of:,}"
    found = f"{runs:,}{of_all} run{'s' * (of != 1)}"
    return found if rows == runs else f"{found} in {rows:,} row{'s' * (rows != 1)}"


_PREPARED: Cache[Prepared] = Cache(
    MOST_BYTES, lambda prepared: _bytes_of(prepared.runs) + _bytes_of(prepared.rows)
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
    rows = entries.in_order(entries.entries(at_point, together=view.together), view.sort)
    return Prepared(runs, rows, _as_shown(rows, _columns_of(rows, view)), error)


def _found(table: pd.DataFrame, view: View) -> tuple[pd.DataFrame, FilterError | None]:
    """The runs that the filter lets through; all of them where it has a mistake."""
    table = _in_question(table, archived=view.archived)
    try:
        return table[parse(view.filter).matches(table)].reset_index(drop=True), None
    except FilterError as error:
        return table.reset_index(drop=True), error


def _in_question(table: pd.DataFrame, *, archived: bool) -> pd.DataFrame:
    """The runs that can be in the table, whatever the filter."""
    return table if archived else table[~table["archived"]]


def _selected_runs(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that are selected one by one, hidden by the filter or not."""
    wanted = [each for each in widgets.value("runs") if each != EVERYTHING]
    return entries.runs_of(_in_question(table, archived=widgets.value("archived")), wanted)


def hidden_by_the_filter(listing: Listing) -> int:
    """How many runs are selected that the filter does not let through."""
    visible = _prepared(listing).runs["id"]
    return int((~_selected_runs(listing.runs)["id"].isin(visible)).sum())


def glance(table: pd.DataFrame) -> None:
    """A few runs, the newest first, to look at only."""
    rows = entries.entries(table, together=False)
    columns = list(dict.fromkeys(["dataset", "loss", "optimizer", *_automatic(rows)]))
    tags = ["tags"] * bool(rows["tags"].map(bool).any())
    shown = _as_shown(rows, [*columns, *RESULTS, *tags, *ABOUT])
    st.dataframe(
        shown, hide_index=True, placeholder="–", key="last-runs", column_config=_looks(shown)
    )


def _same_table(ids: Sequence[str], wanted: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The key of the table, and what was selected when it first stood there.

    A selection is kept by position: a table of other rows must be another table, and so must
    one whose selection was changed from elsewhere.  What a visitor selects in the table changes
    neither, so that its many rows are not sent again.
    """
    before = _TABLE.get()
    number, at_first = before.number, before.at_first
    if before.ids != ids or before.wanted != wanted:
        number, at_first = number + 1, wanted
    _TABLE.set(Drawn(number, ids, at_first, wanted))
    return f"runs-table-{number}", at_first


def _take_selection(key: str, rows: pd.DataFrame, meant: pd.DataFrame) -> None:
    """Let the selected rows be wanted, and what was wanted before and stands in no row."""
    places = selected_rows(key)
    selected = rows.iloc[[place for place in places if place < len(rows)]]
    unseen = _wanted_unseen(rows, meant, selected)
    ids = [
        id
        for id, family in zip(selected["id"], selected["family"], strict=True)
        if family not in unseen
    ]
    wanted = list(dict.fromkeys([*ids, *unseen]))
    everything = len(selected) == len(rows) > 1
    if everything and (not unseen or len(wanted) > MOST_CHOSEN):
        wanted = [EVERYTHING]
        if unseen:
            toasts.later("All rows are chosen, and runs that the table does not show are no more.")
    if len(wanted) > MOST_CHOSEN:
        toasts.later(
            f"At most {MOST_CHOSEN} rows can be chosen one by one: the first {MOST_CHOSEN} are."
            " Narrow the table with the filter and choose all of it."
        )
    widgets.put("runs", wanted[:MOST_CHOSEN])
    _TABLE.set(replace(_TABLE.get(), wanted=widgets.value("runs")))


def _wanted_unseen(rows: pd.DataFrame, meant: pd.DataFrame, selected: pd.DataFrame) -> list[str]:
    """Ids that were wanted and stand in no row: the filter hides them, or a switch does."""
    wanted = widgets.value("runs")
    shown, on = ({id for ids in some["members"] for id in ids} for some in (rows, selected))
    unknown = {*entries.unknown(meant, wanted)} - shown
    references = [each for each in wanted if each in unknown and each in reference.IDS]
    return [*entries.wanted_unseen(meant, shown, on, wanted), *references]


def _at_the_point(table: pd.DataFrame, view: View) -> pd.DataFrame:
    """The table with its results at the point of the training that is asked for."""
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

        measured = [name for name in MEASURES if name in table]
        return table.assign(
            **{name: [at_epoch(id, name) for id in table["id"]] for name in measured}
        )
    return table


def _automatic(rows: pd.DataFrame) -> list[str]:
    """Settings that differ; options of data sets go with the data set's name."""
    names_ = differing(rows)
    if any("." in name for name in names_):
        return ["dataset", *(name for name in names_ if "." not in name and name != "dataset")]
    return names_


def _columns_of(rows: pd.DataFrame, view: View) -> list[str]:
    if view.columns:
        return ["pinned"] * bool(rows["pinned"].any()) + [*view.columns, "id"]
    spreads = [f"test_accuracy{SPREAD}"] * bool((rows["runs"] > 1).any())
    varying = [
        name for name in _automatic(rows) if not view.together or name not in ("seed", "split_seed")
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
            shown[name] = rows[name].map(np.float32)  # half as much to send, a line all the same
        elif name in rows:
            shown[name] = rows[name]
    return shown


def _with_options(table: pd.DataFrame) -> pd.Series:
    """Each row's data set, with the options that differ among the runs on it."""
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
    """Entries of registries by their labels; numbers stay numbers, so that they sort."""
    if isinstance(pages.DECLARED[name], Choice):
        return column.map(lambda each: names.shown(name, each), na_action="ignore")
    return column


def _looks(shown: pd.DataFrame) -> dict[str, Any]:
    """How the columns of the table are titled and written."""
    return {name: _look(name) for name in shown}


def _look(name: str) -> Any:
    config = st.column_config
    declaration = pages.DECLARED.get(name)
    if isinstance(declaration, Number):
        return config.NumberColumn(declaration.label, format="%d" if declaration.whole else "%g")
    match name:
        case "spark":
            return config.LineChartColumn(
                "Objective", help="From the start to the end.", width="small"
            )
        case "created":
            return config.DatetimeColumn(COLUMNS[name], format="distance")
        case "tags":
            return config.ListColumn(COLUMNS[name])
        case "pinned":
            return config.CheckboxColumn("Pinned", width="small")
        case "runs":
            return config.NumberColumn("Runs", help="How many differ by seed only.")
        case "id":
            return config.TextColumn("Id")
        case _ if name.endswith(SPREAD):
            return config.NumberColumn("± sd", format="%.2f", help="Standard deviation over seeds.")
        case _ if name.endswith("accuracy"):
            return config.NumberColumn(f"{COLUMNS[name]} (%)", format="%.1f")
        case "update":
            return config.NumberColumn(COLUMNS[name], format="%d")
        case _ if name in entries.FIGURES:
            return config.NumberColumn(COLUMNS[name], format="%.4g")
    return config.TextColumn(COLUMNS.get(name, declaration.label if declaration else name))


def say_unreadable(listing: Listing) -> None:
    """Runs of the store that cannot be read, and the plug-ins that they need."""
    if listing.unreadable:
        ids = ", ".join(listing.unreadable)
        st.warning(f"These kept runs cannot be read, and are left out: {ids}.")
    if listing.needed:
        said = names.in_markdown(", ".join(listing.needed))
        st.warning(f"Some runs need plug-ins that are not installed here: {said}.")


def say_what_is_missing(listing: Listing) -> None:
    """Runs of the store that cannot be read, and ids of the address that are not here."""
    say_unreadable(listing)
    unknown = {*entries.unknown(listing.runs, widgets.value("runs"))}
    if hidden := len(unknown & {*reference.IDS}):
        what = "1 reference run is" if hidden == 1 else f"{hidden} reference runs are"
        st.info(f"{what} chosen, and not shown: the switch 'Reference runs' shows them.")
    if gone := len(unknown - {*reference.IDS}):
        st.warning(f"{gone} of the runs in the address are not kept here.")
