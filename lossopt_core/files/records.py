"""Rows of text become a sheet: header, repeated headers, units and names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from lossopt_core.fields import brief
from lossopt_core.files.choices import Choices, Question
from lossopt_core.files.limits import check_size
from lossopt_core.files.notes import line_said, without_notes
from lossopt_core.files.numerals import MISSING, is_number
from lossopt_core.files.sheet import Dialect, Sheet, distinct_names
from lossopt_core.files.text import Record
from lossopt_core.texts import counted, listed

SAMPLE = 200
"""Rows that decide whether there is a header."""


@dataclass(frozen=True)
class Head:
    """The decision on the first row: whether it has names, and what else it could be."""

    header: bool
    sure: bool = True


def sheet_of(
    records: list[Record],
    *,
    format: str,
    dialect: Dialect,
    choices: Choices,
    comment: Sequence[str] = (),
    decimal: str | None = None,
) -> Sheet:
    """A sheet of rows of strings; ValueError names the row of a problem.

    `comment` are the cells of the last comment line, which may have the names.
    """
    if not records:
        raise ValueError("the file is empty")
    said: list[str] = []
    skipped = list(dialect.skipped)
    records = without_notes(_without_titles(records, skipped), skipped)
    records = _rectangular(records, said)
    head = _head([cells for _, cells in records[: SAMPLE + 1]])
    header = head.header if choices.header is None else choices.header
    questions = () if head.sure or choices.header is not None else (_asked(records, header),)
    if header:
        (_, names), *records = records
        records = _without_repeated(names, records, skipped)
    elif len(comment) == len(records[0][1]) and not any(map(is_number, comment)):
        names, header = list(comment), True
        said.append("The names of the columns are those of the comment line above the data.")
    else:
        names = [f"column {place}" for place in range(1, len(records[0][1]) + 1)]
        said.append("There is no header: the first row is data, and columns are numbered.")
    records, second = _without_units(names if header else [], records, skipped)
    if second:
        names = _joined(names, second)
        said.append(f"Two rows have the names: they are joined, as {brief(names[-1])}.")
    check_size(len(records), len(names), [row for row, _ in records])
    if len(skipped) > len(dialect.skipped):
        said.append(f"Skipped {listed(skipped[len(dialect.skipped) :], 6)}.")
    return named(
        [cells for _, cells in records],
        names,
        rows=[row for row, _ in records],
        like=Sheet(
            pd.DataFrame(),
            format,
            dialect=replace(dialect, header=header, skipped=tuple(skipped)),
            decimal=decimal,
            said=tuple(said),
            questions=questions,
        ),
    )


def named(
    cells: Sequence[Sequence[str]], names: Sequence[str], *, rows: Sequence[int], like: Sheet
) -> Sheet:
    """The cells with a name for each column, and what was done to the names."""
    blank = [not name.strip() for name in names]
    called = [
        f"column {place}" if empty else name
        for place, (name, empty) in enumerate(zip(names, blank, strict=True), start=1)
    ]
    columns = distinct_names(called)
    said = list(like.said)
    lines = [name for name in called if "\n" in name or "\r" in name or "\t" in name]
    if lines:
        said.append(f"Line breaks and tabs in names are blanks: {listed([*map(brief, lines)])}.")
    repeated = [name for name, count in Counter(" ".join(n.split()) for n in called).items()
                if count > 1]  # fmt: skip
    if repeated:
        said.append(
            f"Several columns are called {listed([*map(brief, repeated)])}: they are numbered."
        )
    if any(blank):
        unnamed = [brief(column) for column, empty in zip(columns, blank, strict=True) if empty]
        said.append(f"Columns without a name: {listed(unnamed)}.")
    table = pd.DataFrame(list(cells), columns=columns, dtype=object)
    table.index = pd.Index(list(rows))
    return replace(
        like,
        cells=table,
        names=tuple(called),
        unnamed=frozenset(
            column for column, empty in zip(columns, blank, strict=True) if empty
        ),
        said=tuple(said),
    )  # fmt: skip


def _without_titles(records: list[Record], skipped: list[str]) -> list[Record]:
    """Leave out lines of one cell above the table."""
    filled = [sum(map(bool, cells)) for _, cells in records[:SAMPLE]]
    width = Counter(filled).most_common(1)[0][0]
    first = next(place for place, count in enumerate(filled) if count > 1 or count == width)
    if width == 1 or first == 0 or not records[0][1][0]:  # as above an index without a name
        return records
    skipped += [line_said(row, cells) for row, cells in records[:first]]
    return records[first:]


def _rectangular(records: list[Record], said: list[str]) -> list[Record]:
    """Rows of one length; ValueError names the first row that has another."""
    (top, first), *rest = records
    width = len(first)
    if rest and all(len(cells) == width + 1 for _, cells in rest):
        if any(cells[-1] for _, cells in rest) and len({cells[0] for _, cells in rest}) > 1:
            said.append("The rows have one cell more than the names: the first one has no name.")
            return [(top, ["", *first]), *rest]
        if not any(cells[-1] for _, cells in rest):
            said.append("Every row ends in a delimiter: the empty column after it is left out.")
            return [(top, first), *((row, cells[:-1]) for row, cells in rest)]
    named = len(first) - next((k for k, cell in enumerate(reversed(first)) if cell), 0)
    if named < width and rest and all(len(cells) == named for _, cells in rest):
        blank = [""] * (width - named)
        records = [(top, first), *((row, [*cells, *blank]) for row, cells in rest)]
    longer = 0
    for place, (row, cells) in enumerate(records):
        if len(cells) > width and not any(cells[width:]):
            records[place] = row, cells[:width]
            longer += 1
        elif len(cells) != width:
            raise ValueError(
                f"row {row:,} has {len(cells):,} cells instead of {width:,}: add or remove"
                " delimiters, or quote cells that contain one"
            )
    if longer:
        said.append(f"{counted(longer, 'row')} end in empty cells that have no column.")
    return records


def _head(rows: list[list[str]]) -> Head:
    """Whether the first row has names, from how its cells differ from those below."""
    first, *rest = rows
    rest = [cells for cells in rest if cells != first] or rest  # headers written again
    numbers = [cell for cell in first if is_number(cell)]
    if not first[0] and numbers and numbers == [str(k) for k in range(len(first) - 1)]:
        return Head(header=True)  # names that pandas gives, above its index
    if numbers and not (len(numbers) < len([*filter(None, first)]) and _count_on(numbers)):
        # Programs that know no names write 0, 1, 2 and so on.
        counts = numbers == [str(k) for k in range(len(numbers))] and len(numbers) > 2
        return Head(header=counts, sure=not counts)
    if not rest:
        return Head(header=True)
    columns = [*zip(*rest, strict=True)]
    known = [(cell, column) for cell, column in zip(first, columns, strict=True) if any(column)]
    measured = [cell for cell, column in known if _numeric(column)]
    if measured:
        named = [cell for cell in measured if cell.lower() not in MISSING or not cell]
        return Head(header=bool(named))
    recurring = sum(cell in column for cell, column in known if cell)
    if 2 * recurring >= max(1, len(known)):
        return Head(header=False)
    return Head(header=True, sure=not recurring)


def _count_on(numbers: Sequence[str]) -> bool:
    """Whether these cells number columns, 0, 1, 2 or 2019, 2020, 2021."""
    if not all(map(str.isdigit, numbers)):
        return False
    values = [*map(int, numbers)]
    starts = values[0] in (0, 1) or (1_900 <= values[0] <= 2_100 and len(values) > 1)
    return starts and values == list(range(values[0], values[0] + len(values)))


def _numeric(cells: Sequence[str]) -> bool:
    """Whether most cells that are not missing are numbers."""
    given = [cell for cell in cells if cell.lower() not in MISSING]
    return 5 * sum(map(is_number, given)) > 4 * len(given) > 0


def _asked(records: list[Record], header: bool) -> Question:
    row = ", ".join(records[0][1][:4])
    answers = {True: "names of columns", False: "data"}
    return Question(
        "header",
        f"Is the first row ({row}) names of columns or data? Read as {answers[header]}.",
        {str(each): answers[each] for each in (header, not header)},
    )


def _without_repeated(
    names: Sequence[str], records: list[Record], skipped: list[str]
) -> list[Record]:
    """Leave out headers that a program wrote again when it was restarted."""
    again = [row for row, cells in records if cells == names]
    if not again or len(again) == len(records):
        return records
    skipped += [f"line {row}: the header again" for row in again]
    return [(row, cells) for row, cells in records if cells != names]


def _without_units(
    names: Sequence[str], records: list[Record], skipped: list[str]
) -> tuple[list[Record], list[str]]:
    """Leave out a row of units, the only words in columns of numbers.

    Below names that repeat, such a row has a second part of the names, which is returned.
    """
    if len(records) < 3:
        return records, []
    (row, first), *rest = records
    sample = [*zip(*(cells for _, cells in rest[:SAMPLE]), strict=True)]
    units = [cell for cell, column in zip(first, sample, strict=True) if _numeric(column)]
    words = [cell for cell in units if cell and not is_number(cell)]
    bracketed = all(cell[0] in "([<" and cell[-1] in ")]>" for cell in words)
    odd = any(is_number(cell) or cell.lower() in MISSING - {""} for cell in units)
    if odd or not words or not (bracketed or (len(words) > 1 and max(map(len, words)) < 12)):
        return records, []
    given = [name for name in names if name]
    merged = any(below and not name for name, below in [*zip(names, first, strict=False)][1:])
    if not bracketed and (merged or len({*given}) < len(given)):
        return rest, first
    skipped.append(f"line {row}: units ({listed(words)})")
    return rest, []


def _joined(names: Sequence[str], second: Sequence[str]) -> list[str]:
    """Names in two rows; a blank cell of the first row belongs to the one before it."""
    found, above = [], ""
    for name, below in zip(names, second, strict=True):
        above = name or above
        found.append(" ".join(filter(None, (above if below else name, below))))
    return found
