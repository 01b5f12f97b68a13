"""The learning rate: a suggested value, and its ratio to the stability limit."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import (
    LOSSES,
    REGULARIZERS,
    Experiment,
)
from lossopt_core.experiment.description import optimizer_of
from lossopt_core.theory.stability import penalty_limit, smoothness

HIGHEST_SHOWN = 10.0
"""Limits above this are not mentioned: nobody gets near them."""


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
