"""Exponential decay."""

import math

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class Exponential(Schedule):
    """Exponential decay."""

    label = "Exponential"
    formula = r"\alpha_t = \alpha \, e^{-5 t}"
    summary = "Exponential decay, to 1/148 at the end."
    numpy_code = "rate = learning_rate * np.exp(-5 * (update - 1) / {updates})\n"

    @override
    def factor(self, done: float) -> float:
        return math.exp(-5.0 * done)
