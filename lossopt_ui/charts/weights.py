"""Weights as pictures: templates, decision regions, ways through weight space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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

Array = NDArray[np.float64]
MOST_POINTS_SHOWN = 1_000


def mosaic(images: Array, columns: int) -> tuple[Array, list[tuple[float, float]]]:
    """(k, h, w) images on one sheet with gaps of NaN, and the place above each image's middle."""
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 2), columns * (width + 1) - 1), np.nan)
    places = []
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 2) + 2, (index % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = image
        places.append((left + (width - 1) / 2, top - 1.1))
    return sheet, places


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

    With `limit` they are signed, on a common scale from -limit to limit, whose values are in
    the `unit`; without it they are pictures, from their least to their largest value.  With
    `marks`, a number an image, they can be clicked.
    """
    sheet, places = mosaic(images, columns)
    signed = limit is not None
    told = None
    if marks is not None:
        told, _ = mosaic(np.ones_like(images) * np.reshape(marks, (-1, 1, 1)), columns)
    look = {"showarrow": False, "yanchor": "bottom", "yshift": -8}
    alike = {"visible": False, "constrain": "domain"}
    return go.Figure(
        go.Heatmap(
            z=sheet.astype(np.float32),
            zmin=-limit if limit is not None else float(np.min(images)),
            zmax=limit if limit is not None else float(np.max(images)),
            colorscale=DIVERGING[theme] if signed else SEQUENTIAL[theme],
            showscale=signed,
            customdata=told,
            colorbar={"title": {"text": unit, "font": {"size": 13}}, "thickness": 12},
            hoverongaps=False,
            hovertemplate="%{z:.3g}<extra></extra>",
        ),
        {
            "title": title,
            "annotations": [
                {"x": across, "y": up, "text": caption, **look}
                for (across, up), caption in zip(places, captions, strict=True)
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
    """Weights (features, classes) as signed cells, on a scale from -limit to limit."""
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
    """Which class a classifier chooses on a grid of the plane, in the data's own units."""

    x: Array
    y: Array
    chosen: NDArray[np.int64]
    """(len(y), len(x)) class numbers."""


@dataclass(frozen=True, eq=False)
class Points:
    """Labelled points of the plane: positions (n, 2), labels (n,)."""

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
    """The plane coloured by the chosen class, with the points; test points are hollow."""
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
    """Labelled points of a plane alone; test points are hollow."""
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
    """Points of a plane whose sides have one scale, with what names them."""
    for group in points:
        for label, name in enumerate(all_plain(class_names)):
            figure.add_scatter(**_class_points(group, label, name, theme))
    figure.update_layout(title=title, legend={"orientation": "h", "y": -0.2})
    empty = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title=plain(axes[0]), **empty)
    figure.update_yaxes(title=plain(axes[1]), scaleanchor="x", **empty)


def _steps(colours: Sequence[str]) -> list[list[object]]:
    """A colour scale of equal steps."""
    edges = np.linspace(0.0, 1.0, len(colours) + 1)
    return [
        [float(edge), colour]
        for index, colour in enumerate(colours)
        for edge in (edges[index], edges[index + 1])
    ]


def _class_points(group: Points, label: int, name: str, theme: Theme) -> dict[str, object]:
    mine = group.positions[group.labels == label]
    most = max(1, MOST_POINTS_SHOWN * len(mine) // max(1, len(group.positions)))
    mine = mine[:most]
    colour = CLASSES[theme][label % len(CLASSES[theme])]
    hollow = group.part == "test"
    return {
        "x": mine[:, 0],
        "y": mine[:, 1],
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
class Way:
    """A run's way through a plane of weights.

    strands   (k, 2) positions in the order of time; several for several weight vectors
    updates   (k,) updates made before each position
    """

    name: str
    strands: Sequence[Array]
    updates: NDArray[np.int64]
    colour: str
    width: float = 1.5


def ways(lines: Sequence[Way], *, title: str, x_title: str, y_title: str) -> go.Figure:
    """Each way as a line with its steps marked; a ring is its start, a large dot its end."""
    figure = go.Figure()
    for way in lines:
        count = len(way.updates)
        size = np.full(count, 3.0)
        size[[0, -1]] = 9.0
        symbol = ["circle-open"] + ["circle"] * (count - 1)
        # A gap between strands, so that one trace draws them all and the legend names it once.
        gap = np.full((1, 2), np.nan)
        path = np.concatenate([each for strand in way.strands for each in (strand, gap)])
        figure.add_scatter(
            x=path[:, 0],
            y=path[:, 1],
            customdata=np.tile(np.append(way.updates, 0), len(way.strands)),
            name=way.name,
            mode="lines+markers",
            line={"color": way.colour, "width": way.width},
            marker={
                "color": way.colour,
                "size": np.tile(np.append(size, 0), len(way.strands)),
                "symbol": [*symbol, "circle"] * len(way.strands),
                "line": {"width": np.tile([2.0, *[0.0] * count], len(way.strands))},
            },
            hovertemplate="after %{customdata} updates",
        )
    figure.update_layout(title=title, legend={"orientation": "h", "y": -0.2})
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, scaleanchor="x")
    return figure


def add_traveller(figure: go.Figure, way: Way, updates: Sequence[int]) -> list[Change]:
    """A diamond on each strand of a way: where it is at every tick, after so many updates."""
    points = np.searchsorted(way.updates, updates, side="right") - 1
    places = np.stack([strand[np.maximum(0, points)] for strand in way.strands], axis=1)
    figure.add_scatter(
        x=places[-1, :, 0],
        y=places[-1, :, 1],
        name=f"{way.name}, now",
        mode="markers",
        showlegend=False,
        marker={
            "symbol": "diamond-open",
            "size": 14,
            "color": way.colour,
            "line": {"width": 2.5, "color": way.colour},
        },
        hoverinfo="skip",
    )
    number = len(figure.data) - 1
    return [Change(number, axis, places[:, :, k]) for k, axis in enumerate("xy")]


def counts_as_text(counts: NDArray[np.int64]) -> NDArray[np.str_]:
    """What stands in the cells of (C, C) counts: a zero off the diagonal says nothing."""
    said = (counts > 0) | np.eye(len(counts), dtype=bool)
    return np.where(said, counts.astype(str), "")


def confusion(counts: NDArray[np.int64], *, class_names: Sequence[str], theme: Theme) -> go.Figure:
    """Counts of examples by true class (rows) and predicted class (columns)."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    # Shading by mistakes alone: the many right ones would wash out what one looks for.
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
