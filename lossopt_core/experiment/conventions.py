"""Conventions behind the numbers: how this project defines them, and how other tools do.

When two tools report different losses or need different strengths for the same classifier, the
reason is usually one of these.  The conventions follow CS231n's lecture 3 and its notes, "Linear
classification".
"""

import math
from dataclasses import dataclass
from typing import Any

from lossopt_core.experiment.description import (
    Experiment,
    loss_of,
    parameter_names,
    regularizer_of,
)
from lossopt_core.objective.losses import LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS

SHORT = (
    "objective = mean loss + strength*R(W); R: l2 sum(W^2), not halved; bias not penalised; logs in"
    " nats"
)
"""Added to exports."""
IN_WORDS = (
    "The objective is the mean loss over the training examples plus λ times the penalty. The L2"
    " penalty is ΣW², not halved; the L1 penalty is Σ|W|. The bias is not penalised. Cross-entropy"
    " is in nats. Hinge losses use the margin Δ from the settings."
)
FULL, HALVED = "full", "halved"
"""λ ΣW², as used here, or ½ λ' ΣW², as in many textbooks and in scikit-learn."""


@dataclass(frozen=True)
class Convention:
    """A quantity with several common definitions: the one used here and the others."""

    topic: str
    here: str
    elsewhere: str


def conventions(experiment: Experiment, penalty: str = FULL) -> list[Convention]:
    """The conventions relevant to an experiment, with its own numbers filled in.

    `penalty` selects how the L2 penalty is written: `FULL` or `HALVED`.
    """
    found = [_data_loss(experiment)]
    if parameter_names(type(regularizer_of(experiment))):
        found += _penalty(experiment, penalty)
        found += _gradient_of_penalty(experiment, penalty)
        found.append(_bias())
    loss = loss_of(experiment)
    if "margin" in parameter_names(type(loss)):
        found.append(_margin(experiment))
    if loss.unit == "nats":
        found.append(_logarithm(loss.label.lower()))
    return [*found, *_scikit_learn(experiment)]


def _data_loss(experiment: Experiment) -> Convention:
    n = experiment.train_examples
    return Convention(
        "Data loss",
        f"mean over the {n:,} training examples",
        f"a sum over examples is {n:,} times as large; it needs the strength {n:,} × λ for the"
        " same classifier",
    )


def _penalty(experiment: Experiment, penalty: str) -> list[Convention]:
    """How the penalty is written; empty for penalties of another form than the built-in ones."""
    strength, shares = experiment.strength, _shares(experiment)
    if "l1_ratio" in parameter_names(REGULARIZERS[experiment.regularizer]):
        mixed = shares == (experiment.l1_ratio, 1.0 - experiment.l1_ratio)
        return [_elastic_net(experiment, penalty)] if mixed else []
    if shares == (1.0, 0.0):
        return [Convention("Penalty", f"λ Σ|W| with λ = {strength:.6g}", "written the same")]
    return [_squares(strength, penalty)] if shares == (0.0, 1.0) else []


def _shares(experiment: Experiment) -> tuple[float, float] | None:
    """The factors of Σ|W| and ΣW² at strength 1; None for penalties of another form."""
    unit = regularizer_of(experiment.replace(strength=1.0))
    return (float(unit.absolute), float(unit.squared)) if unit.elastic_net_form else None


def _squares(strength: float, penalty: str) -> Convention:
    if penalty == HALVED:
        return Convention(
            "Penalty",
            f"½ λ′ ΣW² with λ′ = 2 λ = {2 * strength:.6g}",
            f"λ ΣW² with λ = {strength:.6g} (the setting)",
        )
    return Convention(
        "Penalty",
        f"λ ΣW² with λ = {strength:.6g}, not halved",
        f"½ λ′ ΣW² with λ′ = 2 λ = {2 * strength:.6g}",
    )


def _elastic_net(experiment: Experiment, penalty: str) -> Convention:
    strength, ratio = experiment.strength, experiment.l1_ratio
    ours = f"λ (ρ Σ|W| + (1 − ρ) ΣW²) with λ = {strength:.6g}, ρ = {ratio:.6g}"
    theirs, of_theirs = _halved_elastic_net(strength, ratio)
    halved = f"λ′ (ρ′ Σ|W| + ½ (1 − ρ′) ΣW²) with λ′ = {theirs:.6g}, ρ′ = {of_theirs:.6g}"
    if penalty == HALVED:
        return Convention("Penalty", halved, f"{ours} (the settings)")
    return Convention("Penalty", ours, halved)


