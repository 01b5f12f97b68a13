"""The content of the Landscape page: trajectories of runs through the landscape of an objective."""

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import DATASETS, OPTIMIZERS, Experiment, Run
from lossopt_core.certify.certificates import problem_id
from lossopt_core.objective.linear import Array
from lossopt_core.store import reference
from lossopt_core.theory.trajectories import Trajectories, on_a_plane
from lossopt_core.training.path import WeightPath
from lossopt_core.training.run import DIVERGED
from lossopt_ui.charts import comparison
from lossopt_ui.charts import landscape as charts
from lossopt_ui.experiment import results, saved_runs
from lossopt_ui.figures import figure
from lossopt_ui.figures.caching import cached
from lossopt_ui.identity import missing_data
from lossopt_ui.inspect import run as inside
from lossopt_ui.jobs import pool
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import references
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.session import WidgetKey

MAX_TRAJECTORIES = 8
"""Most trajectories on one landscape: more could not be told apart."""
_RUNS: WidgetKey[list[str]] = WidgetKey("landscape.runs")
_THROUGH: WidgetKey[str] = WidgetKey("landscape.through")


def choose_runs() -> list[Run]:
    """The runs to draw; reports those that are left out because they minimise something else."""
    table = saved_runs.with_references()
    trained = table[table["status"] != saved_runs.IMPORTED]
    named = _named(trained)
    trained = trained[~trained["archived"] | trained["id"].isin(named)]
    if trained.empty:
        st.info("No saved runs yet. Train GD and SGD to see their trajectories.")
        st.page_link(pages.OPTIMIZERS.file, label="GD vs SGD", icon=":material/trending_down:")
        return []
    if trained["reference"].all() and not named:
        references.introduce(pages.OPTIMIZERS, "Train GD and SGD")
        named = [each.id for each in reference.OPTIMIZERS_COMPARED]
    ids = trained["id"].tolist()[::-1]
    chosen = named or ids[:1]
    _RUNS.set(chosen)
    looks = widgets.custom_widget("runs")
    if looks is not None:
        chosen = st.multiselect(
            "Runs",
            ids,
            key=_RUNS.name,
            format_func=inside.labels(trained).__getitem__,
            max_selections=MAX_TRAJECTORIES,
            on_change=lambda: widgets.take("runs", tuple(_RUNS.get())),
            help=f"At most {MAX_TRAJECTORIES} runs that minimise the same objective.",
            **looks,
        )
    runs = saved_runs.load(chosen, with_minibatch=False)
    missing_data.offer([run.experiment for run in runs], "landscape")
    return _on_one_objective(_with_a_path(runs))


def _named(trained: pd.DataFrame) -> list[str]:
    """The runs named in the address; links from the Compare page may also name groups."""
    wanted = widgets.value("runs")
    ids = set(trained["id"])
    found: list[str] = []
    for each in wanted:
        found += [each] if each in ids else trained.loc[trained["family"] == each, "id"].tolist()
    return list(dict.fromkeys(found))[:MAX_TRAJECTORIES]


def _with_a_path(runs: list[Run]) -> list[Run]:
    found = []
    for run in runs:
        try:
            WeightPath.of(run)
            found.append(run)
        except ValueError as error:
            st.caption(
                f"Left out: {names.escape_markdown(str(error))}. Train again to save a path."
            )
    return found


def _on_one_objective(runs: list[Run]) -> list[Run]:
    if not runs:
        return []
    problem = problem_id(chosen_run(runs).experiment)
    same = [run for run in runs if problem_id(run.experiment) == problem]
    if len(same) < len(runs):
        st.info(
            f"Left out: {len(runs) - len(same)} of the runs minimise a different objective (other"
            " data, loss or penalty) and have a different landscape."
        )
    return same


def chosen_run(runs: Sequence[Run]) -> Run:
    """The run whose start and end span the plane: the one in the address, or the first."""
    named = widgets.value("through")
    return next((run for run in runs if run.id in named), runs[0])


