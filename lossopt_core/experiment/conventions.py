"""What the numbers mean: the conventions of this project, and what others call the same thing.

Two tools that report different losses, or take different strengths, for one and the same
classifier mostly differ in these.  The conventions are those of CS231n's lecture 3 and its notes,
"Linear classification".
"""

import math
from dataclasses import dataclass
from typing import Any

from lossopt_core.experiment.description import Experiment, regularizer_of

SHORT = (
    "objective = mean loss + strength*R(W); R: l2 sum(W^2), not halved; bias not penalised; logs in"
    " nats"
)
"""What exports carry with their numbers."""
IN_WORDS = (
    "The objective is the mean loss over the training examples plus λ times the penalty. The L2"
    " penalty is ΣW², not halved; the L1 penalty is Σ|W|. The bias is not penalised. Cross-entropy"
    " is in nats. Hinge losses have the margin Δ of the settings."
)
FULL, HALVED = "full", "halved"
"""λ ΣW², as here, or ½ λ' ΣW², as in many textbooks and in scikit-learn."""
HINGES = ("hinge", "squared_hinge", "crammer_singer", "one_vs_all")


@dataclass(frozen=True)
class Convention:
    """One thing that can be counted in several ways: what it is here, and what elsewhere."""

    topic: str
    here: str
    elsewhere: str


def conventions(experiment: Experiment, penalty: str = FULL) -> list[Convention]:
    """The conventions that have a say in an experiment, with its own numbers.

    `penalty` is how squared weights are written: `FULL` or `HALVED`.
    """
    found = [_data_loss(experiment)]
    if experiment.regularizer != "none":
        found.append(_penalty(experiment, penalty))
        found += _gradient_of_penalty(experiment, penalty)
        found.append(_bias())
    if experiment.loss in HINGES:
        found.append(_margin(experiment))
    if experiment.loss == "cross_entropy":
        found.append(_logarithm())
    return [*found, *_scikit_learn(experiment)]


def _data_loss(experiment: Experiment) -> Convention:
    n = experiment.train_examples
    return Convention(
        "Data loss",
        f"mean over the {n:,} training examples",
        f"the sum over them is {n:,} times as large; for the same classifier its strength is"
        f" {n:,} × λ",
    )


def _penalty(experiment: Experiment, penalty: str) -> Convention:
    strength = experiment.strength
    match experiment.regularizer:
        case "l1":
            return Convention("Penalty", f"λ Σ|W| with λ = {strength:.6g}", "written the same")
        case "l2" if penalty == HALVED:
            return Convention(
                "Penalty",
                f"½ λ′ ΣW² with λ′ = 2 λ = {2 * strength:.6g}",
                f"λ ΣW² with λ = {strength:.6g} (the setting)",
            )
        case "l2":
            return Convention(
                "Penalty",
                f"λ ΣW² with λ = {strength:.6g}, not halved",
                f"½ λ′ ΣW² with λ′ = 2 λ = {2 * strength:.6g}",
            )
    ratio = experiment.l1_ratio
    ours = f"λ (ρ Σ|W| + (1 − ρ) ΣW²) with λ = {strength:.6g}, ρ = {ratio:.6g}"
    theirs, of_theirs = _halved_elastic_net(strength, ratio)
    halved = f"λ′ (ρ′ Σ|W| + ½ (1 − ρ′) ΣW²) with λ′ = {theirs:.6g}, ρ′ = {of_theirs:.6g}"
    if penalty == HALVED:
        return Convention("Penalty", halved, f"{ours} (the settings)")
    return Convention("Penalty", ours, halved)


def _halved_elastic_net(strength: float, ratio: float) -> tuple[float, float]:
    """Strength and share of L1 where the squared weights are halved, as in scikit-learn."""
    theirs = strength * (2.0 - ratio)
    return theirs, strength * ratio / theirs if theirs else ratio


def _gradient_of_penalty(experiment: Experiment, penalty: str) -> list[Convention]:
    squared = float(regularizer_of(experiment).squared)
    if squared == 0:
        return []
    written = ("2 λ W", "λ′ W") if penalty == FULL else ("λ′ W", "2 λ W")
    words = "of the penalty" if experiment.regularizer == "l2" else "of the squared part"
    if experiment.regularizer == "l2":
        here, elsewhere = f"{written[0]} = {2 * squared:.6g} W", f"{written[1]}, the same numbers"
    else:
        here, elsewhere = f"{2 * squared:.6g} W", "the same numbers"
    return [Convention(f"Gradient {words}", here, elsewhere)]


def _bias() -> Convention:
    return Convention(
        "Bias", "not penalised", "penalised by LIBLINEAR, and wherever the bias trick is used"
    )


def _margin(experiment: Experiment) -> Convention:
    margin = experiment.margin
    times = "Δ²" if experiment.loss == "squared_hinge" else "Δ"
    return Convention(
        "Margin",
        f"Δ = {margin:.6g}",
        f"1 in most tools; with a margin Δ, weights Δ times as large have {times} times the loss",
    )


def _logarithm() -> Convention:
    return Convention(
        "Logarithm",
        "natural: cross-entropy in nats",
        f"in bits {1 / math.log(2):.4f} times as large, with log₁₀ {1 / math.log(10):.4f} times",
    )


def scikit_learn_estimator(experiment: Experiment) -> tuple[str, dict[str, Any]] | None:
    """The estimator of scikit-learn with the same optimum, and its parameters; None for none.

    `LogisticRegression` minimises C times the sum of the losses + ρ Σ|w| + (1 - ρ)/2 Σw².  Of two
    classes it has one weight vector w, the difference of ours, for which ΣW² is at best w²/2.
    """
    if experiment.regularizer == "none" or experiment.strength == 0:
        return None
    n, two = experiment.train_examples, experiment.size.classes == 2
    penalty = regularizer_of(experiment)
    absolute, halved = float(penalty.absolute), float(penalty.squared) * (1.0 if two else 2.0)
    c = 1.0 / ((absolute + halved) * n)
    if experiment.loss == "cross_entropy":
        if absolute == 0:
            return "LogisticRegression", {"C": c}
        ratio = absolute / (absolute + halved)
        return "LogisticRegression", {"C": c, "l1_ratio": ratio, "solver": "saga"}
    if experiment.loss == "hinge" and two and absolute == 0 and experiment.margin == 1.0:
        return "SVC", {"kernel": "linear", "C": c}
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
    formula = {
        "l2": "C = 1/(λ n), for two classes" if two else "C = 1/(2 λ n), for more than two classes",
        "l1": "C = 1/(λ n)",
    }.get(experiment.regularizer)
    words = f"{name}({shown})" + (f"; {formula}" if formula else "")
    return [Convention("Same optimum in scikit-learn", f"λ = {experiment.strength:.6g}", words)]
