"""Why a training cannot be expected to end at the optimum of its objective, in words.

Every optimizer minimises the declared objective (docs/optimizers.md).  How near it ends also
depends on what it is combined with: kinks, noise, rates that stay as they are.
"""

from lossopt_core.experiment.description import (
    Experiment,
    loss_of,
    optimizer_of,
    regularizer_of,
)
from lossopt_core.optim.schedules import SCHEDULES

AT_REST = 1e-3
"""A schedule that ends at this share of the learning rate or below brings training to rest."""


class ConvergenceWarning(UserWarning):
    """A full-batch training will not end at the optimum of its objective; the message says why."""


def convergence_caveats(experiment: Experiment) -> tuple[str, ...]:
    """Sentences that say why the training ends beside the optimum; none where it ends there.

    A learning rate beyond its limit is not among them: `step_limits` tells that.
    """
    return tuple(filter(None, (rule(experiment) for rule in CAVEATS)))


def is_full_batch(experiment: Experiment) -> bool:
    """Whether every update sees every training example exactly once."""
    whole = experiment.examples_per_update == experiment.train_examples
    return whole and (experiment.full_batch or not experiment.replacement)


def _keeps_its_rate(experiment: Experiment) -> bool:
    """Whether the steps are still long at the end."""
    end = SCHEDULES[experiment.schedule].factor(1.0 - 1.0 / experiment.updates)
    return end > AT_REST and not optimizer_of(experiment).steps_vanish


def _unattained(experiment: Experiment) -> str | None:
    penalty = regularizer_of(experiment)
    if not penalty.elastic_net_form or float(penalty.absolute) + float(penalty.squared) > 0:
        return None
    return (
        "Without a penalty there may be no optimum: where the classes are linearly separable, the"
        " objective approaches 0 while the weights grow without bound."
    )


def _kinks(experiment: Experiment) -> str | None:
    loss = loss_of(experiment)
    if loss.smooth or not _keeps_its_rate(experiment):
        return None
    return (
        f"{loss.label} has kinks, so its subgradients do not shrink near the optimum: unless the"
        " learning rate goes to zero, training bounces around the optimum, closer the smaller the"
        " rate. The cosine schedule brings it to rest."
    )


def _circles(experiment: Experiment) -> str | None:
    rule = optimizer_of(experiment)
    if not rule.steps_keep_length or not _keeps_its_rate(experiment):
        return None
    return (
        f"{rule.label} divides its steps by the size of recent gradients, so"
        " that they stay about as long as the learning rate: it may circle the optimum. The cosine"
        " schedule brings it to rest."
    )


def _noise(experiment: Experiment) -> str | None:
    if is_full_batch(experiment) or not _keeps_its_rate(experiment):
        return None
    return (
        "Minibatch gradients are noisy: unless the learning rate goes to zero, training ends in a"
        " cloud around the optimum, smaller the smaller the rate."
    )


def _mean_of_zeros(experiment: Experiment) -> str | None:
    if not experiment.averaging or float(regularizer_of(experiment).absolute) == 0:
        return None
    return (
        "Averaged weights are rarely exactly zero under L1: the average remembers when they were"
        " not."
    )


CAVEATS = (_unattained, _kinks, _circles, _noise, _mean_of_zeros)