def choose_view(runs: Sequence[Run]) -> None:
    """Show the controls of the plane and the chart."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        plane = widgets.setting("plane", width=220)
        widgets.setting("relief", width=160)
        widgets.setting("height", width=240)
        if plane == "optimum" and len(runs) > 1:
            ids = [run.id for run in runs]
            called = dict(zip(ids, names.run_names(runs), strict=True))
            _THROUGH.set(chosen_run(runs).id)
            st.selectbox(
                "Plane through run",
                ids,
                key=_THROUGH.name,
                format_func=called.__getitem__,
                on_change=lambda: widgets.take("through", (_THROUGH.get(),)),
                width=280,
            )


def draw(runs: Sequence[Run], optima: Optima) -> None:
    """Draw the landscape with the trajectories, and the share of each that the plane shows.

    If that is impossible, as without the data, only a table of the recorded objectives is shown.
    """
    with missing_data.part("The landscape"):
        try:
            _draw(runs, optima)
            return
        except BrokenExecutor as error:
            st.error(f"The landscape could not be computed: {error}. Reload the page to try again.")
    table = {
        "run": names.run_names(runs),
        "optimizer": [OPTIMIZERS[run.experiment.optimizer].label for run in runs],
        "initial objective": [run.history["objective"].iloc[0] for run in runs],
        "final objective": [run.history["objective"].iloc[-1] for run in runs],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, key="runs-alone")


def _draw(runs: Sequence[Run], optima: Optima) -> None:
    best, called_best = _best_known(runs[0].experiment, optima)
    through, kind = chosen_run(runs), widgets.value("plane")
    paths = [WeightPath.of(run) for run in runs]
    view = _computed([run.experiment for run in runs], paths, best, runs.index(through), kind)
    theme = figure.theme()
    called = names.run_names(runs)
    height = _height(view)
    trajectories = [
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
    a, b = view.plane.coordinates(view.best[None])[0]
    marks = [charts.Mark(called_best, (float(a), float(b)), view.best_below)]
    flat = widgets.value("relief") == "contours"
    picture = (charts.contours if flat else charts.surface)(
        view.land, trajectories, marks, height, titles=_titles(kind, called_best), theme=theme
    )
    figure.show(
        picture,
        key="landscape" if flat else "landscape-surface",
        alt=f"The objective on a plane through weight space, with the trajectories of"
        f" {', '.join(called)}.",
        height=560,
    )
    _show_projection(runs, called, paths, view, called_best)


def _best_known(experiment: Experiment, optima: Optima) -> tuple[Array | None, str]:
    """The certified optimum, or the best point of the search for it, and what to call it.

    None for the best of the runs' own points.
    """
    certificate = optima.certificates.get(experiment)
    if certificate is None:
        return None, "best point of the runs"
    return certificate.theta, "optimum" if optima.of(experiment) else "best known point"


def _height(view: Trajectories) -> charts.Height:
    top = float(view.land.objective.max())
    if widgets.value("height") == "objective":
        return charts.Height(None, top)
    drawn = [float(each.min()) for each in view.values]
    lowest = min(view.best_value, float(view.land.objective.min()), *drawn)
    return charts.Height(lowest, top)


def _titles(kind: str, best: str) -> tuple[str, str]:
    if kind == "principal":
        return "First principal direction (distance)", "Second principal direction (distance)"
    return f"Direction from start to {best} (distance)", "Orthogonal direction (distance)"


@cached(20, spinner="Computing the landscape …")
def _computed(
    experiments: Sequence[Experiment],
    paths: Sequence[WeightPath],
    best: Array | None,
    through: int,
    kind: Literal["optimum", "principal"],
) -> Trajectories:
    uploaded = DATASETS[experiments[through].dataset].uploaded
    task = partial(on_a_plane, experiments, paths, best, through, kind)
    return pool.result_of(task, uploaded=uploaded)


def _show_projection(
    runs: Sequence[Run],
    called: Sequence[str],
    paths: Sequence[WeightPath],
    view: Trajectories,
    called_best: str,
) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "run": called,
                "optimizer": [OPTIMIZERS[run.experiment.optimizer].label for run in runs],
                "shown": [results.percent(view.plane.explained_variance(path)) for path in paths],
                "objective": [value[-1] for value in view.values],
                "on the plane": [below[-1] for below in view.below],
                "distance": [float(np.linalg.norm(path.stacked[-1] - view.best)) for path in paths],
            }
        ),
        hide_index=True,
        key="shown",
        column_config={
            "shown": st.column_config.TextColumn(
                "explained variance",
                help="Share of the trajectory's variance in weight space that lies in this plane.",
            ),
            "objective": st.column_config.NumberColumn("final objective", format="%.5g"),
            "on the plane": st.column_config.NumberColumn("objective at projection", format="%.5g"),
            "distance": st.column_config.NumberColumn(f"distance to {called_best}", format="%.4g"),
        },
    )
    dimensions = view.best.size
    words = (
        f"Weight space has {dimensions:,} dimensions, the chart has two. Trajectories are projected"
        " onto the plane, and the landscape is the objective on the plane. Both axes are distances"
        " in weight space."
    )
    if any(run.status == DIVERGED for run in runs):
        words += " A diverged run leaves the chart."
    st.caption(words)
