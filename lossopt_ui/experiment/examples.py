"""Ready-made experiments for the start page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from lossopt_core import Experiment, load_data
from lossopt_core.store import reference
from lossopt_ui.charts import comparison, thumbnails
from lossopt_ui.charts.colours import Theme
from lossopt_ui.experiment import saved_runs
from lossopt_ui.state import pages


@dataclass(frozen=True)
class ReadyMade:
    """A page that opens with given settings, and what it shows.

    thumbnail   draws a small picture; from reference runs, not from those of the visitor
    """

    title: str
    text: str
    page: str
    query: Mapping[str, str]
    thumbnail: Callable[[Theme], go.Figure]


def _reference(**settings: str) -> Experiment:
    """The first reference experiment with these settings."""
    return next(
        each
        for each in reference.EXPERIMENTS
        if all(getattr(each, name) == value for name, value in settings.items())
    )


def _of_losses(theme: Theme) -> go.Figure:
    some = [_reference(loss=loss, optimizer="sgd") for loss in ("hinge", "cross_entropy")]
    return _curves(some, "test_accuracy", theme)


def _of_optimizers(theme: Theme) -> go.Figure:
    some = [_reference(loss="cross_entropy", optimizer=name) for name in ("gd", "sgd")]
    return _curves(some, "objective", theme)


def _curves(experiments: list[Experiment], column: str, theme: Theme) -> go.Figure:
    found = saved_runs.find([each.id for each in experiments], with_path=False)
    colours = comparison.colours(experiments, theme)
    return thumbnails.curves(
        {
            colour: found[each.id].history
            for each, colour in zip(experiments, colours, strict=True)
            if each.id in found
        },
        column,
    )


def _of_spiral(theme: Theme) -> go.Figure:
    return thumbnails.points(load_data(Experiment(dataset="spiral")), theme)


READY_MADE = (
    ReadyMade(
        "Hinge or cross-entropy?",
        "Handwritten digits, both losses on the same minibatches. Which loss stops improving"
        " first, and is its accuracy worse?",
        pages.LOSSES.file,
        {"live": "true"},
        _of_losses,
    ),
    ReadyMade(
        "Why not use all examples in every update?",
        "Gradient descent vs SGD with batch sizes 8, 32 and 128, at equal work.",
        pages.OPTIMIZERS.file,
        {"live": "true", "batch_sizes": "8,32,128", "log_y": "true"},
        _of_optimizers,
    ),
    ReadyMade(
        "Where does a linear classifier fail?",
        "Three spiral arms and three straight boundaries: watch a linear classifier do its best.",
        pages.TRAIN.file,
        {"live": "true", "dataset": "spiral", "optimizer": "gd", "learning_rate": "1",
         "epochs": "200"},
        _of_spiral,
    ),
)  # fmt: skip
