"""Reference runs: the same for everybody, in a workspace of their own that nobody can change.

They are trained where they are missing, which takes a second and no budget.
"""

from lossopt_core.experiment.description import Experiment
from lossopt_core.store.repository import REFERENCE, RunStore
from lossopt_core.training.loop import train

_DIGITS = Experiment(dataset="digits", epochs=30)

OPTIMIZERS_COMPARED = (
    _DIGITS.replace(optimizer="gd", learning_rate=0.1),
    _DIGITS.replace(optimizer="sgd", learning_rate=0.1),
    _DIGITS.replace(optimizer="momentum", learning_rate=0.01),
    _DIGITS.replace(optimizer="adam", learning_rate=0.01),
)
"""Four ways to the best possible cross-entropy."""
EXPERIMENTS = (
    *OPTIMIZERS_COMPARED,
    _DIGITS.replace(loss="hinge", optimizer="gd", learning_rate=0.1),
    _DIGITS.replace(loss="hinge", optimizer="sgd", learning_rate=0.1),
    _DIGITS.replace(loss="squared_hinge", optimizer="gd", learning_rate=0.005),
    _DIGITS.replace(loss="squared_hinge", optimizer="sgd", learning_rate=0.002),
)
"""Digits under three losses by GD and SGD, one also by momentum and Adam, at suggested rates."""
IDS = tuple(each.id for each in EXPERIMENTS)


def runs(address: str | None = None, *, discreet: bool = False) -> RunStore:
    """Where they are kept, to be read."""
    return RunStore(address, REFERENCE, discreet=discreet)


def keep(address: str | None = None) -> None:
    """Train and keep those that the store does not have; several programs may do so at once."""
    keeper = _Keeper(address)
    if missing := keeper.missing(EXPERIMENTS):
        keeper.save(train(missing))


class _Keeper(RunStore):
    """The one who may add to them."""

    def __init__(self, address: str | None) -> None:
        super().__init__(address, REFERENCE)
        self.read_only = False
