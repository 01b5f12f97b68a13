"""Tables of other programs: conversion to one row per step of a run, one column per metric.

TensorBoard     Wall time, Step, Value: one curve; event files: tag, Step, value
MLflow          run_id, key, value, step, timestamp: one row per value; also files of one metric
runs            one column per run, if that is chosen
W&B             any x-axis, "run - loss", "run - loss__MIN", "run - loss__MAX"
others          the name of the metric and its value in two columns; a column "phase" or "split"
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from lossopt_core.exchange.events import sheet_from_events
from lossopt_core.exchange.metric_names import (
    METRIC_NAMES,
    METRIC_VALUES,
    PHASES,
    STEPS,
    TEST,
    TRAIN,
    VALIDATION,
    file_tag,
    is_time,
    measure_of,
    plain,
    split_of_run,
)
from lossopt_core.exchange.printed import is_printed, sheet_from_printed
from lossopt_core.fields import brief
from lossopt_core.files.choices import GUESS, RUNS, Choices, Question
from lossopt_core.files.columns import NUMBER, TEXT, Column, Mask, columns_of
from lossopt_core.files.content import EVENTS, NPZ, Content, content_of
from lossopt_core.files.description import IGNORED, METRIC
from lossopt_core.files.limits import NO_LIMITS
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import Sheet, unique
from lossopt_core.objective.linear import Labels
from lossopt_core.store.quotas import Budget
from lossopt_core.texts import counted, listed

MAX_CELLS = 5_000_000
"""Maximum number of cells after conversion, because a small file may grow."""
MAX_METRICS = 200
RUN = "run"
"""The column of run names for files with one column per run."""
VALUE = "value"
"""The column of TensorBoard and of MLflow's files, whose metric only the file name may tell."""


@dataclass(frozen=True, eq=False)
class Log:
    """A table of curves: the columns that were read, and what they were arranged to.

    columns   columns after the arrangement, all of one length
    rows      number of the row in the file of each of their rows
    origin    the columns of the file that a column came from, if not its own name
    fates     columns of the file that have no counterpart: (fate, reason)
    source    the file name
    axis      the x-axis of an export of W&B
    """

    sheet: Sheet
    read: Sequence[Column]
    columns: Sequence[Column]
    rows: pd.Index
    source: str
    origin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fates: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    axis: str | None = None

    def column(self, name: str) -> Column:
        """A column by name; ValueError if there is none."""
        found = [each for each in self.columns if each.name == name]
        if not found:
            raise ValueError(f"the file has no column {brief(name)}")
        return found[0]


def read_log(
    data: bytes, filename: str, choices: Choices = GUESS, budget: Budget = NO_LIMITS
) -> Log:
    """Read a table of curves from a file of any format; ValueError says what is wrong with it."""
    content = content_of(data, filename)
    if content.format == NPZ:
        raise ValueError("the file has arrays, not curves: upload it on the Data page")
    if content.format == EVENTS:
        sheet = sheet_from_events(content.data, budget)
    else:
        sheet = table_from(content, choices, budget)
    return log_of(sheet, columns_of(sheet, choices), content.name, choices)


def table_from(content: Content, choices: Choices, budget: Budget) -> Sheet:
    """A table, or the lines that a program printed as one, unless a delimiter was chosen."""
    if choices.delimiter is None and is_printed(content):
        return sheet_from_printed(content, choices, budget)
    return sheet_from(content, choices, budget)


def log_of(sheet: Sheet, columns: Sequence[Column], source: str, choices: Choices = GUESS) -> Log:
    """Arrange the columns of a sheet; ValueError if they are not what was chosen."""
    log = Log(sheet, columns, columns, sheet.cells.index, source)
    if choices.columns == RUNS:
        return _from_columns_of_runs(log)
    for recognises, convert in ARRANGEMENTS:
        if recognises(log):
            log = convert(log)
    return log


def taken(column: Column, rows: Labels, name: str = "", *, mask: Mask | None = None) -> Column:
    """Some rows of a column, missing where `mask` is false."""
    cells = column.cells.iloc[rows].reset_index(drop=True)
    numbers, invalid = column.numbers[rows], column.invalid[rows]
    nans = None if column.nans is None else column.nans[rows]
    if mask is not None:
        blank = np.nan if cells.dtype.kind in "fiub" else ""
        cells = cells.where(mask, blank)
        numbers, invalid = np.where(mask, numbers, np.nan), invalid & mask
        nans = None if nans is None else nans & mask
    return replace(
        column, name=name or column.name, cells=cells, numbers=numbers, invalid=invalid, nans=nans
    )


