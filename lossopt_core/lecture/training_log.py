"""The training log of the case-study notes: a softmax classifier on the spiral data.

The notes give no seed; NumPy's seed 0 with their order of draws reproduces the log.
"""

import numpy as np

from lossopt_core.experiment.description import Experiment
from lossopt_core.experiment.loading import load_data
from lossopt_core.training.cohort import Cohort

PRINTED = (
    1.096956, 0.917265, 0.851503, 0.822336, 0.807586, 0.799448, 0.794681, 0.791764, 0.789920,
    0.788726, 0.787938, 0.787409, 0.787049, 0.786803, 0.786633, 0.786514, 0.786431, 0.786373,
    0.786331, 0.786302,
)  # fmt: skip
"""The loss at every tenth update."""
EVERY = 10
UPDATES = 200
NOTES = Experiment(
    dataset="spiral",
    test_fraction=0.0,
    standardize=False,
    loss="cross_entropy",
    strength=0.0005,  # the notes halve the sum of squares: 0.5 * 1e-3
    optimizer="gd",
    learning_rate=1.0,
    epochs=UPDATES,
    split_seed=0,
)


def start() -> Cohort:
    """A cohort with the notes' data and initial weights."""
    data = load_data(NOTES)
    random = np.random.RandomState(0)
    random.randn(len(data.train_labels))  # the angles of the spiral
    random.randn(18)
    cohort = Cohort([NOTES], data)
    cohort.W[0, :, :-1] = 0.01 * random.randn(2, 3).T
    return cohort


def train_as_in_notes(learning_rate: float = NOTES.learning_rate) -> tuple[list[float], float]:
    """The loss before each update, and the final training accuracy."""
    cohort = start()
    for block in cohort.blocks:
        block.rate[...] = learning_rate
    losses = [float(cohort.step(None, update, UPDATES)[0]) for update in range(UPDATES)]
    return losses, float(cohort.evaluate()[5, 0])
