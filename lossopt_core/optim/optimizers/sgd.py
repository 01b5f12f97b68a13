"""Minibatch stochastic gradient descent."""

from dataclasses import dataclass

from typing_extensions import override

from lossopt_core.objective.linear import Array
from lossopt_core.objective.regularizers import soft_threshold
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode


@dataclass(frozen=True)
class SGD(Optimizer):
    """Minibatch stochastic gradient descent  (Robbins and Monro, 1951)."""

    label = "SGD"
    colour = ("#285D45", "#5AE19D")
    formula = r"W \leftarrow W - \alpha\, g_{\text{minibatch}}"
    summary = "Gradients of small random minibatches: many cheap, noisy steps."
    numpy_code = UpdateCode(
        update="W = W - rate * gradient\n",
        proximal="""\
W = W - rate * gradient
W = W - np.clip(W, -rate * absolute, rate * absolute)
""",
    )
    theorem = (
        "Gradient descent decreases every convex function of curvature at most L in each step if"
        " α < 2/L, and converges to a minimum (Nesterov, 2018, Theorem 2.1.14; with L1: Combettes"
        " and Wajs, 2005, Theorem 3.4)."
    )

    @override
    def stability_threshold(self) -> float:
        return 2.0

    @override
    def proven_threshold(self) -> float:
        return 2.0

    @override
    def update(
        self,
        W: Array,
        gradient: Array,
        memory: Memory,
        rate: Array | float,
        step: int,
        absolute: Array | float | None = None,
    ) -> None:
        gradient *= rate
        W -= gradient
        if absolute is not None:
            soft_threshold(W, rate * absolute, gradient)
