"""Three ways to good weights in equally many tries: guess, guess nearby, follow the slope.

A step along the slope costs about two guesses.

CS231n, notes on optimization: strategies 1 to 3.
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

AT_ONCE = 50
"""Guesses that are looked at together: they need not know of each other."""


def random_search(experiment: Experiment, budget: int, scale: float) -> pd.DataFrame:
    """Weights drawn anew every time, normal with this scale; the best so far is kept.

    Columns: evaluation (from 1), loss (on the training part, without a penalty), accuracy (on
    the test part) of the best so far.
    """
    data, random = load_data(experiment), np.random.default_rng([experiment.seed, 2])
    X, labels = inputs(data)
    shape = (len(data.class_names), X.shape[1])
    best, lowest, rows = np.zeros(shape), np.inf, []
    for first in range(0, budget, AT_ONCE):
        guesses = scale * random.standard_normal((min(AT_ONCE, budget - first), *shape))
        losses = mean_losses(loss_of(experiment), guesses, X, labels)
        for place in range(len(guesses)):
            if losses[place] < lowest:
                best, lowest = guesses[place], losses[place]
            rows.append((lowest, best))
    return _table(experiment, rows)


def local_search(experiment: Experiment, budget: int, scale: float) -> pd.DataFrame:
    """From zero weights: a random step of this scale, taken where it is better.

    Columns as those of `random_search`.
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
    """As many full gradients as the others have guesses; columns as those of `random_search`."""
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
    """Accuracies are looked up where the best has changed."""
    data = load_data(experiment)
    X = linear.with_ones(data.test_features)
    known: dict[int, float] = {}
    for _, best in rows:
        if id(best) not in known:
            right = predicted(linear.scores(best[None], X)[0]) == data.test_labels
            known[id(best)] = float(right.mean())
    return pd.DataFrame(
        {
            "evaluation": np.arange(1, len(rows) + 1),
            "loss": [lowest for lowest, _ in rows],
            "accuracy": [known[id(best)] for _, best in rows],
        }
    )
