"""What somebody chose instead of a guess, and the questions that a file leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space",
              ":": "colon", "^": "caret", "~": "tilde", "\x01": "control-A"}  # fmt: skip
ENCODINGS = (
    "utf-8", "utf-16", "cp1252", "latin-1", "mac_roman", "cp850", "cp1250", "cp1251", "koi8_r",
    "cp1253", "shift_jis", "gb18030", "big5", "euc_kr",
)  # fmt: skip
DECIMALS = {".": "point: 1.5", ",": "comma: 1,5"}
METRICS, RUNS = "metrics", "runs"
COLUMNS = {METRICS: "a metric", RUNS: "a run of its own"}
"""What each column of numbers in a table of curves is."""


@dataclass(frozen=True)
class Choices:
    """How to read a file; what is None is decided from the file.

    delimiter  a key of `DELIMITERS`
    encoding   an entry of `ENCODINGS`
    header     whether the first row has the names of the columns
    decimal    the decimal separator: a key of `DECIMALS`
    columns    what each column of curves is: a key of `COLUMNS`
    values     markers of missing values, in lower case, to be read as values
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    decimal: str | None = None
    columns: str | None = None
    values: frozenset[str] = frozenset()


GUESS = Choices()


@dataclass(frozen=True)
class Question:
    """A guess that the file does not decide.

    about    the choice that answers it, such as "decimal"
    text     the question, with both readings of an example
    answers  what each answer means, by value of the choice; the first is the guess
    """

    about: str
    text: str
    answers: Mapping[str, str] = field(default_factory=dict)
