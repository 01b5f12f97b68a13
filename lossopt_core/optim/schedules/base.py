"""What a learning rate schedule is."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from lossopt_core.plugins.subclasses import drop_inherited


class Schedule(ABC):
    """A factor on the learning rate.

    A subclass defines `label` and `factor`; everything else has a fallback.
    """

    label: ClassVar[str]
    formula: ClassVar[str] = ""
    """LaTeX of the learning rate α_t; t is the share of the training that is done."""
    summary: ClassVar[str] = ""
    """One sentence for people who choose a schedule."""
    numpy_code: ClassVar[str | None] = None
    """For scripts that do not import lossopt: a statement that sets `rate` for an update.

    It may use `learning_rate` and `update`, the number of the update from 1; `{updates}` is
    replaced by how many there are.  "" for a constant rate, None for a schedule without code.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "factor" in vars(cls):
            drop_inherited(cls, Schedule, ("numpy_code",))

    @abstractmethod
    def factor(self, done: float) -> float:
        """The factor on the learning rate when this share of the training is done, in [0, 1).

        It is told nothing else, so that a schedule fits 10 updates and 100,000.
        """
