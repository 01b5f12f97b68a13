r"""How long a step may be, and what noise a constant step leaves behind.

Near a minimum an objective is a paraboloid with second derivative H.  Descent with a constant
learning rate α multiplies the distance along an eigenvector of H by 1 - α h a step, so that it
converges exactly if α h < 2 for every eigenvalue h (momentum widens that edge, see
`Optimizer.stability_threshold`).  That holds for quadratics, and so near the start and near the
optimum.  From anywhere something else is proven: with a bound L of the curvature everywhere,
descent converges if α L < 2, but heavy ball only if α L < 2 (1 - β), see
`Optimizer.proven_threshold`.

Minibatch gradients are noisy.  A constant step therefore ends not at the optimum but in a cloud
around it; `noise_floor` says how far above.

Second derivatives are those of the smooth part of the objective: the loss and squared weights.
Absolute values are dealt with by a proximal step, which never lengthens a distance.
"""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np

from lossopt_core.certify.certificates import PROBLEM_SETTINGS, Certificate
from lossopt_core.certify.duality import Problem
from lossopt_core.experiment.caches import cached_by_data
from lossopt_core.experiment.description import (
    FIELDS,
    Experiment,
    loss_of,
    optimizer_of,
    regularizer_of,
)
from lossopt_core.experiment.loading import Data, load_data, without_say
from lossopt_core.fields import Number
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import CrossEntropy
from lossopt_core.training.cohort import initial_weights

LEARNING_RATES = cast(Number, FIELDS["learning_rate"])
MOST_EXAMPLES = 5_000
"""How many examples the spread of the data is estimated from."""
MOST_UNKNOWNS = 2_000
"""Above this the eigenvectors of a second derivative take too long to wait for."""


SMALLEST_CURVATURE = 1e-200
"""What is below counts as none."""


@dataclass(frozen=True)
class StepLimits:
    """Learning rates that a training should stay below.

    guaranteed   always stable: below it full-batch training comes to rest at the optimum from
                 any start.  Proven for every convex objective whose smooth part has curvature at
                 most L: `Optimizer.theorem` names the theorem
    at_start     local: the edge of the quadratic that the objective resembles at the weights
                 that training starts from.  Says nothing about later steps
    at_optimum   local: the edge of the quadratic at the optimum.  Beyond it training cannot come
                 to rest there; below it training does if it comes close.  None where the optimum
                 is not known, or there is none

    Infinite where the objective does not curve.  `explanations` says this to people.
    """

    guaranteed: float
    at_start: float
    at_optimum: float | None


def step_limits(experiment: Experiment, optimum: Certificate | None = None) -> StepLimits | None:
    """The limits of an experiment's learning rate, for steps along full gradients.

    None where there is no such limit: for losses with kinks, whose curvature has no bound, and
    for rules that divide by the size of the gradient.
    """
    bound, rule = smoothness(experiment), optimizer_of(experiment)
    edge, proven = rule.stability_threshold(), rule.proven_threshold()
    if bound is None or edge is None or proven is None:
        return None
    problem = Problem.of(experiment)
    start = initial_weights(experiment, problem.classes, problem.X.shape[1] - 1)
    at_optimum = None
    if optimum is not None and optimum.reached:
        active = active_weights(problem, optimum.theta, bound)
        at_optimum = _limit(edge, curvature(problem, optimum.theta, active))
    return StepLimits(proven / bound, _limit(edge, curvature(problem, start)), at_optimum)


def explanations(experiment: Experiment) -> dict[str, str]:
    """What each field of `StepLimits` rests on, for people: the statement and its source."""
    return {
        "guaranteed": (
            f"Always stable, from any start. {optimizer_of(experiment).theorem} L bounds the"
            " curvature of the objective everywhere."
        ),
        "at_start": (
            "Local: the limit on the quadratic with the curvature at the initial weights"
            " (Polyak, 1964). It says nothing about later steps."
        ),
        "at_optimum": (
            "Local: the limit on the quadratic with the curvature at the optimum (Polyak, 1964);"
            " with L1, along the weights that are not zero there (Liang, Fadili and Peyré, 2017)."
            " Beyond it training cannot come to rest at the optimum; below it training does once"
            " it is near."
        ),
    }


