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
    """Serves examples and labels in chunks of B examples: X (B, d + 1) and y (B,).

    Where G groups of runs see different examples, chunks are X (G, B, d + 1) and y (G, B).  A chunk
    is valid until the next one is requested.
    """

    def __init__(
        self,
        features: Array,
        labels: Labels,
        minibatch: int,
        dtype: DTypeLike = np.float64,
        groups: int = 1,
    ) -> None:
        """Data of all runs, (n, d) and (n,), or of each group, (G, n, d) and (G, n).

        `minibatch` is the largest number of examples per call of `batch`, for each of `groups`.
        """
        self.labels = labels
        examples, width = features.shape[-2], features.shape[-1] + 1
        capacity = max(1, BUFFER_BYTES // (8 * width))
        own = features.shape[:-2]
        self.complete = bool(own) or examples <= capacity
        self.buffer = np.ones((*own, examples if own else min(examples, capacity), width), dtype)
        self.features = self.buffer[..., :-1] if self.complete else features
        if self.complete:
            self.features[...] = features
        self.first_rows: Labels | int = np.arange(*own)[:, None] * examples if own else 0
        self.minibatch = np.ones((*((groups,) if groups > 1 else ()), minibatch, width), dtype)

    def batch(self, rows: Labels) -> Chunk:
        """The examples with these row numbers: (B,), or (G, B) for each group."""
        X = self.minibatch[..., : rows.shape[-1], :]
        if self.complete:
            rows = rows + self.first_rows
            # With mode="raise", take would allocate a temporary buffer.
            flat = self.buffer.reshape(-1, self.buffer.shape[-1])
            flat.take(rows, axis=0, out=X, mode="clip")
        else:
            X[..., :-1] = self.features[rows]
        return X, self.labels.reshape(-1)[rows]

    def chunks(self, max_examples: int) -> Iterator[Chunk]:
        """All examples in order, in chunks of at most `max_examples` examples."""
        if self.complete:
            yield from split((self.buffer, self.labels), max_examples)
            return
        for first in range(0, len(self.labels), len(self.buffer)):
            labels = self.labels[first : first + len(self.buffer)]
            self.buffer[: len(labels), :-1] = self.features[first : first + len(labels)]
            yield from split((self.buffer[: len(labels)], labels), max_examples)


def split(chunk: Chunk, max_examples: int) -> Iterator[Chunk]:
    """Split a chunk into chunks of at most `max_examples` examples."""
    X, labels = chunk
    for first in range(0, labels.shape[-1], max_examples):
        end = first + max_examples
        yield X[..., first:end, :], labels[..., first:end]
