r"""From which strength on an L1 penalty sets every weight to zero.

Zero weights are optimal exactly if some subgradient of the objective vanishes there: with the
bias b that is best for them there must be pulls A (see `duality`), one subgradient of the loss
for each example, that leave the bias in balance and whose gradient G with respect to the
weights is nowhere larger than the penalty's threshold a (Kuhn-Tucker conditions; for the lasso
Osborne, Presnell and Turlach, 2000).  The threshold sought is

    min over such A of  max over weights of |G|.

A smooth loss has one such A, its gradient.  A loss with kinks has many where a score lies on
one.  With zero weights all examples of a class have the same scores, so that whole classes lie
on kinks; the smallest |G| is a linear program in their pulls, which lie in the loss's domain.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from lossopt_core.certify.duality import Problem
from lossopt_core.experiment.description import Experiment, regularizer_of
from lossopt_core.objective.certifiable import why_not_certified
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import set_true_class
from lossopt_core.theory.suboptimality import with_best_bias

STATEMENT = (
    "Exact: zero weights are optimal if and only if no weight's gradient there, at the best bias,"
    " exceeds the penalty's threshold (Kuhn-Tucker; Osborne, Presnell and Turlach, 2000)."
)
"""What `zero_strength` rests on, for people."""
ROUNDING = 1e-9
"""Relative differences, from a kink or between slopes, that are none."""
FIRST_WEIGHTS = 20
"""How many weights the linear program looks at first; those that it forgot come after."""

MOST_SHARED = 1_000
"""Pulls on kinks that share: a linear program of many more takes minutes."""


def zero_strength(experiment: Experiment) -> float | None:
    """The strength above which all weights are zero at the optimum, and below which not.

    It depends on the data, the loss and the L1 share, not on the experiment's own strength.
    None for penalties without absolute values, where there is no such strength, for losses
    whose dual is not known, and for large problems of Crammer-Singer, where it is not computed.
    """
    share = float(regularizer_of(replace(experiment, strength=1.0)).absolute)
    if share == 0.0 or why_not_certified(experiment.loss, experiment.regularizer):
        return None
    problem = Problem.of(experiment)
    if not problem.loss.smooth:
        least = _least_slope(problem)
        return None if least is None else least / share
    zero = with_best_bias(problem, np.zeros((problem.classes, problem.X.shape[1])))
    _, pulls = problem.smooth_part(zero)
    return _largest(problem.pull_back(pulls)) / share


def _largest(gradient: Array) -> float:
    """The largest entry of a gradient (C, D + 1), the bias left out."""
    return float(np.abs(gradient[:, :-1]).max(initial=0.0))


def _least_slope(problem: Problem) -> float | None:
    """Linear programs: one, or one a class where classes have nothing to do with each other.

    None for a program that would take too long.
    """
    pulls, on_kink, owed = _pulls_at_zero(problem)
    if problem.domain.coupled and on_kink.sum() > MOST_SHARED:
        return None
    if problem.loss.pairwise:
        return _least_of_classes(problem, pulls, on_kink, owed)
    each = np.eye(problem.classes, dtype=bool)[:, :, None]
    return max(_least_of_classes(problem, pulls, on_kink & one, owed) for one in each)


def _least_of_classes(
    problem: Problem, pulls: Array, on_kink: NDArray[np.bool_], owed: NDArray[np.bool_]
) -> float:
    """One program, with the weights that decide found one after the other."""
    fixed, (classes, examples) = problem.pull_back(pulls), np.nonzero(on_kink)
    if len(classes) == 0:
        return _largest(fixed)
    features = problem.X[examples] / problem.examples
    # How an entry of the gradient changes with each pull on a kink, by its class.
    signs = np.equal.outer(np.arange(problem.classes), classes).astype(np.float64)
    if problem.loss.pairwise:
        signs -= np.equal.outer(np.arange(problem.classes), problem.labels[examples])
    else:
        signs[:, classes == problem.labels[examples]] *= -1.0
    # Classes that these pulls do not change are left to their own program.
    here = np.flatnonzero(np.abs(signs).any(axis=1))
    fixed, signs = fixed[here], signs[here]
    bias = fixed[:, -1], signs * features[:, -1]
    sharing = _sharing(examples, owed) if problem.domain.coupled else None
    looked_at = np.argsort(-np.abs(fixed[:, :-1]), axis=None)[:FIRST_WEIGHTS]
    while True:
        rows, columns = np.unravel_index(looked_at, fixed[:, :-1].shape)
        change = signs[rows] * features[:, columns].T
        least, found = _least_of_largest(fixed[rows, columns], change, bias, sharing)
        gradient = np.abs(fixed + (signs * found) @ features)[:, :-1].ravel()
        forgotten = np.setdiff1d(np.flatnonzero(gradient > least * (1 + ROUNDING)), looked_at)
        if len(forgotten) == 0:
            return least
        looked_at = np.concatenate([looked_at, forgotten])


def _pulls_at_zero(problem: Problem) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Pulls (C, n) at zero weights with the best bias.

    Also which of them are free, as they are on kinks (C, n), and for which examples coupled
    pulls must add up to 1 (n,), not at most 1.
    """
    zero = np.zeros((problem.classes, problem.X.shape[1]))
    zero[:, -1] = _best_bias(problem)
    missing = problem.violations(problem.scores(zero))
    if problem.loss.pairwise:
        set_true_class(missing, problem.true, -np.inf)  # never pulled
    near = ROUNDING * problem.margin
    if not problem.domain.coupled:
        on_kink = np.abs(missing) <= near
        owed = np.zeros(problem.examples, np.bool_)
        return np.where(on_kink, 0.0, (missing > 0).astype(np.float64)), on_kink, owed
    largest = missing.max(axis=0)
    on_kink = (missing >= largest - near) & (largest >= -near)
    return np.zeros_like(missing), on_kink, largest > near


