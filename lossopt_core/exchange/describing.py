"""What a file of curves was read as, column by column and run by run."""

from collections.abc import Collection, Mapping
from itertools import chain

import numpy as np

from lossopt_core.exchange.arrangements import Log, is_clock, read_log
from lossopt_core.exchange.curves import Curves, curves_of
from lossopt_core.exchange.meaning import RESTARTS, UNITS, Meaning, suggest
from lossopt_core.exchange.metric_names import SECONDS, STEPS, measure_of, plain
from lossopt_core.fields import brief
from lossopt_core.files.choices import GUESS, Choices, Question
from lossopt_core.files.columns import DATE, NUMBER, TIME, Column
from lossopt_core.files.description import (
    CURVES,
    IGNORED,
    METRIC,
    OBJECTIVE,
    RUN,
    STEP,
    DescribedColumn,
    DescribedRun,
    Description,
    dialect_of,
    left_out,
)
from lossopt_core.files.limits import NO_LIMITS
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.quotas import Budget

FATES = {
    "objective": "train_loss",
    "train_accuracy": "train_accuracy",
    "test_loss": "validation_loss",
    "test_accuracy": "validation_accuracy",
}
"""Names of history columns in a description; all others are METRIC."""
IN_WORDS = {
    "objective": "the training loss, drawn as the objective",
    "train_accuracy": "the training accuracy",
    "test_loss": "the validation loss, drawn as the test loss",
    "test_accuracy": "the validation accuracy, drawn as the test accuracy",
    "gradient_norm": "the norm of the gradient",
    "weight_norm": "the norm of the weights",
    "penalty": "the penalty",
    "data_loss": "the mean loss without the penalty",
}


def describe_curves(
    data: bytes, filename: str, choices: Choices = GUESS, budget: Budget = NO_LIMITS
) -> Description:
    """What a file is as curves, with all guesses; ValueError if it cannot be."""
    log = read_log(data, filename, choices, budget)
    meaning = suggest(log)
    return describe_log(log, meaning, curves_of(log, meaning))


def describe_log(log: Log, meaning: Meaning, curves: Curves) -> Description:
    """A table of curves with the roles of its columns."""
    restarted = any("as after a restart" in each for each in curves.said)
    questions = [
        *log.sheet.questions,
        *(each for column in log.read for each in column.questions),
        *log.questions,
        *meaning.questions,
        *([_restart_asked(meaning)] if restarted else []),
    ]
    columns = [_described(log, meaning, column) for column in log.read]
    said = [
        *log.sheet.said,
        *(each for column in log.read for each in column.said),
        *log.said,
        *chain.from_iterable(meaning.said.values()),
        *(_missing(column) for column in log.read if {*column.markers} - {""} and column.values),
        *left_out(columns),
        *curves.said,
    ]  # fmt: skip
    return Description(
        CURVES,
        dialect_of(log.sheet, log.read),
        len(log.sheet.cells),
        columns,
        runs=[_run(run, meaning, others, {each.name for each in columns if each.fate == IGNORED})
              for run, others in zip(curves.runs, curves.others, strict=True)],
        said=said,
        questions=questions,
    )  # fmt: skip


def _missing(column: Column) -> str:
    gaps = "" if column.nans is not None else ", gaps in the curve"
    return f"{brief(column.name)}: {column.markers_in_words}{gaps}."


def _restart_asked(meaning: Meaning) -> Question:
    answer = RESTARTS[meaning.restarts]
    return Question(
        "restarts",
        f"Training was restarted: keep the later values, or two runs? Read as: {answer}.",
        RESTARTS,
    )


def fate_of(column: str, ours: str) -> str:
    """The fate of a column that becomes a history column."""
    if ours == "objective" and measure_of(column).objective:
        return OBJECTIVE
    return STEP if ours in UNITS else FATES.get(ours, METRIC)


def _described(log: Log, meaning: Meaning, column: Column) -> DescribedColumn:
    fate, reason = _fate(log, meaning, column)
    return DescribedColumn(column.name, column.kind, fate, reason, column.sample)


