"""Names of sets of runs that were planned together: 'Sweep: loss × strength, Digits (60 runs)'."""

from collections.abc import Sequence

import pandas as pd

from lossopt_core.analysis.groups import SEEDS
from lossopt_core.store.sets import RunSet
from lossopt_ui.runs import table_rows, tuning
from lossopt_ui.state import names

FEW = 3
"""With at most so many groups, their values are named; otherwise the settings that vary."""


def named(sets: Sequence[RunSet], table: pd.DataFrame) -> dict[str, str]:
    """A name for each set with at least two groups in the table, by its id, newest first.

    Equal names get numbers.
    """
    found: dict[str, str] = {}
    for each in sets:
        rows = table[table["id"].isin(each.runs)]
        if rows["family"].nunique() > 1:
            name = _name(rows)
            same = sum(other == name or other.startswith(f"{name} [") for other in found.values())
            found[each.id] = f"{name} [{same + 1}]" if same else name
    return found


def _name(rows: pd.DataFrame) -> str:
    tuned = tuning.are_tuning(rows)
    varied = [
        name
        for name in table_rows.differing(rows)
        if name not in (*SEEDS, "validation", "dataset")
        and not (tuned.any() and name == "learning_rate")
    ]
    data = [names.value_text("dataset", each) for each in rows["dataset"].dropna().unique()]
    return f"{_what(rows, varied, tuned=bool(tuned.any()))}, {', '.join(data)} ({len(rows)} runs)"


def _what(rows: pd.DataFrame, varied: Sequence[str], *, tuned: bool) -> str:
    if tuned:
        return f"Fair tuning: {_settings(varied) or 'learning rate'}"
    if len(varied) == 1:
        values = list(rows[varied[0]].dropna().unique())
        if 1 < len(values) <= FEW:
            return " vs ".join(names.short_setting_text(varied[0], each) for each in values)
    return f"Sweep: {_settings(varied) or 'data set'}"


def _settings(varied: Sequence[str]) -> str:
    return " × ".join(map(names.setting_name, varied))
