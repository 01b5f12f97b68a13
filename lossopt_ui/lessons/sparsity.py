"""Lesson: L1 and sparsity."""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, chosen, saved

BASE = {"strength": 0.01, "epochs": 15, "below": "weights"}
LESSON = Lesson(
    "L1 and sparsity",
    "Why absolute values set weights to exactly zero and squares do not.",
    Prediction(
        "L1 and L2 with the same strength: which one leaves weights that are exactly zero?",
        ("L1 only", "L2 only", "Both", "Neither"),
        0,
        "The pull of L2 fades as a weight shrinks; that of L1 stays the same until zero.",
    ),
    (
        "L2 makes weights small, L1 makes many of them exactly zero.",
        "The corners of L1's level sets lie where weights are zero.",
        "With enough strength L1 sets every weight to zero.",
        "The elastic net does some of both.",
    ),
    (
        Step(
            "Each class has a template of weights, one for each pixel. L2 makes all of them small."
            " Is any of them exactly zero, apart from pixels that are always blank?",
            "Train with L2 and look at the templates.",
            "train",
            saved("regularizer = l2 and strength = 0.01 and epochs = 15"),
            BASE,
            subject="regularizer",
            shows="portrait",
        ),
        Step(
            "L1 pulls on every weight with the same force, however small the weight is. Weights"
            " whose pixel helps less than that end at exactly zero.",
            "Choose the regularizer 'L1' and train.",
            "train",
            saved("regularizer = l1 and strength = 0.01 and epochs = 15"),
            BASE,
            {"regularizer": "l1"},
            subject="regularizer",
            shows="portrait",
        ),
        Step(
            "With two weights one can see why. The optimum lies where a level set of the data loss"
            " touches one of the penalty. A diamond is touched at its corners, where a weight is"
            " zero; a circle hardly ever is.",
            "Choose the penalty 'L2' and see where the optimum lies.",
            "lecture",
            chosen(plane_penalty="l2"),
            {"card": "level_sets"},
            {"plane_penalty": "l2"},
            subject="plane_penalty",
            shows="card-plane",
        ),
        Step(
            "A stronger L1 drops more weights. From some strength on, all of them are zero and only"
            " the biases are left: the classifier guesses.",
            "Train with L1 and a strength of at least 0.1.",
            "train",
            saved("regularizer = l1 and strength >= 0.1 and epochs = 15"),
            BASE | {"regularizer": "l1"},
            {"strength": 0.3},
            subject="strength",
            shows="portrait",
        ),
        Step(
            "Of two pixels that always agree, L1 may keep either. The elastic net mixes both"
            " penalties: sparse, but equal pixels get equal weights.",
            "Choose the regularizer 'Elastic net' and train.",
            "train",
            saved("regularizer = elastic_net and epochs = 15"),
            BASE,
            {"regularizer": "elastic_net"},
            subject="regularizer",
            shows="portrait",
        ),
    ),
)