def _named(log: Log, names: Sequence[str], kind: str | None = None) -> Column | None:
    """The first column whose plain name is among these, in their order."""
    for name in names:
        for column in log.columns:
            if plain(column.name) == name and (kind is None or column.kind == kind):
                return column
    return None


# --- W&B ---


def _is_of_wandb(log: Log) -> bool:
    names = [*log.sheet.names]
    others = [name for name in names if " - " in name]
    marked = any(name.endswith(("__MIN", "__MAX")) for name in others)
    return bool(others) and (marked or len(others) == len(names) - 1) and len(names) > len(others)


def _from_wandb(log: Log) -> Log:
    """Stack the columns of all runs, without the __MIN and __MAX columns of downsampled runs."""
    runs: dict[str, dict[str, Column]] = {}
    kept: list[Column] = []
    fates: dict[str, tuple[str, str]] = {}
    origin: dict[str, list[str]] = {}
    repeated: set[str] = set()
    for name, column in zip(log.sheet.names, log.columns, strict=True):
        run, separator, metric = name.rpartition(" - ")
        if not separator:
            kept.append(column)
        elif metric.endswith(("__MIN", "__MAX")):
            fates[column.name] = IGNORED, "the smallest or largest of the values that W&B averaged"
        else:
            number, called = 1, run
            while metric in runs.get(called, {}):  # two runs of one name
                number += 1
                called = f"{run} ({number})"
                repeated.add(run)
            runs.setdefault(called, {})[metric] = column
            origin.setdefault(metric, []).append(column.name)
    if not runs:
        raise ValueError('the file has no column like "run - loss"')
    metrics = [*origin]
    _check_growth(len(log.rows) * len(runs), len(metrics))
    rows = np.tile(np.arange(len(log.rows)), len(runs))
    of_run = np.repeat(np.arange(len(runs)), len(log.rows))
    columns = [taken(column, rows) for column in kept]
    columns += [_stacked(metric, [*runs.values()], len(log.rows)) for metric in metrics]
    columns.append(_texts(RUN, [[*runs][each] for each in of_run]))
    said = [f"Read as an export of W&B with {counted(len(runs), 'run')}."]
    if any(name.endswith(("__MIN", "__MAX")) for name in log.sheet.names):
        said.append("Left out the columns __MIN and __MAX.")
    if repeated:
        said.append(
            f"Several runs are called {listed([*map(brief, repeated)])}: they are numbered."
        )
    return replace(
        log, columns=columns, rows=log.rows[rows], fates=fates, axis=kept[0].name if kept else None,
        origin={name: tuple(each) for name, each in origin.items()}, said=(*log.said, *said),
    )  # fmt: skip


def _stacked(metric: str, runs: Sequence[Mapping[str, Column]], rows: int) -> Column:
    parts = [run.get(metric) for run in runs]
    first = next(part for part in parts if part is not None)
    none = np.full(rows, np.nan)
    return replace(
        first,
        name=metric,
        cells=pd.concat(
            [pd.Series([""] * rows, dtype=object) if part is None else
             part.cells.astype(object) for part in parts], ignore_index=True,
        ),
        numbers=np.concatenate([none if part is None else part.numbers for part in parts]),
        invalid=np.concatenate(
            [np.zeros(rows, bool) if part is None else part.invalid for part in parts]
        ),
        nans=np.concatenate(
            [np.zeros(rows, bool) if part is None or part.nans is None else part.nans
             for part in parts]
        ),
        kind=NUMBER if any(p is not None and p.kind == NUMBER for p in parts) else first.kind,
    )  # fmt: skip


def _texts(name: str, texts: Sequence[str]) -> Column:
    none = np.full(len(texts), np.nan)
    cells = pd.Series([*texts], dtype=object)
    return Column(name, TEXT, cells, none, np.array([text != "" for text in texts], dtype=bool))


def _check_growth(rows: int, columns: int) -> None:
    if rows * columns > MAX_CELLS:
        raise ValueError(
            f"the file has too many runs or metrics: {columns:,} in {rows:,} rows, more than"
            f" {MAX_CELLS:,} cells: export fewer of them"
        )


