"""Charts of a trained classifier: templates, decision regions, weights, mistakes."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lossopt_core import LOSSES, Data, Run
from lossopt_core.inspect.diagnostics import confusion as count_confusion
from lossopt_core.inspect.diagnostics import examples_by_loss, part_of, predict
from lossopt_core.training.run import DIVERGED
from lossopt_ui.charts import weights
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.texts import all_plain, plain
from lossopt_ui.charts.weights import Points, Regions

GRID = 120
"""Points along each side of the plane at which the class is predicted."""
WORST = 10
WORST_ROWS = 8
TEMPLATES_PER_ROW = 5
MAX_FEATURES = 30
"""Rows of weights that are distinguishable in a chart."""


def portrait(run: Run, data: Data, theme: Theme, peers: Sequence[Run] = ()) -> go.Figure:
    """Templates for images, decision regions for two features, else the weights.

    Weights share one scale with those of the peers; a diverged run has its own.
    """
    if data.image_shape is not None:
        return templates(run, data, theme, peers)
    if is_plane(data):
        return regions(run, data, theme)
    return weights_of_features(run, data, theme, peers)


def is_plane(data: Data) -> bool:
    """Whether the examples are points in a plane."""
    return data.image_shape is None and len(data.feature_names) == 2


def templates(run: Run, data: Data, theme: Theme, peers: Sequence[Run] = ()) -> go.Figure:
    """Each class's weights as an image."""
    assert data.image_shape is not None
    return weights.image_sheet(
        run.weights.reshape(-1, *data.image_shape),
        all_plain(data.class_names),
        title=f"Templates: {LOSSES[run.experiment.loss].label}",
        theme=theme,
        columns=TEMPLATES_PER_ROW,
        limit=_largest_weight(run, peers),
    )


def _largest_weight(run: Run, peers: Sequence[Run]) -> float:
    """Largest absolute weight of the run and its peers, ignoring diverged peers."""
    peers = [] if run.status == DIVERGED else [p for p in peers if p.status != DIVERGED]
    return max(float(np.abs(each.weights).max()) for each in (run, *peers)) or 1.0


def weights_of_features(run: Run, data: Data, theme: Theme, peers: Sequence[Run]) -> go.Figure:
    """The weight of each feature for each class; of many features, those with the largest."""
    shown = most_important_features(run.weights)
    title = f"Weights: {LOSSES[run.experiment.loss].label}"
    if len(shown) < len(data.feature_names):
        title += f", the {len(shown)} largest of {len(data.feature_names):,} features"
    return weights.of_features(
        run.weights[:, shown].T,
        data.class_names,
        [data.feature_names[each] for each in shown],
        title=title,
        unit="Feature (standardized)" if run.experiment.standardize else "Feature",
        limit=_largest_weight(run, peers),
        theme=theme,
    )


def most_important_features(theta: weights.Array) -> weights.Array:
    """Sorted indices of the features with the largest absolute weights (C, D)."""
    return np.sort(np.argsort(-np.abs(theta).max(axis=0), kind="stable")[:MAX_FEATURES])


def regions(run: Run, data: Data, theme: Theme) -> go.Figure:
    """Decision regions and examples, in the data's original units."""
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
    """Grid coordinates along both axes, covering all examples."""
    both = data.original(np.concatenate([data.train_features, data.test_features]))
    low, high = both.min(axis=0), both.max(axis=0)
    padding = 0.08 * (high - low)
    x, y = (np.linspace(low[k] - padding[k], high[k] + padding[k], GRID) for k in (0, 1))
    return x, y


def confusion(run: Run, data: Data, theme: Theme) -> go.Figure:
    """Confusion matrix, on the test set if there is one."""
    return weights.confusion(
        count_confusion(run, data, part(data)), class_names=data.class_names, theme=theme
    )


def part(data: Data) -> str:
    """The part of the data on which a classifier is evaluated."""
    return "test" if len(data.test_labels) else "train"


def worst_images(run: Run, data: Data, theme: Theme) -> go.Figure:
    """The examples with the largest loss as images, with true class, prediction and loss."""
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
        columns=TEMPLATES_PER_ROW,
    )


def worst_rows(run: Run, data: Data) -> list[list[str]]:
    """The examples with the largest loss as rows of a table."""
    table = examples_by_loss(run, data, part(data)).head(WORST_ROWS)
    return [row_of(data, *each) for each in table.itertuples(index=False)]


def row_of(data: Data, row: int, true: int, predicted: int, loss: float) -> list[str]:
    """Row number, true class, predicted class and loss of an example as text."""
    names = data.class_names
    return [str(row), names[true], names[predicted], f"{loss:.4g}"]


def caption(data: Data, true: int, predicted: int, loss: float) -> str:
    """Caption of an example's image: true class → predicted class, loss."""
    names = data.class_names
    return f"{plain(names[true])}→{plain(names[predicted])}  {loss:.3g}"
