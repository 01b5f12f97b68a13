"""Reference runs: shared by all users, in a read-only workspace.

Missing ones are trained at startup, which takes about a second and no budget.
"""

import warnings

from lossopt_core.experiment.description import Experiment
from lossopt_core.store.repository import REFERENCE, RunStore
from lossopt_core.training.convergence import ConvergenceWarning
from lossopt_core.training.loop import train

_DIGITS = Experiment(dataset="digits", epochs=30)

OPTIMIZERS_COMPARED = (
    _DIGITS.replace(optimizer="gd", learning_rate=0.1),
    _DIGITS.replace(optimizer="sgd", learning_rate=0.1),
    _DIGITS.replace(optimizer="momentum", learning_rate=0.01),
    _DIGITS.replace(optimizer="adam", learning_rate=0.01),
)
"""Four optimizers on the same cross-entropy objective."""
EXPERIMENTS = (
    *OPTIMIZERS_COMPARED,
    _DIGITS.replace(loss="hinge", optimizer="gd", learning_rate=0.1),
    _DIGITS.replace(loss="hinge", optimizer="sgd", learning_rate=0.1),
    _DIGITS.replace(loss="squared_hinge", optimizer="gd", learning_rate=0.005),
    _DIGITS.replace(loss="squared_hinge", optimizer="sgd", learning_rate=0.002),
)
"""Digits with three losses and GD or SGD, one also with momentum and Adam, at suggested rates."""
IDS = tuple(each.id for each in EXPERIMENTS)


def runs(address: str | None = None, *, discreet: bool = False) -> RunStore:
    """The read-only store of reference runs."""
    return RunStore(address, REFERENCE, discreet=discreet)


def train_missing(address: str | None = None) -> None:
    """Train and save missing reference runs; safe to call from several processes at once."""
    store = _WritableReferences(address)
    if missing := store.missing(EXPERIMENTS):
        with warnings.catch_warnings():  # in the log of a server they are nobody's
            warnings.simplefilter("ignore", ConvergenceWarning)
            runs = train(missing)
        store.save(runs)


class _WritableReferences(RunStore):
    """The reference workspace with write access."""

    def __init__(self, address: str | None) -> None:
        super().__init__(address, REFERENCE)
        self.read_only = False
