"""Numbers of things in words."""

from lossopt_core.data.datasets.uploaded import missing
from lossopt_core.texts import counted


def test_one_thing_is_singular() -> None:
    assert [counted(count, "row") for count in (0, 1, 2, 12_345)] == [
        "0 rows", "1 row", "2 rows", "12,345 rows"
    ]  # fmt: skip


def test_missing_data_of_one_feature_have_one_feature() -> None:
    options = {"data": "f" * 32, "examples": 40, "features": 1, "classes": 2}
    assert "(40 examples, 1 feature, 2 classes)" in str(missing(options))
