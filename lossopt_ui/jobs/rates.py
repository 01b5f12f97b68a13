"""Tuned learning rates that are known, shared by all visitors who have the data."""

from collections.abc import Iterable, Sequence

from lossopt_core import Experiment, Run
from lossopt_core.analysis import tuned_rate
from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_core.data.datasets import MissingDataError, Owner
from lossopt_core.experiment.caches import Cache, owner_of_data

MAX_KNOWN = 10_000
_KNOWN: Cache[TunedRate | str] = Cache(MAX_KNOWN)
"""A rate or, where every rate diverged, the reason that there is none."""


def known(experiment: Experiment) -> TunedRate | str | None:
    """The tuned rate of an experiment on its split, why there is none, or None if not known yet.

    It is not known to those who do not have the data.
    """
    try:
        return _KNOWN.find(_key(experiment))
    except MissingDataError:
        return None


def unknown(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Those whose rate has to be tuned, one of each configuration."""
    found = {_first(each): each for each in experiments if known(each) is None}
    return list(found.values())


def learn(experiments: Sequence[Experiment], runs: Sequence[Run]) -> None:
    """Keep the rates of experiments, from the runs of their `tuning`."""
    by_experiment = {run.experiment: run for run in runs}
    for each in experiments:
        try:
            found: TunedRate | str = tuned_rate.best(
                [by_experiment[one] for one in tuned_rate.tuning(each)]
            )
        except ValueError as error:
            found = str(error)
        whose, _ = key = _key(each)
        _KNOWN.put(key, found, owner=whose)


def _key(experiment: Experiment) -> tuple[Owner | None, Experiment]:
    return owner_of_data(experiment), _first(experiment)


def _first(experiment: Experiment) -> Experiment:
    """Equal for experiments with the same tuned rate."""
    return tuned_rate.at_rate(experiment, tuned_rate.RATES[0])
