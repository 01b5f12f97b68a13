"""The learning rate that ends lowest, of a fixed grid, for each configuration.

A comparison at one learning rate compares how well that rate suits each loss or optimizer.  So each
configuration gets its own: of `RATES` the one with the lowest training objective after as many
epochs as the configuration has, with a seed that no comparison uses.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.experiment.loading import Data
from lossopt_core.fields import Number
from lossopt_core.theory.stability import starting_learning_rate
from lossopt_core.training.convergence import ConvergenceWarning
from lossopt_core.training.loop import Training, train
from lossopt_core.training.run import FINISHED, Run

RATES = tuple(float(f"{rate:.2g}") for rate in np.geomspace(1e-4, 100.0, 13))
"""Two per decade: from too small to too large for every optimizer."""

EVALUATIONS = 2
"""Before and after training."""


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
    def found(self) -> bool:
        """Whether training ended at some rate; otherwise `rate` comes from theory."""
        return any(map(np.isfinite, self.objectives.values()))

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
    return [at_rate(experiment, rate) for rate in RATES]


def at_rate(experiment: Experiment, rate: float) -> Experiment:
    """The one of them with this learning rate."""
    return experiment.replace(learning_rate=rate, seed=tuning_seed(), evaluations=EVALUATIONS)


def is_tuning(experiment: Experiment) -> bool:
    """Whether it is one of the experiments that `tuning` returns."""
    return experiment.seed == tuning_seed() and experiment.evaluations == EVALUATIONS


def plan(experiments: Sequence[Experiment]) -> dict[Experiment, list[Experiment]]:
    """The `tuning` of each `configuration`, on the split of its first experiment."""
    firsts: dict[Experiment, Experiment] = {}
    for each in experiments:
        firsts.setdefault(configuration(each), each)
    return {name: tuning(each) for name, each in firsts.items()}


def ending(run: Run) -> float:
    """The training objective at the end; NaN if training diverged or was stopped."""
    return float(run.final["objective"]) if run.status == FINISHED else np.nan


def best(runs: Sequence[Run]) -> TunedRate:
    """The best rate of finished and diverged runs; of equally good ones, the smallest.

    ValueError if no run finished.
    """
    objectives = {run.experiment.learning_rate: ending(run) for run in runs}
    if not any(map(np.isfinite, objectives.values())):
        raise ValueError("training diverged at every learning rate that was tried")
    return _lowest(objectives)


def _lowest(objectives: dict[float, float]) -> TunedRate:
    finished = {rate: value for rate, value in objectives.items() if np.isfinite(value)}
    return TunedRate(min(finished, key=lambda rate: (finished[rate], rate)), objectives)


def rates_of(
    planned: Mapping[Experiment, Sequence[Experiment]], ends: Mapping[Experiment, float]
) -> dict[Experiment, TunedRate]:
    """The best rate by configuration, given a `plan` and the `ending` of each of its runs.

    If every rate diverges, theory suggests one (see `starting_learning_rate`).
    """
    found = {}
    for name, members in planned.items():
        objectives = {each.learning_rate: ends[each] for each in members}
        if any(map(np.isfinite, objectives.values())):
            found[name] = _lowest(objectives)
        else:
            found[name] = TunedRate(starting_learning_rate(members[0]), objectives)
    return found


def tuned_rates(experiments: Sequence[Experiment]) -> dict[Experiment, TunedRate]:
    """The best rate by `configuration`, tuned on the split of its first experiment.

    If every rate diverges, theory suggests one (see `starting_learning_rate`).

    Raises:
        MissingDataError: The data are not here.
    """
    planned = plan(experiments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        runs = train([each for members in planned.values() for each in members])
    return rates_of(planned, {run.experiment: ending(run) for run in runs})


def with_tuned_rates(
    experiments: Sequence[Experiment], rates: Mapping[Experiment, TunedRate]
) -> list[Experiment]:
    """The experiments, each at the rate of its configuration."""
    return [each.replace(learning_rate=rates[configuration(each)].rate) for each in experiments]


def suggested_learning_rate(experiment: Experiment, data: Data | None = None) -> float:
    """The tuned learning rate: the best of 13 for this configuration.

    Trains once with each of 13 rates from 0.0001 to 100, two per decade, for as many epochs as the
    experiment has and with a seed of its own, and returns the rate at which the training objective
    ends lowest. They train as one stack, on digits in the time of two single trainings. If every
    rate diverges, the result is a rate within the stability limits of theory.

    Args:
        experiment: The experiment; its own learning rate and seed do not matter.
        data: The data to train on, if they are not those that the experiment names.

    Raises:
        MissingDataError: The data that the experiment names are not here.
    """
    if data is None:
        [found] = tuned_rates([experiment]).values()
        return found.rate
    runs = Training(tuning(experiment), data).run(lambda made: None, lambda: False)
    objectives = {each.learning_rate: ending(run) for each, run in runs.items()}
    if any(map(np.isfinite, objectives.values())):
        return _lowest(objectives).rate
    return starting_learning_rate(experiment, data)
