"""Room in a workspace: whatever is written is held against the budget where it is written.

So no page, and no way of bringing something in, can forget to ask.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sql

from lossopt_core.store.quotas import Budget
from lossopt_core.store.usage import ROW_BYTES, Usage, usage

Result = TypeVar("Result")


def bounded(
    work: Callable[[sql.Connection], Result], budget: Budget, workspace: str
) -> Callable[[sql.Connection], Result]:
    """The work, which raises BudgetError where it makes the workspace hold too much.

    To be done in a transaction, which the error takes back.
    """
    if not budget.limits_keeping:
        return work

    def checked(database: sql.Connection) -> Result:
        before = usage(database, workspace)
        result = work(database)
        budget.check_room(before, usage(database, workspace))
        return result

    return checked


class Room:
    """Room for runs that are saved one after another; the workspace is measured once."""

    def __init__(self, budget: Budget, workspace: str) -> None:
        self._budget = budget
        self._workspace = workspace
        self._used: Usage | None = None

    def take(
        self, database: sql.Connection, arrays: Sequence[Mapping[str, Any]], *, new: bool
    ) -> None:
        """Count a run with these rows of arrays; BudgetError where it has no room.

        One that is not `new` takes the place of a stopped or deleted one.
        """
        if not self._budget.limits_keeping:
            return
        if self._used is None:
            self._used = usage(database, self._workspace)
        runs, bytes = int(new), sum(len(each["data"]) + ROW_BYTES for each in arrays)
        self._budget.check_keeping(self._used, runs=runs, bytes=bytes)
        self._used = Usage(self._used.runs + runs, self._used.bytes + bytes)
