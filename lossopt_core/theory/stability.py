r"""Stability limits of the learning rate, and the noise floor of SGD.

Near a minimum an objective is a quadratic with Hessian H.  Gradient descent with a constant
learning rate α multiplies the distance along an eigenvector of H by 1 - α h per step, so it
converges if and only if α h < 2 for every eigenvalue h (momentum raises this limit, see
`Optimizer.stability_threshold`).  This holds for quadratics, hence locally at the start and at
the optimum.  Globally, with a bound L on the curvature everywhere, gradient descent is proven to
converge if α L < 2, but heavy ball only if α L < 2 (1 - β), see `Optimizer.proven_threshold`.

Minibatch gradients are noisy, so SGD with a constant learning rate fluctuates around the
optimum; `noise_floor` predicts the mean excess of the objective.

Hessians are those of the smooth part of the objective: the loss and the L2 penalty.  L1 is
handled by a proximal step, which never increases a distance.
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
from lossopt_core.experiment.loading import Data, data_only, load_data
from lossopt_core.fields import Number
from lossopt_core.objective import linear
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import CrossEntropy
from lossopt_core.training.cohort import initial_weights

LEARNING_RATES = cast(Number, FIELDS["learning_rate"])
MAX_EXAMPLES = 5_000
"""Maximum number of examples for estimating the second moments of the data."""
MAX_UNKNOWNS = 2_000
"""Above this the eigenvectors of a Hessian take too long."""


SMALLEST_CURVATURE = 1e-200
"""Smaller curvatures count as zero."""


@dataclass(frozen=True)
class StepLimits:
    """Upper limits on the learning rate with full-batch gradients.

    They are infinite if the curvature is zero.

    Attributes:
        guaranteed: Always stable: below it, full-batch training converges to the optimum from any
            start. Proven for every convex objective whose smooth part has curvature at most L;
            `Optimizer.theorem` names the theorem.
        at_start: Local: the limit for the quadratic approximation at the initial weights. It says
            nothing about later steps.
        at_optimum: Local: the limit for the quadratic approximation at the optimum. Above it
            training cannot converge there; below it training does once it is close. None if the
            optimum is not known or does not exist.
    """

    guaranteed: float
    at_start: float
    at_optimum: float | None


def step_limits(experiment: Experiment, optimum: Certificate | None = None) -> StepLimits | None:
    """The stability limits of an experiment's learning rate.

    Args:
        experiment: The experiment; its own learning rate does not matter.
        optimum: The result of `certify`, for the limit at the optimum.

    Returns:
        The limits, or None where there are none: for losses with kinks, whose curvature is
        unbounded, and for AdaGrad, RMSProp and Adam, which divide by the size of the gradient.
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
    """The statement and source behind each field of `StepLimits`, for display."""
    return {
        "guaranteed": (
            f"Always stable, from any start. {optimizer_of(experiment).theorem} L bounds the"
            " curvature of the objective everywhere."
        ),
        "at_start": (
            "Local: the limit for the quadratic with the curvature at the initial weights"
            " (Polyak, 1964). It says nothing about later steps."
        ),
        "at_optimum": (
            "Local: the limit for the quadratic with the curvature at the optimum (Polyak, 1964);"
            " with L1, along the weights that are not zero there (Liang, Fadili and Peyré, 2017)."
            " Above it training cannot converge to the optimum; below it training does once it is"
            " close."
        ),
    }


NOISE_FLOOR = (
    "Local: the mean excess of SGD with a constant learning rate on the quadratic with the"
    " curvature and the gradient noise at the optimum (Mandt, Hoffman and Blei, 2017; without"
    " replacement with the covariances of Cochran, 1977). Not predicted for averaged weights."
)
"""The theory behind `noise_floor`, for display."""


def _limit(threshold: float, curvature: float) -> float:
    """The learning rate at which rate * curvature equals the threshold."""
    return threshold / curvature if curvature > 0 else math.inf


def active_weights(problem: Problem, theta: Array, bound: float) -> Array:
    """A mask (C, D + 1): 1 for biases and for weights that L1 does not keep at zero, else 0.

    For theta near the optimum.  Weights that a proximal step of length 1 / bound sets to zero
    count as zero, so that values such as 1e-9 do not matter.  Proximal descent identifies these
    zeros after finitely many steps, unless a weight's gradient is exactly at its threshold (Hare
    and Lewis, 2004), and then moves only the other weights.
    """
    if problem.absolute == 0:
        return np.ones_like(theta)
    slopes = problem.loss.gradient(problem.scores(theta), problem.labels)
    gradient = slopes @ problem.X / problem.examples + 2.0 * problem.squared * theta
    active = (np.abs(theta - gradient / bound) > problem.absolute / bound).astype(np.float64)
    active[:, -1] = 1.0
    return active


