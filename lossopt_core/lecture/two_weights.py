"""A problem with two weights, to show the effect of penalties on the optimum in a plane.

The two classes are mirror images, so the optimal bias is 0 and the optimal rows of W are w/2 and
-w/2: two weights w describe the classifier.  Cross-entropy is the logistic loss of w x.
"""

from functools import lru_cache

import numpy as np

from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import Data, given_data
from lossopt_core.lecture.stacks import inputs, mean_losses
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import LOSSES
from lossopt_core.training.loop import Training

STRENGTHS = 10.0 ** np.linspace(-3.0, 0.0, 25)
UPDATES = 2_000
PENALTIES = ("l2", "l1", "elastic_net")
"""Those that `penalty` knows in the plane of two weights."""
RATE = 0.5


@lru_cache(maxsize=1)
def data() -> Data:
    """Forty points of the first class around (1.0, 0.5), and their mirror images."""
    random = np.random.default_rng(2)
    points = np.array([1.0, 0.5]) + random.standard_normal((40, 2)) @ [[1.0, 0.0], [0.5, 0.8]]
    features = np.concatenate([points, -points])
    return given_data(features, np.repeat([0, 1], len(points)), ("one", "other"))


@lru_cache(maxsize=8)
def path(regularizer: str, l1_ratio: float) -> Array:
    """The optimal two weights for each of `STRENGTHS`, (len(STRENGTHS), 2).

    Trained by full-batch proximal gradient descent, all strengths at once.
    """
    base = Experiment(
        regularizer=regularizer, l1_ratio=l1_ratio, optimizer="gd", learning_rate=RATE,
        epochs=UPDATES, evaluations=2, test_fraction=0.0, standardize=False,
    )  # fmt: skip
    experiments = [base.replace(strength=float(strength)) for strength in STRENGTHS]
    runs = Training(experiments, data()).run(lambda made: None, lambda: False)
    return np.array([runs[each].weights[0] - runs[each].weights[1] for each in experiments])


def surface(first: Array, second: Array) -> Array:
    """The data loss on a grid of weights: coordinates (a,) and (b,) to losses (b, a)."""
    w = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    W = np.zeros((len(w), 2, 3))
    W[:, 0, :2], W[:, 1, :2] = w / 2, -w / 2
    X, labels = inputs(data())
    return mean_losses(LOSSES["cross_entropy"](), W, X, labels).reshape(len(second), len(first))


def penalty(regularizer: str, l1_ratio: float, first: Array, second: Array) -> Array:
    """The penalty with strength 1 on the same grid as `surface`."""
    a, b = (np.abs(each) for each in np.meshgrid(first, second))
    absolute: Array = a + b
    squared: Array = (a**2 + b**2) / 2
    match regularizer:
        case "l1":
            return absolute
        case "l2":
            return squared
    return l1_ratio * absolute + (1 - l1_ratio) * squared
