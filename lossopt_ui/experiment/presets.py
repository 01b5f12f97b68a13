"""The lanes that the experiment pages begin with, and the controls that choose them."""

from collections.abc import Sequence

from lossopt_ui.state import widgets
from lossopt_ui.state.lanes import Lane


def one() -> Sequence[Lane]:
    """A single configuration."""
    return [Lane()]


def losses() -> Sequence[Lane]:
    """The two losses of the lecture, and the squared hinge on demand."""
    squared = ["squared_hinge"] if widgets.setting("squared") else []
    return [Lane.of(loss=name) for name in ("hinge", "cross_entropy", *squared)]


def optimizers() -> Sequence[Lane]:
    """Full-batch gradient descent, and SGD with each of the chosen batch sizes."""
    sizes = widgets.setting("batch_sizes")
    sgd = [Lane.of(optimizer="sgd", batch_size=size) for size in sizes]
    return [Lane.of(optimizer="gd"), *sgd]
