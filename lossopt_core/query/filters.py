r"""A small language for filtering runs: `loss = hinge and strength < 1e-2 and not pinned`.

    column = != < <= > >= value      numbers as 0.01, 1e-2, 90 %, 20 epochs; days as 2026-11-01
    created >= yesterday             also today, last hour, last 3 days, this week, 2 hours ago;
                                     alone, a relative time is a condition on `created`
    column in (value, value)         column not in (value, value)
    column contains text             or column ~ text: a substring, not a pattern
    column is missing                column is not missing
    pinned                           a boolean column on its own
    hinge, "my run"                  plain words search names, notes, tags, loss, optimizer, data
                                     set, id and group; all words must match
    not, and, or, ( )                `not` binds closest, `or` least

Columns are the settings (also `blobs.spread`), the final metrics, best metrics such as
`best_test_accuracy`, status, name, note, tag, pinned, archived, reference, created, id and group
(runs that differ by seed only; `family` is an alias).  Columns and values can also be called what
pages call them: `learning rate = 0.1`, `loss = squared hinge`.  Filters are case-insensitive.
Other text with spaces or special characters needs double quotes, in which \" is a quotation mark.

A missing value matches no comparison; `!=`, `not in` and `not` are exact negations, so runs
without a strength match `strength != 0.1`.  A known column that the table does not have is
missing in every row.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken
from typing_extensions import override

from lossopt_core.experiment.vocabulary import (
    did_you_mean,
    labels_of_values,
    names_of_columns,
    nearest,
    pattern,
)
from lossopt_core.query.columns import (
    SEARCHED,
    Column,
    Mask,
    SwitchColumn,
    known_columns,
)
from lossopt_core.query.relative_times import RELATIVE

LONGEST = 1_000
"""Maximum number of characters in a filter."""
MAX_DEPTH = 40
"""Maximum nesting depth of conditions."""

GRAMMAR = r"""
start: disjunction?
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: NOT negation -> opposite
    | operand
?operand: _OPEN disjunction _CLOSE
    | _column COMPARISON value -> comparison
    | _column CONTAINS value -> comparison
    | _column NOT? _IN _OPEN value (_COMMA value)* _CLOSE -> listed
    | _column _IS NOT? _MISSING -> missing
    | value+ -> words
_column: BARE | PHRASE
?value: BARE | QUOTED | PHRASE | AMOUNT | TIME

