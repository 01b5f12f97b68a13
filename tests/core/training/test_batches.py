"""The order of minibatches."""

import pickle
from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lossopt_core.training.batches import Minibatches

SIZES = {
    "examples": st.integers(1, 40),
    "size": st.integers(1, 50),
    "seed": st.integers(0, 5),
    "replacement": st.booleans(),
}


@given(taken=st.integers(0, 30), **SIZES)
def test_a_copy_goes_on_where_the_original_is(taken, examples, size, seed, replacement):
    batches = Minibatches(examples, size, seed, replacement=replacement)
    for _ in range(taken):
        next(batches)
    copy = pickle.loads(pickle.dumps(batches))
    for ours, its in zip(islice(batches, 20), islice(copy, 20), strict=True):
        np.testing.assert_array_equal(ours, its)


@given(**SIZES)
def test_an_epoch_sees_every_example_once_unless_with_replacement(
    examples, size, seed, replacement
):
    batches = Minibatches(examples, size, seed, replacement=replacement)
    for _ in range(3):
        epoch = np.concatenate(list(islice(batches, -(-examples // size))))
        assert len(epoch) == examples
        assert set(epoch) <= set(range(examples))
        assert replacement or len(set(epoch)) == examples