def penalty_limit(experiment: Experiment) -> float | None:
    """The learning rate above which an L2 penalty can make the weights grow without bound.

    Its gradient multiplies them by 1 - 2 α λ in every step, whatever the loss: they grow if
    α > 1 / λ (without momentum), unless L1 keeps them at zero.  None for other penalties, and
    for optimizers without a limit.
    """
    squared = float(regularizer_of(experiment).squared)
    edge = optimizer_of(experiment).stability_threshold()
    return None if squared == 0.0 or edge is None else edge / (2.0 * squared)


def smoothness(experiment: Experiment) -> float | None:
    """A global bound L on the objective's curvature, or None if no bound is known.

    No bound is known for losses with kinks, nonconvex losses, and penalties without
    `elastic_net_form`.

    It is the curvature of one example's loss in its scores, times the largest eigenvalue of the
    examples' second moment matrix, plus the curvature of the L2 penalty.
    """
    loss, penalty = loss_of(experiment), regularizer_of(experiment)
    max_curvature = loss.max_curvature(experiment.size.classes)
    if max_curvature is None or not loss.convex or not penalty.elastic_net_form:
        return None
    squared = float(penalty.squared)
    return max_curvature * data_moments(experiment).largest + 2.0 * squared


def curvature(problem: Problem, theta: Array, active: Array | None = None) -> float:
    """The largest eigenvalue of the smooth part's Hessian at theta (C, D + 1).

    Computed by Lanczos iteration on Hessian-vector products, restricted to the weights whose
    `active` (C, D + 1) is 1, if given.  0 if the curvature is zero.
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
    # The iteration breaks down for zero or denormal products.
    size = float(np.linalg.norm(times(start)) / np.linalg.norm(start))
    if size < SMALLEST_CURVATURE:
        return 0.0
    operator = LinearOperator(
        (unknowns, unknowns), matvec=lambda vector: times(vector) / size, dtype=np.float64
    )
    [largest] = eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)
    return float(largest) * size


@dataclass(frozen=True)
class Moments:
    """Second and fourth moments of examples x (with a last feature of 1).

    mean        the mean of |x|²
    largest     the largest eigenvalue of the mean of x x'
    weighted    the largest eigenvalue of the mean of |x|² x x', divided by `largest`
    """

    mean: float
    largest: float
    weighted: float


def data_moments(experiment: Experiment) -> Moments:
    """The moments of an experiment's training examples, estimated on a subset if there are many."""
    return _moments(data_only(experiment))


@cached_by_data(16)
def _moments(experiment: Experiment) -> Moments:
    return moments_of(load_data(experiment).train_features)


def moments_of(features: Array) -> Moments:
    """The moments of examples (n, d), estimated on an even subset if there are many."""
    X = linear.with_ones(features[:: math.ceil(len(features) / MAX_EXAMPLES)])
    squares = (X * X).sum(axis=1)
    largest = float(np.linalg.eigvalsh(X.T @ X)[-1]) / len(X)
    weighted = float(np.linalg.eigvalsh((X * squares[:, None]).T @ X)[-1]) / len(X)
    return Moments(float(squares.mean()), largest, weighted / largest)


