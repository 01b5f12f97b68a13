"""Charts of an experiment's examples before training."""

import numpy as np
import plotly.graph_objects as go

from lossopt_core import Data
from lossopt_core.inspect.diagnostics import principal_view
from lossopt_ui.charts import weights
from lossopt_ui.charts.classifier import is_plane
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.texts import all_plain
from lossopt_ui.charts.weights import Points

IMAGES_PER_CLASS = 4
MAX_CLASSES = 10


def examples(data: Data, theme: Theme) -> go.Figure:
    """Images of each class, or all examples as points in a plane."""
    if data.image_shape is not None:
        return images(data, theme)
    return points(data, theme)


def images(data: Data, theme: Theme) -> go.Figure:
    """The first training images of each class, one column per class."""
    assert data.image_shape is not None
    shown = np.unique(data.train_labels)[:MAX_CLASSES]  # label noise can empty a class
    of_class = [np.flatnonzero(data.train_labels == label)[:IMAGES_PER_CLASS] for label in shown]
    rows = min(map(len, of_class))
    first = np.stack([each[:rows] for each in of_class], axis=1).ravel()
    names = all_plain(data.class_names[label] for label in shown)
    return weights.image_sheet(
        data.original(data.train_features[first]).reshape(-1, *data.image_shape),
        [*names, *[""] * (len(first) - len(names))],
        title="Training images of each class",
        theme=theme,
        columns=len(shown),
    )


def points(data: Data, theme: Theme) -> go.Figure:
    """Scatter plot of the examples.

    With more than two features, the axes are the first two principal components.  With a single
    feature, each class has its own line.
    """
    train, test = data.train_features, data.test_features
    if train.shape[1] == 1:
        labels = np.concatenate([data.train_labels, data.test_labels])
        positions = np.column_stack([data.original(np.concatenate([train, test])), labels])
        title, axes = "Examples", (data.feature_names[0], "Class")
    elif is_plane(data):
        positions = data.original(np.concatenate([train, test]))
        title, axes = "Examples", (data.feature_names[0], data.feature_names[1])
    else:
        view = principal_view(np.concatenate([train, test]))
        [positions] = view.trajectories
        explained = f"{100 * view.explained_variance:.0f} % of the variance"
        title = f"Examples along two principal components ({explained})"
        axes = ("First principal component", "Second principal component")
    figure = weights.scatter(
        [
            Points(positions[: len(train)], data.train_labels, "train"),
            Points(positions[len(train) :], data.test_labels, "test"),
        ],
        title=title,
        class_names=data.class_names,
        axes=axes,
        theme=theme,
    )
    if train.shape[1] == 1:
        lines = range(len(data.class_names))
        figure.update_yaxes(
            scaleanchor=False, tickvals=[*lines], ticktext=all_plain(data.class_names)
        )
    return figure
