"""lossopt's core: experiments on losses and optimizers of linear classifiers.

    from lossopt_core import Experiment, train

    [run] = train([Experiment(dataset="digits", loss="hinge")])
    print(run.history)

It knows no screen; the dashboard is built on it.
"""

from lossopt_core.certificates import Certificate, certify
from lossopt_core.data import Data, load_data
from lossopt_core.datasets import DATASETS
from lossopt_core.experiment import FIELDS, Experiment
from lossopt_core.losses import LOSSES
from lossopt_core.optimizers import OPTIMIZERS
from lossopt_core.regularizers import REGULARIZERS
from lossopt_core.run import Run
from lossopt_core.schedules import SCHEDULES
from lossopt_core.stability import StepLimits, noise_floor, step_limits, suggested_learning_rate
from lossopt_core.store import RunStore, StoreError
from lossopt_core.suboptimality import free_gaps, with_distance
from lossopt_core.training import Progress, train

__all__ = [
    "DATASETS",
    "FIELDS",
    "LOSSES",
    "OPTIMIZERS",
    "REGULARIZERS",
    "SCHEDULES",
    "Certificate",
    "Data",
    "Experiment",
    "Progress",
    "Run",
    "RunStore",
    "StepLimits",
    "StoreError",
    "certify",
    "free_gaps",
    "load_data",
    "noise_floor",
    "step_limits",
    "suggested_learning_rate",
    "train",
    "with_distance",
]
