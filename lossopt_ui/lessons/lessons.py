"""Guided lessons: short walks through the lecture, with one task per step.

A step opens a page with settings, explains a little, and asks for one thing.  The page's controls
or the saved runs tell whether it is done.  The current step is part of the address, as
`lesson=loss.3`.

To add a lesson, add an entry to `LESSONS`.
"""

from collections.abc import Mapping

from lossopt_ui.lessons.steps import (
    Lesson,
    Step,
    all_of,
    at_least,
    chosen,
    hinge_is_zero,
    saved,
    saved_for_each,
    varied,
)

GD = {"optimizer": "gd", "epochs": 50}
FLOORS = {"strength": 0.1, "learning_rate": 0.1}
"""Here SGD reaches its noise floors within 20 epochs; weaker penalties take far longer."""
LESSONS: Mapping[str, Lesson] = {
    "loss": Lesson(
        "What a loss measures",
        "From three scores to one number, and what that number must be before any training.",
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
            ),
            Step(
                "The margin is the lead that the correct score must have. It sets the scale of the"
                " scores and little else: doubling the weights doubles the lead.",
                "Set the margin to 2 and watch the three losses.",
                "lecture",
                chosen(images_margin=2.0),
                {"card": "scores"},
                {"images_margin": 2.0},
            ),
            Step(
                "Now handwritten digits in ten classes. With zero weights all scores are equal, so"
                " each of the nine wrong classes misses the margin by exactly 1: the initial loss"
                " must be 9. If it is not, there is a bug.",
                "Press Train, check where the curve starts, and note the test accuracy.",
                "train",
                saved("dataset = digits and loss = hinge and margin = 1"),
                {"loss": "hinge", "epochs": 5},
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
            ),
            Step(
                "Below the curves you see one test image with its scores, and both losses computed"
                " step by step. The hinge loss can be exactly 0; cross-entropy never is.",
                "Choose an example other than the first.",
                "hinge-vs-cross-entropy",
                at_least("example", 1),
                {"epochs": 5, "live": True},
                {"example": 7},
            ),
        ),
    ),
    "regularisation": Lesson(
        "Regularization",
        "What a penalty does to the weights, and how strong it should be.",
        (
            Step(
                "Without a penalty nothing limits the weights: they keep growing as long as that"
                " lowers the loss a little. Their size, the weight norm, is shown above the"
                " curves.",
                "Choose the regularizer 'None', train, and note the weight norm.",
                "train",
                saved("regularizer = none"),
                {"strength": 0.1},
                {"regularizer": "none"},
            ),
            Step(
                "L2 adds the sum of all squared weights, times a strength. A few large weights cost"
                " more than many small ones, so the templates become smooth.",
                "Train with L2 and a strength of 0.1, and compare the weight norm with the one you"
                " noted.",
                "train",
                saved("regularizer = l2 and strength = 0.1"),
                {"regularizer": "none", "strength": 0.1},
                {"regularizer": "l2"},
            ),
            Step(
                "Too strong a penalty outweighs the data: the weights stay near zero, and the data"
                " loss stays near that of guessing, ln 10.",
                "Find a strength at which the final data loss is above 2.",
                "train",
                saved("loss = cross_entropy and regularizer = l2 and data_loss > 2"),
                {"strength": 0.1, "learning_rate": 0.01},
                {"strength": 5.0},
            ),
            Step(
                "L1 adds absolute values instead. It sets weights to exactly zero. Which pixels"
                " does the classifier ignore? Look at the templates.",
                "Train with L1 and a strength of 0.01.",
                "train",
                saved("regularizer = l1 and strength >= 0.01"),
                {"strength": 0.01},
                {"regularizer": "l1"},
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
            ),
        ),
    ),
    "softmax": Lesson(
        "Softmax vs hinge",
        "Two losses on the same data: what each rewards, and whether it makes a difference.",
        (
            Step(
                "Two classifiers, the same data, the same minibatches; only the loss differs."
                " The losses have different scales and cannot be compared. Compare the accuracy"
                " instead.",
                "Press Train.",
                "hinge-vs-cross-entropy",
                all_of(saved("loss = hinge"), saved("loss = cross_entropy")),
                {"epochs": 10},
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
            ),
            Step(
                "Hinge is satisfied once the margin is met: its gradient for that example is zero."
                " Cross-entropy always asks for a little more. See it on an example.",
                "Choose an example other than the first and compare its two losses.",
                "hinge-vs-cross-entropy",
                at_least("example", 1),
                {"epochs": 10, "live": True},
                {"example": 3},
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
            ),
        ),
    ),
    "step-size": Lesson(
        "Learning rate",
        "Too small, about right, too large, and where exactly too large begins.",
        (
            Step(
                "Full-batch gradient descent goes straight downhill at every step. The page shows"
                " your learning rate as a fraction of the limit below which training is always"
                " stable.",
                "Press Train and compare the learning rate with its stability limits.",
                "train",
                saved("optimizer = gd and loss = cross_entropy"),
                GD | {"learning_rate": 0.1},
            ),
            Step(
                "A learning rate a hundred times smaller is just as safe, but gets nowhere in the"
                " same number of epochs.",
                "Set the learning rate to 0.001 or less and train.",
                "train",
                saved("optimizer = gd and learning_rate <= 0.001"),
                GD | {"learning_rate": 0.1},
                {"learning_rate": 0.001},
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
            ),
            Step(
                "The squared hinge has a higher curvature, so its learning rate must be smaller."
                " Above the limit at the optimum, every step overshoots by more than the last.",
                "Make a run diverge: a learning rate of 1 is enough.",
                "train",
                saved("optimizer = gd and status = diverged"),
                GD | {"loss": "squared_hinge", "learning_rate": 0.01},
                {"learning_rate": 1.0},
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
            ),
            Step(
                "Large steps first, small ones later: a schedule gives you both. Decreasing steps"
                " are what makes subgradient methods converge.",
                "Choose a schedule other than 'Constant' and train again.",
                "train",
                saved("optimizer = gd and loss = hinge and schedule != constant"),
                GD | {"loss": "hinge", "learning_rate": 1.0},
                {"schedule": "cosine"},
            ),
        ),
    ),
    "gd-sgd": Lesson(
        "GD vs SGD",
        "A few exact steps or many noisy ones, for the same amount of work.",
        (
            Step(
                "Gradient descent uses all examples for one step. SGD takes a step after every 32."
                " After the same number of examples, which has made more progress?",
                "Press Train.",
                "gd-vs-sgd",
                all_of(saved("optimizer = gd"), saved("optimizer = sgd")),
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
            ),
            Step(
                "The noise floor drops with the learning rate: smaller steps end lower, but take"
                " longer to get there.",
                "Train SGD with a batch size of 8 and a learning rate of 0.01.",
                "train",
                saved("optimizer = sgd and batch_size = 8 and learning_rate = 0.01"),
                FLOORS | {"batch_size": 8},
                {"learning_rate": 0.01},
            ),
            Step(
                "Momentum accumulates the latest gradients: their common direction adds up, their"
                " noise averages out.",
                "Choose the optimizer 'Momentum' and train.",
                "train",
                saved("optimizer = momentum"),
                {},
                {"optimizer": "momentum"},
            ),
        ),
    ),
}
STEP_NAMES: Mapping[str, str] = {"": "None"} | {
    f"{name}.{number}": f"{lesson.title}, step {number}"
    for name, lesson in LESSONS.items()
    for number in range(1, len(lesson.steps) + 1)
}
"""All steps by their name in the address; the first entry means no lesson."""


def step_at(step: str) -> tuple[Lesson, int]:
    """The lesson and the step number, from 1, for one of the `STEP_NAMES`."""
    name, number = step.split(".")
    return LESSONS[name], int(number)
