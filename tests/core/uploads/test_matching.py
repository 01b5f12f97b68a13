"""Data are found again in a file, whatever roles its columns had."""

import numpy as np
import pytest

from lossopt_core.uploads import (
    fingerprint,
    read,
)
from lossopt_core.uploads.matching import matching
from tests.core.uploads.flowers import FLOWERS, examples_of


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"label": "colour", "features": ("width", "height")},
        {"label": "colour", "features": ("width", "height", "species"), "texts": "drop"},
        {"features": ("width", "height", "colour"), "missing": "mean"},
        {"label": "height", "features": ("width", "colour", "species")},
    ],
)
def test_a_table_is_recognised_for_any_column_roles(how):
    table = "".join(
        f"{k % 7},{k * 3 % 11},{'red' if k % 2 else 'blue'},s{k % 3}\n" for k in range(60)
    )
    text = f"width,height,colour,species\n{table},4,red,s1\n"
    examples = examples_of(text, **how).examples
    found = matching(read(text.encode(), "again.csv"), {fingerprint(examples)})
    assert fingerprint(found) == fingerprint(examples)
    assert np.array_equal(found.features, examples.features)


def test_other_data_are_not_recognised():
    likeliest = examples_of(FLOWERS).examples
    found = matching(read(FLOWERS.encode(), "flowers.csv"), {"0" * 32})
    assert fingerprint(found) == fingerprint(likeliest)
    with pytest.raises(ValueError, match="class"):
        matching(read(b"x,y\n1,a\n2,a\n", "t.csv"), {"0" * 32})
