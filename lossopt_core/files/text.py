"""Encoding and delimiter of text files.

The delimiter is CleverCSV's guess (van den Burg, Nazabal and Sutton, 2019: consistent rows of
cells that have a type).  It is asked about real delimiters only, as it also finds blanks between
the words of a sentence.
"""

import codecs
import csv
import re
from io import StringIO

from lossopt_core.fields import brief
from lossopt_core.files.choices import DELIMITERS
from lossopt_core.files.limits import LARGEST, MAX_ROWS, check_rows

SAMPLE = 20_000
"""Characters that decide the delimiter: CleverCSV takes about 0.2 s for them."""
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NAMES = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])\s*'[^'\n]*'\s*(?=[,;\t|]|$)", re.MULTILINE)
_END = "\x1fend\x1f"

Record = tuple[int, list[str]]


def decoded(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file, and the name of its encoding; ValueError if it is not text."""
    if encoding is not None:
        try:
            return data.decode(encoding).removeprefix("\ufeff"), encoding
        except (UnicodeDecodeError, LookupError):
            raise ValueError(f"the file is not {encoding} text: choose another encoding") from None
    text, found = _decoded(data)
    if "\x00" in text:
        raise ValueError("the file is not text: export it as CSV")
    return text, NAMES.get(found, found)


def _decoded(data: bytes) -> tuple[str, str]:
    # The BOM of UTF-32 begins with that of UTF-16.
    marked = [name for bom, name in BOMS.items() if data.startswith(bom)]
    candidates = marked[:1] or [*_by_zeros(data), "utf-8"]
    for encoding in (*candidates, "cp1252", "latin-1"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 accepts any bytes")


def _by_zeros(data: bytes) -> list[str]:
    """UTF-16 without a mark: every second byte of Western text is zero."""
    start = data[:2_000]
    if len(start) < 4 or len(data) % 2:
        return []
    even, odd = (start[first::2].count(0) / (len(start) / 2) for first in (0, 1))
    if odd > 0.4 and even < 0.1:
        return ["utf-16-le"]
    return ["utf-16-be"] if even > 0.4 and odd < 0.1 else []


def delimiter_of(text: str) -> str:
    """A key of `DELIMITERS`; a comma for a single column."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:  # no half lines
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"), 0)] or sample
    sample = re.sub(r"\r\n?", "\n", sample)
    real = [each for each in DELIMITERS if each != " "]
    if not any(each in sample for each in real):
        return " " if _in_columns(sample) else ","
    from clevercsv import Sniffer  # takes a second

    try:
        dialect = Sniffer().sniff(sample, delimiters=real)
        found = str(dialect.delimiter) if dialect is not None else ""
    except Exception:  # CleverCSV raises errors of many kinds where it finds nothing
        found = ""
    if found in real:
        return found
    if _in_columns(sample):
        return " "
    return max(real, key=sample.partition("\n")[0].count)


def _in_columns(sample: str) -> bool:
    """Whether blanks separate columns: as many words in each line, most of them numbers."""
    lines = [line.split() for line in sample.splitlines() if line.strip()]
    if not lines or len(lines[-1]) < 2:
        return False
    widths = {len(line) for line in lines[1:]} or {len(lines[0])}
    words = [word for line in lines[1:] or lines for word in line]
    numbers = sum(bool(re.fullmatch(r"[-+.\deE,%]+|nan|NA|\?", word)) for word in words)
    return len(widths) == 1 and 2 * numbers >= len(words) and len(words) > 0


def records_of(text: str, delimiter: str, first_row: int = 1) -> list[Record]:
    """All rows that are not empty, stripped, with their numbers.

    ValueError names the row of a quote that is not closed, and too many rows.
    """
    if delimiter == " ":
        lines = enumerate(text.splitlines(), start=first_row)
        return _bounded([(row, line.split()) for row, line in lines if line.strip()])
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
