"""Keeps together what a page planned: once all of its runs are saved, they are a set."""

from collections.abc import Sequence
from contextlib import suppress

from lossopt_core import Experiment
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.tuned_rate import is_tuning
from lossopt_core.store.quotas import BudgetError
from lossopt_core.store.sets import LARGEST_SET, set_id
from lossopt_ui.identity import workspace
from lossopt_ui.state.session import SessionKey

_NOTED: SessionKey[set[str]] = SessionKey("planned_together.noted", set)
"""The sets that this session has saved or seen."""


def note(experiments: Sequence[Experiment]) -> None:
    """Save these runs as a set, unless they are a single group or already one.

    Tuning runs of learning rates are not part of it.

    StoreError if the store cannot be used.
    """
    planned = [each for each in experiments if not is_tuning(each)]
    if len(planned) > LARGEST_SET or len({group_id(each) for each in planned}) < 2:
        return
    ids = [each.id for each in planned]
    this, store = set_id(ids), workspace.store()
    if this in _NOTED.get():
        return
    if this not in {each.id for each in store.sets()}:
        with suppress(BudgetError):  # a full workspace keeps the runs without their set
            store.save_set(ids)
    _NOTED.get().add(this)
