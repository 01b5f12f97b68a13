"""Parts of pages that show the distance to the optimum and the limits of the learning rate."""

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

CERTIFIED_GAP = (
    "**Certified gap:** the objective minus a lower bound that is proven by duality. The run is at"
    " most this far above the optimum."
)


def show_certified_gaps(
    names: Mapping[Experiment, str], histories: Mapping[Experiment, pd.DataFrame], optima: Optima
) -> None:
    """Write one line per objective: the certified gap of each run that minimises it.

    An empty name is not shown. Runs that end above their initial objective are left out.
    """
    problems: dict[str, list[Experiment]] = {}
    for each in names:
        problems.setdefault(problem_id(each), []).append(each)
    lines = [_certified_gaps(members, names, histories, optima) for members in problems.values()]
    caveats = [
        caveat for each in names if is_full_batch(each) for caveat in convergence_caveats(each)
    ]
    text = "  \n".join(filter(None, [*lines, *dict.fromkeys(caveats)]))
    st.caption(text, help=CERTIFIED_GAP if "(certified)" in text else None)
    optimum.show_failures(optima)


def _certified_gaps(
    members: Sequence[Experiment],
    names: Mapping[Experiment, str],
    histories: Mapping[Experiment, pd.DataFrame],
    optima: Optima,
) -> str:
    """The line for experiments that minimise the same objective."""
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
        f"{label}**Within {', '.join(figures)} of the optimum (certified)**; proven lower bound"
        f" {optimum.at_least(certificate.lower_bound)}."
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
    """Chart one loss on its own axis: the objective, or its distance to the optimum."""
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
    """Chart several runs with one loss on one axis: objectives, or distances to the optimum.

    Distances come with the predicted noise floors.
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
            "Dotted: predicted noise floor of SGD with a constant learning rate.", help=NOISE_FLOOR
        )


def distance_and_steps(
    experiment: Experiment,
    history: pd.DataFrame,
    run: Run | None,
    optima: Optima,
    frames: Frames | None = None,
) -> None:
    """Chart the distance to the optimum, and the learning rate vs its stability limits.

    Side by side if both are available.
    """
    with missing_data.part("Distance to the optimum and stability limits of the learning rate"):
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
            _distance_to_optimum(experiment, distances, run, optima, frames)
    if known is not None:
        with next(places):
            learning_rate_limits(experiment, optima)


def _distance_to_optimum(
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
            "Solid: distance to the proven lower bound. Dashed: bound from the run's own gradient,"
            " |∇P|² / 4λ.",
            help=f"**Noise floor:** {NOISE_FLOOR}" if floor else None,
        )


def learning_rate_limits(experiment: Experiment, optima: Optima) -> None:
    """Chart the learning rate vs its stability limits, if there are any."""
    known = optimum.limits(experiment, optima)
    if known is None:
        return
    edge = (
        "" if known.at_optimum is None else f", edge at the optimum {_formatted(known.at_optimum)}"
    )
    explained = explanations(experiment)
    figure.show(
        recipe(steps.limits, known, experiment.learning_rate, figure.theme()),
        key="step-limits",
        alt=f"Learning rate {experiment.learning_rate:g} vs its stability limits: always"
        f" stable {known.guaranteed:.3g}, at the start {_formatted(known.at_start)}{edge}.",
        height=260,
    )
    st.caption(
        "These limits hold for full-batch gradients; noisy minibatch gradients need a smaller"
        " learning rate. Above the edge, training cannot converge to the optimum.",
        help="  \n".join(
            f"**{name}:** {explained[field]}"
            for name, field in {
                "Always stable": "guaranteed",
                "At the start": "at_start",
                "Edge at the optimum": "at_optimum",
            }.items()
        ),
    )


def _formatted(limit: float) -> str:
    return f"{limit:.3g}" if math.isfinite(limit) else "none"
