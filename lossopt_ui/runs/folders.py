"""Several files of curves as one import: those of a folder that have any, and what comes of all."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core import ForeignRun
from lossopt_core.exchange import Log, suggest
from lossopt_core.exchange.meaning import UNITS
from lossopt_core.files.limits import MAX_FILES
from lossopt_core.store.foreign import STEPS
from lossopt_ui.state import names
from lossopt_ui.state.pages.settings import COLUMNS

TALLEST = 300
"""Height of the list of curves in pixels; longer ones scroll."""


def visible(files: Sequence[UploadedFile]) -> list[UploadedFile]:
    """The files of a folder by name, without hidden ones, which systems put there."""
    found = [file for file in files if not _is_hidden(PurePosixPath(file.name))]
    return sorted(found, key=lambda file: file.name)


def _is_hidden(path: PurePosixPath) -> bool:
    return path.name.startswith(".") or "__MACOSX" in path.parts


def too_many(files: Sequence[UploadedFile]) -> str:
    """Why so many files are refused, or ""."""
    if len(files) <= MAX_FILES:
        return ""
    first = name_of(files[MAX_FILES])
    return (
        f"at most {MAX_FILES} files can be imported at once, got {len(files):,}: leave out those"
        f" from {first} on"
    )


def name_of(file: UploadedFile) -> str:
    """The file's name; in a folder its path, without the folder's own name."""
    parts = PurePosixPath(file.name).parts
    return "/".join(parts[1:] if len(parts) > 1 else parts)


def why_left_out(log: Log | ValueError) -> str:
    """Why a file of a folder has no curves, or ""."""
    if isinstance(log, ValueError):
        return str(log)
    try:
        meant = suggest(log)
    except ValueError as error:
        return str(error)
    if {ours for ours in meant.metrics.values() if ours} - {*UNITS}:
        return ""
    return "no column is known to be a loss or an accuracy"


def show_left_out(reasons: Sequence[tuple[str, str]]) -> None:
    """Say which files of a folder are left out, and why."""
    if not reasons:
        return
    with st.expander(f"Left out {names.counted(len(reasons), 'file')} without curves"):
        st.dataframe(
            {"file": [name for name, _ in reasons], "reason": [why for _, why in reasons]},
            hide_index=True,
            height=_height(len(reasons)),
        )


def preview(curves: Sequence[ForeignRun]) -> None:
    """One list of all curves that the files give."""
    steps = [next(name for name in STEPS if name in run.history) for run in curves]
    st.caption(f"{names.counted(len(curves), 'curve')} will be imported.")
    st.dataframe(
        {
            "curve": [run.name for run in curves],
            "file": [run.source for run in curves],
            "points": [len(run.history) for run in curves],
            "steps": [
                f"{run.history[step].min():g} to {run.history[step].max():g}"
                for run, step in zip(curves, steps, strict=True)
            ],
            "metrics": [_metrics(run) for run in curves],
        },
        hide_index=True,
        height=_height(len(curves)),
    )


def _metrics(run: ForeignRun) -> str:
    measured = [COLUMNS.get(name, name) for name in map(str, run.history) if name not in UNITS]
    return ", ".join([*(["diverged"] if run.diverged_at is not None else []), *measured])


def _height(rows: int) -> int:
    return min(TALLEST, 38 + 35 * rows)
