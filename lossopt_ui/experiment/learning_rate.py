"""The learning rate: a suggested value, and its ratio to the stability limit."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
)
from lossopt_core.experiment.description import optimizer_of
from lossopt_core.theory.stability import penalty_limit, smoothness, starting_learning_rate
from lossopt_ui.experiment import form
from lossopt_ui.identity import missing_data
from lossopt_ui.state import widgets

HIGHEST_SHOWN = 10.0
"""Limits above this are not mentioned: nobody gets near them."""


def steps(
    alternatives: Sequence[Mapping[str, Any]], beside: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Controls of the learning rate and its schedule, shared by all `alternatives`.

    Until somebody sets it, the learning rate is the smallest of those suggested for the
    alternatives. Experiments trained `beside` them use their own rate if needed (see `own`).
    """
    experiments = _experiments(alternatives)
    suggested = missing_data.known(
        lambda: min(map(starting_learning_rate, experiments), default=None)
    )
    if suggested is None and not widgets.is_set("learning_rate"):
        widgets.reset("learning_rate")  # a suggestion from before the data went missing
    rate = widgets.setting("learning_rate", suggested=suggested)
    with_rate = [each.replace(learning_rate=rate) for each in experiments]
    others = [own(each.replace(learning_rate=rate)) for each in _experiments(beside)]
    with missing_data.part("Suggested learning rate and its stability limit"):
        notes(with_rate + others)
    if suggested is not None and rate != suggested:
        st.button(
            f"Use suggested rate {suggested:g}",
            key="suggested",
            on_click=widgets.reset,
            args=("learning_rate",),
        )
    return {"learning_rate": rate, "schedule": widgets.setting("schedule")}


def _experiments(alternatives: Sequence[Mapping[str, Any]]) -> list[Experiment]:
    return [each for each in map(form.fitting, alternatives) if each is not None]


def own(experiment: Experiment) -> Experiment:
    """The experiment, with the suggested learning rate if its own is above the stability limit.

    A learning rate that somebody has set is kept, and so is any if the data are missing.
    """
    known = missing_data.known(lambda: _share_and_limit(experiment))
    if widgets.is_set("learning_rate") or known is None or known[0] <= 1:
        return experiment
    return experiment.replace(learning_rate=starting_learning_rate(experiment))


def notes(experiments: Sequence[Experiment]) -> None:
    """One line per experiment: its learning rate vs the stability limit, or why there is none."""
    several = len({each.loss for each in experiments}) > 1
    notes = []
    for each in experiments:
        note = against_limit(each) or why_no_limit(each, brief=several)
        if each.learning_rate != experiments[0].learning_rate:
            note = f"uses {each.learning_rate:g} instead; {note}"
        label = LOSSES[each.loss].label
        notes.append(f"{label}: {note}" if several else note[0].upper() + note[1:])
    st.caption("  \n".join(dict.fromkeys(notes)))


def against_limit(experiment: Experiment) -> str | None:
    """'learning rate 0.2 is **0.4 × the always stable limit** 0.54.'; None without a limit."""
    known = _share_and_limit(experiment)
    if known is None:
        return None
    share, largest = known
    said = f"the learning rate is **{share:.2g} × the always stable limit** {largest:.3g}"
    return f"{said}: training may diverge or never converge." if share > 1 else f"{said}."


def limit(experiment: Experiment) -> float | None:
    """The learning rate below which full-batch training is always stable; None if unknown."""
    bound, proven = smoothness(experiment), optimizer_of(experiment).proven_threshold()
    return None if bound is None or proven is None else proven / bound


def _share_and_limit(experiment: Experiment) -> tuple[float, float] | None:
    """The learning rate as a share of the always stable limit, and that limit."""
    known = limit(experiment)
    return None if known is None else (experiment.learning_rate / known, known)


def why_no_limit(experiment: Experiment, *, brief: bool = False) -> str:
    """What a large learning rate does if there is no stability limit."""
    optimizer, loss = optimizer_of(experiment), LOSSES[experiment.loss]
    if optimizer.proven_threshold() is None:
        rule = optimizer.label
        if not optimizer.steps_keep_length and not optimizer.steps_vanish:
            return f"no stability limit is known for {rule}."
        return (
            f"{rule} divides its updates by the size of recent gradients, so the limit 2 / L does"
            " not apply to it."
        )
    largest = penalty_limit(experiment)
    if largest is not None and experiment.learning_rate >= largest:
        return (
            f"the learning rate is **{experiment.learning_rate / largest:.2g} ×** {largest:.3g},"
            " the value above which the penalty can make training diverge."
        )
    if loss.smooth:
        penalty = REGULARIZERS[experiment.regularizer].label
        return f"no stability limit is known for {loss.label} with the penalty {penalty}."
    rate = "a constant learning rate"
    if largest is not None and largest <= HIGHEST_SHOWN:
        rate += f" below {largest:.3g}"
    if brief:
        return f"{rate} does not diverge, but bounces around the optimum."
    return (
        f"{loss.label} has kinks, so there is no limit like 2 / L: {rate} does not diverge, but"
        " does not converge either. It bounces around the optimum, closer to it for smaller rates."
    )