def _fate(log: Log, meaning: Meaning, column: Column) -> tuple[str, str]:
    name = column.name
    if name in log.fates:
        return log.fates[name]
    derived = [new for new, olds in log.origin.items() if name in olds] or [name]
    if meaning.step in derived:
        seconds = ", in seconds" if plain(name) in SECONDS else ""
        return STEP, f"the steps, counted in {UNITS[meaning.x]}{seconds}"
    if name in meaning.keys:
        return RUN, "tells the runs apart"
    kept = {new: meaning.metrics[new] for new in derived if meaning.metrics.get(new)}
    if kept:
        fates = {fate_of(new, ours) for new, ours in kept.items()}
        reason = "; ".join(_reason(new, ours, meaning) for new, ours in kept.items())
        return (fates.pop() if len(fates) == 1 else METRIC), reason
    if any(new in meaning.metrics for new in derived):
        return _without_place(log, column, derived[0], meaning)
    return IGNORED, _why_ignored(column)


def _reason(name: str, ours: str, meaning: Meaning) -> str:
    if ours in UNITS:
        return f"kept as {UNITS[ours]}, too"
    words = IN_WORDS.get(ours, ours)
    return f"{words}, as 1 − error" if name in meaning.errors else words


def _without_place(log: Log, column: Column, name: str, meaning: Meaning) -> tuple[str, str]:
    """Why a column of numbers is not kept."""
    measure = measure_of(name)
    if plain(name) in STEPS:
        return IGNORED, f"counts as well, but {brief(meaning.step)} is the step"
    if column.values == len(column.cells) > 1 and plain(name) in ("id", "index"):
        return IGNORED, "differs in every row"
    if column.unnamed or column.index:
        return IGNORED, "numbers the rows"
    if measure.derived:
        return METRIC, "derived from another curve, such as the best value so far: not kept"
    trained = measure.split in ("", "train")
    rivals = [
        other for other, ours in meaning.metrics.items()
        if ours and measure_of(other).what == measure.what and measure.what
        and (measure_of(other).split in ("", "train")) == trained
    ]  # fmt: skip
    if rivals and measure.what:
        return METRIC, (
            f"not kept: {brief(rivals[0])} is the curve for it; choose to change that, or read"
            " each column as a run"
        )
    return METRIC, "no metric that lossopt compares: not kept unless you choose what it is"


def _why_ignored(column: Column) -> str:
    if column.kind in (DATE, TIME) or is_clock(column):
        return "a time of the clock, not a step"
    if column.unread:
        return column.unread
    if not column.values:
        return "has no values"
    if column.kind != NUMBER:
        if column.values == 1:
            return f"text, the same in all rows: {brief(str(column.distinct.index[0]))}"
        if column.values == len(column.cells):
            return "differs in every row"
        return "text that does not tell the runs apart"
    return "the same in all rows" if column.values == 1 else "differs in every row"


def _run(
    run: ForeignRun,
    meaning: Meaning,
    others: Mapping[str, tuple[float, float]],
    ignored: Collection[str],
) -> DescribedRun:
    history = run.history
    metrics: dict[str, tuple[float, float]] = {}
    columns = {ours: column for column, ours in meaning.metrics.items() if ours}
    for ours, column in columns.items():
        if ours in UNITS or ours not in history:
            continue
        fate = fate_of(column, ours)
        known = history[ours].to_numpy(np.float64)
        known = known[np.isfinite(known)]
        if len(known):
            metrics[ours if fate == METRIC else fate] = float(known[0]), float(known[-1])
    steps = history[meaning.x].to_numpy(np.float64) if len(history) else np.array([np.nan])
    return DescribedRun(
        run.name,
        len(history),
        (float(steps[0]), float(steps[-1])),
        run.diverged_at is not None,
        metrics
        | {
            name: ends
            for name, ends in others.items()
            if name not in metrics and name not in ignored
        },
    )
