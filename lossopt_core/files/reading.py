"""From the bytes of a file to its sheet: the one way in for every table."""

import re
from dataclasses import replace
from itertools import takewhile

from lossopt_core.files import arff, parquet, workbook
from lossopt_core.files import lines as line_formats
from lossopt_core.files.choices import GUESS, Choices
from lossopt_core.files.content import ARFF, CSV, JSON, PARQUET, SVMLIGHT, XLSX, Content
from lossopt_core.files.encodings import asked, decoded
from lossopt_core.files.json_rows import rows_of
from lossopt_core.files.limits import MAX_COLUMNS, NO_LIMITS, TEXT_BYTES, check_size
from lossopt_core.files.records import named, sheet_of
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.files.text import delimiter_of, records_of
from lossopt_core.store.quotas import Budget

SEP_LINE = re.compile(r'\s*"?sep=(?P<delimiter>.|\\t)"?\s*', re.IGNORECASE)
COMMENTS = ("#", "%", "//")


def sheet_from(content: Content, choices: Choices = GUESS, budget: Budget = NO_LIMITS) -> Sheet:
    """The table in unpacked content."""
    sheet = _sheet(content, choices, budget)
    return replace(sheet, said=(*content.said, *sheet.said))


def _sheet(content: Content, choices: Choices, budget: Budget) -> Sheet:
    if content.format == PARQUET:
        return parquet.sheet_from(content.data, budget)
    if content.format == XLSX:
        return workbook.from_xlsx(content.data, choices, budget)
    if content.format == SVMLIGHT:
        return line_formats.from_svmlight(content.data, budget)
    text, encoding = decoded(content.data, choices.encoding)
    if content.format == JSON:
        return _from_json(text, encoding, choices, budget)
    if content.format == ARFF:
        return arff.from_arff(text, budget)
    if content.format == CSV:
        sheet = _from_text(text, encoding, choices, budget)
        guessed = () if choices.encoding else asked(content.data, encoding)
        return replace(sheet, questions=(*guessed, *sheet.questions))
    raise ValueError(f"the file is {content.format}, not a table")


def _from_text(text: str, encoding: str, choices: Choices, budget: Budget) -> Sheet:
    lines = text[:200_000].splitlines(keepends=True)
    top = [*takewhile(lambda line: not line.strip(), lines)]
    skipped, delimiter = [], choices.delimiter
    if len(lines) > len(top) and (match := SEP_LINE.fullmatch(lines[len(top)].rstrip("\r\n"))):
        skipped.append(f"line {len(top) + 1}: {lines[len(top)].strip()}")
        top.append(lines[len(top)])
        delimiter = delimiter or match["delimiter"].replace("\\t", "\t")
    comments = [*takewhile(_is_comment, lines[len(top) :])]
    rest = text[sum(map(len, [*top, *comments])) :]
    if comments and not rest.strip():  # every line begins with the sign
        comments, rest = [], text[sum(map(len, top)) :]
    skipped += [
        f"line {row}: {line.strip()[:60]}" for row, line in enumerate(comments, len(top) + 1)
        if line.strip()
    ]  # fmt: skip
    if not rest.strip():
        raise ValueError("the file is empty")
    delimiter = delimiter or delimiter_of(rest)
    cells = rest.count(delimiter) + rest.count("\n")
    budget.check_unpacked(TEXT_BYTES * cells)
    first = rest.lstrip("\r\n").partition("\n")[0]
    if first.count(delimiter) >= MAX_COLUMNS and '"' not in first:
        check_size(1, first.count(delimiter) + 1)
    records = records_of(rest, delimiter, first_row=len(top) + len(comments) + 1)
    names: list[str] = []
    if comments:
        bare = comments[-1].strip().lstrip("#%/ ")
        names = [each for _, cells in records_of(bare, delimiter) for each in cells]
    sheet = sheet_of(
        records,
        format=CSV,
        dialect=Dialect(delimiter, encoding, skipped=tuple(skipped)),
        choices=choices,
        comment=names,
    )
    said = [f"Skipped {each}." for each in skipped]
    if delimiter != " " and _has_blanks(rest, delimiter):
        said.append("Blanks around cells are stripped.")
    if encoding not in ("utf-8",):
        said.insert(0, f"The encoding is {encoding}.")
    return replace(sheet, said=(*said, *sheet.said))


def _has_blanks(text: str, delimiter: str) -> bool:
    """Whether there are blanks next to delimiters, or at the ends of lines."""
    sign = re.escape(delimiter)
    return bool(re.search(rf"(?m){sign} |[^\s{sign}] +(?:{sign}|$)", text))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(COMMENTS) or not line.strip()


def _from_json(text: str, encoding: str, choices: Choices, budget: Budget) -> Sheet:
    found = rows_of(text, budget)
    dialect = Dialect(encoding=encoding, header=found.names is not None)
    lines = found.lines or range(1, len(found.rows) + 1)
    if found.names is None:
        records = [*zip(lines, found.rows, strict=True)]
        return sheet_of(records, format=JSON, dialect=dialect, choices=choices, decimal=".")
    import pandas as pd

    like = Sheet(pd.DataFrame(), JSON, dialect, decimal=".", said=found.said)
    sheet = named(found.rows, found.names, rows=lines, like=like)
    return replace(sheet, index=sheet.cells.columns[0]) if found.indexed else sheet
