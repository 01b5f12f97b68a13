"""What a classifier looks like and does with its examples; under a slider, at every point."""

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
from lossopt_ui.experiment.journeys import Journey
from lossopt_ui.figures import figure, moving_table
from lossopt_ui.figures.caching import cached
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data
from lossopt_ui.state import widgets

MOST_BESIDE = 3
MOST_PORTRAITS = 20


def of_one(run: Run, journey: Journey | None) -> None:
    """Weights or decision regions, confusion, losses and the worst examples of one run."""
    with missing_data.part("Weights and mistakes"):
        _of_one(run, journey)


def _of_one(run: Run, journey: Journey | None) -> None:
    data = load_data(run.experiment)
    one, two = st.columns(2)
    with one:
        portrait(run, data, journey, key="portrait")
    with two:
        confusion(run, data, journey, key="confusion")
    one, two = st.columns(2)
    with one:
        if data.image_shape is not None:
            worst(run, data, journey)
        else:
            worst_table(run, data, journey)
    if journey is not None:
        with two:
            losses(run, data, journey, key="losses", title="Losses of the examples")


def in_a_row(run: Run, journey: Journey) -> None:
    """Weights or decision regions, confusion and losses of one run, beside each other."""
    with missing_data.part("Weights and mistakes"):
        _in_a_row(run, journey)


def _in_a_row(run: Run, journey: Journey) -> None:
    data = load_data(run.experiment)
    first, second, third = st.columns(3)
    with first:
        portrait(run, data, journey, key="portrait")
    with second:
        confusion(run, data, journey, key="confusion")
    with third:
        losses(run, data, journey, key="losses", title="Losses of the examples")


def of_several(journey: Journey, *, portraits: bool) -> None:
    """The same side by side, where somebody wants to see it: it is a page of pictures."""
    if not widgets.setting("each"):
        return
    data = load_data(journey.runs[0].experiment)
    for first in range(0, len(journey.runs), MOST_BESIDE):
        some = range(first, min(first + MOST_BESIDE, len(journey.runs)))
        for place, k in zip(st.columns(len(some)), some, strict=True):
            run = journey.runs[k]
            with place:
                st.markdown(f"**{journey.names[k]}**")
                if portraits:
                    portrait(run, data, journey, key=f"portrait-{k}", peers=journey.runs)
                confusion(run, data, journey, key=f"confusion-{k}")
                losses(run, data, journey, key=f"losses-{k}", title="Losses of the examples")


def portrait(
    run: Run, data: Data, journey: Journey | None, *, key: str, peers: Sequence[Run] = ()
) -> None:
    """Templates of images, decision regions of a plane, or the weights."""
    frames = None
    if journey is not None:
        path = _way(journey, run)
        changes = _portrait_changes(run.experiment, path)
        frames = _frames(journey, run, changes)
    figure.show(
        recipe(classifier.portrait, run, data, figure.theme(), peers=peers),
        key=key,
        alt=in_words(data),
        height=_height(data),
        frames=frames,
    )


def _height(data: Data) -> int:
    """Of the portrait, in pixels."""
    if data.image_shape is not None:
        return 270
    rows = (
        0 if classifier.is_plane(data) else min(len(data.feature_names), classifier.MOST_FEATURES)
    )
    return max(380, 140 + 18 * rows)


def in_words(data: Data) -> str:
    """What the classifier's picture shows."""
    if data.image_shape is not None:
        return f"Weights of {len(data.class_names)} classes as images on one scale."
    if not classifier.is_plane(data):
        return "The weight of each feature for each class, as cells on one scale."
    return "Regions of the plane by the class that the classifier chooses, with the examples."


def confusion(run: Run, data: Data, journey: Journey | None, *, key: str) -> None:
    """Right and wrong answers by class."""
    frames = None
    if journey is not None:
        frames = _frames(journey, run, moving.confusion(followed(journey, run, data)))
    figure.show(
        recipe(classifier.confusion, run, data, figure.theme()),
        key=key,
        alt="Confusion matrix: true classes in rows, predicted classes in columns.",
        height=360,
        frames=frames,
    )


def losses(run: Run, data: Data, journey: Journey, *, key: str, title: str) -> None:
    """The losses of all examples in their order; runs with one loss share their axis."""
    examples = followed(journey, run, data)
    alike = [each for each in journey.runs if each.experiment.loss == run.experiment.loss]
    alike = [each for each in alike if each is run or DIVERGED not in (each.status, run.status)]
    figure.show(
        recipe(
            moving.losses,
            examples,
            colour=of_loss(run.experiment.loss, figure.theme()),
            part=classifier.part(data),
            title=title,
            top=max(moving.top_of(followed(journey, each, data)) for each in alike),
        ),
        key=key,
        alt="Losses of all examples, the largest first.",
        height=340,
        frames=_frames(journey, run, moving.losses_changes(examples)),
    )


def worst(run: Run, data: Data, journey: Journey | None) -> None:
    """The examples of largest loss as images."""
    frames = None
    if journey is not None:
        examples, part = followed(journey, run, data), classifier.part(data)
        frames = _frames(journey, run, moving.worst_images(examples, data, part))
    figure.show(
        recipe(classifier.worst_images, run, data, figure.theme()),
        key="worst",
        alt="The ten examples with the largest loss, with true and predicted class.",
        height=340,
        frames=frames,
    )


def worst_table(run: Run, data: Data, journey: Journey | None) -> None:
    """The examples of largest loss as rows."""
    part = classifier.part(data)
    if journey is not None:
        rows = moving.worst_rows(followed(journey, run, data), data, part)
        frames = _frames(journey, run, [])
    else:
        rows, frames = [classifier.worst_rows(run, data)], None
    moving_table.show(
        "Worst examples",
        [f"row of the {part} part", "true", "predicted", "loss"],
        rows,
        frames,
        key="worst",
    )


def silent_shares(journey: Journey, data: Data) -> None:
    """Over time, the share of examples that pull at no weight, for each run."""
    examples = [followed(journey, run, data) for run in journey.runs]
    figure.show(
        moving.zero_gradient(
            [journey.clock.epochs] * len(examples),
            [
                each.silent[points]
                for each, points in zip(examples, journey.clock.points, strict=True)
            ],
            journey.names,
            [of_loss(run.experiment.loss, figure.theme()) for run in journey.runs],
        ),
        key="silent",
        alt="Share of the examples whose loss has a gradient of zero, over the epochs.",
        height=330,
        frames=journey.cursor(),
    )


def followed(journey: Journey, run: Run, data: Data) -> Along:
    """The examples on which the classifier is judged, along its way."""
    return following.follow(
        run.experiment, _way(journey, run), run.experiment.loss, classifier.part(data)
    )


def _frames(journey: Journey, run: Run, changes: list[Change]) -> Frames:
    return journey.frames(journey.runs.index(run), changes)


def _way(journey: Journey, run: Run) -> WeightPath:
    return journey.clock.paths[journey.runs.index(run)]


@cached(MOST_PORTRAITS)
def _portrait_changes(experiment: Experiment, path: WeightPath) -> list[Change]:
    return moving.portrait(path, load_data(experiment))
