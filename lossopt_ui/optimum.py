"""What is known of the best possible objective of the runs on a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lossopt_core import (
    LOSSES,
    Certificate,
    Experiment,
    Run,
    StepLimits,
    free_gaps,
    noise_floor,
    step_limits,
    with_distance,
)
from lossopt_core.certificates import problem_id
from lossopt_ui import workspace
from lossopt_ui.certifier import Certifier


@dataclass(frozen=True, eq=False)
class Optima:
    """Certificates of the experiments that have one.

    pending     whether more are being computed
    """

    certificates: dict[Experiment, Certificate]
    pending: bool

    def along(self, experiment: Experiment, history: pd.DataFrame) -> pd.DataFrame | None:
        """A history with its distances to the optimum; None while that is not known."""
        certificate = self.certificates.get(experiment)
        return None if certificate is None else with_distance(history, certificate)


POLL = 0.5
"""Seconds between two looks at whether a certificate has come."""


@st.cache_resource
def _certifier() -> Certifier:
    return Certifier()


def look_up(experiments: Sequence[Experiment], *, ask: bool = True) -> Optima:
    """The certificates that are kept; the others are asked for."""
    store = workspace.store()
    found = {each: store.certificate(each) for each in experiments}
    if not ask:
        return Optima({each: known for each, known in found.items() if known}, pending=False)
    asked = [_certifier().ask(each, store) for each, known in found.items() if known is None]
    return Optima({each: known for each, known in found.items() if known}, pending=any(asked))


def watch(experiments: Sequence[Experiment], draw: Callable[[Optima], None]) -> None:
    """Draw with what is known, and again whenever more is: a fragment of the page."""
    polling = look_up(experiments).pending
    state = {"drawn": False}
    st.fragment(_show, run_every=POLL if polling else None)(experiments, draw, polling, state)


def _show(
    experiments: Sequence[Experiment],
    draw: Callable[[Optima], None],
    polling: bool,
    state: dict[str, bool],
) -> None:
    optima = look_up(experiments)
    if polling and state["drawn"] and not optima.pending:
        st.rerun()  # ends the polling
    state["drawn"] = True
    draw(optima)


def limits(experiment: Experiment, optima: Optima) -> StepLimits | None:
    """The limits of the experiment's step, with the edge at the optimum once that is known."""
    certificate = optima.certificates.get(experiment)
    named = (experiment.optimizer, experiment.momentum, experiment.init_scale, experiment.seed)
    return _limits((problem_id(experiment), *named, certificate is None), experiment, certificate)


@st.cache_data(max_entries=200, show_spinner=False)
def _limits(
    of: tuple[object, ...], _experiment: Experiment, _certificate: Certificate | None
) -> StepLimits | None:
    return step_limits(_experiment, _certificate)


def floor(experiment: Experiment, optima: Optima) -> float | None:
    """Where the noise of SGD's steps is predicted to hold the objective above the optimum."""
    certificate = optima.certificates.get(experiment)
    return None if certificate is None else _floor(experiment.id, experiment, certificate)


@st.cache_data(max_entries=200, show_spinner=False)
def _floor(id: str, _experiment: Experiment, _certificate: Certificate) -> float | None:
    return noise_floor(_experiment, _certificate)


def gaps(run: Run) -> pd.DataFrame:
    """What the run's own gradients prove."""
    return _gaps((run.id, len(run.path)), run)


@st.cache_data(max_entries=50, show_spinner=False)
def _gaps(of: tuple[str, int], _run: Run) -> pd.DataFrame:
    return free_gaps(_run)


def within(objective: float, certificate: Certificate) -> str:
    """'within 3e-6 of the best possible (certified)'."""
    distance = max(0.0, objective - certificate.lower_bound)
    return f"within {brief(distance)} of the best possible (certified)"


def brief(value: float) -> str:
    """One digit, and powers of ten as people write them: 0.02, 3e-6."""
    return f"{value:.1g}".replace("e-0", "e-").replace("e+0", "e")


def verdict(experiment: Experiment, objective: float, optima: Optima) -> str:
    """What can be said of a run's objective, as a sentence."""
    certificate = optima.certificates.get(experiment)
    if certificate is None:
        if optima.pending:
            return "Computing the best possible objective, with a proof …"
        label = LOSSES[experiment.loss].label
        return f"For {label} the best possible objective cannot be proved."
    if certificate.lower_bound == 0:
        return (
            "Without a penalty only 0 is known to be a bound: data that lines can separate come"
            " ever nearer to it, others stay above."
        )
    return (
        f"**{within(objective, certificate).capitalize()}**: no classifier has an objective below"
        f" {certificate.lower_bound:.6g} here."
    )
