"""Gradient descent on the full batch."""

from dataclasses import dataclass

from lossopt_core.optim.optimizers.sgd import SGD


@dataclass(frozen=True)
class GradientDescent(SGD):
    """The same step with the gradient over all training examples (Cauchy, 1847)."""

    label = "GD (full batch)"
    formula = r"W \leftarrow W - \alpha\, g"
    summary = "Steps along the gradient over all examples: exact, and one step an epoch."
    full_batch = True
