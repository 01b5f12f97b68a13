"""Step decay."""

import math

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class Step(Schedule):
    """Step decay."""

    label = "Step"
    formula = r"\alpha_t = \alpha \cdot 2^{-\lfloor 5 t \rfloor}"
    summary = "Halved after every fifth of the training."
    numpy_code = "rate = learning_rate * 0.5 ** np.floor(5 * ((update - 1) / {updates}))\n"

    @override
    def factor(self, done: float) -> float:
        return float(0.5 ** math.floor(5.0 * done))
