"""Import of curves from other programs, and of runs saved in a file, on the Compare page."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core import ForeignRun, StoreError
from lossopt_core.exchange import (
    Imported,
    Log,
    Meaning,
    archive,
    curves_of,
    is_tidy,
    read_log,
    read_tidy,
    suggest,
)
from lossopt_core.exchange.bringing import Read
from lossopt_core.exchange.bringing import together as all_curves
from lossopt_core.exchange.curves import ACCURACIES
from lossopt_core.exchange.describing import describe_log
from lossopt_core.exchange.meaning import LATER, PERCENT, RESTARTS, SHARE, UNITS
from lossopt_core.exchange.metric_names import measure_of
from lossopt_core.exchange.sharing import pack
from lossopt_core.fields import brief
from lossopt_core.files.columns import NUMBER
from lossopt_core.files.description import DescribedRun, Description
from lossopt_core.files.limits import LARGEST
from lossopt_core.store.foreign_rows import LONGEST_NAME
from lossopt_core.training.run import HISTORY_COLUMNS
from lossopt_ui.config import budgets
from lossopt_ui.identity import file_contents, uploads, workspace
from lossopt_ui.runs import file_preview, folders
from lossopt_ui.state import kinds, names, widgets
from lossopt_ui.state.kinds import EVERYTHING, MAX_CHOSEN
from lossopt_ui.state.pages.settings import COLUMNS
from lossopt_ui.state.session import SessionKey, UploaderKey, WidgetKey

MAX_METRICS = 8
"""Most columns with a select box; any further ones are mapped as suggested."""
MAX_MAPPED = 5
"""Most files whose columns can be mapped at once; those of more files are mapped as suggested."""
COUNTED = {
    "update": "Updates",
    "epoch": "Epochs",
    "gradient_evaluations": "Gradient evaluations",
}
NOTHING = "– ignore"
READINGS = {
    (False, SHARE): "Accuracy, 0 to 1",
    (False, PERCENT): "Accuracy, 0 to 100",
    (True, SHARE): "Error rate, 0 to 1",
    (True, PERCENT): "Error rate, 0 to 100",
}
"""What a column of accuracies may hold: whether error rates, and their scale."""
_UPLOADER = UploaderKey("bring_in.files")
_PROBLEM = SessionKey("bring_in.problem", str)
_FOLDER: WidgetKey[bool] = WidgetKey("bring-in-folder")
_REMOVED: WidgetKey[list[str]] = WidgetKey("bring-in-removed")


def popover() -> None:
    """Upload files, map their columns and import them; remove earlier imports."""
    with st.popover("Import", icon=":material/upload:"):
        folder = st.toggle(
            "A whole folder",
            key=_FOLDER.name,
            help="All files in a folder, and in those inside it, that have curves are one import.",
        )
        files = uploads.uploader_of_many(
            "Curves from other programs, or exported runs",
            folder=folder,
            max_upload_size=LARGEST // 1_000_000,
            help="Logs of TensorBoard (CSV, JSON or event files), W&B, MLflow, Keras, Lightning,"
            " Hugging Face, fastai, ultralytics, XGBoost, LightGBM and others, as delimited text,"
            " Excel, Parquet, JSON or JSON lines; or runs exported from lossopt"
            f" (*{archive.ENDING}*). Several files are one import.",
            key=_UPLOADER.key("bring-in"),
        )
        files = folders.visible(files) if folder else files
        if not files:
            file_contents.give_back()
            _PROBLEM.clear()
        elif refused := folders.too_many(files):
            _say(refused)
        elif any(file.name.lower().endswith(archive.ENDING) for file in files):
            _archives(files)
        else:
            _logs(files, folder=folder)
        if problem := _PROBLEM.get():
            _say(problem)
        _imported()


def _button(keep: Callable[..., None], *content: Any) -> None:
    st.button("Import", key="bring-in", type="primary", on_click=keep, args=content)


def _archives(files: Sequence[UploadedFile]) -> None:
    others = [file.name for file in files if not file.name.lower().endswith(archive.ENDING)]
    if others:
        _say(f"exported runs and other files are imported separately: remove {brief(others[0])}")
        return
    _button(_keep_runs, [file.getvalue() for file in files])


def _logs(files: Sequence[UploadedFile], *, folder: bool) -> None:
    """The columns of the files: as suggested, unless changed.

    Of a folder, files without curves are left out.
    """
    choices = {file.file_id: file_preview.chosen(file.file_id) for file in files}

    def read(file: UploadedFile) -> Log | ValueError:
        try:
            return read_log(
                file.getvalue(), folders.name_of(file), choices[file.file_id], budgets.budget()
            )
        except ValueError as error:
            return error

    logs = file_contents.of_all(files, read, variant=repr(choices))
    those = [*zip(files, logs, strict=True)]
    if folder:
        left_out = {file.file_id: folders.why_left_out(log) for file, log in those}
        folders.show_left_out(
            [(folders.name_of(each), why) for each in files if (why := left_out[each.file_id])]
        )
        those = [(file, log) for file, log in those if not left_out[file.file_id]]
    together = st.container()
    found: list[Read] = []
    for file, log in those:
        if len(those) == 1:
            found += _one_log(file, log, many=False)
        else:
            title = names.escape_markdown(folders.name_of(file))
            with st.expander(title, expanded=isinstance(log, ValueError)):
                found += _one_log(file, log, many=len(those) > MAX_MAPPED)
    if not found or len(found) < len(those):
        return
    name = st.text_input("Name", key=f"name-{files[0].file_id}", max_chars=LONGEST_NAME,
                         placeholder=folders.name_of(those[0][0]))  # fmt: skip
    if len(found) > 1:
        with together:
            _preview_of_all(found, name)
    _button(_keep_curves, found, name)


def _preview_of_all(found: Sequence[Read], name: str) -> None:
    try:
        folders.preview(all_curves(found, name))
    except ValueError as error:
        _say(str(error))


def _one_log(file: UploadedFile, log: Log | ValueError, *, many: bool) -> list[Read]:
    """Preview a file and map its columns; nothing if it was refused."""
    if isinstance(log, ValueError):
        file_preview.controls(file.file_id, None, curves=True)
        _say(str(log))
        return []
    try:
        meant = suggest(log)
    except ValueError as error:
        file_preview.controls(file.file_id, None, curves=True)
        _say(str(error))
        return []
    _ours(log)
    top = st.container()
    meaning = meant if many else _mapped(log, meant, f"{file.file_id}-{_shape(log)}")
    try:
        found = describe_log(log, meaning, curves_of(log, meaning))
    except ValueError as error:
        with top:
            file_preview.controls(file.file_id, None, log.read, curves=True)
        _say(str(error))
        return []
    with top:
        _preview(log, found, file.file_id)
    return [Read(log, meaning)]


def _shape(log: Log) -> int:
    """Another number for other columns: what was chosen for some says nothing about others."""
    return zlib.crc32(repr([(column.name, column.kind) for column in log.columns]).encode())


def _preview(log: Log, found: Description, file: str) -> None:
    file_preview.controls(file, found, log.read, curves=True)
    st.dataframe(
        {
            "run": [run.name for run in found.runs],
            "points": [run.points for run in found.runs],
            "steps": [f"{run.steps[0]:g} to {run.steps[1]:g}" for run in found.runs],
            "metrics": [_ends(run) for run in found.runs],
        },
        column_config={"run": st.column_config.TextColumn(width=180)},
        hide_index=True,
        height=min(250, 38 + 35 * len(found.runs)),
    )
    with st.expander("Columns", expanded=len(found.columns) <= 8):
        file_preview.columns(found)
    file_preview.said(found)


def _ends(run: DescribedRun) -> str:
    metrics = [
        f"{file_preview.FATES.get(name, name)} {first:.4g} → {last:.4g}"
        for name, (first, last) in run.metrics.items()
    ]
    return "; ".join([*(["diverged"] if run.diverged else []), *metrics])


def _mapped(log: Log, meant: Meaning, file: str) -> Meaning:
    """Step, unit, runs and metrics: as suggested, unless changed."""
    numeric = [column.name for column in log.columns if column.kind == NUMBER]
    steps = [None, *numeric]
    step = st.selectbox(
        "Step column",
        steps,
        index=steps.index(meant.step),
        format_func=lambda column: "Number of the row" if column is None else column,
        key=f"step-{file}",
    )
    x = st.selectbox(
        "Unit of the steps",
        list(COUNTED),
        index=list(COUNTED).index(meant.x),
        format_func=COUNTED.__getitem__,
        key=f"counted-{file}",
    )
    keys = st.multiselect(
        "Run columns",
        [column.name for column in log.columns if column.name != step],
        default=[key for key in meant.keys if key != step],
        placeholder="None (a single run)",
        key=f"group-{file}",
        help="One run for each combination of their values.",
    )
    metrics = _metrics(meant, file, without={step, *keys}, axis=x)
    restarts = st.selectbox(
        "Where steps go back",
        list(RESTARTS),
        format_func=lambda each: RESTARTS[each].capitalize(),
        key=f"restarts-{file}",
        help="After a restart some steps are there twice.",
    ) if _restarted(log, meant, step, x, keys, metrics) else LATER  # fmt: skip
    errors, scales = _readings(metrics, file)
    chosen = Meaning(step, x, metrics, tuple(keys), errors, scales, restarts)
    return _with_open_guesses(chosen, meant)


def _with_open_guesses(chosen: Meaning, meant: Meaning) -> Meaning:
    """The meaning with what was guessed and asked, but for what was decided otherwise."""
    decided = {
        "step": (chosen.step, chosen.x) != (meant.step, meant.x),
        "keys": chosen.keys != meant.keys,
        "metric": chosen.metrics != meant.metrics,
        "columns": chosen.metrics != meant.metrics,
    }
    return replace(
        chosen,
        said={about: texts for about, texts in meant.said.items() if not decided[about]},
        questions=tuple(each for each in meant.questions if not decided[each.about]),
    )


def _readings(metrics: Mapping[str, str], file: str) -> tuple[frozenset[str], dict[str, str]]:
    """Which columns of accuracies hold error rates, and the scales that were chosen."""
    accuracies = [name for name, ours in metrics.items() if ours in ACCURACIES]
    errors = {name for name in accuracies if measure_of(name).what == "error"}
    scales: dict[str, str] = {}
    for name in accuracies:
        kind = "error rate" if name in errors else "accuracy"
        automatic = f"Automatic: {kind}, by its values"
        chosen = st.selectbox(
            f"Values of {names.escape_markdown(name)}",
            [None, *READINGS],
            format_func=partial(_reading, automatic),
            key=f"reading-{file}-{name}",
            help="Error rates are kept as accuracies, 1 − error.",
        )
        if chosen is not None:
            wrong, scales[name] = chosen
            errors = errors | {name} if wrong else errors - {name}
    return frozenset(errors), scales


def _reading(automatic: str, chosen: tuple[bool, str] | None) -> str:
    return automatic if chosen is None else READINGS[chosen]


def _restarted(
    log: Log, meant: Meaning, step: str | None, x: str, keys: Sequence[str],
    metrics: Mapping[str, str],
) -> bool:  # fmt: skip
    try:
        made = curves_of(log, Meaning(step, x, metrics, tuple(keys), meant.errors))
    except ValueError:
        return False
    return any("after a restart" in sentence for sentence in made.said)


def _ours(log: Log) -> None:
    """Offer to retrain runs of lossopt: exported curves have no weights."""
    ours = [each for each in _own_runs(log) if isinstance(each, Imported)]
    if not ours:
        return
    many = names.counted(len(ours), "run")
    st.info(
        f"The file contains curves of {many} exported from lossopt. Retrain to get the weights"
        " too, and to check that the results are reproduced."
    )
    st.button("Retrain here", key="train-brought", on_click=_train_again, args=(ours,))
    st.caption("Or import only the curves:")


def _own_runs(log: Log) -> Sequence[Imported | ForeignRun]:
    try:
        return read_tidy(log) if is_tidy(log) else ()
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


def _metrics(
    meant: Meaning, file: str, *, without: set[str | None], axis: str
) -> Mapping[str, str]:
    """Map each numeric column to one of our metrics; columns with a suggestion come first."""
    suggested = {
        name: "" if ours == axis else ours
        for name, ours in meant.metrics.items() if name not in without
    }  # fmt: skip
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


def _keep_curves(files: Sequence[Read], name: str) -> None:
    def keep() -> list[str]:
        for file in files:
            if not {ours for ours in file.meaning.metrics.values() if ours} - {*UNITS}:
                raise ValueError(
                    f"no column of {brief(file.log.source)} is a metric: choose one for at least"
                    " one column"
                )
        return [run.id for run in workspace.store().save_foreign(all_curves(files, name))]

    _keep(keep, "curve")


def _keep_runs(archives: Sequence[bytes]) -> None:
    def keep() -> list[str]:
        runs = [run for data in archives for run in archive.from_archive(data, budgets.budget())]
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
    file_preview.refusal(ValueError(problem))


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
