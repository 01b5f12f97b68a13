"""The lossopt library: experiments on losses and optimizers of linear classifiers.

    from lossopt_core import Experiment, train

    [run] = train([Experiment(dataset="digits", loss="hinge")])
    print(run.history)

It has no user interface; the dashboard is built on top of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lossopt_core.analysis.pairing import PairedDifference, paired_difference
from lossopt_core.analysis.tuned_rate import suggested_learning_rate
from lossopt_core.certify.certificates import Certificate, certify
from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.experiment.loading import Data, load_data
from lossopt_core.objective.losses import LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS
from lossopt_core.optim.optimizers import OPTIMIZERS
from lossopt_core.optim.schedules import SCHEDULES
from lossopt_core.shipped import __version__
from lossopt_core.theory.stability import (
    StepLimits,
    noise_floor,
    step_limits,
)
from lossopt_core.theory.suboptimality import free_gaps, with_distance
from lossopt_core.training.continuing import RestartWarning, train_longer
from lossopt_core.training.convergence import ConvergenceWarning, convergence_caveats
from lossopt_core.training.loop import Progress, train
from lossopt_core.training.run import Run

if TYPE_CHECKING:
    from lossopt_core.sklearn import LinearClassifier
    from lossopt_core.store.foreign import ForeignRun
    from lossopt_core.store.repository import RunStore, StoreError
    from lossopt_core.theory.l1_threshold import zero_strength
    from lossopt_core.uploads.arrays import experiment_on

__all__ = [
    "DATASETS",
    "FIELDS",
    "LOSSES",
    "OPTIMIZERS",
    "REGULARIZERS",
    "SCHEDULES",
    "Certificate",
    "ConvergenceWarning",
    "Data",
    "Experiment",
    "ForeignRun",
    "LinearClassifier",
    "PairedDifference",
    "Progress",
    "RestartWarning",
    "Run",
    "RunStore",
    "StepLimits",
    "StoreError",
    "__version__",
    "certify",
    "convergence_caveats",
    "experiment_on",
    "free_gaps",
    "load_data",
    "noise_floor",
    "paired_difference",
    "step_limits",
    "suggested_learning_rate",
    "train",
    "train_longer",
    "with_distance",
    "zero_strength",
]


_SLOW = {
    "ForeignRun": "store.foreign",
    "LinearClassifier": "sklearn",
    "RunStore": "store.repository",
    "StoreError": "store.repository",
    "experiment_on": "uploads.arrays",
    "zero_strength": "theory.l1_threshold",
}
"""Names by module; scikit-learn takes a second to import, SQLAlchemy and SciPy a third of one."""


def __getattr__(name: str) -> Any:
    """Import slow modules on first use."""
    if name in _SLOW:
        return getattr(import_module(f"{__name__}.{_SLOW[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
