r"""From which strength on an L1 penalty sets every weight to zero.

Zero weights are optimal exactly if some subgradient of the objective vanishes there: with the
bias b that is best for them there must be pulls A (see `duality`), one subgradient of the loss
for each example, that leave the bias in balance and whose gradient G with respect to the
weights is nowhere larger than the penalty's threshold a (Kuhn-Tucker conditions; for the lasso
Osborne, Presnell and Turlach, 2000).  The threshold sought is

    min over such A of  max over weights of |G|.

A smooth loss has one such A, its gradient.  The hinge has many where a score lies on a kink.
With zero weights all examples of a class have the same scores, so that whole classes lie on
kinks; the smallest |G| is a linear program in their pulls, all of which lie in [0, 1].
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from lossopt_core.duality import Problem
from lossopt_core.experiment import Experiment, regularizer_of
from lossopt_core.linear import Array
from lossopt_core.losses import CERTIFIED_LOSSES, set_true_class
from lossopt_core.suboptimality import with_best_bias

ROUNDING = 1e-9
"""Relative differences, from a kink or between slopes, that are none."""
FIRST_WEIGHTS = 20
"""How many weights the linear program looks at first; those that it forgot come after."""


def zero_strength(experiment: Experiment) -> float | None:
    """The strength above which all weights are zero at the optimum, and below which not.

    It depends on the data, the loss and the L1 share, not on the experiment's own strength.
    None for penalties without absolute values, where there is no such strength, and for losses
    whose dual is not known.
    """
    share = float(regularizer_of(replace(experiment, strength=1.0)).absolute)
    if share == 0.0 or experiment.loss not in CERTIFIED_LOSSES:
        return None
    problem = Problem.of(experiment)
    if experiment.loss == "hinge":
        return _least_slope_of_hinge(problem) / share
    zero = with_best_bias(problem, np.zeros((problem.classes, problem.X.shape[1])))
    _, pulls = problem.smooth_part(zero)
    return _largest(problem.pull_back(pulls)) / share


def _largest(gradient: Array) -> float:
    """The largest entry of a gradient (C, D + 1), the bias left out."""
    return float(np.abs(gradient[:, :-1]).max(initial=0.0))


def _least_slope_of_hinge(problem: Problem) -> float:
    """The linear program, with the weights that decide found one after the other."""
    pulls, on_kink = _pulls_of_hinge(problem)
    fixed, (classes, examples) = problem.pull_back(pulls), np.nonzero(on_kink)
    if len(classes) == 0:
        return _largest(fixed)
    features = problem.X[examples] / problem.examples
    # How an entry of the gradient changes with each pull on a kink, by its class.
    signs = np.equal.outer(np.arange(problem.classes), classes).astype(np.float64)
    signs -= np.equal.outer(np.arange(problem.classes), problem.labels[examples])
    bias = fixed[:, -1], signs * features[:, -1]
    looked_at = np.argsort(-np.abs(fixed[:, :-1]), axis=None)[:FIRST_WEIGHTS]
    while True:
        rows, columns = np.unravel_index(looked_at, fixed[:, :-1].shape)
        change = signs[rows] * features[:, columns].T
        least, pulls[on_kink] = _least_of_largest(fixed[rows, columns], change, *bias)
        gradient = np.abs(problem.pull_back(pulls)[:, :-1]).ravel()
        forgotten = np.setdiff1d(np.flatnonzero(gradient > least * (1 + ROUNDING)), looked_at)
        if len(forgotten) == 0:
            return least
        looked_at = np.concatenate([looked_at, forgotten])


def _pulls_of_hinge(problem: Problem) -> tuple[Array, NDArray[np.bool_]]:
    """Pulls (C, n) at zero weights with the best bias, and which of them are free, on kinks."""
    zero = np.zeros((problem.classes, problem.X.shape[1]))
    zero[:, -1] = _best_bias_of_hinge(problem)
    missing = problem.margins(problem.scores(zero))
    set_true_class(missing, problem.true, -problem.margin)  # never pulled
    on_kink = np.abs(missing) <= ROUNDING * problem.margin
    return np.where(on_kink, 0.0, (missing > 0).astype(np.float64)), on_kink


def _least_of_largest(
    start: Array, change: Array, bias: Array, bias_change: Array
) -> tuple[float, Array]:
    """min over p in [0, 1] of max |start + change p|, such that bias + bias_change p = 0.

    Returns the minimum and its p.
    """
    most = np.full((len(start), 1), -1.0)
    found = linprog(
        np.append(np.zeros(change.shape[1]), 1.0),
        A_ub=np.block([[change, most], [-change, most]]),
        b_ub=np.concatenate([-start, start]),
        A_eq=np.hstack([bias_change, np.zeros((len(bias), 1))]),
        b_eq=-bias,
        bounds=[(0.0, 1.0)] * change.shape[1] + [(0.0, None)],
    )
    if found.status != 0:
        raise ArithmeticError(f"no least slope was found: {found.message}")
    return float(found.fun), found.x[:-1]


def _best_bias_of_hinge(problem: Problem) -> Array:
    """The bias (C,) that is best for zero weights: a linear program of the classes alone.

    Of the share p_y of the examples in class y, each other class j costs the excess
    max(0, margin + b_j - b_y).
    """
    shares = np.bincount(problem.labels, minlength=problem.classes) / problem.examples
    true, other = np.nonzero(~np.eye(problem.classes, dtype=bool) & (shares[:, None] > 0))
    pairs = np.arange(len(true))
    excess = np.zeros((len(pairs), problem.classes + len(pairs)))
    excess[pairs, other] = 1.0
    excess[pairs, true] = -1.0
    excess[pairs, problem.classes + pairs] = -1.0
    found = linprog(
        np.concatenate([np.zeros(problem.classes), shares[true]]),
        A_ub=excess,
        b_ub=np.full(len(pairs), -problem.margin),
        bounds=[(None, None)] * problem.classes + [(0.0, None)] * len(pairs),
    )
    if found.status != 0:
        raise ArithmeticError(f"no best bias was found: {found.message}")
    bias: Array = found.x[: problem.classes]
    return bias
