"""A learning rate that decays like one over time."""

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class InverseTime(Schedule):
    """A learning rate that decays like one over time."""

    label = "Inverse time"
    formula = r"\alpha_t = \alpha \,/\, (1 + 9 t)"
    summary = "Falls like one over time, to a tenth at the end."
    numpy_code = "rate = learning_rate / (1 + 9 * (update - 1) / {updates})\n"

    @override
    def factor(self, done: float) -> float:
        return 1.0 / (1.0 + 9.0 * done)
