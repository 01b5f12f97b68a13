"""The learning rate that ends lowest, of a fixed grid, for each configuration.

A comparison at one learning rate compares how well that rate suits each loss or optimizer.  So each
configuration gets its own: of `RATES` the one with the lowest training objective after as many
epochs as the configuration has, with a seed that no comparison uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.fields import Number
from lossopt_core.training.loop import train
from lossopt_core.training.run import FINISHED, Run

RATES = tuple(float(f"{rate:.2g}") for rate in np.geomspace(1e-4, 100.0, 13))
"""Two per decade: from too small to too large for every optimizer."""


@dataclass(frozen=True)
class TunedRate:
    """The best of some learning rates.

    Attributes:
        rate: The learning rate.
        objectives: The training objective at the end by learning rate; NaN where it diverged.
    """

    rate: float
    objectives: dict[float, float]

    @property
    def on_border(self) -> bool:
        """Whether it is the smallest or largest rate tried, so that others may be better."""
        return self.rate in (min(self.objectives), max(self.objectives))


def tuning_seed() -> int:
    """The seed of tuning: the largest, which nobody counts up to."""
    seed = FIELDS["seed"]
    assert isinstance(seed, Number)
    return int(seed.high)


def configuration(experiment: Experiment) -> Experiment:
    """What experiments have in common that differ in seeds and learning rate only."""
    rate = FIELDS["learning_rate"].default
    return experiment.replace(learning_rate=rate, seed=tuning_seed(), split_seed=0)


def tuning(experiment: Experiment) -> list[Experiment]:
    """The experiments that tune the learning rate of this one: its own split, every rate."""
    return [
        experiment.replace(learning_rate=rate, seed=tuning_seed(), evaluations=2) for rate in RATES
    ]


def best(runs: Sequence[Run]) -> TunedRate:
    """The best rate of finished and diverged runs; of equally good ones, the smallest.

    ValueError if no run finished.
    """
    objectives = {
        run.experiment.learning_rate: run.final["objective"] if run.status == FINISHED else np.nan
        for run in runs
    }
    finished = {rate: value for rate, value in objectives.items() if np.isfinite(value)}
    if not finished:
        raise ValueError("training diverged at every learning rate that was tried")
    return TunedRate(min(finished, key=lambda rate: (finished[rate], rate)), objectives)


def tuned_rates(experiments: Sequence[Experiment]) -> dict[Experiment, TunedRate]:
    """The best rate by `configuration`, tuned on the split of its first experiment.

    Raises:
        ValueError: Every learning rate diverges.
        MissingDataError: The data are not here.
    """
    firsts: dict[Experiment, Experiment] = {}
    for each in experiments:
        firsts.setdefault(configuration(each), each)
    tried = {name: tuning(each) for name, each in firsts.items()}
    runs = train([each for members in tried.values() for each in members])
    by_experiment = {run.experiment: run for run in runs}
    return {
        name: best([by_experiment[each] for each in members]) for name, members in tried.items()
    }


def with_tuned_rates(
    experiments: Sequence[Experiment], rates: dict[Experiment, TunedRate]
) -> list[Experiment]:
    """The experiments, each at the rate of its configuration."""
    return [each.replace(learning_rate=rates[configuration(each)].rate) for each in experiments]
