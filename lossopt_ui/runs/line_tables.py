"""Chosen lines as tables: what they differ in, and what came of them."""

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
from lossopt_core.experiment.description import declared_settings, flat_settings
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Number
from lossopt_core.training.run import DIVERGED, STOPPED
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.experiment.saved_runs import Member
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import files
from lossopt_ui.runs.files import File
from lossopt_ui.runs.lines import Line, mixed
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.settings import SETTINGS

SEVERAL = "several"


def settings(shown: Sequence[Line], *, differing_only: bool) -> pd.DataFrame:
    """One row a line, one column a setting: of all, or of those that are not the same in all."""
    rows = [_settings_of(line) for line in shown]
    used = [name for name in declared_settings() if any(name in row for row in rows)]
    if differing_only:
        # Lines from elsewhere have no settings, which are not other settings.
        known = [row for row in rows if row]
        used = [name for name in used if len({row.get(name, "–") for row in known}) > 1]
    if any(len(line.members) > 1 for line in shown):
        used = [name for name in used if name not in SEEDS]
    cells = {SETTINGS[name]: [row.get(name, "–") for row in rows] for name in used}
    return pd.DataFrame(cells, index=[line.label for line in shown])


def _settings_of(line: Line) -> dict[str, str]:
    """Settings in words; `SEVERAL` where the line's runs differ."""
    tables = [flat_settings(each) for each in line.experiments]
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
    return names.shown(name, value)


def results(shown: Sequence[Line], optima: Optima) -> pd.DataFrame:
    """One row a line: how many runs, their results with the spread, and how near to the best."""
    rows = {}
    distance = "Distance (furthest run)" if _several_runs(shown) else "Distance"
    for line in shown:
        rows[line.label] = {
            "Runs": len(line.members),
            "Objective": _mean_and_spread(line, "objective", optima),
            "Test accuracy (%)": _mean_and_spread(line, "test_accuracy", optima),
            "Training accuracy (%)": _mean_and_spread(line, "train_accuracy", optima),
            "Best possible objective": _best_possible(line, optima),
            distance: _distance(line, optima),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def values(members: Sequence[Member], column: str, optima: Optima) -> list[float]:
    """The members' results at the point of the training that is asked for.

    NaN where there is none: one that diverged has no end that could be compared.
    """
    at, epoch = widgets.value("at"), widgets.value("at_epoch")
    found = []
    for each in members:
        history: pd.DataFrame | None = each.history
        if column in DISTANCES:
            known = each.experiment is not None
            history = optima.distances(each.experiment, each.history) if known else None
        gone = history is None or each.status in (DIVERGED, STOPPED)
        found.append(math.nan if gone else reading(history, column, at, epoch))
    return found


def _mean_and_spread(line: Line, column: str, optima: Optima) -> str:
    """Of the runs that came to their end; how many did not is in the line's label."""
    if mixed([line], column):
        return "several losses"
    found = np.array(values(line.members, column, optima))
    found = found[np.isfinite(found)] * (100.0 if MEASURES[column].percent else 1.0)
    if len(found) == 0:
        return "–"
    if len(found) == 1:
        return f"{found[0]:.4g}" if MEASURES[column].percent else f"{found[0]:.6g}"
    return with_spread(found.mean(), found.std(ddof=1))


def _best_possible(line: Line, optima: Optima) -> str:
    known = {each.objective for e in line.experiments if (each := optima.of(e)) is not None}
    if len(known) == 1:
        return f"{known.pop():.6g}"
    if len(known) > 1:
        return f"{min(known):.4g} to {max(known):.4g}"
    return _why_unknown(line, optima)


def _why_unknown(line: Line, optima: Optima) -> str:
    if any(each in optima.certificates for each in line.experiments):
        return "at least 0 (no penalty)"
    return "being computed" if optima.pending and line.experiments else "not known"


def _distance(line: Line, optima: Optima) -> str:
    """Of the run that is furthest from its best: what is said holds for all of them."""
    ends = [
        (reading(member.history, "objective"), known)
        for member in line.members
        if member.experiment is not None and (known := optima.of(member.experiment)) is not None
    ]
    if len(ends) < len(line.members) or not all(math.isfinite(end) for end, _ in ends):
        return "being computed" if optima.pending and line.experiments else "not known"
    return optimum.within(*max(ends, key=lambda end: end[0] - end[1].lower_bound))


def whole(shown: Sequence[Line], optima: Optima) -> pd.DataFrame:
    """Settings and results beside each other, as they are shown."""
    differing_only = widgets.value("differs")
    return pd.concat(
        [settings(shown, differing_only=differing_only), results(shown, optima)], axis=1
    )


def show(shown: Sequence[Line], optima: Optima) -> None:
    """The table below the curves."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Settings and results**")
        widgets.setting("differs")
        table = whole(shown, optima)
        _as_text(table)
    st.dataframe(table, key="differences", height="content" if len(table) < 12 else 420)
    if words := what_spreads_are(shown):
        st.caption(words)


def what_spreads_are(shown: Sequence[Line]) -> str:
    """What ± stands for in the table, where it is; '' where every line is a single run."""
    if not _several_runs(shown):
        return ""
    return "In the table, ± is the standard deviation over a line's runs."


def _several_runs(shown: Sequence[Line]) -> bool:
    return any(len(line.members) > 1 for line in shown)


def _as_text(table: pd.DataFrame) -> None:
    """The table for papers and notes."""
    with st.popover("Table as text", icon=":material/table:"):
        files.offer(*(_written(table, name, each) for name, each in FORMATS.items()))


def _written(table: pd.DataFrame, name: str, each: Format) -> File:
    return File(
        each.label,
        f"lossopt-table.{each.ending}",
        each.kind,
        lambda _: each.write(table).encode(),
        key=f"table-{name}",
    )
