"""What every reader gives: cells with the numbers of their rows, and how they were found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lossopt_core.files.choices import Question
from lossopt_core.texts import one_line


@dataclass(frozen=True)
class Dialect:
    """How a file is written; None for what its format does not leave open.

    `skipped` are the lines that are neither names nor data.
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: bool = True
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as read, before its columns have a meaning.

    cells     columns of strings, or of numbers where the format has types; the index numbers
              the rows as the file does
    format    the name of the format, such as "CSV"
    names     the columns' names as they are in the file, with repetitions
    unnamed   columns without a name in the file
    index     the column that the file declares to number its rows, if any
    label     the column that the file declares to be the label, if any
    decimal   the decimal separator that the format prescribes, if any
    unread    columns whose type cannot be read, with the reason
    said      what was done while reading, in sentences
    """

    cells: pd.DataFrame
    format: str
    dialect: Dialect = Dialect()
    names: tuple[str, ...] = ()
    unnamed: frozenset[str] = frozenset()
    index: str | None = None
    label: str | None = None
    decimal: str | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def distinct_names(names: Sequence[str]) -> list[str]:
    """The names as one line each, numbered where they repeat: loss, loss (2)."""
    return unique([one_line(name) for name in names])


def unique(names: Iterable[str], longest: int | None = None) -> list[str]:
    """Names cut to a length and numbered where two would be the same."""
    found: dict[str, None] = {}
    for name in names:
        short, number = name if longest is None else shortened(name, longest), 1
        while short in found:
            number += 1
            end = f" ({number})"
            short = (name if longest is None else shortened(name, longest - len(end))) + end
        found[short] = None
    return list(found)


def shortened(name: str, longest: int) -> str:
    """The name with an ellipsis if it is too long."""
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
