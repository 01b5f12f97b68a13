"""Shared by all cards: choosing a card, resetting its numbers, questions, errata."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.lecture.numbers import ERRATA
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.lecture import CARDS, Card


def choose() -> str:
    """Show the card selector and return the name of the selected card."""
    return str(widgets.setting("card", width=420))


def draw(name: str) -> None:
    """Draw a card: title, content, and buttons for the previous and the next card."""
    card = CARDS[name]
    st.header(card.title, anchor=False)
    st.caption(card.section)
    import_module(f"lossopt_ui.lecture.{name}").draw()
    if card.numbers:
        st.button("Reset to the lecture's numbers", key="reset", on_click=_reset, args=(card,),
                  icon=":material/restart_alt:")  # fmt: skip
    _navigation(name)


def _reset(card: Card) -> None:
    for each in card.numbers:
        widgets.reset(each)


def _navigation(name: str) -> None:
    names = list(CARDS)
    index = names.index(name)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for at, icon in ((index - 1, "arrow_back"), (index + 1, "arrow_forward")):
            if 0 <= at < len(names):
                # Not a link: the page reads its address only when it is entered.
                st.button(
                    CARDS[names[at]].title,
                    key=f"card-{icon}",
                    icon=f":material/{icon}:",
                    type="tertiary",
                    on_click=widgets.put,
                    args=("card", names[at]),
                )


@contextmanager
def question(text: str) -> Iterator[None]:
    """One of the lecture's questions; the answer is hidden in an expander."""
    with st.expander(f"Question: {text}", icon=":material/help:"):
        yield


def table(rows: pd.DataFrame) -> None:
    """Show a small static table of strings, which screen readers can read."""
    st.table(rows, border="horizontal")


def number(value: float) -> str:
    """Format with five significant digits; NaN is an overflow."""
    return "overflow" if np.isnan(value) else f"{value:.5g}".replace("e-0", "e-")


def tex(value: float) -> str:
    """Format a number as LaTeX; negative numbers get parentheses."""
    text = f"{value:.10g}"
    mantissa, power, exponent = text.partition("e")
    text = f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if power else text
    return f"({text})" if value < 0 else text


def aligned(rows: Sequence[str], *, apart: int = 0) -> None:
    """Show a formula of several rows, aligned at `&`, with `apart` extra points between rows."""
    between = rf" \\[{apart}pt] "
    formula(r"\begin{aligned} " + between.join(rows) + r" \end{aligned}")


def formula(latex: str) -> None:
    """Show a formula on its own line.

    Avoids `st.latex`, whose scrollable box cannot be scrolled with the keyboard.
    """
    st.markdown(f"$\\displaystyle {latex}$")


def erratum(name: str, correct: str) -> None:
    """Say what the course printed, what is correct, and why."""
    entry = ERRATA[name]
    st.info(
        f"**Erratum.** {entry.where[0].upper()}{entry.where[1:]} print {entry.printed}. It should"
        f" be {correct}: {entry.why}.",
        icon=":material/edit_note:",
    )
