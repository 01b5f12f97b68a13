"""Shared by all cards: choosing a card, resetting its numbers, questions, errata."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.lecture.numbers import ERRATA
from lossopt_ui.charts import lecture as charts
from lossopt_ui.figures import figure
from lossopt_ui.state import pages, url, widgets
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
    with st.container(horizontal=True, vertical_alignment="center"):
        _experiment(name, card)
        if card.numbers:
            st.button("Reset to the lecture's numbers", key="reset", on_click=_reset, args=(card,),
                      icon=":material/restart_alt:")  # fmt: skip
    _navigation(name)


def _experiment(name: str, card: Card) -> None:
    """A link to the experiment of the card, with its numbers and a way back."""
    settings = dict(card.settings)
    for number_name, setting in card.carried.items():
        settings[setting] = widgets.value(number_name)
    st.page_link(
        pages.BY_NAME[card.page].file,
        label=card.experiment,
        icon=":material/science:",
        query_params=url.query_of(settings | {"from_card": name}),
    )


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


def picture(values: Mapping[str, float], *, title: str, y_title: str, mark: str = "") -> None:
    """A bar chart of a card's result; values that are not finite have no bar."""
    shown = {name: float(value) if np.isfinite(value) else 0.0 for name, value in values.items()}
    figure.show(
        charts.bars(shown, title=title, y_title=y_title, theme=figure.theme(), mark=mark),
        key="card-bars",
        alt=f"{title}: {', '.join(f'{name} {number(value)}' for name, value in values.items())}.",
        height=300,
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
