"""Inverse time decay."""

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class InverseTime(Schedule):
    """Inverse time decay."""

    label = "Inverse time"
    formula = r"\alpha_t = \alpha \,/\, (1 + 9 t)"
    summary = "Inverse time decay, to a tenth at the end."
    numpy_code = "rate = learning_rate / (1 + 9 * (update - 1) / {updates})\n"

    @override
    def factor(self, done: float) -> float:
        return 1.0 / (1.0 + 9.0 * done)
