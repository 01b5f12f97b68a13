"""Examples as training takes them: with a last feature of 1, in the precision of the training.

That is another array than the data's.  Data of up to `HELD_BYTES` are copied into one, once.
Larger data pass through a buffer of that size, so that there is never a second copy of them.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import DTypeLike

from lossopt_core.objective.linear import Array, Labels

HELD_BYTES = 64_000_000
Piece = tuple[Array, Labels]


class Feed:
    """Examples (n, d) with their labels (n,), as pieces (B, d + 1) and (B,).

    A piece is valid until the next one is asked for.
    """

    def __init__(
        self, features: Array, labels: Labels, minibatch: int, dtype: DTypeLike = np.float64
    ) -> None:
        """`minibatch` is the largest number of examples that `batch` will be asked for."""
        self.features, self.labels = features, labels
        examples, width = len(features), features.shape[1] + 1
        fitting = max(1, HELD_BYTES // (8 * width))
        self.held = np.ones((min(examples, fitting), width), dtype)
        self.complete = examples <= fitting
        if self.complete:
            self.held[:, :-1] = features
        self.minibatch = np.ones((minibatch, width), dtype)

    def batch(self, rows: Labels) -> Piece:
        """The examples with these row numbers."""
        X = self.minibatch[: len(rows)]
        if self.complete:
            # With mode="raise", take would fill a buffer of its own before it fills this one.
            self.held.take(rows, axis=0, out=X, mode="clip")
        else:
            X[:, :-1] = self.features[rows]
        return X, self.labels[rows]

    def pieces(self, most: int) -> Iterator[Piece]:
        """All examples in their order, at most so many at once."""
        for first in range(0, len(self.labels), max(1, len(self.held))):
            labels = self.labels[first : first + len(self.held)]
            if not self.complete:
                self.held[: len(labels), :-1] = self.features[first : first + len(labels)]
            yield from cut((self.held[: len(labels)], labels), most)


def cut(piece: Piece, most: int) -> Iterator[Piece]:
    """A piece in pieces of at most so many examples."""
    X, labels = piece
    for first in range(0, len(labels), most):
        yield X[first : first + most], labels[first : first + most]
