"""The learning rate: a good one to begin with, and how far it is from its limit."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
    suggested_learning_rate,
)
from lossopt_core.experiment.description import optimizer_of
from lossopt_core.theory.stability import penalty_limit, smoothness
from lossopt_ui.experiment import form
from lossopt_ui.identity import missing_data
from lossopt_ui.state import widgets

HIGHEST_TOLD = 10.0
"""Limits above it are not worth a word: nobody comes near."""


def steps(
    alternatives: Sequence[Mapping[str, Any]], beside: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Controls of the length of a step, for all trainings that will have it.

    Until somebody sets it, the learning rate is the smallest of those suggested for the
    alternatives; what is trained beside them may then go its own way (`own`).
    """
    experiments = _experiments(alternatives)
    suggested = missing_data.known(
        lambda: min(map(suggested_learning_rate, experiments), default=None)
    )
    if suggested is None and not widgets.is_set("learning_rate"):
        widgets.forget("learning_rate")  # what was suggested while the data were here
    rate = widgets.setting("learning_rate", suggested=suggested)
    with_rate = [each.replace(learning_rate=rate) for each in experiments]
    others = [own(each.replace(learning_rate=rate)) for each in _experiments(beside)]
    with missing_data.part("The suggested learning rate and its limits"):
        _notes(with_rate + others)
    if suggested is not None and rate != suggested:
        st.button(
            f"Use the suggested {suggested:g}",
            key="suggested",
            on_click=widgets.forget,
            args=("learning_rate",),
        )
    return {"learning_rate": rate, "schedule": widgets.setting("schedule")}


def _experiments(alternatives: Sequence[Mapping[str, Any]]) -> list[Experiment]:
    return [each for each in map(form.fitting, alternatives) if each is not None]


def own(experiment: Experiment) -> Experiment:
    """The experiment, its step at the suggested length if it would be beyond its limit.

    A learning rate that somebody has set stays, and so does any where the data are missing.
    """
    known = missing_data.known(lambda: _share_and_limit(experiment))
    if widgets.is_set("learning_rate") or known is None or known[0] <= 1:
        return experiment
    return experiment.replace(learning_rate=suggested_learning_rate(experiment))


def _notes(experiments: Sequence[Experiment]) -> None:
    """One line an experiment: its step against its limit, or why there is none."""
    several = len({each.loss for each in experiments}) > 1
    notes = []
    for each in experiments:
        note = against_limit(each) or why_no_limit(each, brief=several)
        if each.learning_rate != experiments[0].learning_rate:
            note = f"goes by {each.learning_rate:g} instead; {note}"
        label = LOSSES[each.loss].label
        notes.append(f"{label}: {note}" if several else note[0].upper() + note[1:])
    st.caption("  \n".join(dict.fromkeys(notes)))


def against_limit(experiment: Experiment) -> str | None:
    """'Your step is 0.4 of the always stable limit 0.54'; None where there is no limit."""
    known = _share_and_limit(experiment)
    if known is None:
        return None
    share, largest = known
    if share > 1:
        return (
            f"your step is **{share:.2g} times the always stable limit** {largest:.3g}: it may"
            " diverge or never come to rest."
        )
    return f"your step is **{share:.2g} of the always stable limit** {largest:.3g}."


def limit(experiment: Experiment) -> float | None:
    """The learning rate below which full-batch training is always stable; None without."""
    bound, proven = smoothness(experiment), optimizer_of(experiment).proven_threshold()
    return None if bound is None or proven is None else proven / bound


def _share_and_limit(experiment: Experiment) -> tuple[float, float] | None:
    """The learning rate as a share of the always stable limit, and that limit."""
    known = limit(experiment)
    return None if known is None else (experiment.learning_rate / known, known)


def why_no_limit(experiment: Experiment, *, brief: bool = False) -> str:
    """What happens to long steps where there is no limit."""
    optimizer, loss = optimizer_of(experiment), LOSSES[experiment.loss]
    if optimizer.proven_threshold() is None:
        rule = optimizer.label
        if not optimizer.steps_keep_length and not optimizer.steps_vanish:
            return f"no stability limit is known for {rule}."
        return (
            f"{rule} divides its steps by the size of recent gradients, so that the limit 2 / L"
            " does not apply to it."
        )
    largest = penalty_limit(experiment)
    if largest is not None and experiment.learning_rate >= largest:
        return (
            f"your step is **{experiment.learning_rate / largest:.2g} times** {largest:.3g}, from"
            " which on the penalty can make it diverge."
        )
    if loss.smooth:
        penalty = REGULARIZERS[experiment.regularizer].label
        return f"no stability limit is known for {loss.label} with the penalty {penalty}."
    step = "a constant step"
    if largest is not None and largest <= HIGHEST_TOLD:
        step += f" below {largest:.3g}"
    if brief:
        return f"{step} does not diverge, but jumps to and fro about the optimum."
    return (
        f"{loss.label} has kinks and so no limit like 2 / L: {step} does not"
        " diverge, but does not come to rest either. It jumps to and fro about the optimum, the"
        " nearer the smaller the step."
    )
