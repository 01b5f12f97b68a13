"""When an L1 penalty leaves no weight."""

import numpy as np

from lossopt_core.duality import Problem
from lossopt_core.experiment import Experiment
from lossopt_core.suboptimality import with_best_bias


def zero_strength(experiment: Experiment) -> float | None:
    r"""The strength of an L1 penalty from which on the best weights are all zero.

    At zero weights and the bias b that is best for them, 0 is optimal exactly when the penalty's
    subgradient can balance the gradient of the data loss: when strength ≥ max |∂/∂W|.  None for
    losses with kinks, where the gradient at that point is not one, and for other penalties.
    """
    problem = Problem.of(experiment.but(strength=1.0))
    if not problem.loss.smooth or problem.squared or not problem.absolute:
        return None
    zero = np.zeros((problem.classes, problem.X.shape[1]))
    _, pulls = problem.smooth_part(with_best_bias(problem, zero))
    return float(np.abs(problem.pull_back(pulls)[:, :-1]).max())
