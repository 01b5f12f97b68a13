"""One example at one point of a trajectory, and all examples sorted by loss."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment, loss_of
from lossopt_core.inspect.along import gradient_norms, has_zero_gradient, scores_along
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import LOSSES, Loss, probabilities
from lossopt_core.training.cohort import predicted
from lossopt_core.training.path import WeightPath


@dataclass(frozen=True, eq=False)
class OneExample:
    """One example at one point.

    classes     one row per class: score, margin (the true class's score minus it), probability
                (softmax), gradient (of the example's loss in this score)
    losses      the example's value of every loss, by name
    gradient    (C, D) gradient of the example's loss in the weights: row c is the gradient in
                the score of class c times the features
    """

    classes: pd.DataFrame
    losses: dict[str, float]
    gradient: Array


def loss_with_margin(name: str, experiment: Experiment) -> Loss:
    """A loss with the margin of the experiment, if it has one."""
    return loss_of(experiment.replace(loss=name))


def one_example(experiment: Experiment, theta: Array, features: Array, label: int) -> OneExample:
    """Scores, losses and gradient of one example at given weights.

    Args:
        experiment: Sets the loss and its margin.
        theta: Weights and bias, (C, D + 1).
        features: The example, (D,).
        label: Its class.
    """
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
            name: float(loss_with_margin(name, experiment).value(scores, labels)[0])
            for name in LOSSES
        },
        gradient=np.outer(slope, features),
    )


def losses_along(
    experiment: Experiment, path: WeightPath, features: Array, label: int
) -> dict[str, Array]:
    """The value of each loss on one example at every saved point of a run.

    Args:
        experiment: Sets the margin of the losses that have one.
        path: The k saved weights.
        features: The example, (D,).
        label: Its class.

    Returns:
        Loss values (k,) by the name of the loss.
    """
    scores = np.concatenate(list(scores_along(path, features[None])), axis=1)
    labels = np.full(len(path), label)
    return {name: loss_with_margin(name, experiment).value(scores, labels) for name in LOSSES}


def examples_at(
    experiment: Experiment, theta: Array, features: Array, labels: Labels
) -> pd.DataFrame:
    """All examples (n, d) at weights theta (C, D + 1), sorted by decreasing loss.

    Columns: row, true and predicted (class numbers), loss, gradient_norm (of the loss in the
    scores), zero_gradient (whether it is zero).
    """
    loss = loss_of(experiment)
    scores = linear.scores(theta[None], linear.with_ones(features))[0]
    table = pd.DataFrame(
        {
            "row": np.arange(len(labels)),
            "true": labels,
            "predicted": predicted(scores),
            "loss": loss.value(scores, labels),
            "gradient_norm": gradient_norms(loss, scores, labels),
            "zero_gradient": has_zero_gradient(loss, scores, labels),
        }
    )
    return table.sort_values("loss", ascending=False, kind="stable", ignore_index=True)
