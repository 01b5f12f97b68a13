"""Lesson: What a penalty does."""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, saved, varied

LESSON = Lesson(
    "Regularization",
    "What a penalty does to the weights, and how strong it should be.",
    Prediction(
        "Training goes on without a penalty. What happens to the weights?",
        ("They shrink", "They settle", "They keep growing"),
        2,
        "Larger weights lower the loss of separated examples a little more, without end.",
    ),
    (
        "A penalty keeps the weights from growing without limit.",
        "Too strong a penalty outweighs the data.",
        "L2 makes weights small, L1 makes many of them exactly zero.",
        "The best strength is found with a sweep over several seeds.",
    ),
    (
        Step(
            "Without a penalty nothing limits the weights: they keep growing as long as that"
            " lowers the loss a little. Their size, the weight norm, is among the"
            " terms below the curves.",
            "Choose the regularizer 'None', train, and note the weight norm.",
            "train",
            saved("regularizer = none"),
            {"strength": 0.1, "below": "terms"},
            {"regularizer": "none"},
            subject="regularizer",
            shows="gradient-",
        ),
        Step(
            "L2 adds the sum of all squared weights, times a strength. A few large weights cost"
            " more than many small ones, so the templates become smooth.",
            "Train with L2 and a strength of 0.1, and compare the weight norm with the one you"
            " noted.",
            "train",
            saved("regularizer = l2 and strength = 0.1"),
            {"regularizer": "none", "strength": 0.1, "below": "terms"},
            {"regularizer": "l2"},
            subject="strength",
            shows="gradient-",
        ),
        Step(
            "Too strong a penalty outweighs the data: the weights stay near zero, and the data"
            " loss stays near that of guessing, ln 10.",
            "Find a strength at which the final data loss is above 2.",
            "train",
            saved("loss = cross_entropy and regularizer = l2 and data_loss > 2"),
            {"strength": 0.1, "learning_rate": 0.01, "below": "terms"},
            {"strength": 5.0},
            subject="strength",
            shows="terms-",
        ),
        Step(
            "L1 adds absolute values instead. It sets weights to exactly zero. Which pixels"
            " does the classifier ignore? Look at the templates.",
            "Train with L1 and a strength of 0.01.",
            "train",
            saved("regularizer = l1 and strength >= 0.01"),
            {"strength": 0.01, "below": "weights"},
            {"regularizer": "l1"},
            subject="regularizer",
            shows="portrait",
        ),
        Step(
            "The best strength depends on the data. A sweep tries several, each with ten"
            " seeds. If the best one is at the edge of the range, or no better than the value"
            " at the edge, extend the range.",
            "Run the sweep.",
            "sweep",
            varied("regularizer = l2", "strength", values=5, seeds=10),
            {
                "axes": "strength=0.00001,0.0001,0.001,0.01,0.1",
                "seeds": 10,
                "epochs": 5,
                "look": "sensitivity",
            },
            subject="train",
        ),
    ),
)
