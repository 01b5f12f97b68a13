"""Lesson: Exact steps or many noisy ones."""

from lossopt_ui.lessons.steps import (
    Lesson,
    Prediction,
    Step,
    all_of,
    at_least,
    chosen,
    saved,
    saved_for_each,
)

FLOORS = {"strength": 0.1, "learning_rate": 0.1}
"""Here SGD reaches its noise floors within 20 epochs; weaker penalties take far longer."""
LESSON = Lesson(
    "GD vs SGD",
    "A few exact steps or many noisy ones, for the same amount of work.",
    Prediction(
        "After the same number of examples seen, which is further down: GD or SGD?",
        ("GD: its steps are exact", "SGD: it takes many more steps", "Neither"),
        1,
        "A noisy step is about as good as an exact one, and costs a fortieth of the work.",
    ),
    (
        "For the same work, SGD takes many more steps than GD.",
        "Over updates both make about the same progress.",
        "Noise leaves SGD at a floor, which drops with the learning rate and the batch size.",
        "Momentum averages the noise out.",
    ),
    (
        Step(
            "Gradient descent uses all examples for one step. SGD takes a step after every 32."
            " After the same number of examples, which has made more progress?",
            "Press Train.",
            "gd-vs-sgd",
            all_of(saved("optimizer = gd"), saved("optimizer = sgd")),
            {"epochs": 10},
            subject="train",
            shows="objective",
        ),
        Step(
            "Smaller batches mean more steps for the same work, and more noise in each step.",
            "Choose at least three batch sizes and train.",
            "gd-vs-sgd",
            all_of(
                at_least("batch_sizes", 3),
                saved_for_each("optimizer = sgd", "batch_size", choice="batch_sizes"),
            ),
            {},
            {"batch_sizes": (8, 32, 128)},
            subject="batch_sizes",
            shows="objective",
        ),
        Step(
            "Was the comparison fair? Per update, SGD makes about as much progress as GD. But"
            " with 32 of the 1,347 examples, an update costs about a fortieth of the work: GD"
            " takes 20 steps here, SGD hundreds.",
            "Set the x-axis to updates and see the curves coincide.",
            "gd-vs-sgd",
            chosen(work="update"),
            {"batch_sizes": (8, 32, 128), "log_x": True, "live": True},
            {"work": "update"},
            subject="work",
            shows="objective",
        ),
        Step(
            "Noise keeps SGD with a constant learning rate from converging: it ends near a"
            " noise floor above the optimum, higher for smaller batches. With the strong"
            " penalty and large steps used here, it gets there in 20 epochs. GD has no noise"
            " and no floor, but has not converged yet.",
            "Set the curves to show the distance to the optimum.",
            "gd-vs-sgd",
            chosen(show="distance"),
            FLOORS | {"batch_sizes": (8, 32, 128), "live": True},
            {"show": "distance"},
            subject="show",
            shows="objective",
        ),
        Step(
            "The noise floor drops with the learning rate: smaller steps end lower, but take"
            " longer to get there.",
            "Train SGD with a batch size of 8 and a learning rate of 0.01.",
            "train",
            saved("optimizer = sgd and batch_size = 8 and learning_rate = 0.01"),
            FLOORS | {"batch_size": 8},
            {"learning_rate": 0.01},
            subject="batch_size",
            shows="objective",
        ),
        Step(
            "Momentum accumulates the latest gradients: their common direction adds up, their"
            " noise averages out.",
            "Choose the optimizer 'Momentum' and train.",
            "train",
            saved("optimizer = momentum"),
            {},
            {"optimizer": "momentum"},
            subject="optimizer",
            shows="objective",
        ),
    ),
)
