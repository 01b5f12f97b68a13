"""Which experiments are trained together, and in which order.

A cohort is trained as one stack.  Its runs have equal batch size, epochs and so on; those of one
group also see the same examples in the same order.  The groups of a cohort have equally many runs
of each kind, so that one batched product serves all groups.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossopt_core.experiment.description import DATA_SETTINGS, Experiment
from lossopt_core.experiment.loading import Data, load_data
from lossopt_core.objective.linear import Labels
from lossopt_core.optim.stopping import STOPPING

MAX_RUNS = 256
"""Most runs of a cohort of several groups: beyond that, weights leave the processor's cache."""
STACKED_BYTES = 10_000_000
"""Most bytes of data and of minibatches that are stacked, one for each group."""
OF_ALL_GROUPS = tuple(name for name in DATA_SETTINGS if name != "split_seed")
ARRAYS = ("train_features", "train_labels", "test_features", "test_labels")


def kind(experiment: Experiment) -> tuple[str, str, str, str, bool]:
    """The settings shared by the runs of a block."""
    return (
        experiment.loss,
        experiment.regularizer,
        experiment.optimizer,
        experiment.schedule,
        experiment.averaging,
    )


def group(experiment: Experiment) -> tuple[object, ...]:
    """Equal for experiments that see the same examples in the same order."""
    return experiment.data_key, None if experiment.full_batch else experiment.seed


def cohort_key(experiment: Experiment) -> tuple[object, ...]:
    """Equal for experiments whose groups can be trained together."""
    return (
        *(getattr(experiment, name) for name in OF_ALL_GROUPS),
        experiment.examples_per_update,
        experiment.epochs,
        experiment.evaluations,
        experiment.replacement and not experiment.full_batch,
        experiment.precision,
    )


def cohorts(experiments: Iterable[Experiment]) -> list[list[Experiment]]:
    """Put distinct experiments into the cohorts that are trained together."""
    groups: dict[object, list[Experiment]] = {}
    for each in dict.fromkeys(experiments):
        groups.setdefault((cohort_key(each), group(each)), []).append(each)
    alike: dict[object, list[list[Experiment]]] = {}
    for members in groups.values():
        kinds = frozenset(Counter(map(kind, members)).items())
        # Certifying optima takes seconds each: those of many data sets would delay everything.
        certified = any(STOPPING[each.stopping].needs_optimum for each in members)
        apart = members[0].data_key if certified else None
        alike.setdefault((cohort_key(members[0]), kinds, apart), []).append(members)
    return [cohort for found in alike.values() for cohort in _joined(found, MAX_RUNS)]


def pieces(cohort: Sequence[Experiment], most: int) -> list[list[Experiment]]:
    """A cohort, or smaller ones with at most so many runs."""
    found = []
    for piece in _joined(list(_groups(cohort).values()), most):
        ordered = piece if len(piece) <= most else stacked(piece)  # of one group: kinds stay apart
        found += [ordered[first : first + most] for first in range(0, len(ordered), most)]
    return found


def _joined(groups: Sequence[list[Experiment]], most: int) -> Iterator[list[Experiment]]:
    """Several groups each, with at most so many runs and not too much data together."""
    own_data = len({each[0].data_key for each in groups}) > 1
    limit = min(most, len(groups[0]) * STACKED_BYTES // bytes_of_group(groups[0][0], own_data))
    count = max(1, limit // len(groups[0]))
    for start in range(0, len(groups), count):
        yield [each for members in groups[start : start + count] for each in members]


def bytes_of_group(experiment: Experiment, own_data: bool) -> int:
    """What each group adds to a stack: a minibatch, and its data if they are its own."""
    size = experiment.size
    examples = 0 if experiment.full_batch else experiment.batch_size
    examples += size.examples if own_data else 0
    return 8 * max(1, examples) * (size.features + 1)


def _groups(experiments: Iterable[Experiment]) -> dict[object, list[Experiment]]:
    found: dict[object, list[Experiment]] = {}
    for each in experiments:
        found.setdefault(group(each), []).append(each)
    return found


def stacked(cohort: Iterable[Experiment]) -> list[Experiment]:
    """The runs of a cohort by kind, and those of a kind by group."""
    together = [each for members in _groups(cohort).values() for each in members]
    return sorted(together, key=kind)


def group_numbers(cohort: Sequence[Experiment]) -> Labels:
    """The numbers of the groups of stacked experiments, (R,).

    ValueError if they are not in that order, or groups have different numbers of a kind.
    """
    numbers = {each: number for number, each in enumerate(_groups(cohort))}
    found = np.array([numbers[group(each)] for each in cohort])
    kinds = Counter((kind(each), number) for each, number in zip(cohort, found, strict=True))
    of_kind = {name: count for (name, _), count in kinds.items()}
    complete = len(kinds) == len(of_kind) * len(numbers)
    if not complete or any(count != of_kind[name] for (name, _), count in kinds.items()):
        raise ValueError("the groups of a cohort have different numbers of runs of a kind")
    if list(cohort) != stacked(cohort):
        raise ValueError("the runs of a cohort are not sorted by kind and group")
    return found


def firsts_of_groups(cohort: Iterable[Experiment]) -> list[Experiment]:
    """The first experiment of each group."""
    return [members[0] for members in _groups(cohort).values()]


def load_all(cohort: Sequence[Experiment]) -> list[Data]:
    """The data of a cohort, or of each of its groups if they differ."""
    firsts = firsts_of_groups(cohort)
    differ = len({each.data_key for each in firsts}) > 1
    return [load_data(each) for each in (firsts if differ else firsts[:1])]


def as_one(data: Data | Sequence[Data]) -> Data:
    """Data with a leading axis for groups, unless all groups have the same."""
    if isinstance(data, Data):
        return data
    if len(data) == 1:
        return data[0]
    stacks: dict[str, Any] = {
        name: np.stack([getattr(each, name) for each in data]) for name in ARRAYS
    }
    return replace(data[0], **stacks)
