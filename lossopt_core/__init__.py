"""lossopt's core: experiments on losses and optimizers of linear classifiers.

    from lossopt_core import Experiment, train

    [run] = train([Experiment(dataset="digits", loss="hinge")])
    print(run.history)

It knows no screen; the dashboard is built on it.
"""

from typing import TYPE_CHECKING, Any

from lossopt_core.arrays import experiment_on
from lossopt_core.certificates import Certificate, certify
from lossopt_core.convergence import ConvergenceWarning, convergence_caveats
from lossopt_core.data import Data, load_data
from lossopt_core.datasets import DATASETS
from lossopt_core.experiment import FIELDS, Experiment
from lossopt_core.foreign import ForeignRun
from lossopt_core.losses import LOSSES
from lossopt_core.optimizers import OPTIMIZERS
from lossopt_core.pairing import PairedDifference, paired_difference
from lossopt_core.regularizers import REGULARIZERS
from lossopt_core.run import Run
from lossopt_core.schedules import SCHEDULES
from lossopt_core.stability import StepLimits, noise_floor, step_limits, suggested_learning_rate
from lossopt_core.store import RunStore, StoreError
from lossopt_core.suboptimality import free_gaps, with_distance
from lossopt_core.training import Progress, train

if TYPE_CHECKING:
    from lossopt_core.estimator import LinearClassifier
    from lossopt_core.sparsity import zero_strength

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
    "Run",
    "RunStore",
    "StepLimits",
    "StoreError",
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
    "with_distance",
    "zero_strength",
]


def __getattr__(name: str) -> Any:
    """What is slow to import, when it is asked for: scikit-learn takes a second, SciPy a third."""
    if name == "LinearClassifier":
        from lossopt_core.estimator import LinearClassifier

        return LinearClassifier
    if name == "zero_strength":
        from lossopt_core.sparsity import zero_strength

        return zero_strength
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
