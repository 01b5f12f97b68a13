"""Lesson: Schedules."""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, chosen, saved

NOISY = {"loss": "hinge", "batch_size": 8, "learning_rate": 0.1, "epochs": 12}
LESSON = Lesson(
    "Schedules",
    "A learning rate that changes: large while far away, small at the end.",
    Prediction(
        "SGD with a constant learning rate bounces around. What does a rate that falls to zero"
        " change?",
        ("Nothing", "It ends lower", "It ends higher"),
        1,
        "Small steps average the noise of the minibatches out, which lowers the floor.",
    ),
    (
        "A constant learning rate leaves SGD at a noise floor.",
        "A rate that falls lets it descend further.",
        "With a schedule one can start with larger steps.",
        "Averaging the weights has a similar effect without changing the steps.",
    ),
    (
        Step(
            "Small batches and a constant learning rate: after the first epochs the objective goes"
            " up and down instead of falling.",
            "Press Train and watch the end of the curve.",
            "train",
            saved("loss = hinge and batch_size = 8 and schedule = constant and epochs = 12"),
            NOISY,
            subject="objective",
        ),
        Step(
            "The cosine schedule lowers the learning rate to zero along half a cosine wave. The"
            " last steps are tiny, and the noise averages out.",
            "Choose the schedule 'Cosine' and train.",
            "train",
            saved("loss = hinge and batch_size = 8 and schedule = cosine"),
            NOISY,
            {"schedule": "cosine"},
            subject="schedule",
            shows="objective",
        ),
        Step(
            "As the end takes care of the noise, the start may be bolder.",
            "Keep the cosine schedule, set the learning rate to at least 0.3, and train.",
            "train",
            saved("batch_size = 8 and schedule = cosine and learning_rate >= 0.3"),
            NOISY | {"schedule": "cosine"},
            {"learning_rate": 0.3},
            subject="learning_rate",
            shows="objective",
        ),
        Step(
            "How far is it still to the optimum? The distance shows differences that the objective"
            " hides.",
            "Set the curves to show the distance to the optimum.",
            "hinge-vs-cross-entropy",
            chosen(show="distance"),
            {"epochs": 12, "batch_size": 8, "schedule": "cosine", "live": True},
            {"show": "distance"},
            subject="show",
            shows="objective",
        ),
        Step(
            "Another way: keep the steps and average the weights. The average lies in the middle of"
            " the bouncing.",
            "Switch on weight averaging and train.",
            "train",
            saved("batch_size = 8 and averaging = true"),
            NOISY,
            {"averaging": True},
            subject="averaging",
            shows="objective",
        ),
    ),
)
