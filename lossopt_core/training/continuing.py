"""Training a saved run for more epochs, from its final weights.

The result is the run of the longer experiment.  Its history has the points of the saved run,
followed by those that an uninterrupted training has after the last of them, with the same values.
"""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

import numpy as np

from lossopt_core.experiment.description import Experiment, optimizer_of
from lossopt_core.experiment.loading import Data
from lossopt_core.optim.schedules import SCHEDULES
from lossopt_core.training.cohort import Cohort, CohortState
from lossopt_core.training.grouping import cohorts, kind, load_all, stacked
from lossopt_core.training.loop import (
    Checkpoint,
    Progress,
    Training,
    batches_of,
    train,
    train_parts,
)
from lossopt_core.training.record import UPDATE, Earlier, Record
from lossopt_core.training.run import DIVERGED, Run


class RestartWarning(UserWarning):
    """Issued when a run cannot be continued, so that it is trained anew; the message says why."""


def train_longer(
    runs: Sequence[Run],
    epochs: int,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Run]:
    """Train runs until they have made so many epochs, and return them in the same order.

    A run is continued from its final weights if that gives what an uninterrupted training gives;
    otherwise it is trained anew.  See `why_anew`.

    Args:
        runs: Runs of at most so many epochs, with their minibatch objectives and paths.
        epochs: Number of epochs in total, those that are already made included.
        on_progress: As in `train`; a continued training begins with what is already made.
        should_stop: As in `train`.

    Raises:
        ValueError: A run already has more epochs.

    Warns:
        RestartWarning: A run is trained anew; the message says why.
    """
    longer = {run.experiment: longer_of(run.experiment, epochs) for run in runs}
    reasons = {run.experiment: why_run_anew(run, longer[run.experiment]) for run in runs}
    for reason in dict.fromkeys(filter(None, reasons.values())):
        warnings.warn(f"Trained anew: {reason}.", RestartWarning, stacklevel=2)
    starts = {longer[run.experiment]: run for run in runs if not reasons[run.experiment]}
    groups = groups_to_continue(starts)
    found = train_parts(
        [(group, partial(continued, group, starts)) for group in groups],
        on_progress,
        should_stop,
    )
    anew = [longer[run.experiment] for run in runs if reasons[run.experiment]]
    found |= {run.experiment: run for run in train(anew, on_progress, should_stop)}
    return [found[longer[run.experiment]] for run in runs]


def longer_of(experiment: Experiment, epochs: int) -> Experiment:
    """The same experiment with more epochs; ValueError if it has as many or fewer."""
    if epochs <= experiment.epochs:
        raise ValueError(
            f"epochs must be above the {experiment.epochs} of the run, got {epochs}: it is the"
            " total, not what is added"
        )
    return experiment.replace(epochs=epochs)


def why_anew(experiment: Experiment, *, has_state: bool) -> str:
    """Why a run of this experiment cannot be trained for more epochs from its weights, or "".

    It can if it was saved with the state of the optimizer, where there is one, and if nothing on
    its way depended on the number of epochs.
    """
    schedule = SCHEDULES[experiment.schedule]
    if arrays_of_state(experiment) and not has_state:
        label = optimizer_of(experiment).label
        what = "weight averaging" if experiment.averaging else label
        return f"{what} also needs its own state, which was not saved with the run"
    if experiment.schedule != "constant":
        return (
            f"the {schedule.label.lower()} schedule stretches over all epochs, so a longer training"
            " takes other steps from the start"
        )
    if experiment.stopping != "none":
        return "early stopping depends on the points of the whole curve"
    return ""


def arrays_of_state(experiment: Experiment) -> int:
    """Number of arrays that a training of the experiment needs beside the weights."""
    # Asked of the optimizer itself: one of a plug-in may begin with other arrays.
    return len(optimizer_of(experiment).start(np.zeros((1, 1, 1)))) + experiment.averaging


