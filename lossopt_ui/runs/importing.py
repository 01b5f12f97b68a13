"""Import of curves from other programs, and of runs saved in a file, on the Compare page."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core import ForeignRun, StoreError
from lossopt_core.exchange import (
    Imported,
    Suggestion,
    archive,
    is_tidy,
    read_table,
    read_tidy,
    suggest,
    to_foreign,
)
from lossopt_core.exchange.sharing import pack
from lossopt_core.store.foreign_rows import LONGEST_NAME
from lossopt_core.training.run import HISTORY_COLUMNS
from lossopt_core.uploads.files import LARGEST, READERS
from lossopt_ui.config import budgets
from lossopt_ui.identity import file_contents, uploads, workspace
from lossopt_ui.state import kinds, names, widgets
from lossopt_ui.state.kinds import EVERYTHING, MAX_CHOSEN
from lossopt_ui.state.pages.settings import COLUMNS
from lossopt_ui.state.session import SessionKey, UploaderKey, WidgetKey

MAX_METRICS = 8
"""Most columns with a select box; any further ones are mapped as suggested."""
COUNTED = {
    "update": "Updates",
    "epoch": "Epochs",
    "gradient_evaluations": "Gradient evaluations",
}
NOTHING = "– ignore"
_UPLOADER = UploaderKey("bring_in.files")
_PROBLEM = SessionKey("bring_in.problem", str)
_REMOVED: WidgetKey[list[str]] = WidgetKey("bring-in-removed")


def popover() -> None:
    """Upload a file, map its columns and import it; remove earlier imports."""
    with st.popover("Import", icon=":material/upload:"):
        file = uploads.uploader(
            "Curves from another program, or exported runs",
            type=[*(ending.removeprefix(".") for ending in READERS), "zip"],
            max_upload_size=LARGEST // 1_000_000,
            help="CSV, TSV, Parquet or JSON with a step column, such as exports from TensorBoard,"
            f" W&B and MLflow; or runs exported from lossopt (*{archive.ENDING}*).",
            key=_UPLOADER.key("bring-in"),
        )
        if file is None:
            file_contents.give_back()
            _PROBLEM.clear()
        elif file.name.lower().endswith(".zip"):
            _button(_keep_runs, file.getvalue())
        else:
            _columns(file)
        if problem := _PROBLEM.get():
            _say(problem)
        _imported()


def _button(keep: Callable[..., None], *content: Any) -> None:
    st.button("Import", key="bring-in", type="primary", on_click=keep, args=content)


def _columns(uploaded: UploadedFile) -> None:
    """The mapping of the columns of the file: as suggested, unless changed."""
    filename, file = uploaded.name, uploaded.file_id
    try:
        table = file_contents.of(uploaded, _table)
        meant = suggest(table)
    except ValueError as error:
        _say(str(error))
        return
    columns = [str(name) for name in table.columns]
    _ours(table, PurePath(filename).name)
    step = st.selectbox("Step column", columns, index=columns.index(meant.step), key=f"step-{file}")
    x = st.selectbox(
        "Unit of the steps",
        list(COUNTED),
        index=list(COUNTED).index(meant.x),
        format_func=COUNTED.__getitem__,
        key=f"counted-{file}",
    )
    group = st.selectbox(
        "Run column",
        [None, *columns],
        index=0 if meant.group is None else 1 + columns.index(meant.group),
        format_func=lambda column: "None (a single run)" if column is None else column,
        key=f"group-{file}",
    )
    name = st.text_input("Name", key=f"name-{file}", max_chars=LONGEST_NAME, placeholder=filename)
    metrics = _metrics(meant, file, without=step)
    _button(_keep_curves, table, step, x, metrics, group, name, PurePath(filename).name)


def _ours(table: pd.DataFrame, source: str) -> None:
    """Offer to retrain runs of lossopt: exported curves have no weights."""
    ours = [each for each in _own_runs(table, source) if isinstance(each, Imported)]
    if not ours:
        return
    many = names.counted(len(ours), "run")
    st.info(
        f"The file contains curves of {many} exported from lossopt. Retrain to get the weights"
        " too, and to check that the results are reproduced."
    )
    st.button("Retrain here", key="train-brought", on_click=_train_again, args=(ours,))
    st.caption("Or import only the curves:")


def _own_runs(table: pd.DataFrame, source: str) -> Sequence[Imported | ForeignRun]:
    try:
        return read_tidy(table, source) if is_tidy(table) else ()
    except ValueError:
        return ()  # it may still be read as curves


def _train_again(ours: Sequence[Imported]) -> None:
    """Train the runs as if they had come with a shared link."""
    try:
        share = pack(ours)
    except ValueError as error:
        _PROBLEM.set(str(error))
        return
    widgets.put("runs", ())
    widgets.put("share", share)
    _UPLOADER.empty()


def _table(data: bytes, filename: str) -> pd.DataFrame:
    return read_table(data, filename, budgets.budget())


def _metrics(meant: Suggestion, file: str, *, without: str) -> Mapping[str, str]:
    """Map each numeric column to one of our metrics; columns with a suggestion come first."""
    suggested = {name: ours for name, ours in meant.metrics.items() if name != without}
    shown = sorted(suggested, key=lambda name: not suggested[name])[:MAX_METRICS]
    choices = ["", *HISTORY_COLUMNS]
    chosen = {
        name: st.selectbox(
            names.escape_markdown(name),
            choices,
            index=choices.index(suggested[name]),
            format_func=lambda ours: COUNTED.get(ours) or COLUMNS.get(ours) or NOTHING,
            key=f"metric-{file}-{name}",
        )
        for name in shown
    }
    return suggested | chosen


def _keep_curves(table: pd.DataFrame, *meaning: Any) -> None:
    _keep(
        lambda: [run.id for run in workspace.store().save_foreign(to_foreign(table, *meaning))],
        "curve",
    )


def _keep_runs(data: bytes) -> None:
    def keep() -> list[str]:
        runs = archive.from_archive(data, budgets.budget())
        workspace.store().save(runs)
        return [run.id for run in runs]

    _keep(keep, "run")


def _keep(keep: Callable[[], Sequence[str]], what: str) -> None:
    """Save the content of the file, select it and report the number; or show the error."""
    try:
        ids = keep()
    except (StoreError, ValueError) as error:
        _PROBLEM.set(str(error))
        return
    _PROBLEM.clear()
    _UPLOADER.empty()
    chosen = widgets.value("runs")
    if chosen != (EVERYTHING,):
        before = [each for each in chosen if each != kinds.NOTHING]
        widgets.put("runs", list(dict.fromkeys([*ids, *before]))[:MAX_CHOSEN])
    st.toast(f"Imported {len(ids)} {what}{'s' * (len(ids) != 1)}.", icon=":material/upload:")


def _say(problem: str) -> None:
    text = names.escape_markdown(f"{problem[0].upper()}{problem[1:]}.")
    st.error(text, icon=":material/error:")


def _imported() -> None:
    curves = {run.id: run for run in workspace.store().foreign()}
    if not curves:
        return
    st.multiselect(
        "Imported curves",
        list(curves),
        format_func=lambda id: f"{curves[id].name} ({curves[id].source})",
        placeholder="Select curves to remove",
        key=_REMOVED.name,
    )
    st.button("Remove", key="bring-in-remove", on_click=_remove)


def _remove() -> None:
    ids = _REMOVED.get()
    try:
        workspace.store().delete_foreign(ids)
    except StoreError as error:
        st.toast(
            f"Nothing was removed: {names.escape_markdown(str(error))}.", icon=":material/error:"
        )
        return
    _REMOVED.set([])
    widgets.put("runs", [each for each in widgets.value("runs") if each not in ids])
    st.toast(f"Removed {len(ids)} curve{'s' * (len(ids) != 1)}.", icon=":material/delete:")
