"""What an uploaded file was read as, before it is kept: the guesses, and controls to change them.

The controls are drawn below what was read, so `chosen` takes their values from the last run of
the page.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lossopt_core.files.choices import (
    COLUMNS,
    DECIMALS,
    DELIMITERS,
    ENCODINGS,
    METRICS,
    Choices,
    Question,
)
from lossopt_core.files.columns import Column
from lossopt_core.files.description import Description
from lossopt_ui.state import names
from lossopt_ui.state.session import WidgetKey

MAX_SAID = 12
FATES = {
    "train_loss": "training loss",
    "validation_loss": "validation loss",
    "train_accuracy": "training accuracy",
    "validation_accuracy": "validation accuracy",
    "ignored": "left out",
}
_HEADERS = {True: "names of columns", False: "data"}


def chosen(file: str) -> Choices:
    """What was chosen for a file, by its id."""

    def of(what: str) -> Any:
        key: WidgetKey[Any] = WidgetKey(_key(what, file))
        return key.get() if key.is_set() else None

    return Choices(
        delimiter=of("delimiter"),
        encoding=of("encoding"),
        header=of("header"),
        decimal=of("decimal"),
        columns=of("columns"),
        values=frozenset(of("values") or ()),
    )


def _key(what: str, file: str) -> str:
    return f"read-{what}-{file}"


def controls(
    file: str,
    found: Description | None,
    columns: Sequence[Column] = (),
    *,
    curves: bool = False,
) -> None:
    """How the file was read, with a control for each guess; `found` is None if it was refused."""
    questions = found.questions if found else ()
    if questions:
        texts = dict.fromkeys(names.escape_markdown(question.text) for question in questions)
        st.warning("\n\n".join(texts), icon=":material/help:")
    if found is not None and found.dialect["encoding"] is None:
        return
    dialect = found.dialect if found else {}
    asked = {question.about: question for question in questions}
    opened = found is None or bool({"decimal", "header", "encoding", "columns"} & {*asked})
    with st.expander("How the file is read", expanded=opened):
        first, second = st.columns(2)
        with first:
            _choice("delimiter", "Delimiter", DELIMITERS, dialect.get("delimiter"), file)
            encodings = dict(zip(ENCODINGS, ENCODINGS, strict=True))
            _choice("encoding", "Encoding", encodings, dialect.get("encoding"), file)
        with second:
            _choice("header", "First row", _HEADERS, dialect.get("header"), file)
            _choice("decimal", "Decimal separator", _decimals(asked), dialect.get("decimal"), file)
        if curves:
            _choice("columns", "Each column of numbers is", COLUMNS, METRICS, file)
        _values(columns, file)
        for line in dialect.get("skipped", ())[:MAX_SAID]:
            st.caption(names.escape_markdown(f"Skipped {line}"))


def _decimals(asked: dict[str, Question]) -> dict[Any, str]:
    """The separators, with what each makes of an example if that is in question."""
    if "decimal" not in asked:
        return dict(DECIMALS)
    example = asked["decimal"].text.split()[1]
    answers = asked["decimal"].answers
    return {key: f"{words.split(':')[0]}: {example} is {answers[key]}"
            for key, words in DECIMALS.items() if key in answers}  # fmt: skip


def _choice(what: str, label: str, options: dict[Any, str], guess: Any, file: str) -> None:
    automatic = f"Automatic: {options.get(guess, guess)}" if guess is not None else "Automatic"
    st.selectbox(
        label,
        [None, *options],
        format_func=lambda option: automatic if option is None else options[option],
        key=_key(what, file),
    )


def _values(columns: Sequence[Column], file: str) -> None:
    """The markers of missing values that the file has, each of which may be a value instead."""
    met = sorted({marker.lower() for column in columns for marker in column.markers} - {""})
    key: WidgetKey[list[str]] = WidgetKey(_key("values", file))
    kept = list(key.get()) if key.is_set() else []
    if met or kept:
        st.multiselect(
            "Markers of missing values to read as values",
            list(dict.fromkeys([*met, *kept])),
            key=key.name,
            help="These cells count as missing. Choose a marker that is a value of its own.",
        )


def columns(found: Description) -> None:
    """Every column of the file: type, use, three values as read, and the reason."""
    st.dataframe(
        {
            "column": [each.name for each in found.columns],
            "type": [each.type for each in found.columns],
            "used as": [FATES.get(each.fate, each.fate) for each in found.columns],
            "values": [_sample(each.sample) for each in found.columns],
            "why": [each.reason for each in found.columns],
        },
        hide_index=True,
        height=min(320, 38 + 35 * len(found.columns)),
    )


def _sample(values: Sequence[float | str]) -> str:
    return ", ".join(f"{each:.6g}" if isinstance(each, float) else str(each) for each in values)


def said(found: Description) -> None:
    """What was done and left out, one line each."""
    sentences = [*dict.fromkeys(found.said)]
    for sentence in sentences[:MAX_SAID]:
        st.markdown(f"- {names.escape_markdown(sentence)}")
    if len(sentences) > MAX_SAID:
        with st.expander(f"{len(sentences) - MAX_SAID} more"):
            for sentence in sentences[MAX_SAID:]:
                st.markdown(f"- {names.escape_markdown(sentence)}")


def refusal(error: Exception) -> None:
    """Why a file was refused, as a sentence."""
    text = str(error)
    st.error(f"{names.escape_markdown(text[0].upper() + text[1:])}.", icon=":material/error:")
