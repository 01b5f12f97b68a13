"""Parts of a cohort that can be looked at by themselves."""

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from numpy.testing import assert_array_equal

from lossopt_core.objective.losses import flat_target_index
from lossopt_core.training.cohort import count_correct, predicted

FEW_VALUES = st.sampled_from([-1.0, 0.0, 0.0, 2.0, 3.5, np.inf, np.nan])
SHAPES = st.tuples(st.integers(1, 4), st.integers(2, 5), st.integers(1, 9))


@given(st.data())
def test_correct_predictions_use_the_first_highest_score(data: st.DataObject) -> None:
    scores = data.draw(
        SHAPES.flatmap(lambda shape: arrays.arrays(float, shape, elements=FEW_VALUES))
    )
    _, classes, examples = scores.shape
    labels = data.draw(arrays.arrays(np.int64, examples, elements=st.integers(0, classes - 1)))
    counts = count_correct(scores, labels, flat_target_index(scores.shape, labels))
    assert_array_equal(counts, (predicted(scores) == labels).sum(axis=-1))


def test_without_ties_too() -> None:
    random = np.random.default_rng(0)
    scores = random.standard_normal((3, 10, 200))
    labels = random.integers(0, 10, 200)
    counts = count_correct(scores, labels, flat_target_index(scores.shape, labels))
    assert_array_equal(counts, (scores.argmax(axis=-2) == labels).sum(axis=-1))
