"""Optimizers, one class per file.

To add an optimizer, write a frozen dataclass like those here and add it to `OPTIMIZERS`; from
another package, use the entry point group `lossopt.optimizers`.
"""

from lossopt_core.optim.optimizers.adagrad import AdaGrad
from lossopt_core.optim.optimizers.adam import Adam
from lossopt_core.optim.optimizers.base import Memory, Optimizer, UpdateCode, nonzero
from lossopt_core.optim.optimizers.gd import GradientDescent
from lossopt_core.optim.optimizers.momentum import Momentum
from lossopt_core.optim.optimizers.nesterov import Nesterov
from lossopt_core.optim.optimizers.rmsprop import RMSProp
from lossopt_core.optim.optimizers.sgd import SGD
from lossopt_core.plugins.accept import accept_class
from lossopt_core.plugins.registry import Registry

__all__ = [
    "OPTIMIZERS",
    "RULE_SETTINGS",
    "SGD",
    "AdaGrad",
    "Adam",
    "GradientDescent",
    "Memory",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "UpdateCode",
    "nonzero",
]


RULE_SETTINGS = ("momentum",)
"""Settings of an experiment that an update rule may be made with."""


def _accept(candidate: object) -> type[Optimizer]:
    return accept_class(candidate, Optimizer, settings=RULE_SETTINGS)  # type: ignore[type-abstract]


OPTIMIZERS: Registry[type[Optimizer]] = Registry(
    "optimizer",
    "lossopt.optimizers",
    _accept,
    {
        "gd": GradientDescent,
        "sgd": SGD,
        "momentum": Momentum,
        "nesterov": Nesterov,
        "adagrad": AdaGrad,
        "rmsprop": RMSProp,
        "adam": Adam,
    },
)
