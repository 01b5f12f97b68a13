"""Lesson: Hinge and cross-entropy on the same data."""

from lossopt_ui.lessons.steps import (
    Lesson,
    Prediction,
    Step,
    all_of,
    at_least,
    chosen,
    saved,
    varied,
)

LESSON = Lesson(
    "Softmax vs hinge",
    "Two losses on the same data: what each rewards, and whether it makes a difference.",
    Prediction(
        "Hinge and cross-entropy on digits, each well trained: which classifies more test digits"
        " right?",
        ("Hinge, clearly", "Cross-entropy, clearly", "They are within a point or two"),
        2,
        "Both draw similar boundaries; only several seeds show whether a difference is left.",
    ),
    (
        "Losses have their own scales: compare accuracy, or the distance to each optimum.",
        "Hinge ignores examples beyond the margin, cross-entropy always asks for more.",
        "One run of each says little; paired differences over seeds say more.",
    ),
    (
        Step(
            "Two classifiers, the same data, the same minibatches; only the loss differs."
            " The losses have different scales and cannot be compared. Compare the accuracy"
            " instead.",
            "Press Train.",
            "hinge-vs-cross-entropy",
            all_of(saved("loss = hinge"), saved("loss = cross_entropy")),
            {"epochs": 10},
            subject="train",
            shows="accuracy",
        ),
        Step(
            "Each objective has its own optimum, which the app computes with a proof. The"
            " distance to it says how far the training run still had to go. The two distances"
            " have different scales, like the losses: look at each by itself.",
            "Set the curves to show the distance to the optimum.",
            "hinge-vs-cross-entropy",
            chosen(show="distance"),
            {"epochs": 10, "live": True},
            {"show": "distance"},
            subject="show",
            shows="objective",
        ),
        Step(
            "Hinge is satisfied once the margin is met: its gradient for that example is zero."
            " Cross-entropy always asks for a little more. See it on an example.",
            "Choose an example other than the first and compare its two losses.",
            "hinge-vs-cross-entropy",
            at_least("example", 1),
            {"epochs": 10, "live": True, "below": "example"},
            {"example": 3},
            subject="example",
        ),
        Step(
            "The squared hinge penalizes one large violation more than several small ones with"
            " the same sum. The hinge has kinks; the squared hinge is differentiable"
            " everywhere.",
            "Add the squared hinge to the comparison and train.",
            "hinge-vs-cross-entropy",
            all_of(chosen(squared=True), saved("loss = squared_hinge")),
            {"epochs": 10, "live": True},
            {"squared": True},
            subject="squared",
            shows="accuracy",
        ),
        Step(
            "Is one of them better? One run of each says little: with another seed, the other"
            " may win. Paired differences over ten seeds say more.",
            "Run the sweep and read the verdict above the chart.",
            "sweep",
            varied("loss in (hinge, cross_entropy)", "loss", values=2, seeds=10),
            {
                "axes": "loss=hinge,cross_entropy",
                "seeds": 10,
                "epochs": 5,
                "look": "sensitivity",
            },
            subject="train",
        ),
    ),
)
