"""Certified optima for the runs on a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context

import pandas as pd
import streamlit as st

from lossopt_core import (
    Certificate,
    Experiment,
    Run,
    StepLimits,
    free_gaps,
    noise_floor,
    step_limits,
    with_distance,
)
from lossopt_core.certify.certificates import PROBLEM_SETTINGS, problem_id
from lossopt_core.objective.certifiable import why_not_certified
from lossopt_ui.figures.caching import cached
from lossopt_ui.identity import missing_data, workspace
from lossopt_ui.jobs import polling, pool
from lossopt_ui.jobs.certifier import Certifier, Failure, within_seconds
from lossopt_ui.state.names import counted, escape_markdown


@dataclass(frozen=True, eq=False)
class Optima:
    """Certificates by experiment.

    pending     whether more are being computed
    asked       whether the missing ones were requested
    failures    why missing ones could not be computed
    """

    certificates: dict[Experiment, Certificate]
    pending: bool
    asked: bool = True
    failures: Mapping[Experiment, Failure] = field(default_factory=dict)

    def of(self, experiment: Experiment) -> Certificate | None:
        """The certificate; None if it is unknown or its lower bound is not positive.

        Without a penalty only the bound 0 is known, which may not be attained.
        """
        certificate = self.certificates.get(experiment)
        return certificate if certificate is not None and certificate.lower_bound > 0 else None

    def distances(self, experiment: Experiment, history: pd.DataFrame) -> pd.DataFrame | None:
        """A history with its distances to the optimum; None if the optimum is unknown."""
        certificate = self.of(experiment)
        return None if certificate is None else with_distance(history, certificate)


@st.cache_resource
def _certifier() -> Certifier:
    return Certifier(solve=lambda experiment: within_seconds(experiment, pool.executor()))


def look_up(experiments: Sequence[Experiment], *, ask: bool = True) -> Optima:
    """The saved certificates; the others are requested."""
    store = workspace.store()
    # Runs that differ only in seed or optimizer settings share their optimum.
    first: dict[str, Experiment] = {}
    problems = {each: problem_id(each) for each in experiments}
    for each, problem in problems.items():
        first.setdefault(problem, each)
    found = store.certificates(first.values())
    unknown = [each for each in first.values() if each not in found]
    asked = [_certifier().ask(each, store) for each in unknown if ask]
    failures = {problems[each]: _certifier().failure(each, store) for each in unknown}
    return Optima(
        {each: found[first[p]] for each, p in problems.items() if first[p] in found},
        any(asked),
        asked=ask,
        failures={
            each: failure
            for each, problem in problems.items()
            if (failure := failures.get(problem)) is not None
        },
    )


def watch(experiments: Sequence[Experiment], draw: Callable[[Optima], None]) -> None:
    """Draw with the known certificates, and redraw whenever there are more."""

    def draw_and_say(optima: Optima) -> None:
        show_failures(optima)
        draw(optima)

    polling.watch(lambda: look_up(experiments), lambda optima: optima.pending, draw_and_say)


def show_failures(optima: Optima) -> None:
    """Report certificates that could not be computed, with a button to retry."""
    final = {problem_id(each): each for each, why in optima.failures.items() if why.final}
    with st.container(horizontal=True, vertical_alignment="center"):
        if not final:
            return
        reasons = dict.fromkeys(optima.failures[each].reason for each in final.values())
        st.warning(
            f"{counted(len(final), 'certificate')} could not be computed:"
            f" {escape_markdown('; '.join(reasons))}.",
            icon=":material/error:",
        )
        st.button("Retry", key="retry-certificates", on_click=_retry, args=(list(final.values()),))


def _retry(experiments: Sequence[Experiment]) -> None:
    for each in experiments:
        _certifier().retry(each, workspace.store())


def limits(experiment: Experiment, optima: Optima) -> StepLimits | None:
    """Stability limits of the learning rate, with the edge at the optimum once that is known."""
    named = ("optimizer", "momentum", "init_scale", "seed", *PROBLEM_SETTINGS)
    # A batch size must fit the data.
    alike = Experiment(**{name: getattr(experiment, name) for name in named}, batch_size=1)
    return _limits(alike, optima.certificates.get(experiment))


@cached(1_000)
def _limits(experiment: Experiment, certificate: Certificate | None) -> StepLimits | None:
    return step_limits(experiment, certificate)


def floor(experiment: Experiment, optima: Optima) -> float | None:
    """Predicted noise floor: how far above the optimum SGD's objective settles."""
    certificate = optima.of(experiment)
    return None if certificate is None else _floor(experiment, certificate)


@cached(1_000)
def _floor(experiment: Experiment, certificate: Certificate) -> float | None:
    return noise_floor(experiment, certificate)


@cached(1_000)
def gradient_gaps(run: Run) -> pd.DataFrame:
    """Bounds on the distance to the optimum from the run's own gradients."""
    return free_gaps(run)


def within(objective: float, certificate: Certificate) -> str:
    """'within 3e-6 of the optimum (certified)'."""
    return f"within {at_most(objective - certificate.lower_bound)} of the optimum (certified)"


def at_most(value: float) -> str:
    """Two digits, rounded up because it is an upper bound: 0.021, 3.1e-6."""
    return _rounded(max(0.0, value), 2, ROUND_CEILING)


def at_least(value: float) -> str:
    """Six digits, rounded down because it is a lower bound."""
    return _rounded(value, 6, ROUND_FLOOR)


def _rounded(value: float, digits: int, rounding: str) -> str:
    number = Context(prec=digits, rounding=rounding).create_decimal_from_float(value)
    return f"{number:.{digits}g}".replace("e-0", "e-").replace("e+0", "e")


def why_unknown(experiment: Experiment, optima: Optima) -> str:
    """Why there is no certified optimum, as a sentence."""
    if experiment in optima.certificates:
        return (
            "Without a penalty the only proven lower bound is 0. On linearly separable data the"
            " objective approaches it; on other data it stays above."
        )
    if why_not := why_not_certified(experiment.loss, experiment.regularizer):
        return f"{why_not[0].upper()}{why_not[1:]}."
    if missing_data.is_missing(experiment):
        return "The optimum cannot be computed without the data."
    failure = optima.failures.get(experiment)
    if failure is not None and failure.final:
        return f"The certificate could not be computed: {escape_markdown(failure.reason)}."
    if failure is not None and optima.pending:
        return f"Computing the optimum failed ({escape_markdown(failure.reason)}). Retrying …"
    if optima.pending:
        return "Computing the certified optimum …"
    if not optima.asked:
        return "The distance to the optimum is computed after training."
    return "The certified optimum could not be computed."
