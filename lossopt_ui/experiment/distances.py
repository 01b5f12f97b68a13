"""Parts of pages that show how near runs are to the best possible, and how long their steps are."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Experiment, Run
from lossopt_core.certify.certificates import problem_id
from lossopt_core.theory.stability import NOISE_FLOOR, explanations
from lossopt_core.training.convergence import convergence_caveats, is_full_batch
from lossopt_ui.charts import comparison, steps
from lossopt_ui.charts import training as charts
from lossopt_ui.charts.curves import Level
from lossopt_ui.charts.frames import Frames
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.jobs.watching import Outcome


def say_how_near(
    names: Mapping[Experiment, str], histories: Mapping[Experiment, pd.DataFrame], optima: Optima
) -> None:
    """A line for each objective that runs minimise: how near each of them is to its best.

    A name '' is left out, and so are runs that are further off than at their start.
    """
    problems: dict[str, list[Experiment]] = {}
    for each in names:
        problems.setdefault(problem_id(each), []).append(each)
    lines = [_how_near(members, names, histories, optima) for members in problems.values()]
    told = [caveat for each in names if is_full_batch(each) for caveat in convergence_caveats(each)]
    st.caption("  \n".join(filter(None, [*lines, *dict.fromkeys(told)])))
    optimum.say_failures(optima)


def _how_near(
    members: Sequence[Experiment],
    names: Mapping[Experiment, str],
    histories: Mapping[Experiment, pd.DataFrame],
    optima: Optima,
) -> str:
    """Of experiments that minimise the same objective."""
    first = members[0]
    certificate = optima.of(first)
    label = f"{names[first]}: " if len(members) == 1 and names[first] else ""
    if certificate is None:
        return label + optimum.why_unknown(first, optima)
    reached = {each: histories[each]["objective"] for each in members}
    near = {
        each: optimum.at_most(float(objective.iloc[-1]) - certificate.lower_bound)
        for each, objective in reached.items()
        if objective.iloc[-1] <= objective.iloc[0]
    }
    if not near:
        return ""
    several = len(members) > 1
    figures = [f"{far} ({names[each]})" if several else far for each, far in near.items()]
    return (
        f"{label}**Within {', '.join(figures)} of the best possible (certified)**: no classifier"
        f" has an objective below {optimum.at_least(certificate.lower_bound)} here."
    )


def objective_or_distance(
    experiment: Experiment,
    history: pd.DataFrame,
    optima: Optima,
    *,
    show: str,
    log_y: bool,
    frames: Frames | None = None,
) -> None:
    """One loss on an axis of its own: its objective, or the distance to the best possible."""
    label, distances = LOSSES[experiment.loss].label, optima.distances(experiment, history)
    if show == "distance" and distances is not None:
        title = f"{label}: distance to the optimum"
        chart = recipe(
            charts.distance,
            experiment,
            distances,
            theme=figure.theme(),
            floor=optimum.floor(experiment, optima),
            title=title,
        )
        words = figure.describe(title, distances, "distance")
    else:
        chart = recipe(
            comparison.one_loss,
            experiment,
            history,
            theme=figure.theme(),
            log_y=log_y,
            optimum=optima.of(experiment),
        )
        words = figure.describe(label, history, "objective")
    figure.show(chart, key=f"objective-{experiment.loss}", alt=words, height=330, frames=frames)


def objectives_or_distances(
    names: Mapping[Experiment, str],
    colours: Sequence[str],
    outcome: Outcome,
    *,
    show: str,
    x: str,
    log_x: bool,
    log_y: bool,
    frames: Frames | None = None,
) -> None:
    """Several trainings of one loss on one axis: their objectives, or their distances.

    Distances come with the floors that the noise of the steps should hold them at.
    """
    optima = outcome.optima
    histories = {names[each]: outcome.histories[each] for each in names}
    distances = {
        names[each]: table
        for each in names
        if (table := optima.distances(each, outcome.histories[each])) is not None
    }
    far = show == "distance" and len(distances) == len(histories)
    title = "Distance to the optimum" if far else "Objective"
    floors = [optimum.floor(each, optima) for each in names] if far else []
    figure.show(
        recipe(
            comparison.overlay,
            distances if far else histories,
            colours,
            column="distance" if far else "objective",
            theme=figure.theme(),
            title=title,
            x=x,
            log_x=log_x,
            log_y=log_y or far,
            levels=[
                Level(floor, "", colour)
                for floor, colour in zip(floors, colours, strict=False)
                if floor
            ],
        ),
        key="objective",
        alt=f"{title} of {', '.join(names.values())} over {x.replace('_', ' ')}.",
        height=380,
        frames=frames,
    )
    if any(floors):
        st.caption(
            "Dotted: where the noise of its constant steps should hold SGD.", help=NOISE_FLOOR
        )


def distance_and_steps(
    experiment: Experiment,
    history: pd.DataFrame,
    run: Run | None,
    optima: Optima,
    frames: Frames | None = None,
) -> None:
    """Side by side, where there are both: the way to the optimum, and the step's limits."""
    with missing_data.part("Distance to the optimum and limits of the learning rate"):
        _distance_and_steps(experiment, history, run, optima, frames)


