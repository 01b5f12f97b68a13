"""Settings of several experiments: in which they differ, and which of them a label needs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from fractions import Fraction
from typing import Any

from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import ADDED_SETTINGS, FIELDS, Experiment
from lossopt_core.fields import Field


def differing_settings(experiments: list[Experiment]) -> list[str]:
    """Names of the settings that differ between experiments, data set options included."""
    tables = [flat_settings(experiment) for experiment in experiments]
    names = list(dict.fromkeys(name for table in tables for name in table))
    missing = object()
    return [name for name in names if len({table.get(name, missing) for table in tables}) > 1]


def informative_settings(experiments: list[Experiment]) -> list[str]:
    """The differing settings worth showing in labels.

    A setting is left out if only some experiments use it, always at its default: a margin of 1
    for hinge adds nothing to the names of the losses.  The batch size is always shown.
    """
    tables = [flat_settings(experiment) for experiment in experiments]

    def informs(name: str) -> bool:
        values = {table[name] for table in tables if name in table}
        return len(values) > 1 or name == "batch_size" or values != {_default(name)}

    return [name for name in differing_settings(experiments) if informs(name)]


def _default(name: str) -> Any:
    dataset, _, option = name.rpartition(".")
    return (DATASETS[dataset].options[option] if dataset else FIELDS[name]).default


def unequal_settings(
    first: Sequence[Experiment], second: Sequence[Experiment]
) -> dict[str, tuple[list[Any], list[Any]]]:
    """Settings used in both groups whose values are distributed differently, with the values.

    The means of such groups average over different settings, so they are not comparable.
    """
    tables = [[_with_defaults(each) for each in group] for group in (first, second)]
    found = {}
    for name in dict.fromkeys(name for group in tables for table in group for name in table):
        ours, theirs = (Counter(t[name] for t in group if name in t) for group in tables)
        if ours and theirs and _shares(ours) != _shares(theirs):
            found[name] = (sorted(ours), sorted(theirs))
    return found


def _shares(counts: Counter[Any]) -> dict[Any, Fraction]:
    return {value: Fraction(count, counts.total()) for value, count in counts.items()}


def _with_defaults(experiment: Experiment) -> dict[str, Any]:
    """The flat settings plus those added later, which ids leave out at their defaults."""
    later = {*ADDED_SETTINGS} - experiment.inactive_fields
    return flat_settings(experiment) | {name: getattr(experiment, name) for name in later}


def declared_settings() -> dict[str, Field]:
    """All settings in their declared order; data set options as `blobs.spread`."""
    options: dict[str, Field] = {
        f"{dataset}.{name}": declaration
        for dataset, entry in DATASETS.items()
        for name, declaration in entry.options.items()
    }
    ordered: dict[str, Field] = {}
    for each in fields(Experiment):
        ordered |= options if each.name == "dataset_options" else {each.name: FIELDS[each.name]}
    return ordered


def flat_settings(experiment: Experiment) -> dict[str, Any]:
    """The settings as one flat dictionary; data set options get names such as `blobs.spread`."""
    flat: dict[str, Any] = {}
    for name, value in experiment.settings.items():
        if name == "dataset_options":
            flat |= {f"{experiment.dataset}.{option}": each for option, each in value.items()}
        else:
            flat[name] = value
    return flat
