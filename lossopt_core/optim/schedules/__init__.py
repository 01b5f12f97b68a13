"""Learning rate schedules, one class per file.

To add a schedule, write a class like those here and add it to `SCHEDULES`; from another package,
use the entry point group `lossopt.schedules`.
"""

from lossopt_core.optim.schedules.base import Schedule
from lossopt_core.optim.schedules.constant import Constant
from lossopt_core.optim.schedules.cosine import Cosine
from lossopt_core.optim.schedules.exponential import Exponential
from lossopt_core.optim.schedules.inverse_time import InverseTime
from lossopt_core.optim.schedules.step import Step
from lossopt_core.plugins.accept import accept_instance
from lossopt_core.plugins.registry import Registry

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "InverseTime",
    "Schedule",
    "Step",
]


def _accept(candidate: object) -> Schedule:
    return accept_instance(candidate, Schedule)  # type: ignore[type-abstract]


SCHEDULES: Registry[Schedule] = Registry(
    "schedule",
    "lossopt.schedules",
    _accept,
    {
        "constant": Constant(),
        "step": Step(),
        "exponential": Exponential(),
        "inverse_time": InverseTime(),
        "cosine": Cosine(),
    },
)
