"""One gradient step with many learning rates: predicted and actual change of the loss."""

import numpy as np
import pandas as pd

from lossopt_core.lecture.stacks import gradients, mean_losses
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss

LEARNING_RATES = 10.0 ** np.arange(-10.0, 2.5, 0.5)


def one_step(loss: Loss, W: Array, X: Array, labels: Labels) -> pd.DataFrame:
    """The change of the data loss after one step from W (C, D) with each of `LEARNING_RATES`.

    Columns: step (the learning rate); change (of the loss); predicted, to first order:
    -step |gradient|^2.
    """
    [gradient] = gradients(loss, W[None], X, labels)
    [before] = mean_losses(loss, W[None], X, labels)
    after = mean_losses(loss, W - LEARNING_RATES[:, None, None] * gradient, X, labels)
    return pd.DataFrame(
        {
            "step": LEARNING_RATES,
            "change": after - before,
            "predicted": -LEARNING_RATES * float((gradient**2).sum()),
        }
    )