# --- one column per run ---


def _from_columns_of_runs(log: Log) -> Log:
    """Stack the columns of numbers but the steps: runs of the metric that each name says."""
    numeric = [column for column in log.columns if column.kind == NUMBER and not is_clock(column)]
    indices = [column for column in numeric if column.index or column.unnamed]
    steps = _named(log, [*STEPS], NUMBER) or next(iter(indices), None)
    runs = [column for column in numeric if column is not steps]
    if not runs:
        raise ValueError(
            "no column but the steps has numbers, so none can be a run: read columns as metrics"
        )
    measured = [_metric_said_by(run.name) for run in runs]
    metrics = list(dict.fromkeys(measured))
    _check_growth(len(log.rows) * len(runs), len(metrics))
    rows = np.tile(np.arange(len(log.rows)), len(runs))
    kept = [taken(column, rows) for column in log.columns if column not in runs]
    *names, called = unique([*(column.name for column in kept), *metrics, RUN])
    by_metric = dict(zip(metrics, names[len(kept) :], strict=True))
    each_own = [{by_metric[metric]: run} for metric, run in zip(measured, runs, strict=True)]
    columns = [run.name for run in runs]
    return replace(
        log,
        columns=[
            *kept,
            *(_stacked(name, each_own, len(log.rows)) for name in by_metric.values()),
            _texts(called, [*np.repeat(columns, len(log.rows))]),
        ],
        rows=log.rows[rows],
        axis=None if steps is None else steps.name,
        origin={name: tuple(run[name].name for run in each_own if name in run)
                for name in by_metric.values()},
        said=(*log.said, f"Runs of their own, as chosen: {listed([*map(brief, columns)], 6)}."),
    )  # fmt: skip


def _metric_said_by(name: str) -> str:
    """'validation loss' for a column called 'adam val_loss'; VALUE if the name says none."""
    measure = measure_of(name)
    return " ".join(filter(None, (measure.split, measure.what))) if measure.what else VALUE


# --- one row per value ---


def _is_of_values(log: Log) -> bool:
    name, value = _named(log, METRIC_NAMES, TEXT), _named(log, METRIC_VALUES)
    return name is not None and value is not None and name is not value


def _from_values(log: Log) -> Log:
    """One column per metric; each row has only the value of its own metric."""
    name, value = _named(log, METRIC_NAMES, TEXT), _named(log, METRIC_VALUES)
    assert name is not None
    assert value is not None
    texts = name.texts.to_numpy()
    metrics = [str(each) for each in pd.unique(texts) if each]
    others = [column for column in log.columns if column not in (name, value)]
    if taken_names := sorted({column.name for column in others} & {*metrics}):
        raise ValueError(f"a metric must not be called {taken_names[0]}: a column has that name")
    if len(metrics) > MAX_METRICS:
        row = log.rows[np.flatnonzero(texts == metrics[MAX_METRICS])[0]]
        raise ValueError(
            f"column {brief(name.name)} names too many metrics from row {row:,} on:"
            f" {len(metrics):,}; at most {MAX_METRICS}: leave out rows of other metrics"
        )
    _check_growth(len(log.rows), len(metrics))
    every = np.arange(len(log.rows))
    columns = [taken(value, every, metric, mask=texts == metric) for metric in metrics]
    columns = [
        replace(column, markers={}, kind=column.kind if column.kind == NUMBER else value.kind)
        for column in columns
    ]
    named = listed([*map(brief, metrics)])
    return replace(
        log,
        columns=[*others, *columns],
        origin=dict.fromkeys(metrics, (value.name,)) | {**log.origin},
        fates={**log.fates, name.name: (METRIC, f"names the metrics: {named}"),
               value.name: (METRIC, f"the values of {named}")},
        said=(*log.said, f"One row per value: {brief(name.name)} names the metrics {named}."),
    )  # fmt: skip


# --- a column that says train or validation ---


def _is_of_phases(log: Log) -> bool:
    return _phase(log) is not None


def _phase(log: Log) -> Column | None:
    for column in log.columns:
        if plain(column.name) in PHASES and column.kind == TEXT:
            values = {str(each).lower() for each in column.distinct.index}
            if values <= TRAIN | VALIDATION | TEST and (len(values) > 1 or values - TRAIN):
                return column
    return None


