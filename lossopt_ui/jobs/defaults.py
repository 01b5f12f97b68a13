"""The runs that pages show by default, trained once for all visitors when the server starts."""

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache

from lossopt_core import Experiment, Run, StoreError, train
from lossopt_core.analysis import tuned_rate
from lossopt_core.store import reference
from lossopt_core.store.quotas import BudgetError
from lossopt_ui.config import mode
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import pool, rates


class Defaults:
    """Whether the default runs are being trained."""

    def __init__(self) -> None:
        self._underway = threading.Event()

    def begin(self) -> None:
        """Train what is missing, in another thread; pages wait for it from now on."""
        self._underway.set()
        threading.Thread(target=self._work, name="defaults", daemon=True).start()

    def _work(self) -> None:
        try:
            # Without them, each visitor's page trains its own.
            with suppress(StoreError):
                reference.train_defaults(mode.store_address(), _learn, _train)
        finally:
            self._underway.clear()

    @property
    def underway(self) -> bool:
        """Whether they are being trained."""
        return self._underway.is_set()

    def expect(self, experiments: Sequence[Experiment]) -> bool:
        """Whether these, at least one, are all among what is being trained."""
        known = map(reference.is_default, experiments)
        return self.underway and len(experiments) > 0 and all(known)


@cache
def defaults() -> Defaults:
    """The default runs of this server."""
    return Defaults()


def _learn(tuning: Sequence[Run]) -> None:
    rates.learn(reference.DEFAULTS, tuning)


def _train(experiments: Sequence[Experiment]) -> list[Run]:
    return pool.executor().submit(train, experiments).result()


def adopt(experiments: Iterable[Experiment]) -> bool:
    """Copy the default runs among these to the visitor's workspace; whether there were any.

    StoreError if the store cannot be used.
    """
    some = [each for each in experiments if reference.is_default(each)]
    wanted = [each.id for each in some if not tuned_rate.is_tuning(each)]
    found = workspace.references().find(wanted) if wanted else {}
    with suppress(BudgetError):  # said where the rest is trained
        workspace.store().save(found.values())
    return bool(found)
