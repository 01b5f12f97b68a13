"""Guesses of what the columns of a table of curves mean: step, run, metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lossopt_core.exchange.arrangements import RUN, VALUE, Log, is_clock
from lossopt_core.exchange.metric_names import (
    RUNS,
    SECONDS,
    STEPS,
    Measure,
    measure_of,
    plain,
    words_of,
)
from lossopt_core.fields import brief
from lossopt_core.files.choices import COLUMNS, Question
from lossopt_core.files.columns import NUMBER, TEXT, Column
from lossopt_core.texts import listed
from lossopt_core.training.run import HISTORY_COLUMNS

OURS = {"id", "status", "dataset", "loss", "optimizer", *HISTORY_COLUMNS}
"""Columns of lossopt's own tables."""
LATER, RUNS_APART = "later", "runs"
RESTARTS = {LATER: "keep the later values", RUNS_APART: "two runs"}
"""What to do where a run's steps go back."""
SHARE, PERCENT = "share", "percent"
SCALES = {SHARE: 1.0, PERCENT: 100.0}
"""The largest accuracy on each scale."""
UNITS = {"update": "updates", "epoch": "epochs", "gradient_evaluations": "gradient evaluations"}


@dataclass(frozen=True)
class Meaning:
    """The roles of a table's columns.

    step      the step column, or None for the number of the row
    x         what it counts: update, epoch or gradient_evaluations
    metrics   numeric columns to history columns, or "" for none
    keys      the columns that tell runs apart
    errors    columns of error rates, which become 1 − error
    scales    a key of `SCALES` by column of accuracies or error rates; the values of a run decide
              for the others
    restarts  a key of `RESTARTS`
    said      guesses in words, by what they are about: "step", "keys" or "metric"
    questions guesses that somebody should look at
    """

    step: str | None
    x: str
    metrics: Mapping[str, str]
    keys: tuple[str, ...] = ()
    errors: frozenset[str] = frozenset()
    scales: Mapping[str, str] = field(default_factory=dict)
    restarts: str = LATER
    said: Mapping[str, Sequence[str]] = field(default_factory=dict)
    questions: tuple[Question, ...] = field(default=(), compare=False)


def suggest(log: Log) -> Meaning:
    """Guess the roles of the columns from their names and values.

    ValueError if no column has numbers.
    """
    numeric = [column for column in log.columns if column.kind == NUMBER]
    if not numeric:
        raise ValueError(
            "the file must have a metric column with numbers: write a column such as loss or"
            " accuracy, or lines such as 'epoch 1, loss 0.5'"
        )
    said: dict[str, list[str]] = {"step": [], "keys": [], "metric": []}
    questions: list[Question] = []
    step, x = _step(log, numeric, said["step"], questions)
    keys = _keys(log, step, said["keys"])
    others = [
        column for column in numeric
        if column.name != step and column.name not in keys and not is_clock(column)
    ]  # fmt: skip
    if not others:
        raise ValueError(
            "only the steps have numbers: the file must have a metric column, a loss or an accuracy"
        )
    if {column.name for column in log.columns} >= OURS:
        metrics = {each.name: each.name if each.name in HISTORY_COLUMNS else "" for each in others}
        errors: frozenset[str] = frozenset()
    else:
        metrics, errors = _metrics(others, x, said["metric"], questions)
        if any(each.about == "metric" for each in log.questions):  # asked with what the file says
            questions = [each for each in questions if each.about != "metric"]
    return Meaning(step, x, metrics, keys, errors, said=said, questions=tuple(questions))


