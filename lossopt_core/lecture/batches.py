"""Minibatch gradients against the full gradient: direction and noise."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss

DRAWS = 200


def minibatch_gradients(
    loss: Loss, W: Array, X: Array, labels: Labels, sizes: Sequence[int], seed: int = 0
) -> pd.DataFrame:
    """Draw `DRAWS` minibatches of each size without replacement; one row per minibatch.

    W (C, D), X (n, D), labels (n,).  Columns: size, cosine (of the angle to the full gradient),
    noise (norm of the difference, relative to the norm of the full gradient).
    """
    upstream = loss.gradient(linear.scores(W[None], X)[0], labels)
    full = upstream @ X / len(X)
    length = float(np.linalg.norm(full))
    random = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        for _ in range(DRAWS):
            batch = random.choice(len(X), size, replace=False)
            gradient = upstream[:, batch] @ X[batch] / size
            norm = float(np.linalg.norm(gradient))
            cosine = float((gradient * full).sum()) / (norm * length) if norm * length else 0.0
            noise = float(np.linalg.norm(gradient - full)) / length if length else 0.0
            rows.append((size, cosine, noise))
    return pd.DataFrame(rows, columns=["size", "cosine", "noise"])
