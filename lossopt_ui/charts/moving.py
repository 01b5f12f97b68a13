"""Frames of a classifier's charts along the trajectory of its run."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lossopt_core import Data
from lossopt_core.inspect.along import Along, scores_along
from lossopt_core.inspect.diagnostics import part_of
from lossopt_core.objective.linear import Labels
from lossopt_core.training.cohort import predicted
from lossopt_core.training.path import WeightPath
from lossopt_ui.charts import classifier, weights
from lossopt_ui.charts.colours import translucent
from lossopt_ui.charts.frames import Change

SHARES = 201
"""Points on the curve of sorted losses."""
Numbers = NDArray[np.float32]


def portrait(path: WeightPath, data: Data) -> list[Change]:
    """Frames of `classifier.portrait`: templates, decision regions or weights."""
    if data.image_shape is not None:
        sheets = [
            weights.mosaic(each.reshape(-1, *data.image_shape), classifier.TEMPLATES_PER_ROW)[0]
            for each in path.weights
        ]
        return [Change(0, "z", np.stack(sheets).astype(np.float32))]
    if not classifier.is_plane(data):
        shown = classifier.most_important_features(path.weights[-1])
        return [Change(0, "z", np.moveaxis(path.weights[:, :, shown], 1, 2).astype(np.float32))]
    x, y = classifier.plane(data)
    grid = data.as_trained(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    chosen = [predicted(scores) for scores in scores_along(path, grid)]
    return [Change(0, "z", np.stack(chosen).astype(np.uint8).reshape(-1, len(y), len(x)))]


def confusion(followed: Along) -> list[Change]:
    """Frames of `classifier.confusion`."""
    wrong = followed.confusion.copy()
    each = np.arange(wrong.shape[1])
    wrong[:, each, each] = 0
    text = [weights.counts_as_text(counts).tolist() for counts in followed.confusion]
    return [
        Change(0, "z", wrong.astype(np.float32)),
        Change(0, "zmax", [max(1, int(most)) for most in wrong.max(axis=(1, 2))]),
        Change(0, "text", text),
        Change(0, "customdata", followed.confusion.astype(np.float32)),
    ]


def quantiles(losses: Numbers) -> Numbers:
    """(k, n) losses in descending order, sampled at `SHARES` evenly spaced ranks."""
    ordered = np.sort(losses, axis=1)[:, ::-1]
    ranks = np.linspace(0, losses.shape[1] - 1, SHARES).round().astype(np.int64)
    return np.asarray(ordered[:, ranks], np.float32)


def top_of(followed: Along) -> float:
    """Upper end of an axis for the losses at all stored points."""
    curves = quantiles(followed.losses)
    finite = curves[np.isfinite(curves).all(axis=1)]
    return float(finite[:, 1:].max())  # the single largest would flatten the others


def losses(followed: Along, *, colour: str, part: str, title: str, top: float) -> go.Figure:
    """Sorted losses of all examples at the last stored point; the y-axis ends at `top`."""
    curves = quantiles(followed.losses)
    shares = np.linspace(0, 100, SHARES)
    figure = go.Figure(
        go.Scatter(
            x=shares,
            y=curves[-1],
            mode="lines",
            line={"color": colour, "width": 2},
            fill="tozeroy",
            fillcolor=translucent(colour, 0.25),
            hovertemplate="%{x:.0f} % of examples have a loss of %{y:.3g} or more<extra></extra>",
        )
    )
    named = "test" if part == "test" else "training"
    figure.update_layout(title=title, hovermode="closest")
    figure.update_xaxes(title=f"{named.capitalize()} examples, largest loss first (%)")
    figure.update_yaxes(title="Loss", range=[0, 1.05 * top or 1.0])
    return figure


def losses_changes(followed: Along) -> list[Change]:
    """Frames of `losses`."""
    return [Change(0, "y", quantiles(followed.losses))]


def worst_images(followed: Along, data: Data, part: str) -> list[Change]:
    """Frames of `classifier.worst_images`."""
    assert data.image_shape is not None
    features, labels = part_of(data, part)
    order, answers, losses = _worst(followed, classifier.WORST)
    images = data.original(features[order]).reshape(*order.shape, *data.image_shape)
    sheets = [weights.mosaic(each, classifier.TEMPLATES_PER_ROW)[0] for each in images]
    captions = [
        [classifier.caption(data, *each) for each in zip(*of_point, strict=True)]
        for of_point in zip(labels[order], answers, losses, strict=True)
    ]
    return [
        Change(0, "z", np.stack(sheets).astype(np.float32)),
        Change(None, "text", captions),
    ]


def worst_rows(followed: Along, data: Data, part: str) -> list[list[list[str]]]:
    """`classifier.worst_rows` at every stored point."""
    _, labels = part_of(data, part)
    order, answers, losses = _worst(followed, classifier.WORST_ROWS)
    return [
        [classifier.row_of(data, *each) for each in zip(*of_point, strict=True)]
        for of_point in zip(order, labels[order], answers, losses, strict=True)
    ]


def _worst(followed: Along, most: int) -> tuple[Labels, Labels, Numbers]:
    """Rows, predictions and losses (k, most) of the examples with the largest loss."""
    order = np.argsort(-followed.losses, axis=1, kind="stable")[:, :most]
    predictions = np.take_along_axis(followed.predictions, order, axis=1).astype(np.int64)
    losses: Numbers = np.take_along_axis(followed.losses, order, axis=1)
    return order.astype(np.int64), predictions, losses


def zero_gradient(
    epochs: Sequence[NDArray[np.floating]],
    shares: Sequence[NDArray[np.floating]],
    names: Sequence[str],
    colours: Sequence[str],
    *,
    widths: Sequence[float] = (),
) -> go.Figure:
    """Share of examples with zero gradient, one line per run or loss."""
    figure = go.Figure()
    for k, (x, y, name, colour) in enumerate(zip(epochs, shares, names, colours, strict=True)):
        figure.add_scatter(
            x=x, y=100 * y, name=name, mode="lines", hovertemplate="%{y:.3g} %",
            line={"color": colour, "width": widths[k] if widths else 2.5},
        )  # fmt: skip
    figure.update_layout(
        title="Examples with zero gradient",
        hovermode="x unified",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0.0},
    )
    figure.update_xaxes(title="Epochs")
    figure.update_yaxes(title="Share of examples (%)", range=[-2, 102])
    return figure
