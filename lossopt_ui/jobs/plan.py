"""What a training does in stages: tune learning rates, then first things first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lossopt_core import Experiment, Run


@dataclass(frozen=True, eq=False)
class Plan:
    """Experiments that are tuned, and those that follow.

    tuning    experiments whose runs are needed and not saved
    after     from their runs to the experiments to save, in batches; the first of them is as urgent
              as the tuning, and of the others those of all visitors wait for all that is urgent
    likely    experiments that take as long as those of `after`, for estimates
    """

    tuning: Sequence[Experiment]
    after: Callable[[Sequence[Run]], Sequence[Sequence[Experiment]]]
    likely: Sequence[Experiment]
