"""Lines around and within a table that are no rows of it: comments, rules, notes below it."""

import re
from collections import Counter
from collections.abc import Sequence

from lossopt_core.files.numerals import is_number
from lossopt_core.files.text import Record

SHOWN = 60
"""Characters of a skipped line."""
MAX_NOTES = 20
RULE = re.compile(r"[-=+:|]*[-=]{2,}[-=+:|]*")


def line_said(row: int, cells: Sequence[str]) -> str:
    """'line 3: made by a program'."""
    text = ", ".join(cell for cell in cells if cell)
    return f"line {row}: {text if len(text) <= SHOWN else text[:SHOWN] + '…'}"


def without_notes(records: list[Record], skipped: list[str]) -> list[Record]:
    """Leave out comments, rules of drawn tables and notes below the table, and name them."""
    width = Counter(len(cells) for _, cells in records).most_common(1)[0][0]
    if width == 1:
        return records
    end = _without_notes_below(records, width)
    left_out = [record for record in records[:end] if _is_comment(record[1], width)]
    rules = [record for record in records[:end] if _is_rule(record[1], width)]
    left_out += rules + records[end:]
    if not left_out:
        return records
    skipped += [line_said(row, cells) for row, cells in sorted(left_out)]
    numbers = {row for row, _ in left_out}
    kept = [record for record in records if record[0] not in numbers]
    return _without_edges(kept) if rules else kept


def _without_notes_below(records: Sequence[Record], width: int) -> int:
    """The number of rows before the notes below a table: words in a single cell."""
    end = len(records)
    while end > max(2, len(records) - MAX_NOTES) and _is_note(records, end - 1, width):
        end -= 1
    return end


def _is_note(records: Sequence[Record], last: int, width: int) -> bool:
    _, cells = records[last]
    given = [place for place, cell in enumerate(cells) if cell]
    if len(given) != 1 or not _is_words(cells[given[0]]):
        return False
    if len(cells) < width:
        return True
    # A value of a column is a row whose other cells are missing.
    return width > 2 and all(
        row[given[0]] != cells[given[0]] for _, row in records[:last] if len(row) == width
    )


def _is_words(cell: str) -> bool:
    return not is_number(cell) and any(map(str.isalpha, cell)) and (" " in cell or len(cell) > 3)


def _is_comment(cells: Sequence[str], width: int) -> bool:
    return cells[0].startswith(("#", "//")) and (len(cells) != width or not any(cells[1:]))


def _is_rule(cells: Sequence[str], width: int) -> bool:
    """Whether these are the dashes of a drawn table, not markers of missing values."""
    first = cells[0] or next(filter(None, cells))
    if first[0] not in "-=+:|":  # most rows, and quick
        return False
    given = [cell for cell in cells if cell]
    drawn = all(RULE.fullmatch(cell) for cell in given)
    return drawn and (len(cells) < width or max(map(len, given)) > 2)


def _without_edges(records: list[Record]) -> list[Record]:
    """A table drawn with pipes at its edges has no cells there."""
    if all(len(cells) > 2 and not cells[0] and not cells[-1] for _, cells in records):
        return [(row, cells[1:-1]) for row, cells in records]
    return records
