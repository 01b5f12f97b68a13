"""Lesson: Reading learning curves."""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, chosen, saved

SHORT = {"epochs": 8}
FEW_EXAMPLES = {"test_fraction": 0.9, "epochs": 40, "strength": 0.0001}
LESSON = Lesson(
    "Reading learning curves",
    "What the shape of a curve says about training: unfinished, overfitted or diverging.",
    Prediction(
        "A classifier is trained on a tenth of the images instead of three quarters. What does the"
        " accuracy on its training images do?",
        ("It drops", "It stays", "It rises to 100 %"),
        2,
        "Few images are easy to separate. It is the accuracy on the test images that drops.",
    ),
    (
        "A curve that still falls at its end wants more epochs.",
        "A logarithmic axis shows progress that a linear one hides.",
        "A gap between training and test accuracy is overfitting.",
        "A curve that grows without bound wants a smaller learning rate.",
    ),
    (
        Step(
            "A learning curve shows a number over the course of training. The objective is what"
            " training lowers; accuracy is what one wants. Does the objective still fall at the"
            " end?",
            "Press Train and look at the right end of the objective.",
            "train",
            saved("loss = cross_entropy and epochs = 8"),
            SHORT,
            subject="objective",
        ),
        Step(
            "On a linear axis everything after the first steps looks flat. On a logarithmic axis"
            " equal ratios have equal heights, so that slow progress shows as a slope.",
            "Switch on the logarithmic y-axis.",
            "train",
            chosen(log_y=True),
            SHORT | {"live": True},
            {"log_y": True},
            subject="log_y",
            shows="objective",
        ),
        Step(
            "It was still falling. More epochs lower the objective further, but by less and less.",
            "Train for at least 40 epochs.",
            "train",
            saved("loss = cross_entropy and epochs >= 40"),
            SHORT | {"log_y": True},
            {"epochs": 40},
            subject="epochs",
            shows="objective",
        ),
        Step(
            "Now most images are held out for testing. The few that are left are learned by heart:"
            " training accuracy reaches 100 %, test accuracy does not. That gap is overfitting.",
            "Set the test fraction to 0.9 and train.",
            "train",
            saved("test_fraction = 0.9"),
            {**FEW_EXAMPLES, "test_fraction": 0.25},
            {"test_fraction": 0.9},
            subject="test_fraction",
            shows="accuracy",
        ),
        Step(
            "A curve may also rise. If it grows without bound, every step overshoots: the learning"
            " rate is too large.",
            "Set the learning rate to 1 and train until it diverges.",
            "train",
            saved("loss = squared_hinge and status = diverged"),
            SHORT | {"loss": "squared_hinge", "optimizer": "gd", "learning_rate": 0.01},
            {"learning_rate": 1.0},
            subject="learning_rate",
            shows="objective",
        ),
    ),
)
