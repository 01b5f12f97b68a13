"""Reference runs and default runs: shared by all users, in a read-only workspace.

Reference runs can be compared with one's own.  Default runs are those that pages show before
anybody has changed a setting, so that no visitor waits for them.  Missing ones are trained at
startup, which takes seconds and no budget.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence

from lossopt_core.analysis import tuned_rate
from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.store.repository import REFERENCE, RunStore
from lossopt_core.training.convergence import ConvergenceWarning
from lossopt_core.training.loop import train
from lossopt_core.training.run import Run

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

DEFAULTS = (Experiment(loss="hinge"), Experiment(), Experiment(optimizer="gd"))
"""What pages compare by default; each at its tuned learning rate, which is not the one here."""
DEFAULT_SEEDS = 10


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


def is_default(experiment: Experiment) -> bool:
    """Whether it is one of `DEFAULTS`, at any learning rate, seed, and number of evaluations."""
    return _configuration(experiment) in map(_configuration, DEFAULTS)


def _configuration(experiment: Experiment) -> Experiment:
    varied = ("learning_rate", "seed", "split_seed", "evaluations")
    return experiment.replace(**{name: FIELDS[name].default for name in varied})


def train_defaults(
    address: str | None,
    learn: Callable[[Sequence[Run]], None],
    train: Callable[[Sequence[Experiment]], Iterable[Run]] = train,
) -> None:
    """Tune the learning rates of `DEFAULTS`, and train each with `DEFAULT_SEEDS` seeds.

    What is saved is not trained again.  `learn` is called with the tuning runs as soon as they are
    known.  First seeds are saved first.  `train` says where to train.  StoreError if the store
    cannot be used.
    """
    store = _WritableReferences(address)
    plans = {each: tuned_rate.tuning(each) for each in DEFAULTS}
    tuning = [one for plan in plans.values() for one in plan]
    _complete(store, tuning, train)
    tuned = store.find([each.id for each in tuning], with_path=False, with_minibatch=False)
    learn(list(tuned.values()))
    rates = {
        each: tuned_rate.best([tuned[one.id] for one in plan]).rate for each, plan in plans.items()
    }
    seeds = [
        [
            each.replace(learning_rate=rate, seed=each.seed + k, split_seed=each.split_seed + k)
            for each, rate in rates.items()
        ]
        for k in range(DEFAULT_SEEDS)
    ]
    _complete(store, seeds[0], train)
    _complete(store, [one for some in seeds[1:] for one in some], train)


def _complete(
    store: RunStore,
    experiments: Sequence[Experiment],
    train: Callable[[Sequence[Experiment]], Iterable[Run]],
) -> None:
    """Train and save those that are missing."""
    if missing := store.missing(experiments):
        store.save(train(missing))


class _WritableReferences(RunStore):
    """The reference workspace with write access."""

    def __init__(self, address: str | None) -> None:
        super().__init__(address, REFERENCE)
        self.read_only = False
