"""The lecture page: its cards, and the numbers that a visitor can change.

To add a card, add an entry to `CARDS` and a module of the same name to `lossopt_ui.lecture`, with
a function `draw()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossopt_core import LOSSES, REGULARIZERS
from lossopt_core.fields import Choice, Number
from lossopt_core.lecture import numbers as lecture
from lossopt_core.lecture import two_weights
from lossopt_core.objective.linear import Array
from lossopt_ui.state.kinds import Matrix, Option, Slider
from lossopt_ui.state.page_spec import PageSpec

ANIMALS = lecture.ANIMALS
IMAGES = tuple(f"{animal.capitalize()} image" for animal in ANIMALS)


def _matrix(
    label: str, numbers: Array, rows: tuple[str, ...], columns: tuple[str, ...], help: str
) -> Matrix:
    start = tuple(tuple(float(each) for each in row) for row in np.atleast_2d(numbers))
    return Matrix(label, start, rows, columns, -1e4, 1e4, help)


def _row(label: str, numbers: Array, columns: tuple[str, ...], help: str) -> Matrix:
    return _matrix(label, numbers, ("",), columns, help)


PIXELS = ("1", "2", "3", "4")
WEIGHTS = ("w₁", "w₂", "w₃", "w₄")
NUMBERS: Mapping[str, Option] = {
    "images": _matrix(
        "Scores", lecture.SCORES, IMAGES, ANIMALS, "Score of each class for each image."
    ),
    "images_margin": Number("Margin Δ", 1.0, 0.0, 100.0, "How far the correct score must lead."),
    "image": Choice(
        "Image",
        "cat",
        dict(zip(ANIMALS, IMAGES, strict=True)),
        "Image whose loss is computed step by step.",
    ),
    "weights_scale": Number(
        "Scale of all scores", 1.0, 0.0, 100.0, "Halving the weights halves the scores."
    ),
    "large": _row(
        "Scores", lecture.LARGE_SCORES, ("1", "2", "3"), "Exponentials of large scores overflow."
    ),
    "content": _row(
        "Wrong scores",
        lecture.CONTENT_SCORES[0, 1:],
        ("first", "second"),
        "Scores of the two wrong classes.",
    ),
    "correct": Slider("Correct score", 10.0, -10.0, 20.0, "Score of the correct class.", step=0.5),
    "content_margin": Number("Margin Δ", 1.0, 0.0, 100.0, "How far the correct score must lead."),
    "shapes_margin": Number("Margin Δ", 1.0, 0.0, 10.0, "Margin of the hinge losses."),
    "pixels": _row("Pixels x", lecture.PIXELS, PIXELS, "The image, flattened into a column."),
    "image_weights": _matrix(
        "Weights W", lecture.IMAGE_WEIGHTS, ANIMALS, PIXELS, "One row per class."
    ),
    "image_bias": _row("Bias b", lecture.IMAGE_BIAS, ANIMALS, "One per class."),
    "start_classes": Number("Classes C", 10, 2, 1_000, "Number of classes.", whole=True),
    "start_margin": Number("Margin Δ", 1.0, 0.0, 100.0, "Margin of the hinge losses."),
    "input": _row("Input x", lecture.ONES, ("x₁", "x₂", "x₃", "x₄"), "Four features."),
    "w1": _row("First weights", lecture.SPARSE_WEIGHTS, WEIGHTS, "One large weight."),
    "w2": _row("Second weights", lecture.SPREAD_WEIGHTS, WEIGHTS, "Four small weights."),
    "beta": Number(
        "β of the elastic net",
        1.0,
        0.0,
        100.0,
        "Weight of the squares against the absolute values.",
    ),
    "unique_strength": Number(
        "λ (strength)", 0.1, 0.0, 10.0, "Strength of the penalty on the factor.", logarithmic=True
    ),
    "shrink_weights": _row("Weights", np.array([2.0, 1.0, 0.5, -1.5]), WEIGHTS, "At the start."),
    "shrink_strength": Number(
        "λ (strength)", 0.3, 0.0, 4.0, "Strength of the penalty.", logarithmic=True
    ),
    "log_lead": Slider(
        "Lead", -4.0, -8.0, 8.0, "Lead of the correct score over the wrong one.", step=0.5
    ),
    "plane_penalty": Choice(
        "Penalty",
        "l1",
        {n: REGULARIZERS[n] for n in two_weights.PENALTIES},
        "The penalty to draw.",
    ),
    "plane_power": Slider(
        "log₁₀ λ (strength)", -1.5, -3.0, 0.0, "λ is 10 to this power.", step=0.125
    ),
    "slide": _row(
        "Losses",
        lecture.SLIDE_LOSSES,
        ("before", "w₁ + h", "w₂ + h", "w₃ + h"),
        "The four losses on the slide.",
    ),
    "slide_step": Number(
        "h", lecture.SLIDE_STEP, 1e-12, 1.0, "Step of the differences.", logarithmic=True
    ),
    "card_loss": Choice(
        "Loss", "cross_entropy", LOSSES, "Mean over all training images of digits."
    ),
    "card_epochs": Number(
        "Epochs trained",
        1,
        0,
        50,
        "Uses W after this many epochs; 0 means zero weights.",
        whole=True,
    ),
    "budget": Number("Budget", 200, 10, 500, "Number of guesses or gradient steps.", whole=True),
    "search_scale": Number(
        "Scale of a guess", 0.03, 1e-4, 1.0, "Standard deviation of each weight.", logarithmic=True
    ),
    "log_rate": Number("Learning rate α", 1.0, 1e-3, 10.0, "The notes use 1.", logarithmic=True),
}
"""Names are unique across cards: one address holds the numbers of all cards."""


@dataclass(frozen=True)
class Card:
    """A card of the lecture page.

    title     its idea, as a short sentence or question
    section   part of the course that covers it
    numbers   names of its settings (see `NUMBERS`), which appear in the address
    page, settings, experiment   where to try it on data: page, settings there, label of the link
    carried   which of its numbers are settings there, under which name
    """

    title: str
    section: str
    numbers: tuple[str, ...] = ()
    page: str = "train"
    settings: Mapping[str, Any] = field(default_factory=dict)
    experiment: str = "Try it on digits"
    carried: Mapping[str, str] = field(default_factory=dict)


SVM = "Lecture 3: multiclass SVM loss"
SOFTMAX = "Lecture 3: softmax classifier"
NOTES = "Notes: linear classification"
OPTIMISATION = "Lecture 3: optimization"

BOTH_LOSSES = "hinge-vs-cross-entropy"
CARDS: Mapping[str, Card] = {
    "image_to_scores": Card(
        "From an image to scores",
        NOTES,
        ("pixels", "image_weights", "image_bias"),
        settings={"loss": "hinge"},
        experiment="See the templates of digits",
    ),
    "scores": Card(
        "From scores to a loss",
        SVM,
        ("images", "images_margin"),
        settings={"loss": "hinge"},
        experiment="Train the hinge with this margin",
        carried={"images_margin": "margin"},
    ),
    "start": Card(
        "What must the initial loss be?",
        SVM,
        ("start_classes", "start_margin"),
        settings={"loss": "hinge", "epochs": 5},
        experiment="Check it on digits with this margin",
        carried={"start_margin": "margin"},
    ),
    "shapes": Card(
        "The shapes of the losses",
        SVM,
        ("shapes_margin",),
        page="playground",
        settings={"loss": "hinge", "points": "moons", "updates": 200},
        experiment="See two of them on points",
        carried={"shapes_margin": "margin"},
    ),
    "unique": Card(
        "Is W unique?",
        "Lecture 3: regularization",
        ("unique_strength",),
        settings={"loss": "hinge"},
        experiment="Train with this strength",
        carried={"unique_strength": "strength"},
    ),
    "regularisation": Card(
        "Two weight vectors, one score",
        "Lecture 3: regularization",
        ("input", "w1", "w2", "beta"),
        settings={"regularizer": "elastic_net"},
        experiment="Train with the elastic net",
    ),
    "l2": Card(
        "L2: many small weights",
        "Lecture 3: regularization",
        ("shrink_weights", "shrink_strength"),
        settings={"regularizer": "l2"},
        experiment="Train with L2 at this strength",
        carried={"shrink_strength": "strength"},
    ),
    "l1": Card(
        "L1: a few weights, the others zero",
        "Lecture 3: regularization",
        ("shrink_weights", "shrink_strength"),
        settings={"regularizer": "l1"},
        experiment="Train with L1 at this strength",
        carried={"shrink_strength": "strength"},
    ),
    "level_sets": Card(
        "Why L1 sets weights to zero",
        "Lecture 3: regularization",
        ("plane_penalty", "plane_power"),
        settings={"strength": 0.01},
        experiment="Train with this penalty",
        carried={"plane_penalty": "regularizer"},
    ),
    "softmax": Card(
        "Softmax, step by step",
        SOFTMAX,
        ("images", "image", "weights_scale"),
        settings={"loss": "cross_entropy"},
        experiment="Train with cross-entropy",
    ),
    "why_exp": Card(
        "Why the exponential?",
        SOFTMAX,
        ("images", "image"),
        page="playground",
        settings={"points": "blobs", "updates": 200},
        experiment="See the probabilities on points",
    ),
    "why_log": Card(
        "Why the logarithm?",
        SOFTMAX,
        ("log_lead",),
        settings={"loss": "cross_entropy"},
        experiment="Train with cross-entropy",
    ),
    "overflow": Card(
        "Exponentials overflow",
        NOTES,
        ("large",),
        settings={"learning_rate": 1000.0, "optimizer": "gd"},
        experiment="Train with enormous scores",
    ),
    "hinge_and_softmax": Card(
        "Hinge reaches zero, cross-entropy never does",
        NOTES,
        ("content", "correct", "content_margin"),
        page=BOTH_LOSSES,
        experiment="Compare both on digits with this margin",
        carried={"content_margin": "margin"},
    ),
    "searches": Card(
        "Guess, search nearby, or follow the gradient",
        OPTIMISATION,
        ("budget", "search_scale"),
        settings={"optimizer": "gd"},
        experiment="Follow the gradient on digits",
    ),
    "numeric_gradient": Card(
        "The gradient without calculus",
        OPTIMISATION,
        ("slide", "slide_step", "card_loss", "card_epochs"),
        settings={"optimizer": "gd"},
        experiment="Train this loss",
        carried={"card_loss": "loss"},
    ),
    "steps": Card(
        "How large a step?",
        OPTIMISATION,
        ("card_loss", "card_epochs"),
        settings={"optimizer": "gd", "epochs": 50},
        experiment="Train this loss and see its limits",
        carried={"card_loss": "loss"},
    ),
    "batches": Card(
        "How accurate is a minibatch gradient?",
        OPTIMISATION,
        ("card_loss", "card_epochs"),
        page="gd-vs-sgd",
        settings={"batch_sizes": (8, 32, 128)},
        experiment="Compare batch sizes for this loss",
        carried={"card_loss": "loss"},
    ),
    "training_log": Card(
        "A training log to reproduce",
        "Notes: case study",
        ("log_rate",),
        settings={"dataset": "spiral", "optimizer": "gd", "strength": 5e-4},
        experiment="Train on the spiral with this learning rate",
        carried={"log_rate": "learning_rate"},
    ),
}
"""In the order of the lecture."""

OPTIONS: dict[str, Option] = {
    **NUMBERS,
    "card": Choice(
        "Card",
        next(iter(CARDS)),
        {name: card.title for name, card in CARDS.items()},
        "One idea of the lecture.",
    ),
}

LECTURE = PageSpec("lecture", "Lecture", "Lecture", "school", OPTIONS)
