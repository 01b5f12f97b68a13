"""Full-batch gradient descent."""

from dataclasses import dataclass

from lossopt_core.optim.optimizers.sgd import SGD


@dataclass(frozen=True)
class GradientDescent(SGD):
    """Gradient descent with the gradient over all training examples  (Cauchy, 1847)."""

    label = "GD (full batch)"
    colour = ("#1A1A1A", "#F0F0F0")
    formula = r"W \leftarrow W - \alpha\, g"
    summary = "Exact gradients over all examples, one step per epoch."
    full_batch = True
