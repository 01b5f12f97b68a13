"""The softmax training log of CS231n's case-study notes, number for number.

The notes print no seed; with NumPy's seed 0 and their own order of draws the log comes out.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lossopt_core import load_data
from lossopt_core.lecture.training_log import (
    EVERY,
    NOTES,
    PRINTED,
    train_as_in_notes,
)


def test_the_log_of_the_notes_comes_out_to_six_decimals():
    losses, _ = train_as_in_notes()
    assert [f"{loss:.6f}" for loss in losses[::EVERY]] == [f"{loss:.6f}" for loss in PRINTED]


def test_the_training_accuracy_of_the_notes_comes_out():
    _, accuracy = train_as_in_notes()
    assert accuracy == pytest.approx(148 / 300)
    assert round(accuracy, 4) == 0.4933


def test_the_spiral_is_the_one_of_the_notes():
    features, random = [], np.random.RandomState(0)
    for arm in range(3):
        r = np.linspace(0.0, 1, 100)
        t = np.linspace(arm * 4, (arm + 1) * 4, 100) + random.randn(100) * 0.2
        features.append(np.c_[r * np.sin(t), r * np.cos(t)])
    assert_allclose(load_data(NOTES).train_features, np.concatenate(features), rtol=0, atol=0)
