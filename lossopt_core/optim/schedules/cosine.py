"""Cosine decay to zero."""

import math

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class Cosine(Schedule):
    """Cosine decay to zero."""

    label = "Cosine"
    formula = r"\alpha_t = \alpha \,(1 + \cos \pi t) / 2"
    summary = "Decays to zero along half a cosine: slowly at first and at the end."
    numpy_code = "rate = learning_rate * (1 + np.cos(np.pi * (update - 1) / {updates})) / 2\n"

    @override
    def factor(self, done: float) -> float:
        return 0.5 * (1.0 + math.cos(math.pi * done))
