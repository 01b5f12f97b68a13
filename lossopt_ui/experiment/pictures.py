"""Charts of a classifier and its predictions; with a slider, at every saved point."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import (
    Data,
    Experiment,
    Run,
    load_data,
)
from lossopt_core.inspect.along import Along
from lossopt_core.training.path import WeightPath
from lossopt_core.training.run import DIVERGED
from lossopt_ui.charts import classifier, moving
from lossopt_ui.charts.colours import of_loss
from lossopt_ui.charts.frames import Change, Frames
from lossopt_ui.experiment import following
from lossopt_ui.experiment.playback import Player
from lossopt_ui.figures import figure, moving_table
from lossopt_ui.figures.caching import cached
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data

MAX_PORTRAITS = 20


def side_by_side(run: Run, player: Player) -> None:
    """Weights or decision regions, confusion matrix and losses of one run, side by side."""
    with missing_data.part("Weights and misclassified examples"):
        _side_by_side(run, player)


def _side_by_side(run: Run, player: Player) -> None:
    data = load_data(run.experiment)
    first, second, third = st.columns(3)
    with first:
        portrait(run, data, player, key="portrait")
    with second:
        confusion(run, data, player, key="confusion")
    with third:
        losses(run, data, player, key="losses", title="Loss of each example")


def portrait(
    run: Run, data: Data, player: Player | None, *, key: str, peers: Sequence[Run] = ()
) -> None:
    """Templates for images, decision regions for two features, otherwise the weights."""
    frames = None
    if player is not None:
        path = _path(player, run)
        changes = _portrait_changes(run.experiment, path)
        frames = _frames(player, run, changes)
    figure.show(
        recipe(classifier.portrait, run, data, figure.theme(), peers=peers),
        key=key,
        alt=in_words(data),
        height=_height(data),
        frames=frames,
    )


def _height(data: Data) -> int:
    """Height of the portrait in pixels."""
    if data.image_shape is not None:
        return 270
    rows = 0 if classifier.is_plane(data) else min(len(data.feature_names), classifier.MAX_FEATURES)
    return max(380, 140 + 18 * rows)


def in_words(data: Data) -> str:
    """Alternative text of the portrait."""
    if data.image_shape is not None:
        return f"Weights of {len(data.class_names)} classes as images, on one colour scale."
    if not classifier.is_plane(data):
        return "Heatmap of the weight of each feature for each class."
    return "Decision regions of the classifier, with the examples."


def confusion(run: Run, data: Data, player: Player | None, *, key: str) -> None:
    """The confusion matrix."""
    frames = None
    if player is not None:
        frames = _frames(player, run, moving.confusion(followed(player, run, data)))
    figure.show(
        recipe(classifier.confusion, run, data, figure.theme()),
        key=key,
        alt="Confusion matrix: true classes in rows, predicted classes in columns.",
        height=360,
        frames=frames,
    )


def losses(run: Run, data: Data, player: Player, *, key: str, title: str) -> None:
    """The losses of all examples, sorted; runs with the same loss share the y-axis range."""
    examples = followed(player, run, data)
    alike = [each for each in player.runs if each.experiment.loss == run.experiment.loss]
    alike = [each for each in alike if each is run or DIVERGED not in (each.status, run.status)]
    figure.show(
        recipe(
            moving.losses,
            examples,
            colour=of_loss(run.experiment.loss, figure.theme()),
            part=classifier.part(data),
            title=title,
            top=max(moving.top_of(followed(player, each, data)) for each in alike),
        ),
        key=key,
        alt="Loss of each example, largest first.",
        height=340,
        frames=_frames(player, run, moving.losses_changes(examples)),
    )


def worst(run: Run, data: Data, player: Player | None, *, key: str) -> None:
    """The examples with the largest loss, as images."""
    frames = None
    if player is not None:
        examples, part = followed(player, run, data), classifier.part(data)
        frames = _frames(player, run, moving.worst_images(examples, data, part))
    figure.show(
        recipe(classifier.worst_images, run, data, figure.theme()),
        key=key,
        alt="The ten examples with the largest loss, with true and predicted class.",
        height=340,
        frames=frames,
    )


def worst_table(run: Run, data: Data, player: Player | None, *, key: str) -> None:
    """The examples with the largest loss, as a table."""
    part = classifier.part(data)
    if player is not None:
        rows = moving.worst_rows(followed(player, run, data), data, part)
        frames = _frames(player, run, [])
    else:
        rows, frames = [classifier.worst_rows(run, data)], None
    moving_table.show(
        "Worst examples",
        [f"row ({part} set)", "true", "predicted", "loss"],
        rows,
        frames,
        key=key,
    )


def zero_gradient_shares(player: Player, data: Data) -> None:
    """Chart the share of examples with zero gradient over the epochs, for each run."""
    examples = [followed(player, run, data) for run in player.runs]
    figure.show(
        moving.zero_gradient(
            [player.clock.epochs] * len(examples),
            [
                each.zero_gradient[points]
                for each, points in zip(examples, player.clock.points, strict=True)
            ],
            player.names,
            [of_loss(run.experiment.loss, figure.theme()) for run in player.runs],
        ),
        key="silent",
        alt="Share of examples with zero gradient, over the epochs.",
        height=330,
        frames=player.cursor(),
    )


def followed(player: Player, run: Run, data: Data) -> Along:
    """The examples of the evaluated part, at every saved point of the run."""
    return following.follow(
        run.experiment, _path(player, run), run.experiment.loss, classifier.part(data)
    )


def _frames(player: Player, run: Run, changes: list[Change]) -> Frames:
    return player.frames(player.runs.index(run), changes)


def _path(player: Player, run: Run) -> WeightPath:
    return player.clock.paths[player.runs.index(run)]


@cached(MAX_PORTRAITS)
def _portrait_changes(experiment: Experiment, path: WeightPath) -> list[Change]:
    return moving.portrait(path, load_data(experiment))
