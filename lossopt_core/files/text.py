"""Delimiter and rows of text files.

The delimiter is CleverCSV's guess (van den Burg, Nazabal and Sutton, 2019: consistent rows of
cells that have a type).  It is asked about real delimiters only, as it also finds blanks between
the words of a sentence.
"""

import csv
import re
from io import StringIO

from lossopt_core.fields import brief
from lossopt_core.files.choices import DELIMITERS
from lossopt_core.files.limits import LARGEST, MAX_ROWS, check_rows

SAMPLE = 20_000
"""Characters that decide the delimiter: CleverCSV takes about 0.2 s for them."""
SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])\s*'[^'\n]*'\s*(?=[,;\t|]|$)", re.MULTILINE)
WORD = re.compile(r""""(?:[^"\\]|\\.|"")*"|'[^']*'(?=\s|$)|\S+""")
USUAL = (",", ";", "\t", "|")
UNUSUAL = [each for each in DELIMITERS if each not in (*USUAL, " ")]
_END = "\x1fend\x1f"

Record = tuple[int, list[str]]


def delimiter_of(text: str) -> str:
    """A key of `DELIMITERS`; a comma for a single column."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:  # no half lines
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"), 0)] or sample
    sample = re.sub(r"\r\n?", "\n", sample)
    if not any(each in sample for each in USUAL):
        return " " if _in_columns(sample) else _unusual(sample) or ","
    from clevercsv import Sniffer  # takes a second

    try:
        dialect = Sniffer().sniff(sample, delimiters=[*USUAL])
        found = str(dialect.delimiter) if dialect is not None else ""
    except Exception:  # CleverCSV raises errors of many kinds where it finds nothing
        found = ""
    if found in USUAL:
        return found
    if _in_columns(sample):
        return " "
    return max(USUAL, key=sample.partition("\n")[0].count)


def _in_columns(sample: str) -> bool:
    """Whether blanks separate columns: as many words in each line, most of them numbers."""
    lines = [split(line) for line in sample.splitlines() if line.strip()]
    if not lines or len(lines[-1]) < 2:
        return False
    widths = {len(line) for line in lines[1:]} or {len(lines[0])}
    words = [word for line in lines[1:] or lines for word in line]
    numbers = sum(bool(re.fullmatch(r"[-+.\deE,%]+|nan|NA|\?", word)) for word in words)
    return len(widths) == 1 and 2 * numbers >= len(words) and len(words) > 0


def _unusual(sample: str) -> str:
    """A sign that every line has as often, where no usual delimiter is; "" for times and words."""
    lines = [line for line in sample.splitlines() if line.strip()]
    for sign in UNUSUAL:
        counts = {line.count(sign) for line in lines}
        clock = sign == ":" and all(re.fullmatch(r"[\d:.]+", line.strip()) for line in lines[1:])
        if len(lines) > 2 and len(counts) == 1 and counts != {0} and not clock:
            return sign
    return ""


def split(line: str) -> list[str]:
    """The words of a line, also quoted ones with blanks."""
    if '"' not in line and "'" not in line:
        return line.split()
    words = WORD.findall(line)
    return [w[1:-1].replace('""', '"') if w[0] in "\"'" and w[-1] == w[0] and len(w) > 1 else w
            for w in words]  # fmt: skip


def records_of(text: str, delimiter: str, first_row: int = 1) -> list[Record]:
    """All rows that are not empty, stripped, with their numbers.

    ValueError names the row of a quote that is not closed, and too many rows.
    """
    if delimiter == " ":
        lines = enumerate(text.splitlines(), start=first_row)
        return _bounded([(row, split(line)) for row, line in lines if line.strip()])
    quote = "'" if '"' not in text and len(SINGLE_QUOTED.findall(text[:SAMPLE])) > 2 else '"'
    escape = "\\" if f"\\{quote}" in text else None
    csv.field_size_limit(LARGEST)  # libraries change it; the size of the file is the limit
    reader = csv.reader(
        StringIO(f"{text}\n{_END}\n", newline=""),
        delimiter=delimiter,
        quotechar=quote,
        escapechar=escape,
        skipinitialspace=True,
    )
    records: list[Record] = []
    row = first_row - 1
    try:
        for row, record in enumerate(reader, start=first_row):
            if record == [_END]:
                return _bounded(records)
            cells = [cell.strip() for cell in record]
            if any(cells):
                records.append((row, cells))
            _bounded(records)
    except csv.Error as error:
        raise ValueError(f"row {row + 1:,} cannot be read: {error}") from None
    raise ValueError(
        f"row {row:,} opens a quote that is not closed: {brief(records[-1][1][-1][:30])}…"
    )


def _bounded(records: list[Record]) -> list[Record]:
    check_rows([row for row, _ in records[1:]] if len(records) > MAX_ROWS + 1 else ())
    return records
