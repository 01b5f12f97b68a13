"""What a trained classifier looks like, and what it does with its examples."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lossopt_core import LOSSES, Data, Run
from lossopt_core.diagnostics import confusion as count_confusion
from lossopt_core.diagnostics import examples_by_loss, part_of, predict
from lossopt_core.run import DIVERGED
from lossopt_ui.charts import weights
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.weights import Points, Regions

GRID = 120
"""Points along each side of the plane that are asked for their class."""
WORST = 10
TEMPLATES_A_ROW = 5


def can_be_drawn(data: Data) -> bool:
    """Whether `portrait` has a picture for this data."""
    return data.image_shape is not None or len(data.feature_names) == 2


def portrait(run: Run, data: Data, theme: Theme, peers: Sequence[Run] = ()) -> go.Figure:
    """Templates for images, decision regions for points of a plane.

    Templates have one scale together with those of the peers; one that diverged has its own.
    """
    if data.image_shape is not None:
        return templates(run, data, theme, peers)
    return regions(run, data, theme)


def templates(run: Run, data: Data, theme: Theme, peers: Sequence[Run] = ()) -> go.Figure:
    """Each class's weights as an image."""
    assert data.image_shape is not None
    peers = [] if run.status == DIVERGED else [p for p in peers if p.status != DIVERGED]
    limit = max(float(np.abs(each.weights).max()) for each in (run, *peers)) or 1.0
    return weights.image_sheet(
        run.weights.reshape(-1, *data.image_shape),
        data.class_names,
        title=f"Templates: {LOSSES[run.experiment.loss].label}",
        theme=theme,
        columns=TEMPLATES_A_ROW,
        limit=limit,
    )


def regions(run: Run, data: Data, theme: Theme) -> go.Figure:
    """The plane by chosen class, with the examples, in the data's own units."""
    train, test = data.original(data.train_features), data.original(data.test_features)
    x, y = plane(data)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return weights.decision_regions(
        Regions(x, y, predict(run, data.as_trained(grid)).reshape(GRID, GRID)),
        [Points(train, data.train_labels, "train"), Points(test, data.test_labels, "test")],
        title=f"Decision regions: {LOSSES[run.experiment.loss].label}",
        class_names=data.class_names,
        feature_names=data.feature_names,
        theme=theme,
    )


def plane(data: Data) -> tuple[weights.Array, weights.Array]:
    """The grid's places along both sides of the plane, around all examples."""
    both = data.original(np.concatenate([data.train_features, data.test_features]))
    low, high = both.min(axis=0), both.max(axis=0)
    room = 0.08 * (high - low)
    x, y = (np.linspace(low[k] - room[k], high[k] + room[k], GRID) for k in (0, 1))
    return x, y


def confusion(run: Run, data: Data, theme: Theme) -> go.Figure:
    """Right and wrong answers by class, on the test part where there is one."""
    return weights.confusion(
        count_confusion(run, data, part(data)), class_names=data.class_names, theme=theme
    )


def part(data: Data) -> str:
    """The part on which a classifier is judged."""
    return "test" if len(data.test_labels) else "train"


def worst_images(run: Run, data: Data, theme: Theme) -> go.Figure:
    """The examples of largest loss, as images: true class, answer, loss."""
    assert data.image_shape is not None
    table = examples_by_loss(run, data, part(data)).head(WORST)
    features, _ = part_of(data, part(data))
    images = data.original(features[table["row"]]).reshape(-1, *data.image_shape)
    captions = [
        caption(data, *each)
        for each in zip(table["true"], table["predicted"], table["loss"], strict=True)
    ]
    return weights.image_sheet(
        images,
        captions,
        title="Worst examples: true → predicted, loss",
        theme=theme,
        columns=TEMPLATES_A_ROW,
    )


def caption(data: Data, true: int, predicted: int, loss: float) -> str:
    """What stands above an example's image: true class → answer, loss."""
    return f"{data.class_names[true]}→{data.class_names[predicted]}  {loss:.3g}"
