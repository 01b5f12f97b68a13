"""Files of any kind: what they are, described and brought into a store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lossopt_core.data.datasets import Examples
from lossopt_core.exchange.arrangements import Log, is_arranged, log_of, read_log
from lossopt_core.exchange.curves import curves_of
from lossopt_core.exchange.describing import describe_curves
from lossopt_core.exchange.meaning import UNITS, Meaning, suggest
from lossopt_core.exchange.metric_names import STEPS, file_tag, measure_of, plain
from lossopt_core.exchange.printed import is_printed
from lossopt_core.files.choices import GUESS, Choices
from lossopt_core.files.columns import TEXT, columns_of
from lossopt_core.files.content import ARFF, EVENTS, NPZ, SVMLIGHT, Content, content_of
from lossopt_core.files.description import CURVES, DATA, Description
from lossopt_core.files.limits import NO_LIMITS
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import unique
from lossopt_core.store.foreign import ForeignRun
from lossopt_core.store.foreign_rows import LONGEST_NAME
from lossopt_core.store.quotas import Budget
from lossopt_core.uploads.describing import describe_data
from lossopt_core.uploads.preparing import prepare
from lossopt_core.uploads.preparing import suggest as suggest_roles
from lossopt_core.uploads.reading import read

DEFAULT_REPAIR = "bring a CSV file with a row of names above at least one row of data"


def kind_of(data: bytes, filename: str, budget: Budget = NO_LIMITS) -> str:
    """DATA or CURVES, guessed from the content; ValueError if it cannot be read at all."""
    content = content_of(data, filename)
    if content.format == EVENTS:
        return CURVES
    if content.format in (NPZ, ARFF, SVMLIGHT):
        return DATA
    return CURVES if _is_log(content, budget) else DATA


def _is_log(content: Content, budget: Budget) -> bool:
    if is_printed(content):
        return True
    sheet = sheet_from(content, GUESS, budget)
    columns = columns_of(sheet)
    try:
        log = log_of(sheet, columns, content.name)
        meaning = suggest(log)
    except ValueError:
        return False
    if is_arranged(log) or any("t_start" in line for line in sheet.dialect.skipped):
        return True
    measured = {
        ours for name, ours in meaning.metrics.items()
        if ours and ours not in UNITS and measure_of(name).what
    }  # fmt: skip
    stepped = any(plain(column.name) in STEPS for column in log.columns)
    in_words = any(column.kind == TEXT for column in log.columns)
    return bool(measured) and (stepped or len(measured) > 1 or not in_words)


def describe_file(
    data: bytes, filename: str, kind: str | None = None, choices: Choices = GUESS,
    budget: Budget = NO_LIMITS,
) -> Description:  # fmt: skip
    """What a file is read as, for a kind or the likelier one."""
    kind = kind or kind_of(data, filename, budget)
    describe = describe_curves if kind == CURVES else describe_data
    return describe(data, filename, choices, budget)


def repair_of(refusal: str) -> str:
    """What would repair a file: the end of its refusal."""
    _, colon, end = refusal.rpartition(": ")
    if colon and end and end[0].isalpha():
        return end
    _, stop, end = refusal.rpartition(". ")
    return end if stop else DEFAULT_REPAIR


@dataclass(frozen=True, eq=False)
class Read:
    """A file of curves as read, with the meaning of its columns."""

    log: Log
    meaning: Meaning


def read_curves(data: bytes, filename: str, budget: Budget = NO_LIMITS) -> Read:
    """A file of curves with the guessed meaning of its columns."""
    log = read_log(data, filename, GUESS, budget)
    return Read(log, suggest(log))


def together(files: Sequence[Read], name: str = "") -> list[ForeignRun]:
    """The curves of several files; no two have the same name.

    TensorBoard writes one CSV file per metric: files of one run, "run-a-tag-loss.csv" and
    "run-a-tag-acc.csv", are one curve.  ValueError names the file of a problem.
    """
    found: list[tuple[tuple[str, ...], ForeignRun]] = []
    for file in files:
        try:
            runs = curves_of(file.log, file.meaning, name).runs
        except ValueError as error:
            raise ValueError(
                f"{file.log.source}: {error}" if len(files) > 1 else str(error)
            ) from None
        run, _ = file_tag(file.log.source)
        for each in runs:
            found.append(((run, each.name) if run else (), each))
    merged = _merged(found)
    names = unique([run.name for run in merged], LONGEST_NAME)
    return [replace(run, name=name) for name, run in zip(names, merged, strict=True)]


def _merged(found: Sequence[tuple[tuple[str, ...], ForeignRun]]) -> list[ForeignRun]:
    kept: list[ForeignRun] = []
    places: dict[tuple[str, ...], int] = {}
    for key, run in found:
        if key and key in places:
            first = kept[places[key]]
            axes = [name for name in run.history if name in UNITS]
            same = axes == [name for name in first.history if name in UNITS]
            if same and not ({*run.history} & {*first.history}) - {*UNITS}:
                history = first.history.merge(run.history, on=axes, how="outer")
                kept[places[key]] = ForeignRun(first.name, history, first.source)
                continue
        elif key:
            places[key] = len(kept)
        kept.append(run)
    return kept


def examples_from(data: bytes, filename: str, budget: Budget = NO_LIMITS) -> Examples:
    """The examples in a file, with the guessed roles of its columns."""
    content = read(data, filename, budget)
    if isinstance(content, Examples):
        return content
    columns = columns_of(content)
    return prepare(columns, suggest_roles(columns)).examples
