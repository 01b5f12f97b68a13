"""The same learning rate throughout."""

from typing_extensions import override

from lossopt_core.optim.schedules.base import Schedule


class Constant(Schedule):
    """The same learning rate throughout."""

    label = "Constant"
    formula = r"\alpha_t = \alpha"
    summary = "The same step throughout; minibatch noise then sets a floor."
    numpy_code = ""

    @override
    def factor(self, done: float) -> float:
        return 1.0
