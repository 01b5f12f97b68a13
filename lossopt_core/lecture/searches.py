"""Random search, random local search and gradient descent with the same number of evaluations.

A gradient step costs about two evaluations.  CS231n, notes on optimization: strategies 1 to 3.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment, loss_of
from lossopt_core.experiment.loading import load_data
from lossopt_core.lecture.stacks import inputs, mean_losses
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.training.cohort import predicted
from lossopt_core.training.loop import train

CHUNK = 50
"""Number of independent guesses evaluated together."""


def random_search(experiment: Experiment, budget: int, scale: float) -> pd.DataFrame:
    """Random search: normal weights of this scale, keeping the best.

    Columns: evaluation (from 1), loss (on the training set, without penalty) and accuracy (on the
    test set) of the best weights so far.
    """
    data, random = load_data(experiment), np.random.default_rng([experiment.seed, 2])
    X, labels = inputs(data)
    shape = (len(data.class_names), X.shape[1])
    best, lowest, rows = np.zeros(shape), np.inf, []
    for first in range(0, budget, CHUNK):
        guesses = scale * random.standard_normal((min(CHUNK, budget - first), *shape))
        losses = mean_losses(loss_of(experiment), guesses, X, labels)
        for place in range(len(guesses)):
            if losses[place] < lowest:
                best, lowest = guesses[place], losses[place]
            rows.append((lowest, best))
    return _table(experiment, rows)


def local_search(experiment: Experiment, budget: int, scale: float) -> pd.DataFrame:
    """Random local search from zero weights: take a random step of this scale if it is better.

    Columns as in `random_search`.
    """
    data, random = load_data(experiment), np.random.default_rng([experiment.seed, 3])
    X, labels = inputs(data)
    loss = loss_of(experiment)
    best = np.zeros((len(data.class_names), X.shape[1]))
    lowest, rows = float(mean_losses(loss, best[None], X, labels)[0]), []
    for _ in range(budget):
        guess = best + scale * random.standard_normal(best.shape)
        [found] = mean_losses(loss, guess[None], X, labels)
        if found < lowest:
            best, lowest = guess, float(found)
        rows.append((lowest, best))
    return _table(experiment, rows)


def gradient_descent(experiment: Experiment, budget: int) -> pd.DataFrame:
    """Full-batch gradient descent with `budget` steps; columns as in `random_search`."""
    [run] = train([experiment.replace(optimizer="gd", epochs=budget, evaluations=min(budget, 60))])
    history = run.history[run.history["update"] > 0]
    return pd.DataFrame(
        {
            "evaluation": history["update"].to_numpy(),
            "loss": history["data_loss"].to_numpy(),
            "accuracy": history["test_accuracy"].to_numpy(),
        }
    )


def _table(experiment: Experiment, rows: Sequence[tuple[float, Array]]) -> pd.DataFrame:
    """Computes the accuracy only when the best weights change."""
    data = load_data(experiment)
    X = linear.with_ones(data.test_features)
    known: dict[int, float] = {}
    for _, best in rows:
        if id(best) not in known:
            correct = predicted(linear.scores(best[None], X)[0]) == data.test_labels
            known[id(best)] = float(correct.mean())
    return pd.DataFrame(
        {
            "evaluation": np.arange(1, len(rows) + 1),
            "loss": [lowest for lowest, _ in rows],
            "accuracy": [known[id(best)] for _, best in rows],
        }
    )