def _step(
    log: Log, numeric: Sequence[Column], said: list[str], questions: list[Question]
) -> tuple[str | None, str]:
    named: dict[str, str] = {}
    usable = [
        column for column in numeric
        if log.axis in (None, column.name) and 2 * int(column.missing.sum()) <= len(column.cells)
    ]  # fmt: skip
    rising = any(plain(column.name) in STEPS and column.values > 1 for column in usable)
    for column in usable:
        if column.values > 1 or not rising:  # a step that is the same in all rows is none
            named.setdefault(plain(column.name), column.name)
    plain_name = next((each for each in STEPS if each in named), "")
    kept = [column for column in numeric if column.index]
    if kept and log.sheet.format == "Parquet":
        # The file keeps this index on purpose, but may have a column of steps as well.
        index = kept[0].name
        if plain_name:
            questions.append(
                Question("step", f"Are the steps {brief(index)}, the index that the file keeps, or"
                         f" {brief(named[plain_name])}? Read as {brief(index)}.",
                         {index: index, named[plain_name]: named[plain_name]}))  # fmt: skip
        said.append(f"The steps are {brief(index)}, the index that the file keeps.")
        return index, "epoch" if _by_epoch(numeric) else "update"
    if log.axis is not None and not plain_name:
        said.append(f"{brief(log.axis)} is read as steps, a guess.")
        return log.axis, "update"
    if plain_name:
        if plain_name in SECONDS:
            question = (
                f"{brief(named[plain_name])} counts seconds, not steps. Drawn on the axis of"
                " updates; choose another column or unit if it is wrong."
            )
            questions.append(Question("step", question))
            said.append(f"{brief(named[plain_name])} is in seconds.")
        return named[plain_name], STEPS[plain_name]
    index_like = [
        column for column in numeric
        if (column.index or column.unnamed) and not column.missing.any()
        and bool((column.numbers % 1 == 0).all())
    ]  # fmt: skip
    x = "epoch" if _by_epoch(numeric) else "update"
    if index_like:
        said.append(f"The steps are {brief(index_like[0].name)}, the index: {UNITS[x]}, a guess.")
        return index_like[0].name, x
    said.append(f"No column has steps: the number of the row counts {UNITS[x]}, a guess.")
    return None, x


def _by_epoch(numeric: Sequence[Column]) -> bool:
    """Whether validation is measured in every row, as after an epoch."""
    measures = [measure_of(column.name) for column in numeric if not column.missing.any()]
    boosted = any({"logloss", "mlogloss", "merror"} & words_of(column.name) for column in numeric)
    return not boosted and any(
        each.what and each.split in ("validation", "test") for each in measures
    )


def _keys(log: Log, step: str | None, said: list[str]) -> tuple[str, ...]:
    """The columns that tell runs apart."""
    if {column.name for column in log.columns} >= OURS:
        return ("id",)
    found: list[Column] = []
    for column in log.columns:
        named = plain(column.name) in RUNS or column.name == RUN
        usable = column.kind == TEXT or (column.kind == NUMBER and named)
        if column.name == step or not usable or not column.values:
            continue
        if column.values == len(column.cells) > 1 or column.missing.all():
            continue  # it tells rows apart
        told = named and (column.values > 1 or column.kind == TEXT)
        if told or (column.kind == TEXT and column.values > 1 and _repeats(log, step, found)):
            found.append(column)
    found += _settings(log, step, found)
    # A run's name often follows from its id.
    kept: list[Column] = []
    for column in found:
        if not kept or _groups([*kept, column]) > _groups(kept):
            kept.append(column)
    if kept:
        said.append(f"Runs are told apart by {listed([brief(column.name) for column in kept])}.")
    return tuple(column.name for column in kept)


def _settings(log: Log, step: str | None, keys: Sequence[Column]) -> list[Column]:
    """Columns of numbers that change where the steps start again, such as a learning rate."""
    if step is None or not len(log.rows):
        return []
    back = np.diff(log.column(step).numbers) < 0
    if not back.any() or (keys and not _repeats(log, step, keys)):
        return []
    return [
        column
        for column in log.columns
        if column.kind == NUMBER
        and column.name != step
        and column not in keys
        and not is_clock(column)
        and not measure_of(column.name).what
        and plain(column.name) not in STEPS
        and bool((np.diff(column.numbers) != 0)[back].all())
        and not bool((np.diff(column.numbers) != 0)[~back].any())
    ][:1]


def _groups(columns: Sequence[Column]) -> int:
    frame = pd.DataFrame({k: column.texts.to_numpy() for k, column in enumerate(columns)})
    return int(frame.drop_duplicates().shape[0])


def _repeats(log: Log, step: str | None, keys: Sequence[Column]) -> bool:
    """Whether steps repeat within the runs that these keys tell apart."""
    if step is None:
        return True
    frame = pd.DataFrame({k: column.texts.to_numpy() for k, column in enumerate(keys)})
    frame["step"] = log.column(step).numbers
    return bool(frame.duplicated().any())


