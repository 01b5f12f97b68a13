"""Ready-made experiments for the start page."""

from collections.abc import Mapping
from dataclasses import dataclass

from lossopt_ui.state import pages


@dataclass(frozen=True)
class ReadyMade:
    """A page opened with settings in its address, and why one would."""

    title: str
    text: str
    page: str
    query: Mapping[str, str]


READY_MADE = (
    ReadyMade(
        "Hinge or cross-entropy?",
        "Handwritten digits, both losses on the same minibatches. Which one is content sooner,"
        " and does it classify worse for that?",
        pages.LOSSES.file,
        {"live": "true"},
    ),
    ReadyMade(
        "Why not use all examples at every step?",
        "Gradient descent against SGD with batches of 8, 32 and 128, at equal work.",
        pages.OPTIMIZERS.file,
        {"live": "true", "batch_sizes": "8,32,128", "log_y": "true"},
    ),
    ReadyMade(
        "What can a line not do?",
        "Three spiral arms and three straight boundaries: watch a linear classifier do its best.",
        pages.TRAIN.file,
        {"live": "true", "dataset": "spiral", "optimizer": "gd", "learning_rate": "1",
         "epochs": "200"},
    ),
)  # fmt: skip
