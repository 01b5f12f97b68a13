"""Charts of weights: templates, decision regions, trajectories in weight space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lossopt_ui.charts.colours import (
    BACKGROUND,
    CLASSES,
    DIVERGING,
    INK,
    SEQUENTIAL,
    SYMBOLS,
    Theme,
    translucent,
)
from lossopt_ui.charts.frames import Change
from lossopt_ui.charts.texts import all_plain, plain

Array = NDArray[np.floating[Any]]
MAX_POINTS_SHOWN = 1_000


def mosaic(images: Array, columns: int) -> tuple[Array, list[tuple[float, float]]]:
    """(k, h, w) images on one sheet with NaN gaps, and the caption position of each image."""
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 2), columns * (width + 1) - 1), np.nan)
    positions = []
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 2) + 2, (index % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = image
        positions.append((left + (width - 1) / 2, top - 1.1))
    return sheet, positions


def image_sheet(
    images: Array,
    captions: Sequence[str],
    *,
    title: str,
    theme: Theme,
    columns: int,
    limit: float | None = None,
    unit: str = "weight",
    marks: Sequence[int] | None = None,
) -> go.Figure:
    """Small images with captions above.

    With `limit` the values are signed, in the `unit`, on a common scale from -limit to limit;
    without it they are scaled from their minimum to their maximum.  With `marks`, one number per
    image, the images can be clicked.
    """
    sheet, positions = mosaic(images, columns)
    signed = limit is not None
    clicked = None
    if marks is not None:
        clicked, _ = mosaic(np.ones_like(images) * np.reshape(marks, (-1, 1, 1)), columns)
    look = {"showarrow": False, "yanchor": "bottom", "yshift": -8}
    alike = {"visible": False, "constrain": "domain"}
    return go.Figure(
        go.Heatmap(
            z=sheet.astype(np.float32),
            zmin=-limit if limit is not None else float(np.min(images)),
            zmax=limit if limit is not None else float(np.max(images)),
            colorscale=DIVERGING[theme] if signed else SEQUENTIAL[theme],
            showscale=signed,
            customdata=clicked,
            colorbar={"title": {"text": unit, "font": {"size": 13}}, "thickness": 12},
            hoverongaps=False,
            hovertemplate="%{z:.3g}<extra></extra>",
        ),
        {
            "title": title,
            "annotations": [
                {"x": x, "y": y, "text": caption, **look}
                for (x, y), caption in zip(positions, captions, strict=True)
            ],
            "xaxis": alike,
            "yaxis": alike
            | {"autorange": "reversed", "scaleanchor": "x", "constraintoward": "top"},
        },
    )


def of_features(
    weights: Array,
    class_names: Sequence[str],
    feature_names: Sequence[str],
    *,
    title: str,
    unit: str,
    limit: float,
    theme: Theme,
) -> go.Figure:
    """Heatmap of weights (features, classes), on a scale from -limit to limit."""
    figure = go.Figure(
        go.Heatmap(
            x=all_plain(class_names),
            y=all_plain(feature_names),
            z=weights.astype(np.float32),
            zmin=-limit,
            zmax=limit,
            colorscale=DIVERGING[theme],
            colorbar={"title": {"text": "weight", "font": {"size": 13}}, "thickness": 12},
            xgap=1,
            ygap=1,
            hovertemplate="%{y} for %{x}: %{z:.3g}<extra></extra>",
        )
    )
    figure.update_layout(title=title)
    figure.update_xaxes(title="Class", type="category", showgrid=False)
    figure.update_yaxes(title=unit, type="category", autorange="reversed", showgrid=False)
    return figure


@dataclass(frozen=True, eq=False)
class Regions:
    """Predicted classes on a grid of the plane, in the data's original units."""

    x: Array
    y: Array
    chosen: NDArray[np.int64]
    """(len(y), len(x)) class indices."""


@dataclass(frozen=True, eq=False)
class Points:
    """Labelled points in the plane: positions (n, 2), labels (n,)."""

    positions: Array
    labels: NDArray[np.int64]
    part: Literal["train", "test"]


def decision_regions(
    regions: Regions,
    points: Sequence[Points],
    *,
    title: str,
    class_names: Sequence[str],
    feature_names: Sequence[str],
    theme: Theme,
) -> go.Figure:
    """The plane coloured by predicted class, with the points; test points are hollow."""
    count = len(class_names)
    figure = go.Figure(
        go.Heatmap(
            x=regions.x,
            y=regions.y,
            z=regions.chosen.astype(np.float32),
            zmin=-0.5,
            zmax=count - 0.5,
            colorscale=_steps(
                [translucent(CLASSES[theme][c % len(CLASSES[theme])], 0.3) for c in range(count)]
            ),
            showscale=False,
            hoverinfo="skip",
        )
    )
    _add_points(
        figure, points, title=title, class_names=class_names, axes=feature_names, theme=theme
    )
    return figure


def scatter(
    points: Sequence[Points],
    *,
    title: str,
    class_names: Sequence[str],
    axes: Sequence[str],
    theme: Theme,
) -> go.Figure:
    """Labelled points in a plane; test points are hollow."""
    figure = go.Figure()
    _add_points(figure, points, title=title, class_names=class_names, axes=axes, theme=theme)
    return figure


