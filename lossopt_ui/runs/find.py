"""Chips that narrow the list of runs: data set, loss, optimizer, when, status, best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from lossopt_core.analysis.groups import whole
from lossopt_core.query.filters import parse
from lossopt_core.store.sets import RunSet
from lossopt_core.training.run import DIVERGED, FINISHED, STOPPED
from lossopt_ui.experiment.saved_runs import Listing
from lossopt_ui.runs import run_sets
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.compare import CHIPS
from lossopt_ui.state.session import WidgetKey

SETTINGS = ("dataset", "loss", "optimizer")
TIMES = {
    "hour": ("Last hour", "last hour"),
    "today": ("Today", "today"),
    "yesterday": ("Yesterday", "yesterday"),
    "week": ("Last 7 days", "last 7 days"),
}
"""Values of the chips about time: labels, and the same in the filter language."""
STATUSES = {FINISHED: "Finished", DIVERGED: "Diverged", STOPPED: "Stopped"}
BEST = {"3": 3, "10": 10}
_CHOSEN: WidgetKey[list[str]] = WidgetKey("chips-choice")


@dataclass(frozen=True)
class Chip:
    """A condition of the form `kind:value`."""

    kind: str
    value: str

    @classmethod
    def of(cls, text: str) -> "Chip":
        """Read a condition from an address."""
        kind, _, value = text.partition(":")
        return cls(kind, value)

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @property
    def label(self) -> str:
        """The condition as shown: 'Digits', 'Today', 'Best 10'."""
        match self.kind:
            case "when":
                return TIMES[self.value][0] if self.value in TIMES else self.value
            case "status":
                return STATUSES.get(self.value, self.value)
            case "best":
                return f"Best {self.value} per data set"
        registry: Mapping[str, Any] = getattr(pages.DECLARED[self.kind], "registry", {})
        known = self.value in registry
        return names.value_text(self.kind, self.value) if known else self.value


def now() -> datetime:
    """The time, in the visitor's time zone."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):  # the browser can send anything
        zone = ZoneInfo("UTC")
    return datetime.now(zone)


def choose(listing: Listing) -> None:
    """Show the chips; what occurs only once in the list is not offered."""
    table, sets = listing.runs, run_sets.named(listing.sets, listing.runs)
    chosen = list(widgets.value("chips"))
    if not _CHOSEN.is_set() or _CHOSEN.get() != chosen:
        _CHOSEN.set(chosen)
    looks = widgets.custom_widget("chips")
    if looks is None:
        return
    option = pages.COMPARE.options["chips"]
    offers = [*map(str, offered(table, now())), *(f"set:{each}" for each in sets)]
    st.multiselect(
        option.label,
        [*dict.fromkeys([*offers, *chosen])],
        format_func=lambda text: _shown(Chip.of(text), sets),
        key=_CHOSEN.name,
        on_change=lambda: widgets.take("chips", tuple(_CHOSEN.get())),
        help=option.help,
        placeholder=getattr(option, "none", ""),
        **looks,
    )


def _shown(chip: Chip, sets: Mapping[str, str]) -> str:
    """'Loss: Hinge'; a set is shown by its name alone."""
    if chip.kind == "set":
        return sets.get(chip.value, "A set whose runs were deleted")
    return f"{CHIPS[chip.kind]}: {chip.label}"


def offered(table: pd.DataFrame, now: datetime) -> list[Chip]:
    """The chips that tell some of the runs from others."""
    found = []
    for name in SETTINGS:
        values = list(table[name].dropna().unique()) if name in table else []
        found += [Chip(name, each) for each in values if len(values) > 1]
    found += [
        Chip("when", name)
        for name, (_, text) in TIMES.items()
        if 0 < parse(text, now).matches(table).sum() < len(table)
    ]
    statuses = [each for each in STATUSES if (table["status"] == each).any()]
    found += [Chip("status", each) for each in statuses if len(statuses) > 1]
    return [*found, *(Chip("best", name) for name in BEST)]


def matches(
    table: pd.DataFrame, chips: Sequence[str], now: datetime, sets: Sequence[RunSet] = ()
) -> pd.Series:
    """Which rows match: values of one kind are alternatives, and all kinds must match.

    The best runs are the best of those that match everything else.
    """
    wanted: dict[str, list[str]] = {}
    for chip in map(Chip.of, chips):
        wanted.setdefault(chip.kind, []).append(chip.value)
    found = pd.Series(data=True, index=table.index)
    best = wanted.pop("best", None)
    if chosen := wanted.pop("set", None):
        planned = {id for each in sets if each.id in chosen for id in each.runs}
        found &= table["id"].isin(planned)
    for kind, values in wanted.items():
        found &= _any_of(table, kind, values, now)
    if best is None:
        return found
    count = max(BEST.get(each, 0) for each in best)
    return found & table["family"].isin(_best_groups(table[found], count))


def _any_of(table: pd.DataFrame, kind: str, values: Sequence[str], now: datetime) -> pd.Series:
    if kind == "when":
        found = pd.Series(data=False, index=table.index)
        for name in TIMES.keys() & set(values):
            found |= parse(TIMES[name][1], now).matches(table)
        return found
    column = table[kind] if kind in table else pd.Series("", index=table.index)
    return column.isin(values)


def _best_groups(table: pd.DataFrame, count: int) -> pd.Series:
    """The groups with the highest mean test accuracy, so many on each data set.

    Groups with unfinished runs have no mean.
    """
    finished = whole(table).dropna(subset=["test_accuracy"])
    if finished.empty:
        return pd.Series(dtype="object")
    means = finished.groupby(["dataset", "family"])["test_accuracy"].mean().reset_index()
    ranked = means.sort_values("test_accuracy", ascending=False, kind="stable")
    best: pd.Series = ranked.groupby("dataset").head(count)["family"]
    return best


def depends_on_time(chips: Sequence[str]) -> bool:
    """Whether what the chips match depends on the time of day."""
    return any(Chip.of(each).kind == "when" for each in chips)


def explain_nothing(excluded: Mapping[str, tuple[int, Callable[[], None]]]) -> None:
    """Say that no run matches, and offer to drop each condition that excludes runs.

    `excluded` has a name of each condition, the runs that match without it, and what drops it.
    """
    st.info("No run matches all conditions.", icon=":material/search_off:")
    with st.container(horizontal=True):
        for name, (count, drop) in excluded.items():
            found = names.counted(count, "run")
            st.button(f"{name} ({found})", key=f"drop-{name}", on_click=drop)
