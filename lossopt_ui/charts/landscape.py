"""The objective as contours or as a surface, with the ways of runs on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from lossopt_core.objective.linear import Array
from lossopt_core.theory.landscape import Landscape
from lossopt_ui.charts.colours import BACKGROUND, INK, Theme

LEAST_SHARE = 1e-4
LEAST_SHARE_OF_SURFACE = 1e-3
"""Of the height of the landscape, on its logarithmic scale: nearer to the best is not told.

A surface would end in a thorn there.
"""
SCALE: dict[Theme, list[list[object]]] = {
    "light": [[0.0, "#F4F8FD"], [0.5, "#A9C4E4"], [1.0, "#3F6496"]],
    "dark": [[0.0, "#0E1117"], [0.5, "#22344F"], [1.0, "#5579AB"]],
}
"""Low is the background: ways lead there, and must be seen."""


@dataclass(frozen=True, eq=False)
class WayOnPlane:
    """A run's way as it is seen on the plane.

    places      (k, 2)
    updates     (k,)
    objective   (k,) of the run itself, which may be off the plane
    below       (k,) on the plane below it
    """

    name: str
    places: Array
    updates: NDArray[np.int64]
    objective: Array
    below: Array
    colour: str
    width: float


@dataclass(frozen=True)
class Mark:
    """A point of the plane with its name, such as the optimum."""

    name: str
    place: tuple[float, float]
    below: float


@dataclass(frozen=True)
class Height:
    """How objectives become heights: as they are, or as powers of ten above the best.

    best   the lowest objective known; None for objectives as they are
    top    the highest one on the landscape
    least  share of the whole height that is the lowest told
    """

    best: float | None
    top: float
    least: float = LEAST_SHARE

    def of(self, objective: Array) -> Array:
        """Heights of objectives."""
        if self.best is None:
            return objective
        least = self.least * (self.top - self.best)
        return np.asarray(np.log10(np.maximum(objective - self.best, least or 1.0)))

    @property
    def title(self) -> str:
        """The name of the scale."""
        return "objective" if self.best is None else "objective above the best known"

    def ticks(self) -> dict[str, object]:
        """Where the scale has its numbers."""
        if self.best is None:
            return {}
        ends = self.of(np.array([self.best, self.top]))
        powers = np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1)
        return {"tickvals": powers, "ticktext": [f"{10.0**power:g}" for power in powers]}


def contours(
    land: Landscape,
    ways: Sequence[WayOnPlane],
    marks: Sequence[Mark],
    height: Height,
    *,
    titles: tuple[str, str],
    theme: Theme,
) -> go.Figure:
    """The landscape from above; a ring is a start, a large dot an end."""
    figure = go.Figure(
        go.Contour(
            x=land.a,
            y=land.b,
            z=height.of(land.objective),
            customdata=land.objective,
            colorscale=SCALE[theme],
            ncontours=24,
            line={"width": 0.7, "color": INK[theme]},
            opacity=0.95,
            colorbar=_bar(height),
            hovertemplate="objective %{customdata:.4g}<extra></extra>",
        )
    )
    for way in ways:
        figure.add_scatter(**_flat(way, theme))
    for mark in marks:
        figure.add_scatter(
            x=[mark.place[0]],
            y=[mark.place[1]],
            mode="markers",
            name=mark.name,
            marker={
                "symbol": "star",
                "size": 15,
                "color": BACKGROUND[theme],
                "line": {"width": 1.5, "color": INK[theme]},
            },
            hovertemplate=f"{mark.name}: {mark.below:.6g}<extra></extra>",
        )
    figure.update_layout(
        title="The objective on the plane, from above",
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": -0.15, "x": 0.0},
    )
    plain = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title=titles[0], range=[land.a[0], land.a[-1]], **plain)
    figure.update_yaxes(title=titles[1], range=[land.b[0], land.b[-1]], scaleanchor="x", **plain)
    return figure


def _bar(height: Height) -> dict[str, object]:
    """The scale, above the picture: at its side it would take a narrow screen's width."""
    title = {"text": height.title, "side": "top", "font": {"size": 13}}
    place = {"orientation": "h", "x": 0.5, "y": 1.0, "yanchor": "bottom", "len": 0.9}
    return {"title": title, "thickness": 10, **place, **height.ticks()}


