"""Cross-entropy at full relative precision for values near 0."""

import numpy as np

from lossopt_core.objective.linear import Array, Labels


def cross_entropy(scores: Array, labels: Labels) -> Array:
    """Cross-entropy of scores (C, B) and labels (B,), without the rounding of `CrossEntropy`.

    ln(1 + sum of the others' exponentials) rounds to 0 in float64 once the sum is below 1e-16;
    logaddexp avoids that.  Training does not need it, because such losses are negligible in a mean.
    """
    leads = scores - scores[labels, np.arange(len(labels))]
    leads[labels, np.arange(len(labels))] = -np.inf
    top = leads.max(axis=0)
    others = top + np.log(np.exp(leads - top).sum(axis=0))
    values: Array = np.logaddexp(0.0, others)
    return values