COMPARISON: /==|!=|<=|>=|=|<|>/
CONTAINS.2: /~|contains(?![^\s"(),=!<>~])/i
_AND.2: /and(?![^\s"(),=!<>~])/i
_OR.2: /or(?![^\s"(),=!<>~])/i
NOT.2: /not(?![^\s"(),=!<>~])/i
_IN.2: /in(?![^\s"(),=!<>~])/i
_IS.2: /is(?![^\s"(),=!<>~])/i
_MISSING.2: /missing(?![^\s"(),=!<>~])/i
PHRASE.3: /(%(phrases)s)(?![^\s"(),=!<>~])/i
AMOUNT.3: /[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,6})?\s+(%(units)s)(?![^\s"(),=!<>~])/i
TIME.3: /(%(times)s)(?![^\s"(),=!<>~])/i
_OPEN: "("
_CLOSE: ")"
_COMMA: ","
BARE: /(?!(and|or|not|in)(?![^\s"(),=!<>~]))[^\s"(),=!<>~]+/i
QUOTED: /"(\\.|[^"\\])*"/s
%%ignore /\s+/
"""
UNITS = r"%|per\s?cent|epochs?|updates?|examples?"
VALUES = {"BARE", "QUOTED", "PHRASE", "AMOUNT", "TIME"}
"""The tokens that can be values."""


class FilterError(ValueError):
    """A syntax error in a filter: the message and its position."""

    def __init__(self, message: str, position: int, text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.text = text

    @property
    def pointer(self) -> str:
        """The filter with a caret below the error, for monospaced text."""
        line = re.sub(r"\s", " ", self.text)
        return f"{line}\n{' ' * self.position}^"


class Condition(ABC):
    """A condition on runs."""

    @abstractmethod
    def matches(self, table: pd.DataFrame) -> Mask:
        """Whether each row matches, (rows,)."""


@dataclass(frozen=True)
class AllOf(Condition):
    """All conditions hold (true without conditions)."""

    conditions: Sequence[Condition]

    @override
    def matches(self, table: pd.DataFrame) -> Mask:
        start = np.ones(len(table), np.bool_)
        return reduce(np.logical_and, (each.matches(table) for each in self.conditions), start)


@dataclass(frozen=True)
class AnyOf(Condition):
    """At least one of the conditions holds."""

    conditions: Sequence[Condition]

    @override
    def matches(self, table: pd.DataFrame) -> Mask:
        start = np.zeros(len(table), np.bool_)
        return reduce(np.logical_or, (each.matches(table) for each in self.conditions), start)


@dataclass(frozen=True)
class Negation(Condition):
    """The condition does not hold."""

    condition: Condition

    @override
    def matches(self, table: pd.DataFrame) -> Mask:
        return ~self.condition.matches(table)


Check: TypeAlias = Callable[[Column, pd.Series, Any], Mask]
CHECKS: dict[str, Check] = {
    "=": lambda column, cells, value: column.equal(cells, value),
    "<": lambda column, cells, value: column.below(cells, value),
    ">": lambda column, cells, value: column.above(cells, value),
    "<=": lambda column, cells, value: column.below(cells, value) | column.equal(cells, value),
    ">=": lambda column, cells, value: column.above(cells, value) | column.equal(cells, value),
    "contains": lambda column, cells, value: column.contains(cells, value),
    "is not missing": lambda column, cells, value: column.present(cells),
}
"""The primitive checks of a column; all others are negations of these."""


@dataclass(frozen=True)
class CheckColumn(Condition):
    """A check of a column's cells; missing cells never pass."""

    column: Column
    check: str
    value: Any = None

    @override
    def matches(self, table: pd.DataFrame) -> Mask:
        if self.column.key not in table:
            return np.zeros(len(table), np.bool_)
        return CHECKS[self.check](self.column, table[self.column.key], self.value)


@dataclass(frozen=True)
class Filter:
    """A filter of runs, created by `parse`."""

    text: str
    condition: Condition

    def matches(self, table: pd.DataFrame) -> pd.Series:
        """Which rows of `RunStore.list()` match: booleans with the table's index."""
        return pd.Series(self.condition.matches(table), index=table.index, dtype=np.bool_)


def parse(text: str, now: datetime | None = None) -> Filter:
    """Parse a filter; empty text matches everything.

    Relative times are reckoned from `now`, in its time zone; by default from now, in UTC.

    Raises FilterError with the message and the position.
    """
    if len(text) > LONGEST:
        message = f"the filter has {len(text):,} characters; the maximum is {LONGEST:,}"
        raise FilterError(message, LONGEST, text)
    columns = known_columns(now)
    names = names_of_columns(columns)
    phrases = _phrases(names)
    try:
        tree = _parser(pattern(phrases)).parse(text)
    except UnexpectedCharacters as error:
        position = error.pos_in_stream or 0
        raise FilterError(_character_error(text[position]), position, text) from None
    except UnexpectedToken as error:
        position = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        message = _token_error(error) + _meant(text, position, phrases)
        raise FilterError(message, position, text) from None
    return Filter(text, _Reader(text, columns, names).condition(tree))


def is_relative(text: str) -> bool:
    """Whether what the filter matches depends on the time of day."""
    return re.search(rf"(?<!\w)({RELATIVE})(?!\w)", text, re.IGNORECASE) is not None


def language() -> Lark:
    """The parser of filters, which can also say what may follow the beginning of one."""
    return _parser(pattern(_phrases(names_of_columns(known_columns()))))


def _phrases(names: Iterable[str]) -> frozenset[str]:
    """What consists of several words, among others: names of columns and labels of values."""
    return frozenset(names) | frozenset(each.casefold() for each in labels_of_values())


@lru_cache(maxsize=4)
def _parser(phrases: str) -> Lark:
    parts = {"phrases": phrases, "times": RELATIVE, "units": UNITS}
    return Lark(GRAMMAR % parts, parser="lalr")


def _character_error(character: str) -> str:
    if character == '"':
        return "this quotation mark is never closed"
    return f"unexpected {character!r}; text with special characters needs double quotes"


def _token_error(error: UnexpectedToken) -> str:
    """An error message for a token, from the tokens that were expected instead."""
    accepted = error.accepts
    here = f"before {str(error.token)!r}" if error.token else "at the end"
    if error.token.type == "_CLOSE" and "$END" in accepted:
        return "this closing parenthesis has no opening one"
    if "QUOTED" in accepted and accepted <= VALUES:
        return f'a value is missing {here}, such as hinge, 0.1 or "my run"'
    if accepted == {"_OPEN"}:
        return f"a list in parentheses is missing {here}, such as (hinge, cross_entropy)"
    if accepted == {"_IN"}:
        return f"'in' is missing {here}: column not in (value, value)"
    if "_MISSING" in accepted:
        return f"'missing' or 'not missing' is needed {here}"
    if error.token.type in ("COMPARISON", "CONTAINS", "_IN", "_IS"):
        return f"exactly one column is needed {here}, such as loss = hinge"
    if "_OPEN" in accepted:
        return f"a condition is missing {here}, such as loss = hinge"
    if "_COMMA" in accepted:
        return f"a comma or a closing parenthesis is missing {here}"
    if not error.token:
        return "a closing parenthesis is missing at the end"
    return f"'and' or 'or' is missing {here}; text with spaces needs double quotes"


def _meant(text: str, position: int, phrases: Iterable[str]) -> str:
    """A suggestion if the words around an unexpected token are a misspelt name of several words."""
    before = re.search(r"([^\s\"(),=!<>~]+\s+)?[^\s\"(),=!<>~]*\s*$", text[:position])
    after = re.match(r"[^\s\"(),=!<>~]*", text[position:])
    words = ((before[0] if before else "") + (after[0] if after else "")).strip()
    near = nearest(words, phrases, cutoff=0.75)
    return f"; instead of {words!r}, did you mean {near!r}?" if " " in words and near else ""


class _Reader:
    """Converts the parse tree to conditions, and checks what the grammar cannot.

    columns   all columns by their names
    names     everything that columns are called, to their names
    """

    def __init__(self, text: str, columns: Mapping[str, Column], names: Mapping[str, str]) -> None:
        self.text = text
        self.columns = columns
        self.names = names

    def condition(self, tree: Tree[Token]) -> Condition:
        return AllOf([self._condition(each, depth=1) for each in _branches(tree)])

    def _condition(self, tree: Tree[Token], depth: int) -> Condition:
        if depth > MAX_DEPTH:
            first = next(tree.scan_values(lambda token: isinstance(token, Token)))
            raise self._error(f"conditions are nested more than {MAX_DEPTH} deep", first)
        match tree.data:
            case "conjunction":
                return AllOf([self._condition(each, depth + 1) for each in _branches(tree)])
            case "disjunction":
                return AnyOf([self._condition(each, depth + 1) for each in _branches(tree)])
            case "opposite":
                [inner] = _branches(tree)
                return Negation(self._condition(inner, depth + 1))
            case "comparison":
                return self._comparison(*_tokens(tree))
            case "listed":
                return self._listed(*_tokens(tree))
            case "missing":
                return self._missing(*_tokens(tree))
        return self._words(_tokens(tree))

    def _comparison(self, name: Token, operator: Token, value: Token) -> Condition:
        column = self._column(name)
        sign = {"==": "=", "~": "contains"}.get(operator, operator.casefold())
        self._check_allowed(column, sign, operator)
        if sign == "!=":
            return Negation(CheckColumn(column, "=", self._value(column, value)))
        if sign == "contains":
            return CheckColumn(column, sign, self._plain(value))
        return CheckColumn(column, sign, self._value(column, value))

    def _listed(self, name: Token, *rest: Token) -> Condition:
        column = self._column(name)
        negated = rest[0].type == "NOT"
        values = rest[negated:]
        self._check_allowed(column, "in", name)
        found = AnyOf([CheckColumn(column, "=", self._value(column, each)) for each in values])
        return Negation(found) if negated else found

    def _missing(self, name: Token, *negation: Token) -> Condition:
        present = CheckColumn(self._column(name), "is not missing")
        return present if negation else Negation(present)

    def _words(self, words: Sequence[Token]) -> Condition:
        """A search for all words; a boolean column or a relative time alone is a condition."""
        for word in words:
            column = self._named(word) if word.type in ("BARE", "PHRASE") else None
            if isinstance(column, SwitchColumn) and len(words) == 1:
                return CheckColumn(column, "=", True)
            if column is not None:
                raise self._error(
                    f"{str(word)!r} is a column: add a condition, such as {word} = ..., or put"
                    " the word in double quotes to search for it",
                    word,
                )
        created = self.columns["created"]
        return AllOf(
            [
                CheckColumn(created, "=", self._value(created, word))
                if word.type == "TIME"
                else self._search(self._plain(word))
                for word in words
            ]
        )

    def _named(self, word: Token) -> Column | None:
        """The column of that name; a label counts only if it is longer than a word."""
        name = " ".join(word.casefold().split())
        return self.columns.get(self.names.get(name, "") if word.type == "PHRASE" else name)

    def _search(self, text: str) -> Condition:
        return AnyOf([CheckColumn(self.columns[name], "contains", text) for name in SEARCHED])

    def _column(self, name: Token) -> Column:
        known = self.names.get(" ".join(name.casefold().split()))
        if known is None:
            near = did_you_mean(name, [*self.columns, *self.names])
            raise self._error(f"there is no column {str(name)!r}{near}", name)
        return self.columns[known]

    def _check_allowed(self, column: Column, sign: str, position: Token) -> None:
        if sign not in column.allowed:
            raise self._error(
                f"{column.key} supports {', '.join(column.allowed)}, but not {sign}", position
            )

    def _value(self, column: Column, word: Token) -> Any:
        try:
            return column.read(self._plain(word))
        except ValueError as error:
            raise self._error(str(error), word) from None

    def _plain(self, word: Token) -> str:
        """The text of a token, without quotes."""
        if word.type != "QUOTED":
            return " ".join(word.split())
        text = re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
        if not text.strip():
            raise self._error("empty text; use 'is missing' to find runs without text", word)
        return text

    def _error(self, message: str, token: Token) -> FilterError:
        return FilterError(message, token.start_pos or 0, self.text)


def _branches(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]
