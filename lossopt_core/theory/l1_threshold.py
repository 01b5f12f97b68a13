r"""The smallest L1 strength at which all weights are zero at the optimum.

Zero weights are optimal if and only if zero is a subgradient of the objective there: with the
optimal bias b there must be duals A (see `duality`), one subgradient of the loss for each
example, that balance the bias and whose gradient G with respect to the weights nowhere exceeds
the penalty's threshold a (Kuhn-Tucker conditions; for the lasso Osborne, Presnell and Turlach,
2000).  The threshold is

    min over such A of  max over weights of |G|.

A smooth loss has exactly one such A, its gradient.  A loss with kinks has many if a score lies
on a kink.  At zero weights all examples of a class have the same scores, so whole classes lie
on kinks; the smallest |G| is a linear program in their duals, which lie in the loss's domain.
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
    "Exact: zero weights are optimal if and only if no weight's gradient at zero weights and the"
    " optimal bias exceeds the penalty's threshold (Kuhn-Tucker; Osborne, Presnell and Turlach,"
    " 2000)."
)
"""The theorem behind `zero_strength`, for display."""
ROUNDING = 1e-9
"""Relative tolerance for kinks and gradients."""
FIRST_WEIGHTS = 20
"""Number of weights in the first linear program; violated ones are added later."""

MAX_COUPLED = 1_000
"""Maximum number of coupled duals on kinks: a larger linear program takes minutes."""


def zero_strength(experiment: Experiment) -> float | None:
    """The smallest strength at which all weights are zero at the optimum.

    It depends on the data, the loss and the L1 ratio, not on the experiment's own strength.

    Returns:
        The strength, or None for penalties without an L1 part, for losses without a known dual,
        and for large problems with the Crammer-Singer loss, where computing it takes too long.
    """
    share = float(regularizer_of(replace(experiment, strength=1.0)).absolute)
    if share == 0.0 or why_not_certified(experiment.loss, experiment.regularizer):
        return None
    problem = Problem.of(experiment)
    if not problem.loss.smooth:
        least = _smallest_gradient(problem)
        return None if least is None else least / share
    zero = with_best_bias(problem, np.zeros((problem.classes, problem.X.shape[1])))
    _, duals = problem.smooth_part(zero)
    return _largest(problem.pull_back(duals)) / share


def _largest(gradient: Array) -> float:
    """The largest entry of a gradient (C, D + 1) without the bias."""
    return float(np.abs(gradient[:, :-1]).max(initial=0.0))


def _smallest_gradient(problem: Problem) -> float | None:
    """Solve one linear program, or one per class if the classes are independent.

    None for a program that would take too long.
    """
    duals, free, tight = _duals_at_zero(problem)
    if problem.domain.coupled and free.sum() > MAX_COUPLED:
        return None
    if problem.loss.pairwise:
        return _min_max_gradient(problem, duals, free, tight)
    each = np.eye(problem.classes, dtype=bool)[:, :, None]
    return max(_min_max_gradient(problem, duals, free & one, tight) for one in each)


def _min_max_gradient(
    problem: Problem, duals: Array, free: NDArray[np.bool_], tight: NDArray[np.bool_]
) -> float:
    """One program; violated weights are added until none remain (constraint generation)."""
    fixed, (classes, examples) = problem.pull_back(duals), np.nonzero(free)
    if len(classes) == 0:
        return _largest(fixed)
    features = problem.X[examples] / problem.examples
    # Derivative of the gradient's entries in each dual on a kink, by class.
    signs = np.equal.outer(np.arange(problem.classes), classes).astype(np.float64)
    if problem.loss.pairwise:
        signs -= np.equal.outer(np.arange(problem.classes), problem.labels[examples])
    else:
        signs[:, classes == problem.labels[examples]] *= -1.0
    # Classes that these duals do not affect have programs of their own.
    here = np.flatnonzero(np.abs(signs).any(axis=1))
    fixed, signs = fixed[here], signs[here]
    bias = fixed[:, -1], signs * features[:, -1]
    sum_constraints = _sum_constraints(examples, tight) if problem.domain.coupled else None
    included = np.argsort(-np.abs(fixed[:, :-1]), axis=None)[:FIRST_WEIGHTS]
    while True:
        rows, columns = np.unravel_index(included, fixed[:, :-1].shape)
        change = signs[rows] * features[:, columns].T
        least, found = _solve_min_max(fixed[rows, columns], change, bias, sum_constraints)
        gradient = np.abs(fixed + (signs * found) @ features)[:, :-1].ravel()
        violated = np.setdiff1d(np.flatnonzero(gradient > least * (1 + ROUNDING)), included)
        if len(violated) == 0:
            return least
        included = np.concatenate([included, violated])


def _duals_at_zero(problem: Problem) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Duals (C, n) at zero weights with the optimal bias.

    Also which of them are free because they lie on kinks (C, n), and for which examples coupled
    duals must sum to exactly 1, not at most 1 (n,).
    """
    zero = np.zeros((problem.classes, problem.X.shape[1]))
    zero[:, -1] = _best_bias(problem)
    missing = problem.violations(problem.scores(zero))
    if problem.loss.pairwise:
        set_true_class(missing, problem.true, -np.inf)  # always 0
    near = ROUNDING * problem.margin
    if not problem.domain.coupled:
        free = np.abs(missing) <= near
        tight = np.zeros(problem.examples, np.bool_)
        return np.where(free, 0.0, (missing > 0).astype(np.float64)), free, tight
    largest = missing.max(axis=0)
    free = (missing >= largest - near) & (largest >= -near)
    return np.zeros_like(missing), free, largest > near


def _sum_constraints(
    examples: Labels, tight: NDArray[np.bool_]
) -> tuple[sparse.csr_array, Array, Array]:
    """The matrix of sums of each example's free duals, and bounds on the sums."""
    free = np.arange(len(examples))
    sums = sparse.csr_array((np.ones(len(free)), (examples, free)), (len(tight), len(free)))
    return sums, tight.astype(np.float64), np.ones(len(tight))


def _solve_min_max(
    start: Array,
    change: Array,
    bias: tuple[Array, Array],
    sum_constraints: tuple[sparse.csr_array, Array, Array] | None,
) -> tuple[float, Array]:
    """min over p in [0, 1] of max |start + change p|, such that bias[0] + bias[1] p = 0.

    For coupled duals the sums of p must also lie between their bounds.  Returns the minimum and
    its p.
    """
    most, free = np.full((len(start), 1), 1.0), change.shape[1]
    rows = [sparse.csr_array(np.block([[change, -most], [-change, -most]]))]
    rows.append(sparse.csr_array(np.hstack([bias[1], np.zeros((len(bias[0]), 1))])))
    low = [np.full(2 * len(start), -np.inf), -bias[0]]
    high = [-start, start, -bias[0]]
    if sum_constraints is not None:
        sums, at_least, at_most = sum_constraints
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
        raise ArithmeticError(
            f"the linear program for the smallest gradient failed: {found.message}"
        )
    return float(found.fun), found.x[:-1]


def _best_bias(problem: Problem) -> Array:
    """The optimal bias (C,) at zero weights: a linear program in the classes alone.

    All examples of a class have the same violations.  Each violation is bounded by a slack;
    coupled violations share one slack.
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
        raise ArithmeticError(f"the linear program for the optimal bias failed: {found.message}")
    bias: Array = found.x[: problem.classes]
    return bias
