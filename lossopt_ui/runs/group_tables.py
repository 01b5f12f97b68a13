"""The selected groups as tables: settings that differ, and results."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.analysis.digits import with_spread
from lossopt_core.analysis.groups import SEEDS
from lossopt_core.analysis.readings import reading
from lossopt_core.analysis.text_tables import FORMATS, Format
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings, flat_settings
from lossopt_core.fields import Number
from lossopt_core.training.run import DIVERGED, STOPPED
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import files
from lossopt_ui.runs.files import File
from lossopt_ui.runs.groups import Group, mixed
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.settings import SETTINGS

SEVERAL = "several"


def settings(shown: Sequence[Group], *, differing_only: bool) -> pd.DataFrame:
    """One row per group, one column per setting: all settings, or only those that differ."""
    rows = [_settings_of(group) for group in shown]
    used = [name for name in declared_settings() if any(name in row for row in rows)]
    if differing_only:
        # Imported curves have no settings, which does not count as a difference.
        known = [row for row in rows if row]
        used = [name for name in used if len({row.get(name, "–") for row in known}) > 1]
    if any(len(group.members) > 1 for group in shown):
        used = [name for name in used if name not in SEEDS]
    cells = {SETTINGS[name]: [row.get(name, "–") for row in rows] for name in used}
    return pd.DataFrame(cells, index=[group.label for group in shown])


def _settings_of(group: Group) -> dict[str, str]:
    """The settings as text; `SEVERAL` where the runs of the group differ."""
    tables = [flat_settings(each) for each in group.experiments]
    found: dict[str, str] = {}
    for table in tables[:1]:
        for name, value in table.items():
            same = all(other.get(name) == value for other in tables)
            found[name] = _cell(name, value) if same else SEVERAL
    return found


def _cell(name: str, value: Any) -> str:
    declaration = pages.DECLARED[name]
    if isinstance(declaration, Number) and declaration.whole:
        return str(int(value))
    return names.value_text(name, value)


def results(shown: Sequence[Group], optima: Optima) -> pd.DataFrame:
    """One row per group: number of runs, mean ± standard deviation, distance to the optimum."""
    rows = {}
    distance = "Distance to optimum (worst run)" if _several_runs(shown) else "Distance to optimum"
    for group in shown:
        rows[group.label] = {
            "Runs": len(group.members),
            "Objective": _mean_and_spread(group, "objective", optima),
            "Test accuracy (%)": _mean_and_spread(group, "test_accuracy", optima),
            "Training accuracy (%)": _mean_and_spread(group, "train_accuracy", optima),
            "Optimum": _optimum(group, optima),
            distance: _distance(group, optima),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def values(members: Sequence[SavedRun], column: str, optima: Optima) -> list[float]:
    """The results of the runs at the chosen point of training.

    NaN if there is none: a run that diverged or was stopped has no comparable result.
    """
    at, epoch = widgets.value("at"), widgets.value("at_epoch")
    found = []
    for each in members:
        history: pd.DataFrame | None = each.history
        if column in DISTANCES:
            history = None
            if each.experiment is not None:
                history = optima.distances(each.experiment, each.history)
        if history is None or each.status in (DIVERGED, STOPPED):
            found.append(math.nan)
        else:
            found.append(reading(history, column, at, epoch))
    return found


def _mean_and_spread(group: Group, column: str, optima: Optima) -> str:
    """Mean ± standard deviation over the finished runs; the label says how many are not."""
    if mixed([group], column):
        return "several losses"
    found = np.array(values(group.members, column, optima))
    found = found[np.isfinite(found)] * (100.0 if MEASURES[column].percent else 1.0)
    if len(found) == 0:
        return "–"
    if len(found) == 1:
        return f"{found[0]:.4g}" if MEASURES[column].percent else f"{found[0]:.6g}"
    return with_spread(found.mean(), found.std(ddof=1))


def _optimum(group: Group, optima: Optima) -> str:
    known = {each.objective for e in group.experiments if (each := optima.of(e)) is not None}
    if len(known) == 1:
        return f"{known.pop():.6g}"
    if len(known) > 1:
        return f"{min(known):.4g} to {max(known):.4g}"
    return _why_unknown(group, optima)


def _why_unknown(group: Group, optima: Optima) -> str:
    if any(each in optima.certificates for each in group.experiments):
        return "at least 0 (no penalty)"
    return "being computed" if optima.pending and group.experiments else "unknown"


def _distance(group: Group, optima: Optima) -> str:
    """The certified gap of the run furthest from its optimum: a bound for all of them."""
    ends = [
        (reading(member.history, "objective"), known)
        for member in group.members
        if member.experiment is not None and (known := optima.of(member.experiment)) is not None
    ]
    if len(ends) < len(group.members) or not all(math.isfinite(end) for end, _ in ends):
        return "being computed" if optima.pending and group.experiments else "unknown"
    return optimum.within(*max(ends, key=lambda end: end[0] - end[1].lower_bound))


def whole(shown: Sequence[Group], optima: Optima) -> pd.DataFrame:
    """Settings and results side by side, as shown."""
    differing_only = widgets.value("differs")
    return pd.concat(
        [settings(shown, differing_only=differing_only), results(shown, optima)], axis=1
    )


def show(shown: Sequence[Group], optima: Optima) -> None:
    """Show the table below the curves."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Settings and results**")
        widgets.setting("differs")
        table = whole(shown, optima)
        _as_text(table)
    st.dataframe(table, key="differences", height="content" if len(table) < 12 else 420)
    if words := explain_spreads(shown):
        st.caption(words)


def explain_spreads(shown: Sequence[Group]) -> str:
    """The meaning of ± in the table; '' if there is none because all are single runs."""
    if not _several_runs(shown):
        return ""
    return "In the table: mean ± standard deviation over the runs."


def _several_runs(shown: Sequence[Group]) -> bool:
    return any(len(group.members) > 1 for group in shown)


def _as_text(table: pd.DataFrame) -> None:
    """The table as LaTeX, Markdown and CSV files."""
    with st.popover("Download table", icon=":material/table:"):
        files.offer(*(_written(table, name, each) for name, each in FORMATS.items()))


def _written(table: pd.DataFrame, name: str, each: Format) -> File:
    return File(
        each.label,
        f"lossopt-table.{each.ending}",
        each.kind,
        lambda _: each.write(table).encode(),
        key=f"table-{name}",
    )
