"""Explanations of why a training is not expected to end at the optimum.

Every optimizer minimises the declared objective (docs/optimizers.md).  How close it gets also
depends on the loss, the minibatch noise and the learning rate schedule.
"""

from lossopt_core.experiment.description import (
    Experiment,
    loss_of,
    optimizer_of,
    regularizer_of,
)
from lossopt_core.optim.schedules import SCHEDULES

NEGLIGIBLE_RATE = 1e-3
"""A schedule whose final factor is at most this counts as decaying to zero."""


class ConvergenceWarning(UserWarning):
    """Issued when full-batch training will not converge to the optimum; the message says why."""


def convergence_caveats(experiment: Experiment) -> tuple[str, ...]:
    """Sentences that say why training does not converge to the optimum; empty if it does.

    Learning rates beyond the stability limits are not covered: see `step_limits`.
    """
    return tuple(filter(None, (rule(experiment) for rule in CAVEATS)))


def is_full_batch(experiment: Experiment) -> bool:
    """Whether every update uses every training example exactly once."""
    whole = experiment.examples_per_update == experiment.train_examples
    return whole and (experiment.full_batch or not experiment.replacement)


def _rate_stays_high(experiment: Experiment) -> bool:
    """Whether the learning rate is still large at the end."""
    end = SCHEDULES[experiment.schedule].factor(1.0 - 1.0 / experiment.updates)
    return end > NEGLIGIBLE_RATE and not optimizer_of(experiment).steps_vanish


def _no_optimum(experiment: Experiment) -> str | None:
    penalty = regularizer_of(experiment)
    if not penalty.elastic_net_form or float(penalty.absolute) + float(penalty.squared) > 0:
        return None
    return (
        "Without a penalty there may be no optimum: if the classes are linearly separable, the"
        " objective approaches 0 while the weights grow without bound."
    )


def _kinks(experiment: Experiment) -> str | None:
    loss = loss_of(experiment)
    if loss.smooth or not _rate_stays_high(experiment):
        return None
    return (
        f"{loss.label} has kinks, so its subgradients do not shrink near the optimum: unless the"
        " learning rate decays to zero, training bounces around the optimum, at a distance that"
        " shrinks with the learning rate. The cosine schedule decays to zero."
    )


def _oscillates(experiment: Experiment) -> str | None:
    rule = optimizer_of(experiment)
    if not rule.steps_keep_length or not _rate_stays_high(experiment):
        return None
    return (
        f"{rule.label} divides its steps by the size of recent gradients, so they stay about as"
        " long as the learning rate: it may oscillate around the optimum. The cosine schedule"
        " decays to zero."
    )


def _noise(experiment: Experiment) -> str | None:
    if is_full_batch(experiment) or not _rate_stays_high(experiment):
        return None
    return (
        "Minibatch gradients are noisy: unless the learning rate decays to zero, training"
        " fluctuates around the optimum, at a distance that shrinks with the learning rate."
    )


def _average_not_sparse(experiment: Experiment) -> str | None:
    if not experiment.averaging or float(regularizer_of(experiment).absolute) == 0:
        return None
    return (
        "With L1, averaged weights are rarely exactly zero: the average includes earlier iterates"
        " where they were not."
    )


CAVEATS = (_no_optimum, _kinks, _oscillates, _noise, _average_not_sparse)
