"""The lanes that the experiment pages begin with."""

from collections.abc import Sequence

from lossopt_ui.state import widgets
from lossopt_ui.state.lanes import Lane


def one() -> Sequence[Lane]:
    """A single configuration."""
    return [Lane()]


def losses() -> Sequence[Lane]:
    """The two losses of the lecture; the squared hinge too, if the address asks for it."""
    found = ["hinge", "cross_entropy", *(["squared_hinge"] if widgets.value("squared") else [])]
    return [Lane.of(loss=name) for name in found]


def optimizers() -> Sequence[Lane]:
    """Full-batch gradient descent, and SGD with each batch size of the address."""
    sgd = [Lane.of(optimizer="sgd", batch_size=size) for size in widgets.value("batch_sizes")]
    return [Lane.of(optimizer="gd"), *sgd]
