"""How well a single column predicts the label, to find the ones that give it away."""

import numpy as np

from lossopt_core.files.columns import Column
from lossopt_core.objective.linear import Labels

BINS = 20
MAX_ROWS = 5_000
GIVES_AWAY = 0.99
"""A share of labels predicted by one column that is warned of."""


def accuracy_alone(column: Column, labels: Labels) -> float:
    """Share of labels that the column predicts on rows that it was not fitted to.

    The majority class of each value, or of 20 quantile bins of the numbers, of every other row is
    the prediction for the rows between them.  `labels` (rows,) are negative where missing.
    """
    rows = np.flatnonzero((labels >= 0) & ~column.missing)
    if len(rows) < 8:
        return 0.0
    if len(rows) > MAX_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MAX_ROWS).astype(int)]
    # Within each class every other row, so that both halves have all classes.
    order = rows[np.argsort(labels[rows], kind="stable")]
    fitted, tested = order[::2], order[1::2]
    bins, tested_bins = _bins(column, fitted, tested)
    counts = np.zeros((int(max(bins.max(), tested_bins.max())) + 1, int(labels.max()) + 1))
    np.add.at(counts, (bins, labels[fitted]), 1)
    known = counts[tested_bins].sum(axis=1) > 0
    right = counts.argmax(axis=1)[tested_bins] == labels[tested]
    return float((right & known).mean())


def largest_share(labels: Labels) -> float:
    """Share of the largest class."""
    counts = np.bincount(labels[labels >= 0])
    return float(counts.max() / counts.sum()) if counts.sum() else 1.0


def _bins(column: Column, fitted: Labels, tested: Labels) -> tuple[Labels, Labels]:
    if column.numeric and not column.invalid.any():
        values = column.numbers
        known = np.unique(values[fitted])
        if len(known) > BINS:
            known = np.unique(np.quantile(values[fitted], np.linspace(0, 1, BINS + 1)[1:-1]))
            return np.searchsorted(known, values[fitted]), np.searchsorted(known, values[tested])
        places = np.searchsorted(known, values[tested]).clip(max=len(known) - 1)
        unknown = known[places] != values[tested]
        return np.searchsorted(known, values[fitted]), np.where(unknown, len(known), places)
    texts = column.texts.to_numpy()
    _, codes = np.unique(texts.astype(str), return_inverse=True)
    return codes[fitted], codes[tested]