NOISE_FLOOR = (
    "Local: the mean excess of SGD with a constant learning rate on the quadratic with the"
    " curvature and the gradient noise at the optimum (Mandt, Hoffman and Blei, 2017; without"
    " replacement with the covariances of Cochran, 1977). Not predicted for averaged weights."
)
"""What `noise_floor` rests on, for people."""


def _limit(threshold: float, curvature: float) -> float:
    """The learning rate at which rate * curvature is the threshold."""
    return threshold / curvature if curvature > 0 else math.inf


def active_weights(problem: Problem, theta: Array, bound: float) -> Array:
    """1 for weights that an L1 penalty does not hold at zero, and for biases; 0 for the others.

    (C, D + 1), for theta near the optimum.  Held are those that a proximal step of length
    1 / bound sets to zero, so that weights of 1e-9 beside the optimum's zeros do not count.
    Proximal descent finds these zeros after finitely many steps unless a weight's gradient is at
    its threshold exactly (Hare and Lewis, 2004), and from then on moves the others only.
    """
    if problem.absolute == 0:
        return np.ones_like(theta)
    slopes = problem.loss.gradient(problem.scores(theta), problem.labels)
    gradient = slopes @ problem.X / problem.examples + 2.0 * problem.squared * theta
    active = (np.abs(theta - gradient / bound) > problem.absolute / bound).astype(np.float64)
    active[:, -1] = 1.0
    return active


def penalty_limit(experiment: Experiment) -> float | None:
    """The learning rate from which on a penalty on squared weights can make them grow forever.

    Its gradient multiplies them by 1 - 2 α λ at every step, whatever the loss: they grow if
    α > 1 / λ (without momentum), unless absolute values as a penalty hold them at zero.  None
    for other penalties, and for rules without a limit.
    """
    squared = float(regularizer_of(experiment).squared)
    edge = optimizer_of(experiment).stability_threshold()
    return None if squared == 0.0 or edge is None else edge / (2.0 * squared)


def smoothness(experiment: Experiment) -> float | None:
    """A bound L of the objective's curvature anywhere; None where none is known.

    None is known for a loss with kinks, one that is not convex, and a penalty that is not of
    `elastic_net_form`.

    The curvature of one example's loss in its scores, times the largest eigenvalue of the
    examples' second moment, plus that of the squared weights.
    """
    loss, penalty = loss_of(experiment), regularizer_of(experiment)
    max_curvature = loss.max_curvature(experiment.size.classes)
    if max_curvature is None or not loss.convex or not penalty.elastic_net_form:
        return None
    squared = float(penalty.squared)
    return max_curvature * data_spread(experiment).largest + 2.0 * squared


def curvature(problem: Problem, theta: Array, active: Array | None = None) -> float:
    """The largest eigenvalue of the smooth part's second derivative at theta (C, D + 1).

    By Lanczos iteration on products of the second derivative with vectors.  Along the weights
    that `active` (C, D + 1) has at 1, where it is given.  0 where the objective does not curve.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    scores = problem.scores(theta)
    unknowns = theta.size

    def times(vector: Array) -> Array:
        direction = vector.reshape(theta.shape)
        if active is not None:
            direction = active * direction
        slopes = problem.loss.hessian_vector_product(
            scores, problem.labels, problem.scores(direction)
        )
        product = linear.pull_back(slopes[None], problem.X)[0] / problem.examples
        product[:, :-1] += 2.0 * problem.squared * direction[:, :-1]
        if active is not None:
            product *= active
        flat: Array = product.ravel()
        return flat

    if unknowns <= 2:
        return float(np.linalg.eigvalsh([times(row) for row in np.eye(unknowns)])[-1])
    start = np.random.default_rng(0).standard_normal(unknowns)
    # The iteration breaks down on zero, and on products that are too small to be divided by.
    size = float(np.linalg.norm(times(start)) / np.linalg.norm(start))
    if size < SMALLEST_CURVATURE:
        return 0.0
    operator = LinearOperator(
        (unknowns, unknowns), matvec=lambda vector: times(vector) / size, dtype=np.float64
    )
    [largest] = eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)
    return float(largest) * size


@dataclass(frozen=True)
class Spread:
    """How examples x (with a last feature of 1) spread.

    mean        the mean of |x|²
    largest     the largest eigenvalue of the mean of x x'
    weighted    the largest eigenvalue of the mean of |x|² x x', divided by `largest`
    """

    mean: float
    largest: float
    weighted: float


def data_spread(experiment: Experiment) -> Spread:
    """The spread of an experiment's training examples; of many, from an even choice of them."""
    return _spread(without_say(experiment))


