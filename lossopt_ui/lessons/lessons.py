"""Guided lessons: short ways through the lecture, each step with one thing to do.

A step opens a page with settings, says a little, and asks for one thing.  Whether it was done is
read off the controls of the page or off the kept runs.  Where one is in a lesson stands in the
address, as `lesson=loss.3`.

To add a lesson, enter it in `LESSONS`.
"""

from collections.abc import Mapping

from lossopt_ui.lessons.steps import (
    Lesson,
    Step,
    at_least,
    both,
    chosen,
    each_kept,
    hinge_is_zero,
    kept,
    varied,
)

GD = {"optimizer": "gd", "epochs": 50}
FLOORS = {"strength": 0.1, "learning_rate": 0.1}
"""With these SGD comes near its floors: with weaker penalties it is far above them for long."""
LESSONS: Mapping[str, Lesson] = {
    "loss": Lesson(
        "What a loss measures",
        "From three scores to one number, and what that number must be before any training.",
        (
            Step(
                "Three images, each with a score for cat, car and frog. The hinge loss of an image"
                " adds, for every wrong class, how far its score comes within a margin of the"
                " correct one. The car leads by more than the margin: its loss is 0. The cat does"
                " not even lead.",
                "Raise the cat's score in the cat image until its loss is 0.",
                "lecture",
                hinge_is_zero(0),
                {"card": "scores"},
                {"images": ((6.1, 5.1, -1.7), (1.3, 4.9, 2.0), (2.2, 2.5, -3.1))},
            ),
            Step(
                "The margin says how far the correct score must lead. It sets the scale of the"
                " scores and little else: weights that are twice as large have twice the lead.",
                "Set the margin to 2, and watch the three losses.",
                "lecture",
                chosen(images_margin=2.0),
                {"card": "scores"},
                {"images_margin": 2.0},
            ),
            Step(
                "Now handwritten digits in ten classes. With zero weights all scores are equal, so"
                " each of nine wrong classes misses the margin by exactly 1: the first loss must be"
                " 9. If it is not, there is a bug.",
                "Press Train, read where the curve begins, and note the test accuracy.",
                "train",
                kept("dataset = digits and loss = hinge and margin = 1"),
                {"loss": "hinge", "epochs": 5},
            ),
            Step(
                "With a margin of 2 the loss begins at 18. Is the classifier any better or worse"
                " for it? Compare the test accuracy with the one you noted, not the losses: they"
                " have another scale now.",
                "Set the margin to 2 and train again.",
                "train",
                kept("dataset = digits and loss = hinge and margin = 2"),
                {"loss": "hinge", "epochs": 5},
                {"margin": 2.0},
            ),
            Step(
                "Cross-entropy turns scores into probabilities: the loss is minus the logarithm of"
                " the correct class's. Ten equal scores are ten equal probabilities, a tenth each:"
                " the first loss must be ln 10.",
                "Choose the loss cross-entropy, and train.",
                "train",
                kept("dataset = digits and loss = cross_entropy"),
                {"loss": "hinge", "epochs": 5},
                {"loss": "cross_entropy"},
            ),
            Step(
                "Below the curves stands one image of the test part with its scores, and both"
                " losses of it, step by step. Hinge can be exactly 0; cross-entropy never is.",
                "Choose another example than the first.",
                "hinge-vs-cross-entropy",
                at_least("example", 1),
                {"epochs": 5, "live": True},
                {"example": 7},
            ),
        ),
    ),
    "regularisation": Lesson(
        "Regularisation",
        "What a penalty does to the weights, and how strong it should be.",
        (
            Step(
                "Without a penalty nothing holds the weights back: as long as a larger weight"
                " lowers the loss a little, it grows. Their size, the weight norm, stands above the"
                " curves.",
                "Choose the regularizer 'None', train, and note the weight norm.",
                "train",
                kept("regularizer = none"),
                {"strength": 0.1},
                {"regularizer": "none"},
            ),
            Step(
                "L2 adds the sum of all squared weights, times a strength. Large weights become"
                " expensive, many small ones are preferred: the templates become smooth.",
                "Train with L2 and a strength of 0.1, and compare the weight norm with the one you"
                " noted.",
                "train",
                kept("regularizer = l2 and strength = 0.1"),
                {"regularizer": "none", "strength": 0.1},
                {"regularizer": "l2"},
            ),
            Step(
                "Too strong a penalty wins over the data: the weights stay near zero, and the data"
                " loss near that of guessing, ln 10.",
                "Find a strength with which the data loss ends above 2.",
                "train",
                kept("loss = cross_entropy and regularizer = l2 and data_loss > 2"),
                {"strength": 0.1, "learning_rate": 0.01},
                {"strength": 5.0},
            ),
            Step(
                "L1 adds absolute values instead. It sets weights to exactly zero: which pixels"
                " does the classifier do without? Look at the templates.",
                "Train with L1 and a strength of 0.01.",
                "train",
                kept("regularizer = l1 and strength >= 0.01"),
                {"strength": 0.01},
                {"regularizer": "l1"},
            ),
            Step(
                "Which strength is best is a question to the data. A sweep trains with several,"
                " each with ten seeds. If the best lies on the border of the grid, or is no better"
                " than what lies there, the grid was too small.",
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
        "Softmax against hinge",
        "Two losses on the same data: what each asks for, and whether it makes a difference.",
        (
            Step(
                "Two classifiers, the same data, the same minibatches; only the loss differs."
                " Their losses have different scales and must not be compared: compare the"
                " accuracy.",
                "Press Train.",
                "hinge-vs-cross-entropy",
                both(kept("loss = hinge"), kept("loss = cross_entropy")),
                {"epochs": 10},
            ),
            Step(
                "Each has a best possible objective of its own, which is computed with a proof. The"
                " distance to it says how far a training still had to go. The two distances have"
                " different scales, as the losses have: look at each by itself.",
                "Let the curves show the distance to the optimum.",
                "hinge-vs-cross-entropy",
                chosen(show="distance"),
                {"epochs": 10, "live": True},
                {"show": "distance"},
            ),
            Step(
                "Hinge is content as soon as the margin is kept: its gradient for that example is"
                " zero. Cross-entropy always asks for a little more. See it on an example.",
                "Choose another example than the first, and compare its two losses.",
                "hinge-vs-cross-entropy",
                at_least("example", 1),
                {"epochs": 10, "live": True},
                {"example": 3},
            ),
            Step(
                "The squared hinge punishes one large violation more than several small ones with"
                " the same sum. The hinge has kinks; the squared hinge has none: it is"
                " differentiable everywhere.",
                "Train the squared hinge beside the two.",
                "hinge-vs-cross-entropy",
                both(chosen(squared=True), kept("loss = squared_hinge")),
                {"epochs": 10, "live": True},
                {"squared": True},
            ),
            Step(
                "Is one of them better? A single run each says little: another seed, another"
                " winner. Ten seeds, compared pair by pair, say more.",
                "Run the sweep, and read the sentences above the picture.",
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
        "Step size",
        "Too small, about right, too large, and where exactly too large begins.",
        (
            Step(
                "Gradient descent with all examples: every step goes straight down. The page says"
                " how long your step is, as a share of the limit up to which every step is safe.",
                "Press Train, and look at the step against its limits.",
                "train",
                kept("optimizer = gd and loss = cross_entropy"),
                GD | {"learning_rate": 0.1},
            ),
            Step(
                "A step a hundred times smaller is as safe, and gets nowhere in the same number of"
                " epochs.",
                "Set the learning rate to 0.001 or less, and train.",
                "train",
                kept("optimizer = gd and learning_rate <= 0.001"),
                GD | {"learning_rate": 0.1},
                {"learning_rate": 0.001},
            ),
            Step(
                "The always stable limit is careful. Longer steps often work, as long as they stay"
                " below the edge at the optimum, which the page computes from the curvature there.",
                "Train with a learning rate of 5: beyond the guarantee, below the edge.",
                "train",
                kept("optimizer = gd and learning_rate >= 1 and status = finished"),
                GD | {"learning_rate": 0.1},
                {"learning_rate": 5.0},
            ),
            Step(
                "The squared hinge is steeper, and the steeper the hill the shorter the step must"
                " be. Beyond its edge every step overshoots by more than the last.",
                "Let a training diverge: the learning rate 1 is enough.",
                "train",
                kept("optimizer = gd and status = diverged"),
                GD | {"loss": "squared_hinge", "learning_rate": 0.01},
                {"learning_rate": 1.0},
            ),
            Step(
                "The hinge has kinks instead of curvature, and so no such edge. A constant step"
                " does not diverge here (only from 1 / λ on would the penalty make it), but it does"
                " not come to rest either: it jumps over the kinks.",
                "Train the hinge with a learning rate of at least 1, and watch the curve.",
                "train",
                kept("optimizer = gd and loss = hinge and learning_rate >= 1"),
                GD | {"loss": "hinge", "learning_rate": 0.1},
                {"learning_rate": 5.0},
            ),
            Step(
                "Long steps first, short ones later: a schedule has both. It is what makes"
                " subgradient methods converge.",
                "Choose a schedule other than 'Constant', and train again.",
                "train",
                kept("optimizer = gd and loss = hinge and schedule != constant"),
                GD | {"loss": "hinge", "learning_rate": 1.0},
                {"schedule": "cosine"},
            ),
        ),
    ),
    "gd-sgd": Lesson(
        "GD against SGD",
        "Few exact steps or many noisy ones, at equal work.",
        (
            Step(
                "Gradient descent looks at all examples for one step. SGD takes a step after 32 of"
                " them. After the same number of examples seen, who is further?",
                "Press Train.",
                "gd-vs-sgd",
                both(kept("optimizer = gd"), kept("optimizer = sgd")),
            ),
            Step(
                "Smaller batches, more steps for the same work, and more noise in each of them.",
                "Choose at least three batch sizes, and train.",
                "gd-vs-sgd",
                both(
                    at_least("batch_sizes", 3),
                    each_kept("optimizer = sgd", "batch_size", choice="batch_sizes"),
                ),
                {},
                {"batch_sizes": (8, 32, 128)},
            ),
            Step(
                "Was the comparison fair? Update by update, a step of SGD gets about as far as one"
                " of GD. But with 32 of the 1,347 examples it costs about a fortieth of the work:"
                " GD takes 20 steps here, SGD hundreds.",
                "Put updates on the horizontal axis, and see the curves fall together.",
                "gd-vs-sgd",
                chosen(work="update"),
                {"batch_sizes": (8, 32, 128), "log_x": True, "live": True},
                {"work": "update"},
            ),
            Step(
                "Noise keeps SGD with constant steps from coming to rest: it ends near a floor"
                " above the optimum, the higher the smaller the batch. A strong penalty and longer"
                " steps let it get there in 20 epochs. GD has no noise and no floor, but is still"
                " on its way.",
                "Let the curves show the distance to the optimum.",
                "gd-vs-sgd",
                chosen(show="distance"),
                FLOORS | {"batch_sizes": (8, 32, 128), "live": True},
                {"show": "distance"},
            ),
            Step(
                "The floor falls with the step: shorter steps end lower, but take longer to get"
                " there.",
                "Train SGD with batches of 8 and a learning rate of 0.01.",
                "train",
                kept("optimizer = sgd and batch_size = 8 and learning_rate = 0.01"),
                FLOORS | {"batch_size": 8},
                {"learning_rate": 0.01},
            ),
            Step(
                "Momentum remembers the last steps: what they have in common adds up, what is noise"
                " averages out.",
                "Choose the optimizer 'Momentum', and train.",
                "train",
                kept("optimizer = momentum"),
                {},
                {"optimizer": "momentum"},
            ),
        ),
    ),
}
PLACES: Mapping[str, str] = {"": "None"} | {
    f"{name}.{number}": f"{lesson.title}, step {number}"
    for name, lesson in LESSONS.items()
    for number in range(1, len(lesson.steps) + 1)
}
"""All steps as an address names them; the first is no lesson."""


def step_at(place: str) -> tuple[Lesson, int]:
    """The lesson and the number of its step, from 1, of one of the `PLACES`."""
    name, number = place.split(".")
    return LESSONS[name], int(number)
