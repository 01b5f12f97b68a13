"""ARFF files with what SciPy alone does not read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.files.columns import columns_of
from lossopt_core.files.content import content_of
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import Sheet

HEAD = "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute kind {p,q}\n@data\n"


def read(text: str) -> Sheet:
    return sheet_from(content_of(text.encode(), "t.arff"))


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from("pq")), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_sparse_rows_are_the_same_as_full_ones(rows: list[tuple[int, int, str]]) -> None:
    full = "\n".join(f"{a},{b},{kind}" for a, b, kind in rows)
    sparse = "\n".join(
        "{" + ", ".join(f"{place} {value}" for place, value in enumerate(row)
                        if value not in (0, "p")) + "}"
        for row in rows
    )  # fmt: skip
    one, other = read(HEAD + full), read(HEAD + sparse)
    assert one.cells.equals(other.cells)
    assert other.label == "kind"
    assert "Sparse rows" in other.said[0]


def test_a_sparse_row_with_an_attribute_too_many_is_named() -> None:
    with pytest.raises(
        ValueError, match=r"row 7 has no attribute '3': write sparse rows as .*, up to 2"
    ):
        read(HEAD + "{0 1}\n{3 1}\n")


def test_names_and_values_may_be_quoted_and_strings_are_text() -> None:
    text = (
        "% by hand\n@RELATION 'my data'\n@ATTRIBUTE 'sepal length' REAL\n"
        '@ATTRIBUTE "petal width" REAL\n@attribute note string\n@attribute day date yyyy-MM-dd\n'
        "@ATTRIBUTE 'the class' {'Iris setosa', 'Iris versi'}\n@DATA\n"
        "5.5,?,'one, two',2024-01-31,'Iris setosa'\n4,1.5,three,2024-02-01,'Iris versi'\n"
    )
    sheet = read(text)
    kinds = {column.name: column.kind for column in columns_of(sheet)}
    assert kinds == {
        "sepal length": "number", "petal width": "number", "note": "text", "day": "date",
        "the class": "text",
    }  # fmt: skip
    assert sheet.cells["note"].tolist() == ["one, two", "three"]
    assert sheet.cells["the class"].tolist() == ["Iris setosa", "Iris versi"]
    assert list(sheet.cells.index) == [9, 10]