def _flat(way: WayOnPlane, theme: Theme) -> dict[str, object]:
    count = len(way.updates)
    size = np.full(count, 3.0)
    size[[0, -1]] = 10.0
    return {
        "x": way.places[:, 0],
        "y": way.places[:, 1],
        "customdata": np.stack([way.updates, way.objective, way.below], axis=-1),
        "name": way.name,
        "mode": "lines+markers",
        "line": {"color": way.colour, "width": way.width},
        "marker": {
            "color": way.colour,
            "size": size,
            "symbol": ["circle-open"] + ["circle"] * (count - 1),
            "line": {"width": [2.0] + [0.0] * (count - 1)},
        },
        "hovertemplate": "after %{customdata[0]:,.0f} updates: objective %{customdata[1]:.4g},"
        " on the plane %{customdata[2]:.4g}",
    }


def surface(
    land: Landscape,
    ways: Sequence[WayOnPlane],
    marks: Sequence[Mark],
    height: Height,
    *,
    titles: tuple[str, str],
    theme: Theme,
) -> go.Figure:
    """The same as a surface, the ways lying on it."""
    height = replace(height, least=LEAST_SHARE_OF_SURFACE)
    z = height.of(land.objective)
    lift = 0.01 * float(z.max() - z.min())
    figure = go.Figure(
        go.Surface(
            x=land.a,
            y=land.b,
            z=z,
            customdata=land.objective,
            colorscale=SCALE[theme],
            lighting={"specular": 0.0, "roughness": 1.0, "diffuse": 0.5, "ambient": 0.75},
            colorbar=_bar(height),
            hovertemplate="objective %{customdata:.4g}<extra></extra>",
        )
    )
    for way in ways:
        figure.add_scatter3d(
            x=way.places[:, 0],
            y=way.places[:, 1],
            z=_upon(land, z, way.places, height.of(way.below)) + lift,
            customdata=np.stack([way.updates, way.objective], axis=-1),
            name=way.name,
            mode="lines+markers",
            line={"color": way.colour, "width": 5},
            marker={"color": way.colour, "size": 2.5},
            hovertemplate="after %{customdata[0]:,.0f} updates: objective %{customdata[1]:.4g}",
        )
    for mark in marks:
        figure.add_scatter3d(
            x=[mark.place[0]],
            y=[mark.place[1]],
            z=_upon(land, z, np.array([mark.place]), height.of(np.array([mark.below]))) + lift,
            name=mark.name,
            mode="markers",
            marker={"symbol": "diamond", "size": 6, "color": INK[theme]},
            hovertemplate=f"{mark.name}: {mark.below:.6g}<extra></extra>",
        )
    ticks = height.ticks()
    figure.update_layout(
        title="The objective on the plane, as a surface",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": 0.0, "x": 0.0},
        scene={
            # The unit is said below: there is no room for it along the edges.
            "xaxis": {"title": {"text": titles[0].partition(" (")[0]}},
            "yaxis": {"title": {"text": titles[1].partition(" (")[0]}},
            "zaxis": {"title": {"text": "Height"}} | ticks,
            "aspectmode": "manual",
            "aspectratio": {"x": 1.4, "y": 1.4, "z": 0.8},
            "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.3}, "center": {"z": -0.15}},
        },
    )
    return figure


def _upon(land: Landscape, z: Array, places: Array, own: Array) -> Array:
    """Heights of places (k, 2), not below the surface that is drawn straight from cell to cell."""
    drawn = [np.interp(b, land.b, [np.interp(a, land.a, row) for row in z]) for a, b in places]
    return np.maximum(own, drawn)
