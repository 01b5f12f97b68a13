"""The ways of runs through the landscape of their objective: what the page of that name shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import OPTIMIZERS, Experiment, Run
from lossopt_core.certify.certificates import problem_id
from lossopt_core.objective.linear import Array
from lossopt_core.store import reference
from lossopt_core.theory.landscape import (
    Landscape,
    Plane,
    landscape,
    objective_at,
    objectives,
)
from lossopt_core.training.path import WeightPath
from lossopt_core.training.run import DIVERGED
from lossopt_ui.charts import comparison
from lossopt_ui.charts import landscape as charts
from lossopt_ui.experiment import results, saved_runs
from lossopt_ui.figures import figure
from lossopt_ui.figures.caching import cached
from lossopt_ui.identity import missing_data
from lossopt_ui.inspect import run as inside
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import references
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.session import WidgetKey

MOST_WAYS = 8
"""Ways on one landscape: more could not be told apart."""
FAR = 2.0
"""Objectives beyond so many times that of the start are left outside of the picture."""
_RUNS: WidgetKey[list[str]] = WidgetKey("landscape.runs")
_THROUGH: WidgetKey[str] = WidgetKey("landscape.through")


@dataclass(frozen=True, eq=False)
class Best:
    """The best classifier that is known, (C, D + 1), and what is known of it."""

    theta: Array
    name: str


@dataclass(frozen=True, eq=False)
class View:
    """A landscape with what is seen on it.

    values   the objective of each run at its own points
    below    the objective on the plane at the same places
    """

    plane: Plane
    land: Landscape
    best: Best
    values: Sequence[Array]
    below: Sequence[Array]
    best_value: float
    best_below: float


def choose_runs() -> list[Run]:
    """The runs whose ways are drawn; those that minimise something else are left out and said."""
    table = saved_runs.with_references()
    trained = table[table["status"] != saved_runs.BROUGHT_IN]
    named = _named(trained)
    if trained["reference"].all() and not named:
        st.info("No runs are kept yet. Train GD and SGD, and look at their ways.")
        with st.container(horizontal=True):
            st.page_link(pages.OPTIMIZERS.file, label="GD vs SGD", icon=":material/trending_down:")
            ways = [each.id for each in reference.OPTIMIZERS_COMPARED]
            references.offer("Look at the reference runs", "runs", ways)
        return []
    ids = trained["id"].tolist()[::-1]
    chosen = named or ids[:1]
    _RUNS.set(chosen)
    looks = widgets.own_widget("runs")
    if looks is not None:
        chosen = st.multiselect(
            "Runs",
            ids,
            key=_RUNS.name,
            format_func=inside.labels(trained).get,
            max_selections=MOST_WAYS,
            on_change=lambda: widgets.put("runs", tuple(_RUNS.get())),
            help=f"At most {MOST_WAYS}, which minimise the same objective.",
            **looks,
        )
    runs = saved_runs.load(chosen, with_minibatch=False)
    missing_data.offer([run.experiment for run in runs], "landscape")
    return _on_one_objective(_with_a_path(runs))


def _named(trained: pd.DataFrame) -> list[str]:
    """The runs that the address names; the compare page names families too."""
    wanted = widgets.value("runs")
    ids = set(trained["id"])
    found: list[str] = []
    for each in wanted:
        found += [each] if each in ids else trained.loc[trained["family"] == each, "id"].tolist()
    return list(dict.fromkeys(found))[:MOST_WAYS]


def _with_a_path(runs: list[Run]) -> list[Run]:
    found = []
    for run in runs:
        try:
            WeightPath.of(run)
            found.append(run)
        except ValueError as error:
            st.caption(f"Left out: {names.in_markdown(str(error))}. Train it again to have one.")
    return found


def _on_one_objective(runs: list[Run]) -> list[Run]:
    if not runs:
        return []
    problem = problem_id(chosen_run(runs).experiment)
    same = [run for run in runs if problem_id(run.experiment) == problem]
    if len(same) < len(runs):
        st.info(
            f"Left out: {len(runs) - len(same)} of the runs minimise another objective (data,"
            " loss or penalty differ), which is another landscape."
        )
    return same


def chosen_run(runs: Sequence[Run]) -> Run:
    """The run whose start and end the plane goes through; the first unless the address says."""
    named = widgets.value("through")
    return next((run for run in runs if run.id in named), runs[0])


def choose_view(runs: Sequence[Run]) -> None:
    """Which plane, which picture."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        plane = widgets.setting("plane", width=220)
        widgets.setting("relief", width=160)
        widgets.setting("height", width=240)
        if plane == "optimum" and len(runs) > 1:
            ids = [run.id for run in runs]
            called = dict(zip(ids, names.of_runs(runs), strict=True))
            _THROUGH.set(chosen_run(runs).id)
            st.selectbox(
                "Plane of the run",
                ids,
                key=_THROUGH.name,
                format_func=called.get,
                on_change=lambda: widgets.put("through", (_THROUGH.get(),)),
                width=280,
            )


