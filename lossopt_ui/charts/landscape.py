"""The objective as contours or as a surface, with trajectories of runs."""

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
"""Fraction of the height at which the logarithmic scale is cut off near the best value.

The surface would otherwise end in a spike.
"""
SCALE: dict[Theme, list[list[object]]] = {
    "light": [[0.0, "#F4F8FD"], [0.5, "#A9C4E4"], [1.0, "#3F6496"]],
    "dark": [[0.0, "#0E1117"], [0.5, "#22344F"], [1.0, "#5579AB"]],
}
"""Low values have the background colour, so that trajectories ending there are visible."""


@dataclass(frozen=True, eq=False)
class TrajectoryOnPlane:
    """A run's trajectory, projected onto the plane.

    points      (k, 2) coordinates in the plane
    updates     (k,)
    objective   (k,) objective of the run itself, which may be off the plane
    projected   (k,) objective at the projected points
    """

    name: str
    points: Array
    updates: NDArray[np.int64]
    objective: Array
    projected: Array
    colour: str
    width: float


@dataclass(frozen=True)
class Mark:
    """A labelled point in the plane, such as the optimum."""

    name: str
    point: tuple[float, float]
    projected: float


@dataclass(frozen=True)
class Height:
    """Maps objectives to heights: linear, or the logarithm of the excess over the best.

    best   lowest known objective; None for a linear scale
    top    highest objective in the landscape
    least  smallest excess that is resolved, as a fraction of the largest
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
        """Title of the scale."""
        return "objective" if self.best is None else "objective above best known"

    def ticks(self) -> dict[str, object]:
        """Ticks of the scale."""
        if self.best is None:
            return {}
        ends = self.of(np.array([self.best, self.top]))
        powers = np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1)
        return {"tickvals": powers, "ticktext": [f"{10.0**power:g}" for power in powers]}


def contours(
    land: Landscape,
    trajectories: Sequence[TrajectoryOnPlane],
    marks: Sequence[Mark],
    height: Height,
    *,
    titles: tuple[str, str],
    theme: Theme,
) -> go.Figure:
    """The landscape as contours; rings mark starts, large dots mark ends."""
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
    for trajectory in trajectories:
        figure.add_scatter(**_flat(trajectory, theme))
    for mark in marks:
        figure.add_scatter(
            x=[mark.point[0]],
            y=[mark.point[1]],
            mode="markers",
            name=mark.name,
            marker={
                "symbol": "star",
                "size": 15,
                "color": BACKGROUND[theme],
                "line": {"width": 1.5, "color": INK[theme]},
            },
            hovertemplate=f"{mark.name}: {mark.projected:.6g}<extra></extra>",
        )
    figure.update_layout(
        title="Objective on the plane",
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": -0.15, "x": 0.0},
    )
    plain = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title=titles[0], range=[land.a[0], land.a[-1]], **plain)
    figure.update_yaxes(
        title=titles[1],
        range=[land.b[0], land.b[-1]],
        scaleanchor="x",
        constraintoward="top",
        **plain,
    )
    return figure


def _bar(height: Height) -> dict[str, object]:
    """The colour bar, above the plot: beside it, it would not fit on narrow screens."""
    title = {"text": height.title, "side": "top", "font": {"size": 13}}
    position = {"orientation": "h", "x": 0.5, "y": 1.0, "yanchor": "bottom", "len": 0.9}
    return {"title": title, "thickness": 10, **position, **height.ticks()}


def _flat(trajectory: TrajectoryOnPlane, theme: Theme) -> dict[str, object]:
    count = len(trajectory.updates)
    size = np.full(count, 3.0)
    size[[0, -1]] = 10.0
    return {
        "x": trajectory.points[:, 0],
        "y": trajectory.points[:, 1],
        "customdata": np.stack(
            [trajectory.updates, trajectory.objective, trajectory.projected], axis=-1
        ),
        "name": trajectory.name,
        "mode": "lines+markers",
        "line": {"color": trajectory.colour, "width": trajectory.width},
        "marker": {
            "color": trajectory.colour,
            "size": size,
            "symbol": ["circle-open"] + ["circle"] * (count - 1),
            "line": {"width": [2.0] + [0.0] * (count - 1)},
        },
        "hovertemplate": "after %{customdata[0]:,.0f} updates: objective %{customdata[1]:.4g},"
        " projected onto the plane %{customdata[2]:.4g}",
    }


def surface(
    land: Landscape,
    trajectories: Sequence[TrajectoryOnPlane],
    marks: Sequence[Mark],
    height: Height,
    *,
    titles: tuple[str, str],
    theme: Theme,
) -> go.Figure:
    """The landscape as a surface, with the trajectories on it."""
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
    for trajectory in trajectories:
        figure.add_scatter3d(
            x=trajectory.points[:, 0],
            y=trajectory.points[:, 1],
            z=_on_surface(land, z, trajectory.points, height.of(trajectory.projected)) + lift,
            customdata=np.stack([trajectory.updates, trajectory.objective], axis=-1),
            name=trajectory.name,
            mode="lines+markers",
            line={"color": trajectory.colour, "width": 5},
            marker={"color": trajectory.colour, "size": 2.5},
            hovertemplate="after %{customdata[0]:,.0f} updates: objective %{customdata[1]:.4g}",
        )
    for mark in marks:
        figure.add_scatter3d(
            x=[mark.point[0]],
            y=[mark.point[1]],
            z=_on_surface(land, z, np.array([mark.point]), height.of(np.array([mark.projected])))
            + lift,
            name=mark.name,
            mode="markers",
            marker={"symbol": "diamond", "size": 6, "color": INK[theme]},
            hovertemplate=f"{mark.name}: {mark.projected:.6g}<extra></extra>",
        )
    ticks = height.ticks()
    figure.update_layout(
        title="Objective on the plane",
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": 0.0, "x": 0.0},
        scene={
            # Without the unit: there is no room for it along the edges.
            "xaxis": {"title": {"text": titles[0].partition(" (")[0]}},
            "yaxis": {"title": {"text": titles[1].partition(" (")[0]}},
            "zaxis": {"title": {"text": "Height"}} | ticks,
            "aspectmode": "manual",
            "aspectratio": {"x": 1.4, "y": 1.4, "z": 0.8},
            "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.3}, "center": {"z": -0.15}},
        },
    )
    return figure


def _on_surface(land: Landscape, z: Array, points: Array, heights: Array) -> Array:
    """Heights at points (k, 2), raised to the linearly interpolated surface if below it."""
    interpolated = [
        np.interp(b, land.b, [np.interp(a, land.a, row) for row in z]) for a, b in points
    ]
    return np.maximum(heights, interpolated)