def _sharing(examples: Labels, owed: NDArray[np.bool_]) -> tuple[sparse.csr_array, Array, Array]:
    """Sums of the free pulls of each example, and bounds of each sum."""
    free = np.arange(len(examples))
    sums = sparse.csr_array((np.ones(len(free)), (examples, free)), (len(owed), len(free)))
    return sums, owed.astype(np.float64), np.ones(len(owed))


def _least_of_largest(
    start: Array,
    change: Array,
    bias: tuple[Array, Array],
    sharing: tuple[sparse.csr_array, Array, Array] | None,
) -> tuple[float, Array]:
    """min over p in [0, 1] of max |start + change p|, such that bias[0] + bias[1] p = 0.

    If pulls share, then also such that the sums of p lie between their bounds.  Returns the
    minimum and its p.
    """
    most, free = np.full((len(start), 1), 1.0), change.shape[1]
    rows = [sparse.csr_array(np.block([[change, -most], [-change, -most]]))]
    rows.append(sparse.csr_array(np.hstack([bias[1], np.zeros((len(bias[0]), 1))])))
    low = [np.full(2 * len(start), -np.inf), -bias[0]]
    high = [-start, start, -bias[0]]
    if sharing is not None:
        sums, at_least, at_most = sharing
        rows.append(sparse.hstack([sums, sparse.csr_array((len(at_least), 1))]))
        low.append(at_least)
        high.append(at_most)
    found = milp(
        np.append(np.zeros(free), 1.0),
        constraints=LinearConstraint(
            sparse.vstack(rows), np.concatenate(low), np.concatenate(high)
        ),
        bounds=Bounds(0.0, np.append(np.ones(free), np.inf)),
    )
    if found.status != 0:
        raise ArithmeticError(f"no least slope was found: {found.message}")
    return float(found.fun), found.x[:-1]


def _best_bias(problem: Problem) -> Array:
    """The bias (C,) that is best for zero weights: a linear program of the classes alone.

    Examples of a class have the same violations, each of which costs a slack that exceeds it;
    coupled ones have one slack together.
    """
    shares = np.bincount(problem.labels, minlength=problem.classes) / problem.examples
    pairs = (shares[:, None] > 0) & (
        ~np.eye(problem.classes, dtype=bool) | (not problem.loss.pairwise)
    )
    true, other = np.nonzero(pairs)
    row = np.arange(len(true))
    slack = true if problem.domain.coupled else row
    slacks = problem.classes if problem.domain.coupled else len(row)
    excess = np.zeros((len(row), problem.classes + slacks))
    excess[row, other] = 1.0
    if problem.loss.pairwise:
        excess[row, true] = -1.0
    else:
        excess[row[true == other], true[true == other]] = -1.0
    excess[row, problem.classes + slack] = -1.0
    costs = shares if problem.domain.coupled else shares[true]
    found = linprog(
        np.concatenate([np.zeros(problem.classes), costs]),
        A_ub=excess,
        b_ub=np.full(len(row), -problem.margin),
        bounds=[(None, None)] * problem.classes + [(0.0, None)] * slacks,
    )
    if found.status != 0:
        raise ArithmeticError(f"no best bias was found: {found.message}")
    bias: Array = found.x[: problem.classes]
    return bias
