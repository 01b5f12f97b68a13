"""One step along the negative gradient, of many lengths: what it promises and what it keeps."""

import numpy as np
import pandas as pd

from lossopt_core.lecture.stacks import gradients, mean_losses
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss

LENGTHS = 10.0 ** np.arange(-10.0, 2.5, 0.5)


def ladder(loss: Loss, W: Array, X: Array, labels: Labels) -> pd.DataFrame:
    """The data loss after one step from W (C, D) with each of `LENGTHS` as learning rate.

    Columns: step; change (of the loss); predicted, by the slope alone: -step |gradient|^2.
    """
    [gradient] = gradients(loss, W[None], X, labels)
    [before] = mean_losses(loss, W[None], X, labels)
    after = mean_losses(loss, W - LENGTHS[:, None, None] * gradient, X, labels)
    return pd.DataFrame(
        {
            "step": LENGTHS,
            "change": after - before,
            "predicted": -LENGTHS * float((gradient**2).sum()),
        }
    )
