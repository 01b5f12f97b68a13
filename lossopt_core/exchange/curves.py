"""Conversion of arranged tables to imported curves."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.exchange.arrangements import Log
from lossopt_core.exchange.meaning import PERCENT, SCALES, Meaning
from lossopt_core.exchange.metric_names import file_tag
from lossopt_core.exchange.ordering import STEP, in_order
from lossopt_core.fields import brief
from lossopt_core.files.columns import NUMBER, Column, Mask
from lossopt_core.files.numerals import is_number
from lossopt_core.files.sheet import unique
from lossopt_core.objective.linear import Array
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.foreign_rows import AXES, LONGEST_NAME, LONGEST_SOURCE, normalized
from lossopt_core.texts import listed, one_line
from lossopt_core.training.run import HISTORY_COLUMNS

MAX_RUNS = 60
SAYS_PERCENT = re.compile(r"%|percent|pct|prozent", re.IGNORECASE)
ACCURACIES = ("train_accuracy", "test_accuracy")
LOSSES = ("objective", "data_loss", "test_loss")


@dataclass(frozen=True, eq=False)
class Curves:
    """Imported curves, what was done to them, and first and last value of other metrics."""

    runs: list[ForeignRun]
    said: list[str]
    others: list[dict[str, tuple[float, float]]]


def curves_of(log: Log, meaning: Meaning, name: str = "") -> Curves:
    """One curve for each combination of the values of `meaning.keys`, or a single one.

    `name` is a prefix of their names; by default they are called after the file.  Rows with equal
    steps are merged if their values are in different columns.  ValueError names the row and column
    of a problem.
    """
    _check(log, meaning)
    said: list[str] = []
    places = {ours: log.column(column) for column, ours in meaning.metrics.items() if ours}
    columns = {ours: numbers_of(log, column) for ours, column in places.items()}
    diverging = {ours: _not_numbers(log, places[ours]) for ours in LOSSES if ours in columns}
    steps = None if meaning.step is None else steps_of(log, meaning.step)
    nameless: list[str] = []
    histories: list[tuple[str, pd.DataFrame, Mask]] = []
    scales: dict[str, dict[str, str]] = {}
    for label, mask in _groups(log, meaning.keys).items():
        at = np.arange(1.0, mask.sum() + 1) if steps is None else steps[mask]
        frame = pd.DataFrame({STEP: at}, index=np.flatnonzero(mask))
        for ours, values in columns.items():
            frame[ours] = _scaled(log, meaning, ours, places[ours], values[mask], label, scales)
        for ours, wrong in diverging.items():
            frame.loc[_trailing(frame[ours], wrong[mask]), ours] = np.inf
        frame = _with_steps(log, frame, nameless)
        for part, ordered in enumerate(in_order(frame, meaning, log.rows, label, said), start=1):
            called = label if part == 1 else f"{label or log.source} ({part})"
            histories.append((called, ordered, mask))
    if errors := [column.name for column in log.columns if column.name in meaning.errors]:
        named = listed([*map(brief, errors)])
        said.append(f"{named}: error rates, kept as accuracies, 1 − error.")
    said += _said_scales(scales)
    if nameless:
        said.append(f"Left out rows without a step: {listed(nameless, 6)}.")
    runs = _runs(log, meaning, name, histories, said)
    return Curves(runs, said, [_other_metrics(log, meaning, mask) for _, _, mask in histories])


def _check(log: Log, meaning: Meaning) -> None:
    if meaning.x not in AXES:
        raise ValueError(f"x must be one of {', '.join(AXES)}; got {brief(meaning.x)}")
    wanted = {column: ours for column, ours in meaning.metrics.items() if ours}
    for place, (column, ours) in enumerate(wanted.items()):
        if ours not in HISTORY_COLUMNS:
            raise ValueError(f"{brief(ours)} must be one of {', '.join(HISTORY_COLUMNS)}")
        if ours == meaning.x or ours in list(wanted.values())[:place]:
            raise ValueError(f"column {column}: {ours} is already assigned to another column")
    for each in (*wanted, *meaning.keys):
        log.column(each)


def numbers_of(log: Log, column: Column) -> Array:
    """A column as numbers, NaN if empty; ValueError names a cell that is none."""
    if column.kind not in (NUMBER, "empty"):
        given = np.flatnonzero(~column.missing)
        wrong = np.array([k for k in given if not is_number(str(column.cells.iloc[k]))], dtype=int)
        wrong = wrong if len(wrong) else given
    else:
        wrong = np.flatnonzero(column.invalid)
    if len(wrong):
        cell = column.cells.iloc[wrong[0]]
        raise ValueError(
            f"{_where(log, wrong[0], column.name)}: {brief(str(cell))} is not a number: correct it,"
            " or ignore the column"
        )
    return column.numbers


def steps_of(log: Log, name: str) -> Array:
    """Numbers >= 0, NaN if empty; ValueError names an invalid cell."""
    column = log.column(name)
    steps = numbers_of(log, column)
    wrong = np.flatnonzero((steps < 0) | np.isinf(steps))
    if len(wrong):
        cell = column.texts.iloc[wrong[0]]
        raise ValueError(
            f"{_where(log, wrong[0], name)}: a step must be 0 or more, got {brief(cell)}"
        )
    return steps


def _where(log: Log, place: int, column: str) -> str:
    return f"row {log.rows[place]:,}, column {column}"


def _groups(log: Log, keys: Sequence[str]) -> dict[str, Mask]:
    """Row masks for each combination of the values of the keys, in table order."""
    if not keys:
        return {"": np.ones(len(log.rows), bool)}
    parts = []
    for key in keys:
        column = log.column(key)
        texts = column.texts.to_numpy().astype(str)
        if column.kind == NUMBER and key != "id":
            texts = np.array([f"{key} {text}" for text in texts])
        parts.append(texts)
    labels = pd.Series([", ".join(filter(None, row)) for row in zip(*parts, strict=True)])
    values = pd.unique(labels)
    if len(values) > MAX_RUNS:
        named = f"column {keys[0]} has" if len(keys) == 1 else f"columns {listed(keys)} have"
        row = log.rows[np.flatnonzero(labels == values[MAX_RUNS])[0]]
        raise ValueError(
            f"{named} {len(values):,} values, too many from row {row:,} on; at most {MAX_RUNS}"
            " runs can be imported: leave out rows, or choose another column"
        )
    return {str(value): (labels == value).to_numpy() for value in values}


def _scaled(
    log: Log,
    meaning: Meaning,
    ours: str,
    column: Column,
    values: Array,
    label: str,
    scales: dict[str, dict[str, str]],
) -> Array:
    """Accuracies of a run as fractions: those above 1 are per cent, unless a scale was chosen."""
    if ours not in ACCURACIES:
        return _hundredth(values) if column.percent else values
    chosen = meaning.scales.get(column.name)
    most = SCALES[chosen or PERCENT]
    known = values[np.isfinite(values)]
    if len(known) and not (known.min() >= 0 and known.max() <= most):
        row = int(np.flatnonzero((column.numbers < 0) | (column.numbers > most))[0])
        allowed = "0 to 1, or 0 to 100 percent" if chosen is None else f"0 to {most:g}, as chosen"
        raise ValueError(
            f"{_where(log, row, column.name)}: accuracies must be {allowed}, got"
            f" {column.numbers[row]:g}"
        )
    largest = known.max() if len(known) else np.nan
    percent = column.percent or largest > 1 if chosen is None else chosen == PERCENT
    if len(known):
        why = f"as its largest value is {largest:g}" if chosen is None else "as chosen"
        contradicts = chosen is None and not percent and SAYS_PERCENT.search(column.name)
        scales.setdefault(column.name, {})[label] = (
            f"{'per cent' if percent else 'a share of 1'}, {why}"
            + (", although its name says per cent" if contradicts else "")
        )
    values = _hundredth(values) if percent else values
    return np.round(1 - values, 12) if column.name in meaning.errors else values


def _hundredth(values: Array) -> Array:
    """Per cent as fractions, as a person would write them: 70.2 / 100 is not quite 0.702."""
    return np.round(values / 100, 12)


def _said_scales(scales: Mapping[str, Mapping[str, str]]) -> list[str]:
    said = []
    for name, of_runs in scales.items():
        percent = [label for label, how in of_runs.items() if how.startswith("per cent")]
        if len(of_runs) == 1 or len(percent) in (0, len(of_runs)):
            first = next(iter(of_runs.values()))
            said.append(f"{brief(name)} is read as {first}.")
            continue
        parts = [f"{label or 'the run'}: {how}" for label, how in of_runs.items()]
        said.append(f"The scale of {brief(name)} is decided run by run. {'; '.join(parts[:8])}.")
    return said


def _not_numbers(log: Log, column: Column) -> Mask:
    """Where a loss is NaN or infinite, rather than not measured."""
    wrong = np.isinf(column.numbers)
    if column.nans is not None:
        wrong |= column.nans
    elif log.sheet.format == "Parquet" and len(log.read) == len(log.columns):
        # Typed files do not tell NaN from missing: rows where nothing is measured are NaN.
        measured = [each.numbers for each in log.columns if each.kind == NUMBER
                    and each.name != column.name and not each.index
                    and np.isnan(each.numbers).any()]  # fmt: skip
        wrong |= np.isnan(column.numbers) & np.all([np.isnan(each) for each in measured], axis=0)
    return wrong


def _trailing(values: pd.Series, wrong: Mask) -> Mask:
    """The rows of a loss from which on it never was a number again; none if it ended well."""
    finite = np.flatnonzero(np.isfinite(values.to_numpy()))
    last = finite[-1] if len(finite) else -1
    return wrong & (np.arange(len(wrong)) > last)


def _with_steps(log: Log, frame: pd.DataFrame, nameless: list[str]) -> pd.DataFrame:
    missing = frame[STEP].isna().to_numpy()
    nameless += [f"row {log.rows[place]:,}" for place in frame.index[missing]]
    return frame[~missing]


def _runs(
    log: Log,
    meaning: Meaning,
    name: str,
    histories: Sequence[tuple[str, pd.DataFrame, Mask]],
    said: list[str],
) -> list[ForeignRun]:
    run, _ = file_tag(log.source)
    wanted = [_name(name, label, run or log.source) for label, _, _ in histories]
    names = unique(wanted, LONGEST_NAME)
    if names != wanted:
        said.append("Names of runs that are too long or the same are shortened or numbered.")
    found = []
    for called, (_, frame, _) in zip(names, histories, strict=True):
        history = _one_row_per_step(frame).rename(columns={STEP: meaning.x})
        curve = ForeignRun(called, history, one_line(log.source)[:LONGEST_SOURCE])
        if not {*history} - {*AXES} or history.drop(columns=[*{*AXES} & {*history}]).empty:
            found.append(curve)  # nothing is measured; it cannot be kept
            continue
        curve = normalized(curve)
        found.append(curve)
        if (at := curve.diverged_at) is not None:
            said.append(f"{called} diverged at {meaning.x} {at:g}: its loss is not a number after.")
    empty = [run.name for run in found if not len(run.history)]
    if empty:
        said.append(f"No values for {listed([*map(brief, empty)])}.")
    return found


def _one_row_per_step(frame: pd.DataFrame) -> pd.DataFrame:
    metrics = [column for column in frame if column not in (STEP, *AXES)]
    if not metrics:
        return frame.drop_duplicates(STEP)
    measured = frame.dropna(how="all", subset=metrics)
    if measured[STEP].is_monotonic_increasing and measured[STEP].is_unique:
        return measured.reset_index(drop=True)
    return measured.groupby(STEP, as_index=False).last()


def _other_metrics(log: Log, meaning: Meaning, mask: Mask) -> dict[str, tuple[float, float]]:
    """First and last value of the metrics that have no place."""
    found = {}
    for name, ours in meaning.metrics.items():
        column = log.column(name)
        known = column.numbers[mask]
        known = known[np.isfinite(known)]
        if not ours and len(known):
            found[name] = float(known[0]), float(known[-1])
    return found


def _name(name: str, label: str, source: str) -> str:
    parts = [part for part in (one_line(name), one_line(label)) if part]
    return (", ".join(parts) or one_line(source) or "imported").strip()