def _metrics(
    columns: Sequence[Column], x: str, said: list[str], questions: list[Question]
) -> tuple[dict[str, str], frozenset[str]]:
    """Assign each history column at most once, to the best column for it."""
    measures = {column.name: measure_of(column.name) for column in columns}
    points = {column.name: int((~column.missing).sum()) for column in columns}
    splits = _splits(measures, said, questions)
    found = dict.fromkeys(measures, "")
    order = [*measures]
    ranked = sorted(order, key=lambda name: _rank(name, measures, points, order))
    free = [name for name in HISTORY_COLUMNS if name != x]
    errors = set()
    for name in ranked:
        target = _target(name, measures[name], splits[name], free)
        if target:
            found[name] = target
            free.remove(target)
            if measures[name].what == "error":
                errors.add(name)
    if not any(each and each not in UNITS for each in found.values()) and len(columns) == 1:
        found[columns[0].name] = "objective"  # a single curve without a name
        questions.append(
            Question("metric", f"What does {brief(columns[0].name)} measure? No name says so. Read"
                     " as the training loss."))  # fmt: skip
    if not any(each and each not in UNITS for each in found.values()):
        questions.append(
            Question("metric", f"What do {listed([*map(brief, order[:6])])} measure? No name says"
                     " so: choose a metric for at least one column."))  # fmt: skip
        if len(order) > 1:
            questions.append(
                Question("columns", "Is each of these columns a run of its own? Read as metrics of"
                         " the same runs.", COLUMNS))  # fmt: skip
    return found, frozenset(errors)


def _rank(
    name: str, measures: Mapping[str, Measure], points: Mapping[str, int], order: list[str]
) -> tuple[object, ...]:
    measure = measures[name]
    rivals = [
        points[other] for other, each in measures.items()
        if each.what == measure.what and each.split == measure.split
    ]  # fmt: skip
    return (
        measure.derived,
        measure.partial,
        measure.per_step,
        points[name] <= 1 and max([*points.values(), *rivals]) > 1,
        measure.split == "test",
        order.index(name),
    )


def _splits(
    measures: Mapping[str, Measure], said: list[str], questions: list[Question]
) -> dict[str, str]:
    """Training or validation for each metric, also where its name does not say so."""
    splits = {name: each.split for name, each in measures.items()}
    splits |= _numbered(measures, said, questions)
    explicit = any(split == "train" for split in splits.values())
    validated = {measures[name].what for name, split in splits.items()
                 if split in ("validation", "test")}  # fmt: skip
    losses = any(each.what == "loss" for each in measures.values())
    for name, measure in measures.items():
        if splits[name] or not measure.what:
            continue
        scored = measure.what in ("accuracy", "error")
        if scored and measure.what not in validated and explicit:
            splits[name] = "validation"
            said.append(
                f"{brief(name)} is read as measured on validation data, as the training loss has a"
                " name of its own."
            )
        elif scored and not validated and not losses and plain(name) != VALUE:
            top = "top" in plain(name) or "acc1" in plain(name)
            splits[name] = "validation" if top else "train"
            questions.append(
                Question("metric", f"Is {brief(name)} measured on training or validation data?"
                         f" Read as {'validation' if top else 'training'}."))  # fmt: skip
        else:
            splits[name] = "train"
    return splits


def _numbered(
    measures: Mapping[str, Measure], said: list[str], questions: list[Question]
) -> dict[str, str]:
    """XGBoost's validation_0 and validation_1 are training and validation data by custom."""
    first = [name for name in measures if "validation_0" in plain(name) or
             "eval_0" in plain(name)]  # fmt: skip
    second = [name for name in measures if "validation_1" in plain(name) or
              "eval_1" in plain(name)]  # fmt: skip
    if not first or not second or any(each.split == "train" for each in measures.values()):
        return {}
    said.append("The first evaluation set is read as training data, the second as validation.")
    questions.append(
        Question("metric", f"Is {brief(first[0])} measured on training data? Read as training,"
                 " as the first of several sets is by custom."))  # fmt: skip
    return dict.fromkeys(first, "train")


def _target(name: str, measure: Measure, split: str, free: Sequence[str]) -> str:
    """The history column for a column, if it is free."""
    if name in HISTORY_COLUMNS and not name.startswith("test_"):
        return name if name in free else ""
    if STEPS.get(plain(name)) in free and plain(name) not in SECONDS:
        return STEPS[plain(name)]
    validated = split in ("validation", "test")
    if measure.derived:
        return ""
    if measure.what in ("accuracy", "error"):
        wanted = "test_accuracy" if validated else "train_accuracy"
    elif measure.what == "loss" and not measure.partial:
        wanted = "test_loss" if validated else "objective"
    elif measure.what in ("gradient_norm", "weight_norm", "penalty"):
        wanted = measure.what
    else:
        return ""
    return wanted if wanted in free else ""
