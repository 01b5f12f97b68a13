"""Sweeps and experiments that go on from existing ones: more seeds, more epochs, around them."""

from collections.abc import Sequence

from lossopt_core.analysis.axes import Axis, axis
from lossopt_core.analysis.groups import SEEDS, group_id
from lossopt_core.analysis.sweep import ORDER, SPLIT, Sweep
from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.settings import declared_settings, flat_settings
from lossopt_core.fields import Number

MIN_SEEDS = 10
"""Seeds to which groups are filled up; those that have as many get twice as many."""
AROUND = 7
"""Learning rates in a sweep around an experiment, over two decades."""


def with_more_seeds(experiments: Sequence[Experiment]) -> Sweep | None:
    """A sweep that trains the same groups with more seeds, and contains the given runs.

    None if there is none: the groups are not all combinations of the settings in which they differ,
    or their seeds are not numbered alike.
    """
    seeds = {each.seed for each in experiments}
    splits = {each.split_seed for each in experiments}
    vary = SPLIT if len(splits) > 1 else ORDER
    shifts = {each.split_seed - each.seed for each in experiments}
    if vary == SPLIT and len(shifts) > 1:
        return None
    base = experiments[0].replace(seed=min(seeds), split_seed=min(splits))
    reach = max(seeds) - min(seeds) + 1
    sweep = Sweep(base, _axes(experiments), MIN_SEEDS if reach < MIN_SEEDS else 2 * reach, vary)
    planned = {each.id for each in sweep.experiments()[0]}
    groups = {group_id(each) for each in experiments}
    whole = planned.issuperset(each.id for each in experiments)
    return sweep if whole and len(planned) == sweep.seeds * len(groups) else None


def _axes(experiments: Sequence[Experiment]) -> tuple[Axis, ...]:
    """The settings in which the experiments differ, with their values.

    A setting that does not differ is the axis of a single group, because a sweep has one.
    """
    tables = [flat_settings(each) for each in experiments]
    axes = []
    for name in declared_settings():
        values = tuple(dict.fromkeys(table[name] for table in tables if name in table))
        if name not in SEEDS and len(values) > 1:
            axes.append(Axis(name, values))
    return tuple(axes) or (Axis("loss", (experiments[0].loss,)),)


def around(experiment: Experiment) -> Sweep:
    """A sweep of the learning rate over a decade to both sides of the experiment's own."""
    declared = declared_settings()["learning_rate"]
    assert isinstance(declared, Number)
    rate = experiment.learning_rate
    low, high = max(declared.low, rate / 10), min(declared.high, rate * 10)
    rates = axis("learning_rate", f"log {low:.3g} {high:.3g} {AROUND}")
    return Sweep(experiment, (rates,), seeds=3)
