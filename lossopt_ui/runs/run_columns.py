"""The columns of the table of runs: which are shown, and how."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.analysis.groups import SEEDS
from lossopt_core.fields import Choice, Number
from lossopt_ui.runs import table_rows
from lossopt_ui.runs.table_rows import SPREAD, differing
from lossopt_ui.runs.tuning import VALIDATION
from lossopt_ui.state import names, pages
from lossopt_ui.state.pages.settings import COLUMNS

RUN = "run"
"""The column with a row's name."""
SEPARATOR = " · "
PRINCIPAL = ("dataset", "loss", "strength", "optimizer", "learning_rate")
"""Settings that a name tells whenever they differ."""
NAME_WIDTH = 200
NAME_LENGTH = 27
"""Characters of a name that fit into this width; longer ones need a second line."""
RESULTS = ("test_accuracy", "train_accuracy", "objective", "update")
ABOUT = ("status", "created", "id")


def automatic(rows: pd.DataFrame) -> list[str]:
    """Settings that differ; options of data sets are merged into the data set column."""
    names_ = differing(rows)
    if any("." in name for name in names_):
        return ["dataset", *(name for name in names_ if "." not in name and name != "dataset")]
    return names_


def columns_of(rows: pd.DataFrame, chosen: Sequence[str], *, grouped: bool) -> list[str]:
    """The columns to show: name and sparkline, then the chosen ones or results and settings."""
    pinned = ["pinned"] * bool(rows["pinned"].any())
    if chosen:
        return [*pinned, RUN, *chosen, "id"]
    spreads = [f"test_accuracy{SPREAD}"] * bool((rows["runs"] > 1).any())
    varying = [name for name in automatic(rows) if not grouped or name not in SEEDS]
    said = [name for name in ("tags", "note") if rows[name].map(bool).any()]
    several = ["runs"] * bool((rows["runs"] > 1).any())
    validated = [VALIDATION] * bool(VALIDATION in rows and rows[VALIDATION].notna().any())
    return [
        *pinned, RUN, "spark", "test_accuracy", *spreads, *validated, *several, *RESULTS[1:],
        *varying, *said, *ABOUT,
    ]  # fmt: skip


def named(rows: pd.DataFrame, *, grouped: bool, always: Sequence[str] = ()) -> pd.Series:
    """A name for each row: the given one, or the settings that tell it from the other rows.

    always   settings that are told of every row
    """
    differ = [name for name in automatic(rows) if not grouped or name not in SEEDS]
    told = _telling(rows, list(dict.fromkeys([*always, *differ])))
    parts = [_told(name, rows).tolist() for name in told]
    default = _told("loss", rows).tolist()
    joined = [
        given or SEPARATOR.join(filter(None, texts)) or usual or given_id
        for given, usual, given_id, *texts in zip(
            rows["name"], default, rows["id"], *parts, strict=True
        )
    ]
    return pd.Series(joined, index=rows.index, dtype="object")


def _telling(rows: pd.DataFrame, told: Sequence[str]) -> list[str]:
    """The settings without those that follow from others, such as a batch size from the data.

    What a run is comes first and always stays.
    """
    kept = list(told)
    for name in reversed(told):
        without = [each for each in kept if each != name]
        if name in PRINCIPAL or not without:
            continue
        if len(_distinct(rows, without)) == len(_distinct(rows, kept)):
            kept = without
    return kept


def _distinct(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The combinations of values; the options of a data set count as part of its name."""
    options = [name for name in rows if "." in str(name)] if "dataset" in columns else []
    return rows[[*columns, *options]].drop_duplicates()


def _told(name: str, rows: pd.DataFrame) -> pd.Series:
    """A setting of each row in a few words; '' where it does not apply."""
    if name == "dataset":
        return _or_nothing(_with_options(rows))
    column = rows[name]
    texts = {each: names.short_setting_text(name, each) for each in column.dropna().unique()}
    return _or_nothing(column.map(texts))


def _or_nothing(texts: pd.Series) -> pd.Series:
    return texts.astype("object").where(texts.notna(), "")


def has_long_names(shown: pd.DataFrame) -> bool:
    """Whether names of these rows do not fit into one line."""
    return bool((shown[RUN].str.len() > NAME_LENGTH).any())


def as_shown(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The cells of these columns, as they are shown."""
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


def looks(shown: pd.DataFrame) -> dict[str, Any]:
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
                "Curve", help="Objective over the whole training.", width=60
            )
        case _ if name == RUN:
            return config.TextColumn("Run", help="What tells it from the others.", width=NAME_WIDTH)
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
            short = {"test_accuracy": "Test (%)", VALIDATION: "Validation (%)"}.get(name)
            return config.NumberColumn(
                short or f"{COLUMNS[name]} (%)",
                format="%.1f",
                help="Accuracy; the mean over the seeds of a group." if short else None,
            )
        case "update":
            return config.NumberColumn(COLUMNS[name], format="%d")
        case _ if name in table_rows.FIGURES:
            return config.NumberColumn(COLUMNS[name], format="%.4g")
    return config.TextColumn(COLUMNS.get(name, declaration.label if declaration else name))
