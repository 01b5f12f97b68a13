"""Regularizers, one class per file.

To add one, write a frozen dataclass like those here and add it to `REGULARIZERS`; from another
package, use the entry point group `lossopt.regularizers`.
"""

from lossopt_core.objective.regularizers.base import (
    PenaltyCode,
    Regularizer,
    add_ridge,
    least_subgradient,
    soft_threshold,
)
from lossopt_core.objective.regularizers.elastic_net import ElasticNet
from lossopt_core.objective.regularizers.l1 import L1
from lossopt_core.objective.regularizers.l2 import L2
from lossopt_core.objective.regularizers.no_penalty import NoPenalty
from lossopt_core.plugins.accept import accept_class
from lossopt_core.plugins.registry import Registry

__all__ = [
    "L1",
    "L2",
    "PENALTY_SETTINGS",
    "REGULARIZERS",
    "ElasticNet",
    "NoPenalty",
    "PenaltyCode",
    "Regularizer",
    "add_ridge",
    "least_subgradient",
    "soft_threshold",
]


PENALTY_SETTINGS = ("strength", "l1_ratio")
"""Settings of an experiment that a penalty may be made with."""


def _accept(candidate: object) -> type[Regularizer]:
    penalty = accept_class(candidate, Regularizer, settings=PENALTY_SETTINGS)
    if penalty.value is not Regularizer.value and not penalty.elastic_net_form:
        for name in ("add_gradient", "add_least_subgradient"):
            if getattr(penalty, name) is getattr(Regularizer, name):
                raise ValueError(f"it defines value but not {name}")
    return penalty


REGULARIZERS: Registry[type[Regularizer]] = Registry(
    "regularizer",
    "lossopt.regularizers",
    _accept,
    {"none": NoPenalty, "l2": L2, "l1": L1, "elastic_net": ElasticNet},
)
