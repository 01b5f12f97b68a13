"""What all cards share: choosing one, numbers that can be put back, questions, errata."""

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
    """The list of the cards; returns the one that is shown."""
    return str(widgets.setting("card", width=420))


def draw(name: str) -> None:
    """A card with its title, its content, and the way to those before and after."""
    card = CARDS[name]
    st.header(card.title, anchor=False)
    st.caption(card.section)
    import_module(f"lossopt_ui.lecture.{name}").draw()
    if card.numbers:
        st.button("Back to the lecture's numbers", key="reset", on_click=_reset, args=(card,),
                  icon=":material/restart_alt:")  # fmt: skip
    _neighbours(name)


def _reset(card: Card) -> None:
    for each in card.numbers:
        widgets.forget(each)


def _neighbours(name: str) -> None:
    names = list(CARDS)
    place = names.index(name)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for at, icon in ((place - 1, "arrow_back"), (place + 1, "arrow_forward")):
            if 0 <= at < len(names):
                # A link to the same page would not have its address read again.
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
    """One of the lecture's questions, whose answer is opened by who has thought about it."""
    with st.expander(f"Question: {text}", icon=":material/help:"):
        yield


def table(rows: pd.DataFrame) -> None:
    """A small table that can be read aloud; its cells are words."""
    st.table(rows, border="horizontal")


def number(value: float) -> str:
    """Five digits, as a person writes it."""
    return "overflow" if np.isnan(value) else f"{value:.5g}".replace("e-0", "e-")


def tex(value: float) -> str:
    """A number that was typed, within a formula; a negative one in parentheses."""
    said = f"{value:.10g}"
    mantissa, power, exponent = said.partition("e")
    said = f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if power else said
    return f"({said})" if value < 0 else said


def aligned(rows: Sequence[str], *, apart: int = 0) -> None:
    """A formula of several rows, so many points apart; `&` marks where they are aligned."""
    between = rf" \\[{apart}pt] "
    formula(r"\begin{aligned} " + between.join(rows) + r" \end{aligned}")


def formula(latex: str) -> None:
    """A formula on a line of its own.

    Not by `st.latex`: its box can be scrolled, but not by the keyboard.
    """
    st.markdown(f"$\\displaystyle {latex}$")


def erratum(name: str, right: str) -> None:
    """What the course printed, what is right, and why."""
    found = ERRATA[name]
    st.info(
        f"**Erratum.** {found.where[0].upper()}{found.where[1:]} print {found.printed}. Right is"
        f" {right}: {found.why}.",
        icon=":material/edit_note:",
    )
