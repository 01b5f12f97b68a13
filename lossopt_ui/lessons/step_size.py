"""Lesson: How large a learning rate may be."""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, saved

GD = {"optimizer": "gd", "epochs": 50}
LESSON = Lesson(
    "Learning rate",
    "Too small, about right, too large, and where exactly too large begins.",
    Prediction(
        "Gradient descent with ever larger learning rates: what happens?",
        ("It gets ever faster", "It gets faster, then diverges", "It gets ever slower"),
        1,
        "Beyond a limit set by the curvature, every step overshoots by more than the last.",
    ),
    (
        "Too small a learning rate is safe and slow.",
        "The curvature sets the limit beyond which training diverges.",
        "The hinge has kinks and bounces around instead.",
        "A schedule takes large steps first and small ones later.",
    ),
    (
        Step(
            "Full-batch gradient descent goes straight downhill at every step. The page shows"
            " your learning rate as a fraction of the limit below which training is always"
            " stable.",
            "Press Train and compare the learning rate with its stability limits.",
            "train",
            saved("optimizer = gd and loss = cross_entropy"),
            GD | {"learning_rate": 0.1},
            subject="learning_rate",
            shows="step-limits",
        ),
        Step(
            "A learning rate a hundred times smaller is just as safe, but gets nowhere in the"
            " same number of epochs.",
            "Set the learning rate to 0.001 or less and train.",
            "train",
            saved("optimizer = gd and learning_rate <= 0.001"),
            GD | {"learning_rate": 0.1},
            {"learning_rate": 0.001},
            subject="learning_rate",
            shows="objective",
        ),
        Step(
            "The always stable limit is conservative. Larger learning rates often work, as long"
            " as they stay below the limit at the optimum, which the page computes from the"
            " curvature there.",
            "Train with a learning rate of 5: above the first limit, below the second.",
            "train",
            saved("optimizer = gd and learning_rate >= 1 and status = finished"),
            GD | {"learning_rate": 0.1},
            {"learning_rate": 5.0},
            subject="learning_rate",
            shows="objective",
        ),
        Step(
            "The squared hinge has a higher curvature, so its learning rate must be smaller."
            " Above the limit at the optimum, every step overshoots by more than the last.",
            "Make a run diverge: a learning rate of 1 is enough.",
            "train",
            saved("optimizer = gd and status = diverged"),
            GD | {"loss": "squared_hinge", "learning_rate": 0.01},
            {"learning_rate": 1.0},
            subject="learning_rate",
            shows="objective",
        ),
        Step(
            "The hinge has kinks instead of curvature, so it has no such limit. A constant"
            " learning rate does not make it diverge here (the penalty would, from 1 / λ on),"
            " but it does not converge either: it bounces around.",
            "Train the hinge with a learning rate of at least 1 and watch the curve.",
            "train",
            saved("optimizer = gd and loss = hinge and learning_rate >= 1"),
            GD | {"loss": "hinge", "learning_rate": 0.1},
            {"learning_rate": 5.0},
            subject="objective",
            shows="objective",
        ),
        Step(
            "Large steps first, small ones later: a schedule gives you both. Decreasing steps"
            " are what makes subgradient methods converge.",
            "Choose a schedule other than 'Constant' and train again.",
            "train",
            saved("optimizer = gd and loss = hinge and schedule != constant"),
            GD | {"loss": "hinge", "learning_rate": 1.0},
            {"schedule": "cosine"},
            subject="schedule",
            shows="objective",
        ),
    ),
)
