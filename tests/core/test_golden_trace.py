"""The softmax training log of CS231n's case-study notes, number for number.

The notes print no seed; with NumPy's seed 0 and their own order of draws the log comes out.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import Experiment, load_data
from lossopt_core.cohort import Cohort

PRINTED = """
    1.096956 0.917265 0.851503 0.822336 0.807586 0.799448 0.794681 0.791764 0.789920 0.788726
    0.787938 0.787409 0.787049 0.786803 0.786633 0.786514 0.786431 0.786373 0.786331 0.786302
"""
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


@pytest.fixture
def cohort() -> Cohort:
    """The notes' data and the weights that they start from."""
    data = load_data(NOTES)
    random = np.random.RandomState(0)
    random.randn(len(data.train_labels))  # the angles of the spiral
    random.randn(18)
    cohort = Cohort([NOTES], data)
    cohort.W[0, :, :-1] = 0.01 * random.randn(2, 3).T
    return cohort


def test_the_log_of_the_notes_comes_out_to_six_decimals(cohort):
    losses = [cohort.step(None, update, UPDATES)[0] for update in range(UPDATES)]
    assert [f"{loss:.6f}" for loss in losses[::10]] == PRINTED.split()


def test_the_training_accuracy_of_the_notes_comes_out(cohort):
    for update in range(UPDATES):
        cohort.step(None, update, UPDATES)
    accuracy = cohort.evaluate()[5, 0]
    assert accuracy == pytest.approx(148 / 300)
    assert round(accuracy, 4) == 0.4933


def test_the_spiral_is_the_one_of_the_notes():
    features, random = [], np.random.RandomState(0)
    for arm in range(3):
        r = np.linspace(0.0, 1, 100)
        t = np.linspace(arm * 4, (arm + 1) * 4, 100) + random.randn(100) * 0.2
        features.append(np.c_[r * np.sin(t), r * np.cos(t)])
    assert_allclose(load_data(NOTES).train_features, np.concatenate(features), rtol=0, atol=0)
