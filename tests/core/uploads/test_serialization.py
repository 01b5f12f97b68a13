"""Examples are read back unchanged, and have one fingerprint in every format."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import (
    Experiment,
)
from lossopt_core.data.datasets import Examples
from lossopt_core.uploads import (
    columns_of,
    fingerprint,
    from_bytes,
    prepare,
    read,
    suggest,
    to_bytes,
)
from tests.core.files.making import npz


def test_every_format_of_the_same_numbers_has_the_same_fingerprint():
    numbers = np.round(np.random.default_rng(0).normal(size=(20, 3)), 6)
    table = pd.DataFrame(numbers, columns=["x1", "x2", "x3"])
    table["class"] = [["a", "b"][k % 2] for k in range(20)]
    parquet = io.BytesIO()
    table.to_parquet(parquet)
    files = {
        "t.csv": table.to_csv(index=False).encode(),
        "t.tsv": table.to_csv(index=False, sep="\t").encode(),
        "t.parquet": parquet.getvalue(),
    }
    marks = {name: examples_of_file(data, name) for name, data in files.items()}
    marks["t.npz"] = fingerprint(read(npz(X=numbers, y=table["class"].to_numpy("U1")), "t.npz"))
    assert len(set(marks.values())) == 1, marks


def examples_of_file(data: bytes, name: str) -> str:
    columns = columns_of(read(data, name))
    return fingerprint(prepare(columns, suggest(columns)).examples)


@given(st.binary(max_size=2_000), st.sampled_from([".csv", ".npz", ".parquet", ".json", ""]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_data_or_a_value_error(data, ending):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            content = read(data, f"file{ending}")
            if not isinstance(content, Examples):
                columns = columns_of(content)
                prepare(columns, suggest(columns))
        except ValueError as refused:
            said = str(refused)
            assert 5 < len(said) < 1_000


NAMES = st.lists(
    st.text("abcä ,=\"'", min_size=1, max_size=5).map(str.strip), min_size=2, max_size=4
)


@given(NAMES, st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_examples_are_read_back_unchanged(names, width, seed):
    names = tuple(dict.fromkeys(names))
    if len(names) < 2:
        return
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(names)), 2)
    examples = Examples(
        features=random.normal(size=(len(labels), width)),
        labels=labels,
        class_names=names,
        feature_names=tuple(f"x{k}" for k in range(width)),
    )
    back = from_bytes(to_bytes(examples))
    assert fingerprint(back) == fingerprint(examples)
    assert back.features.tobytes() == examples.features.tobytes()
    assert to_bytes(back) == to_bytes(examples)
    other = Examples(-examples.features, labels, names, examples.feature_names)
    assert fingerprint(other) != fingerprint(examples)


@pytest.mark.parametrize("value", ["", "0" * 31, "G" * 32, 7, None, "0" * 33])
def test_a_fingerprint_is_32_digits(value):
    with pytest.raises(ValueError, match="data must be 32 hexadecimal digits"):
        Experiment(dataset="own", dataset_options={"data": value})
