"""Completions of a filter that is being typed: columns, comparisons, values, and, or.

What can stand at a place is asked of the parser itself, so that every completion leads to a filter.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lark import Token, UnexpectedInput

from lossopt_core.experiment.settings import declared_settings
from lossopt_core.experiment.vocabulary import TIMES
from lossopt_core.query.columns import ChoiceColumn, SwitchColumn
from lossopt_core.query.filters import LONGEST, VALUES, FilterError, parse
from lossopt_core.query.vocabulary import Vocabulary, in_words

MOST = 12
"""Most completions that are offered at once."""
WORD = r'[^\s"(),=!<>~]'
SIGNS = {
    "=": "equal to",
    "!=": "different from",
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "in": "one of",
    "contains": "contains the text",
}
CONDITION = "condition"
CONDITIONS = ("name", "tag")
"""Columns of text whose values are offered as whole conditions: tag = lecture."""


@dataclass(frozen=True)
class Offer:
    """A completion.

    text    what is put in, with what has to follow it, such as a space
    about   what it is, in a few words
    also    other words under which it is found
    """

    text: str
    about: str = ""
    also: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The text as it is shown."""
        return self.text.strip()


@dataclass(frozen=True)
class Completions:
    """What can replace the end of a text, from the character `start` on."""

    start: int
    offers: tuple[Offer, ...] = ()

    def applied(self, text: str, offer: Offer) -> str:
        """The text with the completion."""
        return text[: self.start] + offer.text


def completions(text: str, vocabulary: Vocabulary) -> Completions:
    """What the end of a filter can be completed to; no offers where it is wrong before."""
    if len(text) < LONGEST:
        for start in _starts(text):
            begun = re.sub(r"\s+", " ", text[start:])
            fitting = _fitting(_offers(text[:start], vocabulary), begun)
            if fitting:
                return Completions(start, tuple(fitting[:MOST]))
        if text and re.search(WORD + r"\Z", text):  # a whole word: what can follow it
            following = _offers(f"{text} ", vocabulary)
            spaced = tuple(replace(each, text=f" {each.text}") for each in following[:MOST])
            return Completions(len(text), spaced)
    return Completions(len(text))


def _starts(text: str) -> list[int]:
    """Where the words at the end begin that may belong together, the longest first."""
    if text.replace(r"\"", "").count('"') % 2:  # within quotes
        return [text.rindex('"')]
    found = re.search(rf"(?:{WORD}+\s+){{0,3}}{WORD}*\Z", text)
    begin = found.start() if found else len(text)
    starts = [begin + each.start() for each in re.finditer(rf"{WORD}+", text[begin:])]
    whole = not re.search(WORD + r"\Z", text)
    sign = re.search(r"[=!<>~]+\Z", text)
    return [*starts, *[len(text)] * whole, *([sign.start()] if sign else [])]


def _fitting(offers: Iterable[Offer], begun: str) -> list[Offer]:
    """Offers that begin with what was typed, then those of which a later word does."""
    wanted = begun.casefold()
    if not wanted:
        return list(offers)
    first, later = [], []
    for each in offers:
        names = [each.label.casefold(), *(name.casefold() for name in each.also)]
        if names[0] == wanted.strip() or (wanted.endswith(" ") and each.about == CONDITION):
            continue
        if any(name.startswith(wanted) for name in names):
            first.append(each)
        elif wanted[-1] != " " and any(f" {wanted}" in _spaced(name) for name in each.also):
            later.append(each)
    return [*first, *later]


def _spaced(name: str) -> str:
    """The name with a space before every word, after the first: 'blobs.spread' has two."""
    return re.sub(r"[\"(.]", " ", name.casefold())


def _offers(head: str, vocabulary: Vocabulary) -> list[Offer]:
    """What can stand after `head`."""
    parser = vocabulary.parser.parse_interactive(head)
    try:
        tokens = list(parser.iter_parse())
    except UnexpectedInput:
        return []
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    name = _column(tokens[-1], vocabulary) if tokens and "COMPARISON" in accepted else ""
    complete = not name and not accepted.isdisjoint({"_AND", "_COMMA"})
    if not _is_sound(head, tokens, complete=complete):
        return []
    if accepted <= VALUES:
        return list(_values(tokens, vocabulary))
    if name:
        return list(_signs(name, vocabulary))
    if "_MISSING" in accepted:
        return [Offer("missing "), Offer("not missing ")]
    if accepted == {"_IN"}:
        return [Offer("in (", SIGNS["in"])]
    if accepted == {"_OPEN"}:
        return [Offer("(")]
    if "_OPEN" in accepted:
        return list(_conditions(vocabulary, negated="NOT" not in accepted))
    return list(_connections(accepted))


