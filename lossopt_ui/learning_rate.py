"""The learning rate: a good one to begin with, and how far it is from its limit."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import LOSSES, OPTIMIZERS, Experiment, suggested_learning_rate
from lossopt_core.stability import rule_of, smoothness
from lossopt_ui import controls


def steps(alternatives: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Controls of the length of a step, for all trainings that will have it.

    Until somebody sets it, the learning rate is the smallest of those suggested for them.
    """
    fitting = filter(None, map(controls.fitting, alternatives))
    experiments = [each.but(learning_rate=1.0) for each in fitting]
    suggested = min(map(suggested_learning_rate, experiments), default=None)
    rate = controls.setting("learning_rate", suggested=suggested)
    if experiments:
        _notes([each.but(learning_rate=rate) for each in experiments])
    if suggested is not None and rate != suggested:
        st.button(
            f"Use the suggested {suggested:g}",
            key="suggested",
            on_click=controls.forget,
            args=("learning_rate",),
        )
    return {"learning_rate": rate, "schedule": controls.setting("schedule")}


def _notes(experiments: Sequence[Experiment]) -> None:
    several = len({each.loss for each in experiments}) > 1
    notes = {}
    for each in experiments:
        label = f"{LOSSES[each.loss].label}: " if several else ""
        note = against_limit(each) or why_no_limit(each, brief=several)
        notes[label + note if several else note[0].upper() + note[1:]] = None
    st.caption("  \n".join(notes))


def against_limit(experiment: Experiment) -> str | None:
    """'Your step is 0.4 of the guaranteed limit 0.54'; None where there is no limit."""
    bound, reach = smoothness(experiment), rule_of(experiment).reach()
    if bound is None or reach is None:
        return None
    limit = reach / bound
    share = experiment.learning_rate / limit
    if share > 1:
        return (
            f"your step is **{share:.3g} times the guaranteed limit** {limit:.3g}: it may diverge."
        )
    return f"your step is **{share:.2g} of the guaranteed limit** {limit:.3g}."


def why_no_limit(experiment: Experiment, *, brief: bool = False) -> str:
    """What happens to long steps where there is no limit."""
    if rule_of(experiment).reach() is None:
        rule = OPTIMIZERS[experiment.optimizer].label
        return (
            f"{rule} divides its steps by the size of recent gradients, so that the limit 2 / L"
            " does not apply to it."
        )
    if brief:
        return "no limit; a constant step ends in a ball of noise around the optimum."
    return (
        f"{LOSSES[experiment.loss].label} has kinks and so no limit like 2 / L: a constant step"
        " does not diverge, but ends in a ball of noise around the optimum, the smaller the step"
        " the smaller the ball."
    )
