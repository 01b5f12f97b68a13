"""Lesson: What a loss measures."""

from lossopt_ui.lessons.steps import (
    Lesson,
    Prediction,
    Step,
    at_least,
    chosen,
    hinge_is_zero,
    saved,
)

LESSON = Lesson(
    "What a loss measures",
    "From three scores to one number, and what that number must be before any training.",
    Prediction(
        "Ten classes and no training yet: all scores are 0. What is the hinge loss of an image?",
        ("0", "1", "9", "10"),
        2,
        "Each of the nine wrong classes misses the margin of 1 by exactly 1.",
    ),
    (
        "A loss compares the score of the correct class with the others.",
        "The hinge loss stops at the margin; cross-entropy never does.",
        "The initial loss follows from the number of classes: check it first.",
        "Losses of different scale cannot be compared, accuracies can.",
    ),
    (
        Step(
            "Three images, each with scores for cat, car and frog. For every wrong class, the"
            " hinge loss adds how far its score comes within a margin of the correct one. On"
            " the car image the car leads by more than the margin: the loss is 0. On the cat"
            " image the cat does not even lead.",
            "Raise the cat's score in the cat image until its loss is 0.",
            "lecture",
            hinge_is_zero(0),
            {"card": "scores"},
            {"images": ((6.1, 5.1, -1.7), (1.3, 4.9, 2.0), (2.2, 2.5, -3.1))},
            subject="images-0-0",
        ),
        Step(
            "The margin is the lead that the correct score must have. It sets the scale of the"
            " scores and little else: doubling the weights doubles the lead.",
            "Set the margin to 2 and watch the three losses.",
            "lecture",
            chosen(images_margin=2.0),
            {"card": "scores"},
            {"images_margin": 2.0},
            subject="images_margin",
        ),
        Step(
            "Now handwritten digits in ten classes. With zero weights all scores are equal, so"
            " each of the nine wrong classes misses the margin by exactly 1: the initial loss"
            " must be 9. If it is not, there is a bug.",
            "Press Train, check where the curve starts, and note the test accuracy.",
            "train",
            saved("dataset = digits and loss = hinge and margin = 1"),
            {"loss": "hinge", "epochs": 5},
            subject="train",
            shows="objective",
        ),
        Step(
            "With a margin of 2 the loss starts at 18. Does that make the classifier better or"
            " worse? Compare the test accuracy with the one you noted, not the losses: their"
            " scale has changed.",
            "Set the margin to 2 and train again.",
            "train",
            saved("dataset = digits and loss = hinge and margin = 2"),
            {"loss": "hinge", "epochs": 5},
            {"margin": 2.0},
            subject="margin",
            shows="accuracy",
        ),
        Step(
            "Cross-entropy turns scores into probabilities: the loss is the negative logarithm"
            " of the correct class's probability. Ten equal scores give ten equal"
            " probabilities, a tenth each, so the initial loss must be ln 10.",
            "Set the loss to cross-entropy and train.",
            "train",
            saved("dataset = digits and loss = cross_entropy"),
            {"loss": "hinge", "epochs": 5},
            {"loss": "cross_entropy"},
            subject="loss",
            shows="objective",
        ),
        Step(
            "Below the curves you see one test image with its scores, and both losses computed"
            " step by step. The hinge loss can be exactly 0; cross-entropy never is.",
            "Choose an example other than the first.",
            "hinge-vs-cross-entropy",
            at_least("example", 1),
            {"epochs": 5, "live": True, "below": "example"},
            {"example": 7},
            subject="example",
        ),
    ),
)
