"""Ready-made experiments for the start page."""

from collections.abc import Mapping
from dataclasses import dataclass

from lossopt_ui.state import pages


@dataclass(frozen=True)
class ReadyMade:
    """A page that opens with given settings, and what it shows."""

    title: str
    text: str
    page: str
    query: Mapping[str, str]


READY_MADE = (
    ReadyMade(
        "Hinge or cross-entropy?",
        "Handwritten digits, both losses on the same minibatches. Which loss stops improving"
        " first, and is its accuracy worse?",
        pages.LOSSES.file,
        {"live": "true"},
    ),
    ReadyMade(
        "Why not use all examples in every update?",
        "Gradient descent vs SGD with batch sizes 8, 32 and 128, at equal work.",
        pages.OPTIMIZERS.file,
        {"live": "true", "batch_sizes": "8,32,128", "log_y": "true"},
    ),
    ReadyMade(
        "Where does a linear classifier fail?",
        "Three spiral arms and three straight boundaries: watch a linear classifier do its best.",
        pages.TRAIN.file,
        {"live": "true", "dataset": "spiral", "optimizer": "gd", "learning_rate": "1",
         "epochs": "200"},
    ),
)  # fmt: skip