def starting_learning_rate(experiment: Experiment, data: Data | None = None) -> float:
    """A learning rate to start with, without training: 1, 2 or 5 times a power of ten.

    For least squares, SGD is mean-square stable if α is below 2 over c ((1 - 1/b) λ + w / b), with
    λ = λmax(mean of x x'), w λ = λmax(mean of |x|² x x'), and c the curvature of one example's loss
    in its scores (Jain et al., 2018). For 1/b the mean over an epoch is used, because the last
    minibatch may be small. The suggestion stays within that limit. For examples of similar norm it
    stays well below, so that the noise of small minibatches does not outweigh the progress of the
    first epochs: about a quarter of the limit with the mean of |x|² in place of w.

    Losses with kinks have no such limit; they use that of cross-entropy on the same data.
    Optimizers that divide by the size of the gradient have a typical rate of their own.

    Args:
        experiment: The experiment; its own learning rate does not matter.
        data: The data to train on, if they are not those that the experiment names.
    """
    rule = optimizer_of(experiment)
    if rule.typical_rate is not None:
        return rule.typical_rate
    classes, n = experiment.size.classes, experiment.train_examples
    max_curvature = loss_of(experiment).max_curvature(classes)
    if max_curvature is None:
        max_curvature = CrossEntropy().max_curvature(classes)
    moments = data_moments(experiment) if data is None else moments_of(data.train_features)
    squared = float(regularizer_of(experiment).squared)
    of_one = float(((n / batch_sizes(experiment) - 1.0) / max(1, n - 1)).mean())

    def limit(length: float) -> float:
        curvature = max_curvature * ((1.0 - of_one) * moments.largest + of_one * length)
        return 2.0 / (curvature + 2.0 * squared)

    # `round_number` may raise the rate by 60 %.
    rate = round_number(
        rule.momentum_lr_scale() * min(limit(moments.mean) / 4, limit(moments.weighted) / 1.6)
    )
    return min(max(rate, LEARNING_RATES.low), LEARNING_RATES.high)


def batch_sizes(experiment: Experiment) -> Array:
    """The sizes of the minibatches of an epoch; the last may be smaller."""
    n, b = experiment.train_examples, experiment.examples_per_update
    sizes = np.full(experiment.updates_per_epoch, float(b))
    sizes[-1] = n - b * (len(sizes) - 1)
    return sizes


def round_number(value: float) -> float:
    """Round to 1, 2 or 5 times a power of ten (nearest on a log scale)."""
    decade = 10.0 ** math.floor(math.log10(value))
    nearest = min((1, 2, 5, 10), key=lambda each: abs(math.log(value / (each * decade))))
    return float(f"{nearest * decade:.1g}")


def noise_floor(experiment: Experiment, optimum: Certificate) -> float | None:
    """Predicted mean excess over the optimum of SGD with a constant learning rate.

    For the quadratic at the optimum, the dynamics along each eigenvector of H are independent,

        x <- (1 - α h) x - α ε,      Var ε = (1/b - 1/n) S,      Cov(ε, ε') = -S / n,

    with n - 1 in place of n in the variance S of the examples' gradients. The covariance is that
    of two minibatches of one epoch: they share no examples and are negatively correlated.
    Minibatches of different epochs are independent, as are all minibatches drawn with
    replacement: then Var ε = (n - 1) S / (n b), the population variance over b, even if a
    minibatch is as large as the data (Cochran, 1977, Theorems 2.2 and 2.3). The variance of x
    follows in closed form after each minibatch of an epoch, and the objective exceeds its
    minimum by the sum of h Var(x) / 2, averaged over an epoch. Compare Mandt, Hoffman and Blei
    (2017) for sampling with replacement.

    Args:
        experiment: An experiment with SGD, a constant schedule and an L2 penalty.
        optimum: The result of `certify` for it.

    Returns:
        The expected excess of the objective, or None where the model does not apply: other
        optimizers and schedules, averaged weights, losses with kinks, L1 penalties, learning rates
        above the stability limit, more than 2,000 weights.
    """
    problem = Problem.of(experiment)
    unknowns = problem.classes * problem.X.shape[1]
    plain = (experiment.optimizer, experiment.schedule) == ("sgd", "constant")
    plain = plain and not experiment.averaging
    if not (plain and problem.is_smooth_ridge and unknowns <= MAX_UNKNOWNS):
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
        accumulated = rate**2 * squares * (n - 1) / n
    else:
        accumulated = rate**2 * (squares - sums**2 / n)
    at_end = accumulated[:, -1:] / (1.0 - shrink ** (2 * len(sizes)))
    variance = (shrink ** (2 * place) * at_end + accumulated).mean(axis=1)
    return float((curvatures * variances * variance).sum()) / 2.0


@cached_by_data(32)
def _noise_at(experiment: Experiment, theta: bytes) -> tuple[Array, Array]:
    """Gradient noise at the optimum; it depends on the objective only, so it is cached."""
    problem = Problem.of(experiment)
    return noise_along_eigenvectors(problem, np.frombuffer(theta).reshape(problem.classes, -1))


def noise_along_eigenvectors(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Eigenvalues of the Hessian, and the variance of single examples' gradients along them.

    Directions with zero curvature are left out because they do not change the objective.
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
