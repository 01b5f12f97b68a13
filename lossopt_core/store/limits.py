"""Enforcement of storage limits at the point of writing, so that no caller can bypass them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sql

from lossopt_core.store.quotas import Budget
from lossopt_core.store.usage import ROW_BYTES, Usage, usage

Result = TypeVar("Result")


def bounded(
    work: Callable[[sql.Connection], Result], budget: Budget, workspace: str
) -> Callable[[sql.Connection], Result]:
    """Wrap `work` to raise BudgetError if it makes the workspace exceed its budget.

    It must run in a transaction, which the error rolls back.
    """
    if not budget.limits_storage:
        return work

    def checked(database: sql.Connection) -> Result:
        before = usage(database, workspace)
        result = work(database)
        budget.check_change(before, usage(database, workspace))
        return result

    return checked


class StorageBudget:
    """The remaining storage while runs are saved one by one; usage is measured only once."""

    def __init__(self, budget: Budget, workspace: str) -> None:
        self._budget = budget
        self._workspace = workspace
        self._used: Usage | None = None

    def take(
        self, database: sql.Connection, arrays: Sequence[Mapping[str, Any]], *, new: bool
    ) -> None:
        """Account for a run with these array rows; BudgetError if it does not fit.

        A run that is not `new` replaces a stopped or deleted one.
        """
        if not self._budget.limits_storage:
            return
        if self._used is None:
            self._used = usage(database, self._workspace)
        runs, bytes = int(new), sum(len(each["data"]) + ROW_BYTES for each in arrays)
        self._budget.check_storage(self._used, runs=runs, bytes=bytes)
        self._used = Usage(self._used.runs + runs, self._used.bytes + bytes)
