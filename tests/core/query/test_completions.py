"""Completions of filters: what is offered leads to a filter, and to runs."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.query.columns import BEST
from lossopt_core.query.completions import MOST, Completions, completions
from lossopt_core.query.filters import FilterError, parse
from lossopt_core.query.vocabulary import Vocabulary
from lossopt_core.training.run import HISTORY_COLUMNS
from tests.core.query.test_filters import made_table

TABLE = made_table(60)
VOCABULARY = Vocabulary.of(TABLE)
STEPS_TO_THE_END = 12
"""Most completions that a text of the tests takes to a filter: each parenthesis is one."""


def offered(text: str) -> list[str]:
    return [each.label for each in completions(text, VOCABULARY).offers]


def parses(text: str) -> bool:
    try:
        parse(text)
    except FilterError:
        return False
    return True


def completed(text: str) -> str:
    """The text, completed by what closes a parenthesis or else by the first offer to a filter."""
    begun = text
    for _ in range(STEPS_TO_THE_END):
        if parses(text):
            return text
        found = completions(text, VOCABULARY)
        assert found.offers, f"{begun!r} ends at {text!r}"
        closing = [each for each in found.offers if each.label == ")"]
        text = found.applied(text, [*closing, *found.offers][0])
    raise AssertionError(f"{begun!r} is not a filter yet: {text!r}")


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_is_offered_leads_to_a_filter(data):
    text = ""
    for _ in range(data.draw(st.integers(1, 9), label="steps")):
        found = completions(text, VOCABULARY)
        if not found.offers:
            assert parses(text)
            break
        offer = data.draw(st.sampled_from(found.offers), label=text)
        text = found.applied(text, offer)
        typed = data.draw(st.integers(0, 3), label="taken back")  # and partly typed again
        if typed and completions(text[:-typed], VOCABULARY).offers:
            text = text[:-typed]
    if not parses(text):
        completed(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from('abehilnorst _.="()<>!~,%0\\α'), max_size=30))
def test_every_offer_for_what_somebody_types_leads_to_a_filter(text):
    found = completions(text, VOCABULARY)
    assert 0 <= found.start <= len(text)
    assert len(found.offers) <= MOST
    for offer in found.offers[:2]:
        completed(found.applied(text, offer))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_no_text_is_too_odd(text):
    assert isinstance(completions(text, VOCABULARY), Completions)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("los", ["loss"]),
        ("loss ", ["=", "!=", "in (", "contains"]),
        ("loss = h", ["Hinge", "Squared hinge"]),
        ("loss = Hinge ", ["and", "or"]),
        ("loss in (", ["Hinge", "Squared hinge"]),
        ("loss in (Hinge ", [",", ")"]),
        ("hin", ["loss = Hinge", "loss = Squared hinge"]),
        ("loss = hinge and test acc", ["test accuracy"]),
        ("lr", ["learning rate"]),
        ("strength <", ["0.001", "0.01", "0.1"]),
        ("strength !", ["!="]),
        ("strength is ", ["is missing", "is not missing"]),
        ("strength not ", ["in ("]),
        ("created >= y", ["yesterday"]),
        ("last ", ["last hour", "last 24 hours", "last week"]),
        ('name = "fi', ['"first try"']),
        ("not pin", ["pinned"]),
        ("pinned ", ["=", "!="]),
    ],
)
def test_names_signs_values_and_days_are_offered_where_they_can_stand(text, first):
    assert offered(text)[: len(first)] == first


@pytest.mark.parametrize(
    "text", ["foo = ", "loss = = ", ") ", "hinge and and ", "x" * 1_000, 'loss "']
)
def test_nothing_is_offered_where_no_filter_can_come_of_it(text):
    assert offered(text) == []


def test_only_values_that_occur_are_offered_and_each_finds_its_runs():
    for name, values in VOCABULARY.values.items():
        if name in ("created", *HISTORY_COLUMNS, *BEST):  # relative and rounded
            continue
        for value in values:
            assert parse(f"{name} = {value.text}").matches(TABLE).any(), (name, value)
    absent = {"glass", "iris", "wine"} & {
        each.text.lower() for each in VOCABULARY.values["dataset"]
    }
    assert not absent


def test_values_of_columns_that_are_all_there_are_offered():
    """Also names that need quotes, and those that look like words of the language."""
    odd = ["and", "50% (half)", 'said "no"', "a\\b", "last week", "über", "not", "(", "0.1"]
    table = made_table(len(odd)).assign(name=odd)
    vocabulary = Vocabulary.of(table)
    for name, word in zip(odd, vocabulary.values["name"], strict=True):
        assert list(parse(f"name = {word.text}").matches(table)) == [each == name for each in odd]


def test_without_runs_only_what_needs_no_value_is_offered():
    empty = Vocabulary.of(pd.DataFrame())
    assert [each.label for each in completions("", empty).offers] == ["not"]
    assert [each.label for each in completions("loss ", empty).offers] == [
        "is missing", "is not missing",
    ]  # fmt: skip
