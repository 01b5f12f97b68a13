"""What a file was read as: shown on the pages and printed by `lossopt read`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lossopt_core.fields import brief
from lossopt_core.files.choices import Question
from lossopt_core.files.columns import Column
from lossopt_core.files.sheet import Sheet
from lossopt_core.texts import listed

DATA, CURVES = "data", "curves"
FEATURE, LABEL, STEP, RUN, IGNORED, METRIC, OBJECTIVE = (
    "feature", "label", "step", "run", "ignored", "metric", "objective",
)  # fmt: skip


@dataclass(frozen=True)
class DescribedColumn:
    """A column with its type, its fate, the reason for it, and three values as read."""

    name: str
    type: str
    fate: str
    reason: str
    sample: Sequence[float | str] = ()


@dataclass(frozen=True)
class DescribedRun:
    """A run: points, first and last step, whether it diverged, first and last of each metric."""

    name: str
    points: int
    steps: tuple[float, float]
    diverged: bool
    metrics: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Description:
    """What a file was read as, before anything is kept.

    kind       DATA or CURVES
    label      the column that was guessed to be the label, if any
    classes    examples in each class
    said       what was done and left out, in sentences
    questions  guesses that the file does not decide
    """

    kind: str
    dialect: Mapping[str, Any]
    rows: int
    columns: Sequence[DescribedColumn]
    label: str | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    runs: Sequence[DescribedRun] = ()
    said: Sequence[str] = ()
    questions: Sequence[Question] = ()

    def as_json(self) -> dict[str, Any]:
        """Values for a JSON file; numbers that JSON does not have are strings."""
        return {
            "kind": self.kind,
            "dialect": {**self.dialect},
            "rows": self.rows,
            "columns": [
                {**vars(each), "sample": [_json(value) for value in each.sample]}
                for each in self.columns
            ],
            "label": self.label,
            "classes": {**self.classes},
            "runs": [
                {
                    "name": each.name,
                    "points": each.points,
                    "steps": [_json(step) for step in each.steps],
                    "diverged": each.diverged,
                    "metrics": {
                        name: [_json(value) for value in ends]
                        for name, ends in each.metrics.items()
                    },
                }
                for each in self.runs
            ],
            "said": [*dict.fromkeys(self.said)],
            "questions": [*dict.fromkeys(question.text for question in self.questions)],
        }


def _json(value: float | str) -> float | int | str:
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return str(value)
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value


def dialect_of(sheet: Sheet, columns: Sequence[Column]) -> dict[str, Any]:
    """How the file is written, with the decimal separator that its columns have."""
    commas = any(each.numeric and each.notation.decimal == "," for each in columns)
    found = sheet.dialect
    return {
        "delimiter": found.delimiter,
        "decimal": "," if commas else ".",
        "encoding": found.encoding,
        "header": found.header,
        "skipped": [*found.skipped],
    }


def left_out(columns: Sequence[DescribedColumn]) -> list[str]:
    """A sentence for each reason why columns are left out."""
    reasons: dict[str, list[str]] = {}
    for each in columns:
        if each.fate == IGNORED:
            reasons.setdefault(each.reason, []).append(brief(each.name))
    return [f"Left out {listed(names)}: {reason}." for reason, names in reasons.items()]
