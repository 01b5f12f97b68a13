"""Lesson: The gradient check."""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, at_least, at_most, chosen

CARD = {"card": "numeric_gradient"}
LESSON = Lesson(
    "The gradient check",
    "Finite differences tell whether a gradient is right, if h is neither too large nor too small.",
    Prediction(
        "A slope is estimated as (loss(w + h) − loss(w)) / h. Which h is best in double precision?",
        ("As small as possible", "About 1e-8", "About 0.1"),
        1,
        "A large h is off because the loss is curved, a tiny one because of rounding.",
    ),
    (
        "A finite difference approximates a slope, without calculus.",
        "A central difference is more accurate than a forward difference.",
        "Too small an h is as bad as too large a one.",
        "At a kink of the hinge, both sides have different slopes.",
        "Near the optimum the gradient vanishes, which is a check as well.",
    ),
    (
        Step(
            "The slide changes one weight at a time by h = 0.0001 and divides the change of the"
            " loss by h. A tenfold h makes every slope ten times smaller here, because the losses"
            " are given.",
            "Set h to 0.001 or more and see the slopes change.",
            "lecture",
            at_least("slide_step", 1e-3),
            CARD,
            {"slide_step": 1e-3},
            subject="slide_step",
        ),
        Step(
            "The losses on the slide have five decimals. What is left of a slope if the losses"
            " differ in the last decimal only? Rounding decides how small h may be.",
            "Set h to 0.00001 or less.",
            "lecture",
            at_most("slide_step", 1e-5),
            CARD,
            {"slide_step": 1e-5},
            subject="slide_step",
        ),
        Step(
            "On digits the error over h is a V: too large an h is off because of the curvature, too"
            " small a one because of rounding. The hinge has no curvature, only kinks.",
            "Choose the loss 'Hinge' and compare the left and the right arm.",
            "lecture",
            chosen(card_loss="hinge"),
            CARD,
            {"card_loss": "hinge"},
            subject="card-errors",
        ),
        Step(
            "The check depends on where it is made. After training the gradient is small, and so"
            " the same rounding weighs more.",
            "Set the epochs trained to at least 20.",
            "lecture",
            at_least("card_epochs", 20),
            CARD,
            {"card_epochs": 20},
            subject="card_epochs",
            shows="card-errors",
        ),
        Step(
            "In the playground the table below the plots shows every weight with its gradient. At"
            " the optimum of a smooth loss all of them are zero.",
            "Train for at least 1,000 updates and see the gradients vanish.",
            "playground",
            at_least("updates", 1000),
            {"optimizer": "gd", "learning_rate": 0.5, "strength": 0.1, "two": False},
            {"updates": 1000},
            subject="parameters-left",
        ),
    ),
)
