"""The order of the examples in minibatch training."""

from collections.abc import Iterator

import numpy as np

from lossopt_core.objective.linear import Labels


class Minibatches(Iterator[Labels]):
    """Endless minibatches of row numbers, reshuffled every epoch.

    With `replacement` they are sampled with replacement.  The last minibatch of an epoch may be
    smaller.  Pickled and read back, they go on where they were.
    """

    def __init__(self, examples: int, size: int, seed: int, *, replacement: bool = False) -> None:
        self._examples, self._size, self._replacement = examples, size, replacement
        self._random = np.random.default_rng([seed, 1])
        self._order: Labels = np.empty(0, np.int64)
        self._first = 0

    def __next__(self) -> Labels:
        if self._first >= len(self._order):
            self._order, self._first = self._shuffled(), 0
        first = self._first
        self._first += self._size
        return self._order[first : self._first]

    def skip(self, minibatches: int) -> None:
        """Go on as after so many minibatches, from the beginning.

        The shuffles of the epochs are drawn, since how much of the generator one takes is random.
        """
        epochs, rest = divmod(minibatches, -(-self._examples // self._size))
        for _ in range(epochs + (rest > 0)):
            self._order = self._shuffled()
        self._first = rest * self._size if rest else len(self._order)

    def _shuffled(self) -> Labels:
        """The row numbers of an epoch."""
        if self._replacement:
            return self._random.integers(0, self._examples, self._examples)
        return self._random.permutation(self._examples)
