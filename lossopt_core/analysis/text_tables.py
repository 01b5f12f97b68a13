"""Tables as text for papers and notes.  User-written text is escaped in every format."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lossopt_core.analysis.latex import NUMBER, in_latex, value_in_latex
from lossopt_core.analysis.tables import to_csv
from lossopt_core.experiment import conventions

MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:@])")
PLAIN_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?")


@dataclass(frozen=True)
class Format:
    """A table format: label, file extension, MIME type and writer."""

    label: str
    ending: str
    kind: str
    write: Callable[[pd.DataFrame], str]


def to_markdown(table: pd.DataFrame) -> str:
    """A GitHub Markdown table with the index as first column and right-aligned numbers."""
    heads = ["", *map(str, table.columns)]
    rules = ["---", *(("---:" if _numeric(table[name]) else "---") for name in table)]
    rows = [
        [str(label), *map(_text, row)]
        for label, row in zip(table.index, table.itertuples(index=False), strict=True)
    ]
    lines = [map(_in_markdown, heads), rules, *(map(_in_markdown, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.6g}"
    return str(value)


def _in_markdown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if PLAIN_NUMBER.fullmatch(flat) else MARKDOWN_SIGNS.sub(r"\\\1", flat)


def to_latex(table: pd.DataFrame) -> str:
    """A LaTeX tabular with booktabs rules; special characters are escaped."""
    heads = ["", *map(str, table.columns)]
    rows = [
        [str(label), *map(_text, row)]
        for label, row in zip(table.index, table.itertuples(index=False), strict=True)
    ]
    right = [all(NUMBER.fullmatch(row[k]) for row in rows) for k in range(1, len(heads))]
    aligned = "l" + "".join("r" if each and rows else "l" for each in right)
    head = " & ".join(map(in_latex, heads)) + r" \\"
    body = [
        " & ".join([in_latex(label), *map(value_in_latex, cells)]) + r" \\"
        for label, *cells in rows
    ]
    lines = [
        rf"\begin{{tabular}}{{{aligned}}} % needs \usepackage{{booktabs}}",
        r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def to_csv_with_index(table: pd.DataFrame) -> str:
    """CSV with the index as first column; cells are safe from formula evaluation."""
    return to_csv(table.rename_axis("run").reset_index())


def _csv_of_runs(table: pd.DataFrame) -> str:
    return to_csv_with_index(table.assign(conventions=conventions.SHORT))


def _markdown_of_runs(table: pd.DataFrame) -> str:
    return f"{to_markdown(table)}\nConventions: {_in_markdown(conventions.IN_WORDS)}\n"


def _latex_of_runs(table: pd.DataFrame) -> str:
    note = in_latex(f"Conventions: {conventions.IN_WORDS}")
    return f"{to_latex(table)}\n\\par\\smallskip{{\\footnotesize {note}\\par}}\n"


FORMATS: Mapping[str, Format] = {
    "csv": Format("CSV", "csv", "text/csv", _csv_of_runs),
    "markdown": Format("Markdown", "md", "text/markdown", _markdown_of_runs),
    "latex": Format("LaTeX", "tex", "application/x-tex", _latex_of_runs),
}
"""Formats for tables of runs; each file states the conventions behind its numbers."""