def why_run_anew(run: Run, longer: Experiment) -> str:
    """Why this run cannot be continued as the longer experiment, or "".

    The run must have its minibatch objectives and its path.
    """
    if run.experiment.replace(epochs=longer.epochs).id != longer.id:
        return "the run differs in more than the number of epochs"
    if run.status == DIVERGED:
        return "the run diverged"
    needed = arrays_of_state(run.experiment)
    has_state = run.state is not None and len(run.state) == needed
    if reason := why_anew(run.experiment, has_state=has_state):
        return reason
    updates = run.numbers("history")[:, UPDATE]
    if updates[0] != 0 or not _measured(run, int(updates[-1])):
        return "the run was saved without all of its measurements"
    if not _weights_agree(run):
        return "the weights of the run do not have the objective that was saved with them"
    return ""


def _measured(run: Run, made: int) -> bool:
    """Whether minibatch objectives and path reach as far as the history."""
    minibatch = run.numbers("minibatch")[:, 0]
    whole = made == 0 or (len(minibatch) > 0 and minibatch[-1] == made)
    return whole and len(run.path_updates) > 0 and int(run.path_updates[-1]) == made


def _weights_agree(run: Run) -> bool:
    """Whether the weights have the saved objective: runs also come from files."""
    cohort = Cohort([run.experiment], load_all([run.experiment]))
    for weights in (cohort.W, *(each.average for each in cohort.blocks)):
        if weights is not None:
            weights[...] = run.stacked
    with np.errstate(over="ignore", invalid="ignore"):
        objective = float(cohort.evaluate()[0, 0])
    rounding = float(np.finfo(cohort.dtype).eps)
    saved = run.final["objective"]
    return bool(np.isclose(objective, saved, rtol=rounding**0.5, atol=rounding))


def groups_to_continue(starts: Mapping[Experiment, Run]) -> list[list[Experiment]]:
    """The longer experiments that can be trained together, as they have the same points so far."""
    alike: dict[tuple[bytes, ...], list[Experiment]] = {}
    for experiment, run in starts.items():
        points = (run.numbers("history")[:, UPDATE], run.numbers("minibatch")[:, 0])
        key = tuple(each.tobytes() for each in (*points, run.path_updates))
        alike.setdefault(key, []).append(experiment)
    return [stacked(group) for members in alike.values() for group in cohorts(members)]


def continued(
    experiments: Sequence[Experiment],
    starts: Mapping[Experiment, Run],
    data: Sequence[Data] | None = None,
) -> Training:
    """The training of a group of `groups_to_continue`, from the weights of the runs."""
    return Training(experiments, data, checkpoint_of(experiments, starts))


def checkpoint_of(
    experiments: Sequence[Experiment], starts: Mapping[Experiment, Run]
) -> Checkpoint:
    """Where the training of longer experiments goes on, from the run that each starts from."""
    runs = [starts[each] for each in experiments]
    earlier = Earlier.of(runs)
    batches = batches_of(experiments)
    for each in batches:
        each.skip(earlier.made)
    record = Record(experiments, runs[0].stacked.size, earlier)
    return Checkpoint(earlier.made, _state_of(runs), batches, record, [0.0] * len(runs), math.nan)


def _state_of(runs: Sequence[Run]) -> CohortState:
    """The state of a cohort of which these are the runs, in their order."""
    stacks, memories, averages = [], [], []
    for (*_, averaging), block in groupby(runs, lambda run: kind(run.experiment)):
        members = list(block)
        classifiers = np.concatenate([run.stacked for run in members])
        states = [run.state for run in members if run.state is not None]
        memory = tuple(np.stack(states, axis=1)) if states else ()
        stacks.append(memory[-1] if averaging else classifiers)
        memories.append(memory[:-1] if averaging else memory)
        averages.append(classifiers if averaging else None)
    return CohortState(np.concatenate(stacks), memories, averages)