def _column(token: Token, vocabulary: Vocabulary) -> str:
    """The name of the column that a token is, or ""."""
    return vocabulary.names.get(" ".join(token.casefold().split()), "")


def _meaning(sign: Token) -> str:
    return {"==": "=", "~": "contains"}.get(sign, sign.casefold())


def _is_sound(head: str, tokens: Sequence[Token], *, complete: bool) -> bool:
    """Whether the conditions so far mean something: their columns exist and have such values."""
    begins = [k for k, each in enumerate(tokens) if _begins(each, tokens[:k])]
    whole = tokens if complete else tokens[: begins[-1] + 1] if begins else []
    types = [each.type for each in whole]
    before = head[: whole[-1].end_pos] if whole else ""
    word = "" if complete else " x"
    try:
        parse(before + word + ")" * (types.count("_OPEN") - types.count("_CLOSE")))
    except FilterError:
        return False
    return True


def _begins(token: Token, before: Sequence[Token]) -> bool:
    """Whether a condition begins after the token."""
    listed = bool(before) and before[-1].type == "_IN"
    return token.type in ("_AND", "_OR") or (token.type == "_OPEN" and not listed)


def _connections(accepted: Iterable[str]) -> Iterator[Offer]:
    meant = {
        "_COMMA": Offer(", ", "another value"),
        "_CLOSE": Offer(") ", "closes the parenthesis"),
        "_AND": Offer("and ", "both conditions"),
        "_OR": Offer("or ", "at least one of the conditions"),
    }
    yield from (offer for token, offer in meant.items() if token in accepted)


def _signs(name: str, vocabulary: Vocabulary) -> Iterator[Offer]:
    column = vocabulary.columns[name]
    if vocabulary.occurs(name):
        for sign in column.allowed:
            yield Offer("in (" if sign == "in" else f"{sign} ", SIGNS[sign])
    yield Offer("is missing ", "without a value")
    yield Offer("is not missing ", "with a value")
    if isinstance(column, SwitchColumn):
        yield from _connections(("_AND", "_OR"))


def _values(tokens: Sequence[Token], vocabulary: Vocabulary) -> Iterator[Offer]:
    """Values of the column before the last comparison."""
    places = [k for k, each in enumerate(tokens) if each.type in ("COMPARISON", "CONTAINS", "_IN")]
    if not places:
        return
    before = [each for each in tokens[: places[-1]] if each.type != "NOT"]
    name, sign = _column(before[-1], vocabulary), tokens[places[-1]]
    if name not in vocabulary.columns or _meaning(sign) not in vocabulary.columns[name].allowed:
        return
    chosen = {each.casefold() for each in tokens[places[-1] :]}
    for each in vocabulary.values[name]:
        if each.text.casefold() not in chosen:
            yield Offer(f"{each.text} ", each.about, (each.text.strip('"'),))


def _conditions(vocabulary: Vocabulary, *, negated: bool) -> Iterator[Offer]:
    """How a condition can begin: columns, whole conditions, relative times."""
    for name in filter(vocabulary.occurs, vocabulary.columns):
        about = "setting" if name in declared_settings() else "column"
        yield Offer(f"{in_words(name)} ", about, tuple(vocabulary.aliases[name]))
    for name, column in vocabulary.columns.items():
        if isinstance(column, ChoiceColumn) or name in CONDITIONS:
            for each in vocabulary.values[name]:
                whole = f"{in_words(name)} = {each.text} "
                yield Offer(whole, CONDITION, (each.text.strip('"'),))
    if vocabulary.occurs("created"):
        yield from (Offer(f"{each} ", "when it was saved") for each in TIMES)
    if not negated:
        yield Offer("not ", "the opposite")