@cached_by_data(16)
def _spread(experiment: Experiment) -> Spread:
    return spread_of(load_data(experiment).train_features)


def spread_of(features: Array) -> Spread:
    """The spread of examples (n, d); of many, from an even choice of them."""
    X = linear.with_ones(features[:: math.ceil(len(features) / MOST_EXAMPLES)])
    squares = (X * X).sum(axis=1)
    largest = float(np.linalg.eigvalsh(X.T @ X)[-1]) / len(X)
    weighted = float(np.linalg.eigvalsh((X * squares[:, None]).T @ X)[-1]) / len(X)
    return Spread(float(squares.mean()), largest, weighted / largest)


def suggested_learning_rate(experiment: Experiment, data: Data | None = None) -> float:
    """A learning rate to begin with: 1, 2 or 5 times a power of ten.

    On squares, steps along minibatch gradients are stable in the mean square if α is below 2
    over c ((1 - 1/b) λ + w / b), with λ = λmax(mean of x x'), w λ = λmax(mean of |x|² x x'), and
    c the curvature of one example's loss in its scores (Jain et al., 2018).  For 1/b stands the
    mean over an epoch, whose last minibatch may be small.  The suggestion stays within that
    limit, and where the examples are of like length well below it, so that the noise of small
    minibatches does not outweigh what the first epochs gain: near a quarter of the limit with
    the mean of |x|² in place of w.

    A loss with kinks has no such limit and is given that of the cross-entropy on the same data.
    Rules that divide by the size of the gradient come with a rate of their own.

    Without `data` the rate is for the data that the experiment names.
    """
    rule = optimizer_of(experiment)
    if rule.typical_rate is not None:
        return rule.typical_rate
    classes, n = experiment.size.classes, experiment.train_examples
    max_curvature = loss_of(experiment).max_curvature(classes)
    if max_curvature is None:
        max_curvature = CrossEntropy().max_curvature(classes)
    spread = data_spread(experiment) if data is None else spread_of(data.train_features)
    squared = float(regularizer_of(experiment).squared)
    of_one = float(((n / batch_sizes(experiment) - 1.0) / max(1, n - 1)).mean())

    def limit(length: float) -> float:
        bend = max_curvature * ((1.0 - of_one) * spread.largest + of_one * length)
        return 2.0 / (bend + 2.0 * squared)

    # Rounding may add three fifths.
    rate = round_number(
        rule.momentum_lr_scale() * min(limit(spread.mean) / 4, limit(spread.weighted) / 1.6)
    )
    return min(max(rate, LEARNING_RATES.low), LEARNING_RATES.high)


def batch_sizes(experiment: Experiment) -> Array:
    """How many examples each minibatch of an epoch has; the last may be smaller."""
    n, b = experiment.train_examples, experiment.examples_per_update
    sizes = np.full(experiment.updates_per_epoch, float(b))
    sizes[-1] = n - b * (len(sizes) - 1)
    return sizes


