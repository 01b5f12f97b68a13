r"""A small language for choosing runs: `loss = hinge and strength < 1e-2 and not pinned`.

    column = != < <= > >= value      numbers as 0.01, 1e-2, 90%; days as 2026-11-01
    column in (value, value)         column not in (value, value)
    column contains text             or column ~ text: the text itself, no pattern
    column is missing                column is not missing
    pinned                           a column of yes and no stands for itself
    hinge, "my run"                  words alone are searched for in names, notes, tags, loss,
                                     optimizer, data set, id and family; of several, all must be
                                     found
    not, and, or, ( )                `not` binds closest, `or` least

Columns are the settings (also `blobs.spread`), the final figures, `best_test_accuracy` and the
like, status, name, note, tag, pinned, archived, reference, created, id and family.  Letters may
be of either case.  Text with spaces or signs needs double quotes, in which \" is a quotation mark.

A missing value satisfies no comparison; `!=`, `not in` and `not` are exact opposites, so that
runs without a strength match `strength != 0.1`.  A known column that the table does not have
is missing in every row.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken
from typing_extensions import override

from lossopt_core.query.columns import (
    SEARCHED,
    Column,
    Mask,
    SwitchColumn,
    did_you_mean,
    known_columns,
)

LONGEST = 1_000
"""Characters of a filter."""
DEEPEST = 40
"""Conditions within conditions."""

GRAMMAR = r"""
start: disjunction?
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: NOT negation -> opposite
    | operand
?operand: _OPEN disjunction _CLOSE
    | BARE COMPARISON value -> comparison
    | BARE CONTAINS value -> comparison
    | BARE NOT? _IN _OPEN value (_COMMA value)* _CLOSE -> listed
    | BARE _IS NOT? _MISSING -> missing
    | value+ -> words
?value: BARE | QUOTED

