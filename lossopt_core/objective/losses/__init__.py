"""Loss functions, one class per file.

To add a loss, write a frozen dataclass like those here and add it to `LOSSES`; from another
package, use the entry point group `lossopt.losses`.
"""

from typing import TYPE_CHECKING, Any

from lossopt_core.objective.losses.base import Loss
from lossopt_core.objective.losses.crammer_singer import CrammerSinger
from lossopt_core.objective.losses.cross_entropy import HIGHEST_EXPONENT, CrossEntropy
from lossopt_core.objective.losses.hinge import Hinge
from lossopt_core.objective.losses.one_vs_all import OneVsAll
from lossopt_core.objective.losses.scores import (
    balance,
    flat_starts,
    flat_target_index,
    flat_view,
    ones,
    probabilities,
    set_true_class,
    sum_over_classes,
    to_violations,
    true_class,
    violation_steps,
)
from lossopt_core.objective.losses.squared_hinge import SquaredHinge
from lossopt_core.plugins.accept import accept_class
from lossopt_core.plugins.registry import Registry

if TYPE_CHECKING:
    CERTIFIED_LOSSES: tuple[str, ...]

__all__ = [
    "CERTIFIED_LOSSES",
    "HIGHEST_EXPONENT",
    "LOSSES",
    "LOSS_SETTINGS",
    "CrammerSinger",
    "CrossEntropy",
    "Hinge",
    "Loss",
    "OneVsAll",
    "SquaredHinge",
    "balance",
    "flat_starts",
    "flat_target_index",
    "flat_view",
    "ones",
    "probabilities",
    "set_true_class",
    "sum_over_classes",
    "to_violations",
    "true_class",
    "violation_steps",
]


LOSS_SETTINGS = ("margin",)
"""Settings of an experiment that a loss may be made with."""


def _accept(candidate: object) -> type[Loss]:
    loss = accept_class(candidate, Loss, settings=LOSS_SETTINGS)  # type: ignore[type-abstract]
    if loss.smooth:
        for name in ("max_curvature", "hessian_vector_product"):
            if getattr(loss, name) is getattr(Loss, name):
                raise ValueError(f"it is declared smooth but does not define {name}")
    return loss


LOSSES: Registry[type[Loss]] = Registry(
    "loss",
    "lossopt.losses",
    _accept,
    {
        "hinge": Hinge,
        "squared_hinge": SquaredHinge,
        "cross_entropy": CrossEntropy,
        "crammer_singer": CrammerSinger,
        "one_vs_all": OneVsAll,
    },
)


def __getattr__(name: str) -> Any:
    """`CERTIFIED_LOSSES`: names of the losses that have certificates."""
    if name == "CERTIFIED_LOSSES":
        return tuple(each for each, loss in LOSSES.items() if loss.domain is not None)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