def round_number(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten, by ratio."""
    decade = 10.0 ** math.floor(math.log10(value))
    nearest = min((1, 2, 5, 10), key=lambda each: abs(math.log(value / (each * decade))))
    return float(f"{nearest * decade:.1g}")


def noise_floor(experiment: Experiment, optimum: Certificate) -> float | None:
    r"""How far above the optimum SGD with a constant step ends, on the average over an epoch.

    In the paraboloid at the optimum every eigenvector of H has a noise of its own,

        x <- (1 - α h) x - α ε,      Var ε = (1/b - 1/n) S,      Cov(ε, ε') = -S / n,

    with n - 1 in place of n in the variance S of the examples' gradients.  The covariance is
    that of two minibatches of one epoch: they share no example, so that one has less of what
    the other has more of.  Minibatches of different epochs are independent, and so are all of
    them with replacement: then Var ε = (n - 1) S / (n b), the population variance over b, also
    where a minibatch is as large as the data.  (Cochran, 1977, Theorems 2.2 and 2.3.)  The
    variance of x follows in closed form after each minibatch of an epoch, and the objective
    stands above its minimum by the sum of h Var(x) / 2.  (Compare Mandt, Hoffman and Blei, 2017,
    for sampling with replacement.)

    None where the picture does not hold: other rules and schedules, averaged weights, losses
    with kinks, penalties that are not smooth, steps beyond the edge, more than 2,000 weights.
    """
    problem = Problem.of(experiment)
    unknowns = problem.classes * problem.X.shape[1]
    plain = (experiment.optimizer, experiment.schedule) == ("sgd", "constant")
    plain = plain and not experiment.averaging
    if not (plain and problem.is_smooth_ridge and unknowns <= MOST_UNKNOWNS):
        return None
    settings = {name: getattr(experiment, name) for name in PROBLEM_SETTINGS}
    # Full batch, because a batch size must fit the data.
    objective = Experiment(**settings, optimizer="gd")
    curvatures, variances = _noise_at(objective, optimum.theta.tobytes())
    n, rate, sizes = problem.examples, experiment.learning_rate, batch_sizes(experiment)
    if rate * curvatures.max() >= 2.0:
        return None
    if len(sizes) == 1 and not experiment.replacement:
        return 0.0
    shrink = (1.0 - rate * curvatures)[:, None]
    place = np.arange(1, len(sizes) + 1)  # in the epoch
    squares = (1.0 - shrink ** (2 * place)) / (1.0 - shrink**2) / sizes[0]
    squares[:, -1] += 1.0 / sizes[-1] - 1.0 / sizes[0]
    sums = (1.0 - shrink**place) / (1.0 - shrink)
    if experiment.replacement:
        gathered = rate**2 * squares * (n - 1) / n
    else:
        gathered = rate**2 * (squares - sums**2 / n)
    at_end = gathered[:, -1:] / (1.0 - shrink ** (2 * len(sizes)))
    spread = (shrink ** (2 * place) * at_end + gathered).mean(axis=1)
    return float((curvatures * variances * spread).sum()) / 2.0


@cached_by_data(32)
def _noise_at(experiment: Experiment, theta: bytes) -> tuple[Array, Array]:
    """The same for every step on an objective: its noise at the optimum."""
    problem = Problem.of(experiment)
    return noise_along_eigenvectors(problem, np.frombuffer(theta).reshape(problem.classes, -1))


def noise_along_eigenvectors(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Eigenvalues of the second derivative, and the variance of single examples' gradients.

    Directions in which the objective does not curve are left out: nothing is lost there.
    """
    penalty = np.full(theta.shape, 2.0 * problem.squared)
    penalty[:, -1] = 0.0
    H = problem.hessian(theta) + np.diag(penalty.ravel())
    curvatures, directions = np.linalg.eigh(H)
    curved = curvatures > 1e-9 * curvatures[-1]
    slopes = problem.loss.gradient(problem.scores(theta), problem.labels)
    gradients = (slopes.T[:, :, None] * problem.X[:, None, :]).reshape(problem.examples, -1)
    along = gradients @ directions[:, curved]
    return curvatures[curved], along.var(axis=0, ddof=1)
