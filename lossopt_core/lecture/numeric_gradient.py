r"""Numeric gradients by finite differences, and their errors.

A forward difference (f(w + h) - f(w)) / h has the error h/2 f''(w); a centred one,
(f(w + h) - f(w - h)) / 2h, has h^2/6 f'''(w).  Both suffer from cancellation: their rounding
error grows like 1e-16 f / h (CS231n, notes on optimization; Nocedal and Wright, section 8.1).
"""

import numpy as np
import pandas as pd

from lossopt_core.lecture.stacks import gradients, mean_losses
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss

STEPS = 10.0 ** np.arange(-1.0, -12.5, -0.5)
"""From 1e-1 to 1e-12."""
ENTRIES = 12
"""Number of weights that are checked."""


def differences(losses: Array, step: float) -> Array:
    """Forward differences from the loss and the losses after adding `step` to one weight each."""
    slopes: Array = (losses[1:] - losses[0]) / step
    return slopes


def errors(loss: Loss, W: Array, X: Array, labels: Labels, seed: int = 0) -> pd.DataFrame:
    """Relative errors of forward and centred differences for every step in `STEPS`.

    W (C, D), X (n, D), labels (n,).  The errors are computed over `ENTRIES` random weights (see
    `relative`).  Columns: step, forward, centred.
    """
    chosen = np.random.default_rng(seed).choice(W.size, min(ENTRIES, W.size), replace=False)
    true = gradients(loss, W[None], X, labels).reshape(-1)[chosen]
    here = mean_losses(loss, W[None], X, labels)
    units = np.zeros((len(chosen), W.size))
    units[np.arange(len(chosen)), chosen] = 1.0
    units = units.reshape(-1, *W.shape)
    rows = []
    for step in STEPS:
        ahead = mean_losses(loss, W + step * units, X, labels)
        behind = mean_losses(loss, W - step * units, X, labels)
        found = {"forward": (ahead - here) / step, "centred": (ahead - behind) / (2 * step)}
        rows.append({"step": step} | {name: relative(each, true) for name, each in found.items()})
    return pd.DataFrame(rows)


def relative(numeric: Array, analytic: Array) -> float:
    """The course's relative error of vectors: |a - b| / (|a| + |b|); 0 if both are zero."""
    scale = float(np.linalg.norm(numeric) + np.linalg.norm(analytic))
    return float(np.linalg.norm(numeric - analytic)) / scale if scale > 0 else 0.0
