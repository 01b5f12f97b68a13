"""The base class of learning rate schedules."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from lossopt_core.plugins.subclasses import drop_inherited


class Schedule(ABC):
    """A factor on the learning rate.

    A subclass defines `label` and `factor`; everything else has a default.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    """LaTeX of the learning rate α_t; t is the completed fraction of training."""
    summary: ClassVar[str] = ""
    """One sentence, shown when choosing a schedule."""
    numpy_code: ClassVar[str | None] = None
    """Code for scripts without lossopt: a statement that sets `rate` for an update.

    It may use `learning_rate` and `update`, the number of the update from 1; `{updates}` is
    replaced by the total.  "" for a constant rate, None if there is no code.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "factor" in vars(cls):
            drop_inherited(cls, Schedule, ("numpy_code",))

    @abstractmethod
    def factor(self, done: float) -> float:
        """The factor on the learning rate at a completed fraction of training, in [0, 1).

        It has no other arguments, so that schedules work for any number of updates.
        """
