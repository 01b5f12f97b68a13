"""One example at one point of a run's way, and all of them in the order of their loss there."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment, loss_of
from lossopt_core.inspect.along import is_silent, pull, scores_along
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import LOSSES, Loss, probabilities
from lossopt_core.training.cohort import predicted
from lossopt_core.training.path import WeightPath


@dataclass(frozen=True, eq=False)
class OneExample:
    """One example at one point.

    classes     a row a class: score, margin (the true class's score minus it), probability
                (softmax), gradient (of the example's loss in this score)
    losses      the example's loss under every loss, by name
    gradient    (C, D) of the example's loss in the weights: row c is the class's gradient in
                its score times the features
    """

    classes: pd.DataFrame
    losses: dict[str, float]
    gradient: Array


def with_its_margin(name: str, experiment: Experiment) -> Loss:
    """A loss at the margin of the experiment, where both have one."""
    return loss_of(experiment.replace(loss=name))


def one_example(experiment: Experiment, theta: Array, features: Array, label: int) -> OneExample:
    """An example (d,) of a class at weights theta (C, D + 1)."""
    scores = linear.scores(theta[None], linear.with_ones(features[None]))[0]
    labels = np.array([label])
    slope = loss_of(experiment).gradient(scores, labels)[:, 0]
    return OneExample(
        classes=pd.DataFrame(
            {
                "score": scores[:, 0],
                "margin": scores[label, 0] - scores[:, 0],
                "probability": probabilities(scores)[:, 0],
                "gradient": slope,
            }
        ),
        losses={
            name: float(with_its_margin(name, experiment).value(scores, labels)[0])
            for name in LOSSES
        },
        gradient=np.outer(slope, features),
    )


def losses_along(
    experiment: Experiment, path: WeightPath, features: Array, label: int
) -> dict[str, Array]:
    """The loss (k,) of an example (d,) at every point, under every loss by name."""
    scores = np.concatenate(list(scores_along(path, features[None])), axis=1)
    labels = np.full(len(path), label)
    return {name: with_its_margin(name, experiment).value(scores, labels) for name in LOSSES}


def examples_at(
    experiment: Experiment, theta: Array, features: Array, labels: Labels
) -> pd.DataFrame:
    """All examples (n, d) at weights theta (C, D + 1), the largest loss first.

    Columns: row, true and predicted (class numbers), loss, pull (norm of the loss's gradient in
    the scores), silent (whether that gradient is zero).
    """
    loss = loss_of(experiment)
    scores = linear.scores(theta[None], linear.with_ones(features))[0]
    table = pd.DataFrame(
        {
            "row": np.arange(len(labels)),
            "true": labels,
            "predicted": predicted(scores),
            "loss": loss.value(scores, labels),
            "pull": pull(loss, scores, labels),
            "silent": is_silent(loss, scores, labels),
        }
    )
    return table.sort_values("loss", ascending=False, kind="stable", ignore_index=True)
