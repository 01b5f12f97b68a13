"""The strength from which on an L1 penalty leaves no weight: against the certified optimum."""

import numpy as np
import pytest

from lossopt_core import Experiment, certify
from lossopt_core.sparsity import zero_strength


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_hinge"])
def test_weights_vanish_at_the_strength_and_not_below(loss: str) -> None:
    experiment = Experiment(dataset="wine", loss=loss, regularizer="l1")
    strength = zero_strength(experiment)
    assert strength is not None
    above = certify(experiment.but(strength=1.03 * strength)).weights
    below = certify(experiment.but(strength=0.97 * strength)).weights
    assert np.abs(above).max() < 1e-4
    assert np.abs(below).max() > 1e-2


def test_there_is_none_for_kinks_and_for_other_penalties() -> None:
    assert zero_strength(Experiment(dataset="wine", loss="hinge", regularizer="l1")) is None
    assert zero_strength(Experiment(dataset="wine", regularizer="l2")) is None