def _add_points(
    figure: go.Figure,
    points: Sequence[Points],
    *,
    title: str,
    class_names: Sequence[str],
    axes: Sequence[str],
    theme: Theme,
) -> None:
    """Add points in a plane with equal axis scales, titles and a legend."""
    for group in points:
        for label, name in enumerate(all_plain(class_names)):
            figure.add_scatter(**_class_points(group, label, name, theme))
    figure.update_layout(title=title, legend={"orientation": "h", "y": -0.2})
    empty = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title=plain(axes[0]), **empty)
    figure.update_yaxes(title=plain(axes[1]), scaleanchor="x", **empty)


def _steps(colours: Sequence[str]) -> list[list[object]]:
    """A colour scale with equal steps."""
    edges = np.linspace(0.0, 1.0, len(colours) + 1)
    return [
        [float(edge), colour]
        for index, colour in enumerate(colours)
        for edge in (edges[index], edges[index + 1])
    ]


def _class_points(group: Points, label: int, name: str, theme: Theme) -> dict[str, object]:
    positions = group.positions[group.labels == label]
    limit = max(1, MAX_POINTS_SHOWN * len(positions) // max(1, len(group.positions)))
    positions = positions[:limit]
    colour = CLASSES[theme][label % len(CLASSES[theme])]
    hollow = group.part == "test"
    return {
        "x": positions[:, 0],
        "y": positions[:, 1],
        "mode": "markers",
        "name": f"{name}, test" if hollow else name,
        "marker": {
            "symbol": SYMBOLS[label % len(SYMBOLS)] + ("-open" if hollow else ""),
            "color": colour,
            "size": 7,
            "line": {
                "width": 1.5 if hollow else 0.5,
                "color": colour if hollow else BACKGROUND[theme],
            },
        },
        "hovertemplate": "%{x:.3g}, %{y:.3g}",
    }


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A run's trajectory in a plane of weights.

    paths     (k, 2) positions in order of time, one array per weight vector
    updates   (k,) number of updates at each position
    """

    name: str
    paths: Sequence[Array]
    updates: NDArray[np.int64]
    colour: str
    width: float = 1.5


def trajectories(
    lines: Sequence[Trajectory], *, title: str, x_title: str, y_title: str
) -> go.Figure:
    """Trajectories as lines with markers; rings mark starts, large dots mark ends."""
    figure = go.Figure()
    for line in lines:
        count = len(line.updates)
        size = np.full(count, 3.0)
        size[[0, -1]] = 9.0
        symbol = ["circle-open"] + ["circle"] * (count - 1)
        # Gaps between paths let one trace draw them all, with one legend entry.
        gap = np.full((1, 2), np.nan)
        points = np.concatenate([each for path in line.paths for each in (path, gap)])
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            customdata=np.tile(np.append(line.updates, 0), len(line.paths)),
            name=line.name,
            mode="lines+markers",
            line={"color": line.colour, "width": line.width},
            marker={
                "color": line.colour,
                "size": np.tile(np.append(size, 0), len(line.paths)),
                "symbol": [*symbol, "circle"] * len(line.paths),
                "line": {"width": np.tile([2.0, *[0.0] * count], len(line.paths))},
            },
            hovertemplate="after %{customdata} updates",
        )
    figure.update_layout(title=title, legend={"orientation": "h", "y": -0.2})
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, scaleanchor="x")
    return figure


def add_position(figure: go.Figure, line: Trajectory, updates: Sequence[int]) -> list[Change]:
    """Add a diamond on each path of a trajectory: its position at every tick."""
    indices = np.searchsorted(line.updates, updates, side="right") - 1
    positions = np.stack([path[np.maximum(0, indices)] for path in line.paths], axis=1)
    figure.add_scatter(
        x=positions[-1, :, 0],
        y=positions[-1, :, 1],
        name=f"{line.name}, current",
        mode="markers",
        showlegend=False,
        marker={
            "symbol": "diamond-open",
            "size": 14,
            "color": line.colour,
            "line": {"width": 2.5, "color": line.colour},
        },
        hoverinfo="skip",
    )
    number = len(figure.data) - 1
    return [Change(number, axis, positions[:, :, k]) for k, axis in enumerate("xy")]


def counts_as_text(counts: NDArray[np.int64]) -> NDArray[np.str_]:
    """Text in the cells of (C, C) counts; zeros off the diagonal are blank."""
    visible = (counts > 0) | np.eye(len(counts), dtype=bool)
    return np.where(visible, counts.astype(str), "")


def confusion(counts: NDArray[np.int64], *, class_names: Sequence[str], theme: Theme) -> go.Figure:
    """Counts of examples by true class (rows) and predicted class (columns)."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    # Only mistakes are shaded: the many correct predictions would hide them.
    figure = go.Figure(
        go.Heatmap(
            z=wrong.astype(np.float32),
            x=all_plain(class_names),
            y=all_plain(class_names),
            text=counts_as_text(counts),
            texttemplate="%{text}",
            colorscale=[
                [0.0, BACKGROUND[theme]],
                [1.0, translucent(CLASSES[theme][1], 0.75)],
            ],
            zmin=0,
            zmax=max(1, int(wrong.max())),
            showscale=False,
            xgap=1,
            ygap=1,
            textfont={"color": INK[theme]},
            customdata=counts,
            hovertemplate="true %{y}, predicted %{x}: %{customdata}<extra></extra>",
        )
    )
    figure.update_layout(title="Confusion matrix (mistakes shaded)")
    figure.update_xaxes(title="Predicted class", type="category", constrain="domain")
    figure.update_yaxes(title="True class", type="category", autorange="reversed", scaleanchor="x")
    return figure
