"""Cross-entropies that are nearly 0, to all their digits."""

import numpy as np

from lossopt_core.objective.linear import Array, Labels


def cross_entropy(scores: Array, labels: Labels) -> Array:
    """What `losses.CrossEntropy` gives for scores (C, B) and labels (B,), but for its rounding.

    ln(1 + the others' exponentials) is 0 in float64 once they add up to less than 1e-16; here
    the 1 is never added to them.  Trainings do without: such a loss is nothing in a mean.
    """
    leads = scores - scores[labels, np.arange(len(labels))]
    leads[labels, np.arange(len(labels))] = -np.inf
    top = leads.max(axis=0)
    others = top + np.log(np.exp(leads - top).sum(axis=0))
    values: Array = np.logaddexp(0.0, others)
    return values