def best_known(runs: Sequence[Run], optima: Optima) -> Best:
    """The certified optimum; or what a search found; or the best point of the runs."""
    experiment = runs[0].experiment
    certificate = optima.certificates.get(experiment)
    if certificate is not None:
        return Best(certificate.theta, "optimum" if optima.of(experiment) else "best known point")
    points = np.concatenate([WeightPath.of(run).stacked for run in runs])
    values = objectives(experiment, points)
    return Best(points[int(np.nanargmin(values))], "best point of the runs")


def draw(runs: Sequence[Run], optima: Optima) -> None:
    """The landscape with the ways, and how much of each the plane shows.

    Without the data there is no objective but at the points that the runs have measured.
    """
    with missing_data.part("The landscape"):
        _draw(runs, optima)
        return
    table = {
        "run": names.of_runs(runs),
        "rule": [OPTIMIZERS[run.experiment.optimizer].label for run in runs],
        "objective at the start": [run.history["objective"].iloc[0] for run in runs],
        "objective at the end": [run.history["objective"].iloc[-1] for run in runs],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, key="runs-alone")


def _draw(runs: Sequence[Run], optima: Optima) -> None:
    best = best_known(runs, optima)
    through, kind = chosen_run(runs), widgets.value("plane")
    paths = [WeightPath.of(run) for run in runs]
    view = _view([run.experiment for run in runs], paths, best, runs.index(through), kind)
    theme = figure.theme()
    called = names.of_runs(runs)
    height = _height(view)
    ways = [
        charts.TrajectoryOnPlane(
            name, view.plane.coordinates(path.stacked), path.updates, value, below, colour, width
        )
        for name, path, value, below, colour, width in zip(
            called,
            paths,
            view.values,
            view.below,
            comparison.colours([run.experiment for run in runs], theme),
            [3.0 if run.experiment.full_batch else 1.8 for run in runs],
            strict=True,
        )
    ]
    a, b = view.plane.coordinates(best.theta[None])[0]
    marks = [charts.Mark(best.name, (float(a), float(b)), view.best_below)]
    flat = widgets.value("relief") == "contours"
    picture = (charts.contours if flat else charts.surface)(
        view.land, ways, marks, height, titles=_titles(kind, best), theme=theme
    )
    figure.show(
        picture,
        key="landscape" if flat else "landscape-surface",
        alt=f"The objective on a plane through weight space with the ways of {', '.join(called)}.",
        height=560,
    )
    _say_what_is_seen(runs, called, paths, view)


def _height(view: View) -> charts.Height:
    top = float(view.land.objective.max())
    if widgets.value("height") == "objective":
        return charts.Height(None, top)
    lowest = min(view.best_value, float(view.land.objective.min()), *map(np.min, view.values))
    return charts.Height(lowest, top)


def _titles(kind: str, best: Best) -> tuple[str, str]:
    if kind == "principal":
        return "First principal direction (distance)", "Second (distance)"
    return f"Start towards {best.name} (distance)", "At right angles (distance)"


@cached(20, spinner="Measuring the landscape …")
def _view(
    experiments: Sequence[Experiment],
    paths: Sequence[WeightPath],
    best: Best,
    through: int,
    kind: str,
) -> View:
    """`through` says which run's start and end the plane goes through."""
    experiment, path = experiments[through], paths[through]
    if kind == "principal":
        plane = Plane.principal(paths)
    else:
        plane = Plane.through(path.stacked[0], best.theta, path.stacked[-1], path)
    values = [objectives(experiment, each.stacked) for each in paths]
    places = [plane.coordinates(each.stacked) for each in paths]
    own = values[through]
    near = [seen[value <= FAR * own[0]] for seen, value in zip(places, values, strict=True)]
    star = plane.coordinates(best.theta[None])
    return View(
        plane=plane,
        land=landscape(experiment, plane, np.concatenate([*near, star])),
        best=best,
        values=values,
        below=[objective_at(experiment, plane, each) for each in places],
        best_value=float(objectives(experiment, best.theta[None])[0]),
        best_below=float(objective_at(experiment, plane, star)[0]),
    )


def _say_what_is_seen(
    runs: Sequence[Run], called: Sequence[str], paths: Sequence[WeightPath], view: View
) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "run": called,
                "rule": [OPTIMIZERS[run.experiment.optimizer].label for run in runs],
                "shown": [results.percent(view.plane.share(path)) for path in paths],
                "objective": [value[-1] for value in view.values],
                "on the plane": [below[-1] for below in view.below],
                "distance": [
                    float(np.linalg.norm(path.stacked[-1] - view.best.theta)) for path in paths
                ],
            }
        ),
        hide_index=True,
        key="shown",
        column_config={
            "shown": st.column_config.TextColumn(
                "variance shown", help="Of the way's variance in weight space, by this plane."
            ),
            "objective": st.column_config.NumberColumn("objective at the end", format="%.5g"),
            "on the plane": st.column_config.NumberColumn("on the plane below", format="%.5g"),
            "distance": st.column_config.NumberColumn(
                f"distance from the {view.best.name}", format="%.4g"
            ),
        },
    )
    dimensions = view.best.theta.size
    words = (
        f"Weight space has {dimensions:,} dimensions, the picture two: ways are seen where they"
        " fall on the plane at right angles, and the landscape is the objective there. Lengths on"
        " both axes are distances in weight space."
    )
    if any(run.status == DIVERGED for run in runs):
        words += " A run that diverged leaves the picture."
    st.caption(words)