def _distance_and_steps(
    experiment: Experiment,
    history: pd.DataFrame,
    run: Run | None,
    optima: Optima,
    frames: Frames | None,
) -> None:
    distances = optima.distances(experiment, history)
    known = optimum.limits(experiment, optima)
    places = iter(st.columns(2) if known is not None else [st.container()])
    if distances is not None or optima.pending:
        with next(places):
            _way_to_optimum(experiment, distances, run, optima, frames)
    if known is not None:
        with next(places):
            step_against_limits(experiment, optima)


def _way_to_optimum(
    experiment: Experiment,
    distances: pd.DataFrame | None,
    run: Run | None,
    optima: Optima,
    frames: Frames | None,
) -> None:
    if distances is None:
        st.skeleton(height=340)
        return
    gaps = None if run is None else optimum.gradient_gaps(run)
    floor = optimum.floor(experiment, optima)
    figure.show(
        recipe(
            charts.distance,
            experiment,
            distances,
            theme=figure.theme(),
            gaps=gaps,
            floor=floor,
        ),
        key="distance",
        alt=figure.describe("Distance to the optimum", distances, "distance"),
        height=340,
        frames=frames,
    )
    if gaps is not None and not gaps.empty:
        st.caption(
            "Solid: above the proved lower bound. Dashed: what the run's own gradient proves,"
            " |∇P|² / 4λ.",
            help=f"**Noise floor:** {NOISE_FLOOR}" if floor else None,
        )


def step_against_limits(experiment: Experiment, optima: Optima) -> None:
    """The chart of the step's limits, where it has any."""
    known = optimum.limits(experiment, optima)
    if known is None:
        return
    edge = "" if known.at_optimum is None else f", edge at the optimum {_told(known.at_optimum)}"
    explained = explanations(experiment)
    figure.show(
        recipe(steps.limits, known, experiment.learning_rate, figure.theme()),
        key="step-limits",
        alt=f"Learning rate {experiment.learning_rate:g} against its limits: always"
        f" stable {known.guaranteed:.3g}, at the start {_told(known.at_start)}{edge}.",
        height=260,
    )
    st.caption(
        "For full gradients; minibatches are noisy and need shorter steps. Beyond the edge no"
        " training comes to rest at the optimum.",
        help="  \n".join(
            f"**{name}:** {explained[field]}"
            for name, field in {
                "Always stable": "guaranteed",
                "At the start": "at_start",
                "Edge at the optimum": "at_optimum",
            }.items()
        ),
    )


def _told(limit: float) -> str:
    return f"{limit:.3g}" if math.isfinite(limit) else "none"
