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


SVM = "Lecture 3: multiclass SVM loss"
SOFTMAX = "Lecture 3: softmax classifier"
NOTES = "Notes: linear classification"
OPTIMISATION = "Lecture 3: optimization"

CARDS: Mapping[str, Card] = {
    "image_to_scores": Card(
        "From an image to scores", NOTES, ("pixels", "image_weights", "image_bias")
    ),
    "scores": Card("From scores to a loss", SVM, ("images", "images_margin")),
    "start": Card("What must the loss be at the start?", SVM, ("start_classes", "start_margin")),
    "softmax": Card("Softmax, step by step", SOFTMAX, ("images", "image", "weights_scale")),
    "overflow": Card("Exponentials overflow", NOTES, ("large",)),
    "hinge_and_softmax": Card(
        "Hinge falls silent, cross-entropy never does",
        NOTES,
        ("content", "correct", "content_margin"),
    ),
    "shapes": Card("The shapes of the losses", SVM, ("shapes_margin",)),
    "regularisation": Card(
        "Two weights, one score", "Lecture 3: regularization", ("input", "w1", "w2", "beta")
    ),
    "level_sets": Card(
        "Why L1 sets weights to zero",
        "Lecture 3: regularization",
        ("plane_penalty", "plane_power"),
    ),
    "searches": Card(
        "Guess, guess nearby, or follow the slope", OPTIMISATION, ("budget", "search_scale")
    ),
    "numeric_gradient": Card(
        "The gradient without calculus",
        OPTIMISATION,
        ("slide", "slide_step", "card_loss", "card_epochs"),
    ),
    "steps": Card("How long a step?", OPTIMISATION, ("card_loss", "card_epochs")),
    "batches": Card(
        "What does a minibatch know of the gradient?", OPTIMISATION, ("card_loss", "card_epochs")
    ),
    "training_log": Card("A training log to reproduce", "Notes: case study", ("log_rate",)),
}
"""In the order of the lecture."""
