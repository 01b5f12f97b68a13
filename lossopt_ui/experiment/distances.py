"""Parts of pages that show the distance to the optimum and the limits of the learning rate."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core import Experiment, Run
from lossopt_core.certify.certificates import problem_id
from lossopt_core.theory.stability import NOISE_FLOOR, explanations
from lossopt_core.training.convergence import convergence_caveats, is_full_batch
from lossopt_ui.charts import steps
from lossopt_ui.charts import training as charts
from lossopt_ui.charts.frames import Frames
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.optimum import Optima

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


def distance_to_optimum(
    run: Run, optima: Optima, *, key: str, frames: Frames | None = None
) -> None:
    """Chart the distance of a run to its optimum, with the bound from its own gradient."""
    experiment = run.experiment
    distances = optima.distances(experiment, run.history)
    if distances is None:
        if optima.pending:
            st.skeleton(height=340)
        return
    gaps, floor = optimum.gradient_gaps(run), optimum.floor(experiment, optima)
    figure.show(
        recipe(
            charts.distance, experiment, distances, theme=figure.theme(), gaps=gaps, floor=floor
        ),
        key=key,
        alt=figure.describe("Distance to the optimum", distances, "distance"),
        height=340,
        frames=frames,
    )
    if not gaps.empty:
        st.caption(
            "Solid: distance to the proven lower bound. Dashed: bound from the run's own gradient,"
            " |∇P|² / 4λ.",
            help=f"**Noise floor:** {NOISE_FLOOR}" if floor else None,
        )


def learning_rate_limits(experiment: Experiment, optima: Optima, *, key: str) -> None:
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
        key=key,
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
