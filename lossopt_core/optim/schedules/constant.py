"""A constant learning rate."""

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class Constant(Schedule):
    """A constant learning rate."""

    label = "Constant"
    formula = r"\alpha_t = \alpha"
    summary = "Constant learning rate; minibatch noise then prevents exact convergence."
    numpy_code = ""

    @override
    def factor(self, done: float) -> float:
        return 1.0
