"""What all cards share: choosing one, numbers that can be put back, questions, errata."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import streamlit as st

from lossopt_core.lecture.numbers import ERRATA
from lossopt_ui import controls, links, navigation
from lossopt_ui.lecture.words import CARDS, Card


def choose() -> str:
    """The list of the cards; returns the one that is shown."""
    return str(controls.setting("card"))


def draw(name: str) -> None:
    """A card with its title, its content, and the way to those before and after."""
    card = CARDS[name]
    st.header(card.title)
    st.caption(card.section)
    import_module(f"lossopt_ui.lecture.{name}").draw()
    if card.numbers:
        st.button("Back to the lecture's numbers", key="reset", on_click=_reset, args=(card,),
                  icon=":material/restart_alt:")  # fmt: skip
    _neighbours(name)


def _reset(card: Card) -> None:
    for each in card.numbers:
        controls.forget(each)


def _neighbours(name: str) -> None:
    names = list(CARDS)
    place = names.index(name)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for at, icon in ((place - 1, "arrow_back"), (place + 1, "arrow_forward")):
            if 0 <= at < len(names):
                st.page_link(
                    navigation.LECTURE,
                    label=CARDS[names[at]].title,
                    icon=f":material/{icon}:",
                    query_params=links.query_of({"card": names[at]}),
                )


@contextmanager
def question(text: str) -> Iterator[None]:
    """One of the lecture's questions, whose answer is opened by who has thought about it."""
    with st.expander(f"Question: {text}", icon=":material/help:"):
        yield


def erratum(name: str, right: str) -> None:
    """What the course printed, what is right, and why."""
    found = ERRATA[name]
    st.info(
        f"**Erratum.** {found.where[0].upper()}{found.where[1:]} print {found.printed}. Right is"
        f" {right}: {found.why}.",
        icon=":material/edit_note:",
    )