COMPARISON: /==|!=|<=|>=|=|<|>/
CONTAINS.2: /~|contains(?![^\s"(),=!<>~])/i
_AND.2: /and(?![^\s"(),=!<>~])/i
_OR.2: /or(?![^\s"(),=!<>~])/i
NOT.2: /not(?![^\s"(),=!<>~])/i
_IN.2: /in(?![^\s"(),=!<>~])/i
_IS.2: /is(?![^\s"(),=!<>~])/i
_MISSING.2: /missing(?![^\s"(),=!<>~])/i
_OPEN: "("
_CLOSE: ")"
_COMMA: ","
BARE: /(?!(and|or|not|in)(?![^\s"(),=!<>~]))[^\s"(),=!<>~]+/i
QUOTED: /"(\\.|[^"\\])*"/s
%ignore /\s+/
"""


class FilterError(ValueError):
    """A filter that means nothing: what is wrong with it, and from which character on."""

    def __init__(self, message: str, place: int, text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.text = text

    @property
    def pointer(self) -> str:
        """The filter with a caret below the place, for text of equal widths."""
        line = re.sub(r"\s", " ", self.text)
        return f"{line}\n{' ' * self.place}^"


class Condition(ABC):
    """Anything that is true or false of a run."""

    @abstractmethod
    def matches(self, table: pd.DataFrame) -> Mask:
        """Of each row, (rows,)."""


@dataclass(frozen=True)
class AllOf(Condition):
    """Every one of the conditions holds; of none, that is always so."""

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
class Opposite(Condition):
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
"""What can be said of a column; all else is the opposite of one of these."""


@dataclass(frozen=True)
class Claim(Condition):
    """A column's cells pass a check; missing ones never do."""

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
    """A choice of runs; `parse` makes one of a text."""

    text: str
    condition: Condition

    def matches(self, table: pd.DataFrame) -> pd.Series:
        """Which rows of `RunStore.list()` are chosen: booleans with the table's index."""
        return pd.Series(self.condition.matches(table), index=table.index, dtype=np.bool_)


def parse(text: str) -> Filter:
    """The filter that a text means; an empty text chooses everything.

    Raises FilterError, which says what is wrong and where.
    """
    if len(text) > LONGEST:
        message = f"the filter has {len(text):,} characters; at most {LONGEST:,} are allowed"
        raise FilterError(message, LONGEST, text)
    try:
        tree = _parser().parse(text)
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        raise FilterError(_odd_character(text[place]), place, text) from None
    except UnexpectedToken as error:
        place = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        raise FilterError(_odd_token(error), place, text) from None
    return Filter(text, _Reader(text).whole(tree))


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr")


def _odd_character(character: str) -> str:
    if character == '"':
        return "the quotation mark that opens here is never closed"
    return f"{character!r} means nothing here; text with such signs needs double quotes"


def _odd_token(error: UnexpectedToken) -> str:
    """What is wrong with a token, in words, from what could have stood in its place."""
    accepted = error.accepts
    here = f"before {str(error.token)!r}" if error.token else "at the end"
    if error.token.type == "_CLOSE" and "$END" in accepted:
        return "the parenthesis that closes here was never opened"
    if accepted == {"BARE", "QUOTED"}:
        return f'a value is missing {here}, such as hinge, 0.1 or "my run"'
    if accepted == {"_OPEN"}:
        return f"a list in parentheses is missing {here}, such as (hinge, cross_entropy)"
    if accepted == {"_IN"}:
        return f"'in' is missing {here}: column not in (value, value)"
    if "_MISSING" in accepted:
        return f"'missing' or 'not missing' should stand {here}"
    if error.token.type in ("COMPARISON", "CONTAINS", "_IN", "_IS"):
        return f"one column and nothing else must stand {here}, such as loss = hinge"
    if "_OPEN" in accepted:
        return f"a condition is missing {here}, such as loss = hinge"
    if "_COMMA" in accepted:
        return f"a comma or a closing parenthesis is missing {here}"
    if not error.token:
        return "a closing parenthesis is missing at the end"
    return f"'and' or 'or' is missing {here}; text with spaces needs double quotes"


class _Reader:
    """Turns the grammar's tree into conditions, and finds what a grammar cannot see."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns = known_columns()

    def whole(self, tree: Tree[Token]) -> Condition:
        return AllOf([self._condition(each, depth=1) for each in _branches(tree)])

    def _condition(self, tree: Tree[Token], depth: int) -> Condition:
        if depth > DEEPEST:
            first = next(tree.scan_values(lambda token: isinstance(token, Token)))
            raise self._error(f"more than {DEEPEST} conditions within each other", first)
        match tree.data:
            case "conjunction":
                return AllOf([self._condition(each, depth + 1) for each in _branches(tree)])
            case "disjunction":
                return AnyOf([self._condition(each, depth + 1) for each in _branches(tree)])
            case "opposite":
                [inner] = _branches(tree)
                return Opposite(self._condition(inner, depth + 1))
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
            return Opposite(Claim(column, "=", self._value(column, value)))
        if sign == "contains":
            return Claim(column, sign, self._plain(value))
        return Claim(column, sign, self._value(column, value))

    def _listed(self, name: Token, *rest: Token) -> Condition:
        column = self._column(name)
        negated = rest[0].type == "NOT"
        values = rest[negated:]
        self._check_allowed(column, "in", name)
        found = AnyOf([Claim(column, "=", self._value(column, each)) for each in values])
        return Opposite(found) if negated else found

    def _missing(self, name: Token, *negation: Token) -> Condition:
        present = Claim(self._column(name), "is not missing")
        return present if negation else Opposite(present)

    def _words(self, words: Sequence[Token]) -> Condition:
        """A search for all of the words; a column of yes and no alone is a condition."""
        for word in words:
            column = self.columns.get(word.casefold()) if word.type == "BARE" else None
            if isinstance(column, SwitchColumn) and len(words) == 1:
                return Claim(column, "=", True)
            if column is not None:
                raise self._error(
                    f"{str(word)!r} is a column: say what it should be, such as {word} = ...,"
                    " or search for the word in double quotes",
                    word,
                )
        return AllOf([self._search(self._plain(word)) for word in words])

    def _search(self, text: str) -> Condition:
        return AnyOf([Claim(self.columns[name], "contains", text) for name in SEARCHED])

    def _column(self, name: Token) -> Column:
        column = self.columns.get(name.casefold())
        if column is None:
            near = did_you_mean(name, self.columns)
            raise self._error(f"there is no column {str(name)!r}{near}", name)
        return column

    def _check_allowed(self, column: Column, sign: str, place: Token) -> None:
        if sign not in column.allowed:
            raise self._error(
                f"{column.key} knows {', '.join(column.allowed)}, but not {sign}", place
            )

    def _value(self, column: Column, word: Token) -> Any:
        try:
            return column.read(self._plain(word))
        except ValueError as error:
            raise self._error(str(error), word) from None

    def _plain(self, word: Token) -> str:
        """The text that is meant, without quotes."""
        if word.type == "BARE":
            return str(word)
        text = re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
        if not text.strip():
            raise self._error("an empty text; runs without one are found by 'is missing'", word)
        return text

    def _error(self, message: str, token: Token) -> FilterError:
        return FilterError(message, token.start_pos or 0, self.text)


def _branches(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]
