"""The cards of the lecture: what each is called, and which of its numbers can be changed.

To add a card, enter it here and write a module of its name in this folder with a function
`draw()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A card of the lecture page.

    title     its idea, as a short sentence or question
    section   where the course speaks of it
    numbers   names of the settings (see `lossopt_ui.views`) that stand in its address
    """

    title: str
    section: str
    numbers: tuple[str, ...] = ()


CARDS: Mapping[str, Card] = {
    "scores": Card(
        "From scores to a loss", "Lecture 3: multiclass SVM loss", ("images", "images_margin")
    ),
}
