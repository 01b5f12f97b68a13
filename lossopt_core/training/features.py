"""Training data with a column of ones, in the training precision.

Data of up to `BUFFER_BYTES` are copied once into such an array.  Larger data are streamed
through a buffer of that size, so that they are never held twice.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import DTypeLike

from lossopt_core.objective.linear import Array, Labels

BUFFER_BYTES = 64_000_000
Chunk = tuple[Array, Labels]


class Feed:
    """Serves examples (n, d) and labels (n,) in chunks (B, d + 1) and (B,).

    A chunk is valid until the next one is requested.
    """

    def __init__(
        self, features: Array, labels: Labels, minibatch: int, dtype: DTypeLike = np.float64
    ) -> None:
        """`minibatch` is the largest number of examples per call of `batch`."""
        self.features, self.labels = features, labels
        examples, width = len(features), features.shape[1] + 1
        capacity = max(1, BUFFER_BYTES // (8 * width))
        self.buffer = np.ones((min(examples, capacity), width), dtype)
        self.complete = examples <= capacity
        if self.complete:
            self.buffer[:, :-1] = features
        self.minibatch = np.ones((minibatch, width), dtype)

    def batch(self, rows: Labels) -> Chunk:
        """The examples with these row numbers."""
        X = self.minibatch[: len(rows)]
        if self.complete:
            # With mode="raise", take would allocate a temporary buffer.
            self.buffer.take(rows, axis=0, out=X, mode="clip")
        else:
            X[:, :-1] = self.features[rows]
        return X, self.labels[rows]

    def chunks(self, max_examples: int) -> Iterator[Chunk]:
        """All examples in order, in chunks of at most `max_examples` examples."""
        for first in range(0, len(self.labels), max(1, len(self.buffer))):
            labels = self.labels[first : first + len(self.buffer)]
            if not self.complete:
                self.buffer[: len(labels), :-1] = self.features[first : first + len(labels)]
            yield from split((self.buffer[: len(labels)], labels), max_examples)


def split(chunk: Chunk, max_examples: int) -> Iterator[Chunk]:
    """Split a chunk into chunks of at most `max_examples` examples."""
    X, labels = chunk
    for first in range(0, len(labels), max_examples):
        yield X[first : first + max_examples], labels[first : first + max_examples]