def _from_phases(log: Log) -> Log:
    """One column per metric and phase, named after both."""
    phase = _phase(log)
    assert phase is not None
    texts = phase.texts.to_numpy()
    values = [str(each) for each in pd.unique(texts) if each]
    every = np.arange(len(log.rows))
    measured = [
        column for column in log.columns
        if column.kind == NUMBER and measure_of(column.name).what and column is not phase
    ]  # fmt: skip
    columns, origin = [], {**log.origin}
    for column in log.columns:
        if column is phase:
            continue
        if column not in measured:
            columns.append(column)
            continue
        for value in values:
            name = f"{value} {column.name}"
            columns.append(taken(column, every, name, mask=texts == value))
            origin[name] = origin.get(column.name, (column.name,))
    reason = f"says which rows are {listed(values)}"
    return replace(
        log, columns=columns, origin=origin, fates={**log.fates, phase.name: (METRIC, reason)},
        said=(*log.said, f"Column {brief(phase.name)} {reason}: one curve per metric and phase."),
    )  # fmt: skip


# --- files of one metric ---


def _is_of_tensorboard(log: Log) -> bool:
    return {plain(column.name) for column in log.columns} == {"wall_time", "step", "value"}


METRIC_FILES = {("timestamp", VALUE, "step"): "MLflow", ("step", "timestamp", VALUE): "Neptune"}
"""The order of the columns in files of a single metric."""


def _is_metric_file(log: Log) -> bool:
    return _metric_file(log) is not None


def _metric_file(log: Log) -> tuple[str, str, str] | None:
    """What the columns of a file without names are: milliseconds, whole steps and a value."""
    three = len(log.columns) == 3 and all(column.kind == NUMBER for column in log.columns)
    if log.sheet.dialect.header or not three:
        return None
    for order in METRIC_FILES:
        columns = dict(zip(order, log.columns, strict=True))
        steps = columns["step"].numbers
        if np.nanmin(columns["timestamp"].numbers) > 1e11 and bool((steps % 1 == 0).all()):
            return order
    return None


def _from_metric_file(log: Log) -> Log:
    order = _metric_file(log)
    assert order is not None
    renamed = dict(zip([each.name for each in log.columns], order, strict=True))
    columns = [replace(column, name=renamed[column.name]) for column in log.columns]
    found = replace(
        log, columns=columns, origin={new: (old,) for old, new in renamed.items()},
        said=(*log.said, f"Read as a metric file of {METRIC_FILES[order]}: {listed(order)}."),
    )  # fmt: skip
    return _from_tensorboard(found)


def _from_tensorboard(log: Log) -> Log:
    """Name the value after the file, which may tell what it measures."""
    _, tag = file_tag(log.source)
    split = split_of_run(log.source)
    tag = f"{split} {tag}" if split and not measure_of(tag).split else tag
    known = measure_of(tag)
    [value] = [column for column in log.columns if plain(column.name) == VALUE]
    name = tag if known.what and tag else value.name
    columns = [replace(c, name=name) if c is value else c for c in log.columns]
    guess = f"the file name says {known.what}" if known.what else "the file does not say"
    question = Question(
        "metric",
        f"What does column {brief(value.name)} measure? {guess[0].upper()}{guess[1:]}. Read as"
        f" {'the ' + known.what if known.what else 'the training loss'}.",
    )
    origin = {**log.origin, name: log.origin.get(value.name, (value.name,))}
    return replace(log, columns=columns, origin=origin, questions=(*log.questions, question))


Arrangement = tuple[Callable[[Log], bool], Callable[[Log], Log]]
ARRANGEMENTS: Sequence[Arrangement] = (
    (_is_of_wandb, _from_wandb),
    (_is_of_values, _from_values),
    (_is_of_phases, _from_phases),
    (_is_metric_file, _from_metric_file),
    (_is_of_tensorboard, _from_tensorboard),
)


def is_arranged(log: Log) -> bool:
    """Whether a table has an arrangement that only programs write; a phase may be one of data."""
    read = replace(log, columns=log.read, origin={}, fates={})
    return any(
        recognises(read) for recognises, _ in ARRANGEMENTS if recognises is not _is_of_phases
    )


def is_clock(column: Column) -> bool:
    """Whether a column has times of the clock rather than a count of steps."""
    return is_time(column.name) and plain(column.name) not in STEPS