def _halved_elastic_net(strength: float, ratio: float) -> tuple[float, float]:
    """Strength and L1 ratio if the squared weights are halved, as in scikit-learn."""
    theirs = strength * (2.0 - ratio)
    return theirs, strength * ratio / theirs if theirs else ratio


def _gradient_of_penalty(experiment: Experiment, penalty: str) -> list[Convention]:
    squared = float(regularizer_of(experiment).squared)
    if squared == 0:
        return []
    written = ("2 λ W", "λ′ W") if penalty == FULL else ("λ′ W", "2 λ W")
    alone = _shares(experiment) == (0.0, 1.0)
    words = "of the penalty" if alone else "of the squared part"
    if alone:
        here, elsewhere = f"{written[0]} = {2 * squared:.6g} W", f"{written[1]}, the same numbers"
    else:
        here, elsewhere = f"{2 * squared:.6g} W", "the same numbers"
    return [Convention(f"Gradient {words}", here, elsewhere)]


def _bias() -> Convention:
    return Convention(
        "Bias", "not penalised", "penalised by LIBLINEAR and wherever the bias trick is used"
    )


def _margin(experiment: Experiment) -> Convention:
    margin = experiment.margin
    elsewhere, power = "1 in most tools", LOSSES[experiment.loss].homogeneity
    if power is not None:
        times = {1: "Δ", 2: "Δ²"}.get(power, f"Δ^{power}")
        elsewhere += f"; with margin Δ, weights Δ times as large give {times} times the loss"
    return Convention("Margin", f"Δ = {margin:.6g}", elsewhere)


def _logarithm(loss: str) -> Convention:
    return Convention(
        "Logarithm",
        f"natural: {loss} in nats",
        f"{1 / math.log(2):.4f} times as large in bits, {1 / math.log(10):.4f} times with log₁₀",
    )


def scikit_learn_estimator(experiment: Experiment) -> tuple[str, dict[str, Any]] | None:
    """The scikit-learn estimator with the same optimum and its parameters, or None.

    `LogisticRegression` minimises C times the sum of the losses + ρ Σ|w| + (1 - ρ)/2 Σw².  For two
    classes it has one weight vector w, the difference of ours, for which ΣW² is at best w²/2.
    """
    n, two = experiment.train_examples, experiment.size.classes == 2
    penalty, estimator = regularizer_of(experiment), LOSSES[experiment.loss].scikit_learn
    if not penalty.elastic_net_form or penalty.absolute + penalty.squared == 0:
        return None
    absolute, halved = float(penalty.absolute), float(penalty.squared) * (1.0 if two else 2.0)
    c = 1.0 / ((absolute + halved) * n)
    if estimator == "LogisticRegression":
        if absolute == 0:
            return estimator, {"C": c}
        ratio = absolute / (absolute + halved)
        return estimator, {"C": c, "l1_ratio": ratio, "solver": "saga"}
    if estimator == "SVC" and two and absolute == 0 and experiment.margin == 1.0:
        return estimator, {"kernel": "linear", "C": c}
    return None


def _scikit_learn(experiment: Experiment) -> list[Convention]:
    found = scikit_learn_estimator(experiment)
    if found is None:
        return []
    name, parameters = found
    shown = ", ".join(
        f"{key}={value:.6g}" if isinstance(value, float) else f'{key}="{value}"'
        for key, value in parameters.items()
    )
    two = experiment.size.classes == 2
    formulas = {(1.0, 0.0): "C = 1/(λ n)", (0.0, 1.0): "C = 1/(2 λ n), for more than two classes"}
    if two:
        formulas[0.0, 1.0] = "C = 1/(λ n), for two classes"
    formula = None
    if "l1_ratio" not in parameter_names(REGULARIZERS[experiment.regularizer]):
        formula = formulas.get(_shares(experiment) or (0.0, 0.0))
    words = f"{name}({shown})" + (f"; {formula}" if formula else "")
    return [Convention("Same optimum in scikit-learn", f"λ = {experiment.strength:.6g}", words)]
