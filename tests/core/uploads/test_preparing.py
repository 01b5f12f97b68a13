"""Tables become examples: labels, features and missing values, with every step described."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossopt_core.uploads import (
    columns_of,
    read,
    suggest,
)
from tests.core.uploads.flowers import FLOWERS, examples_of


def test_a_table_is_prepared_with_a_description_of_the_steps():
    made = examples_of(FLOWERS)
    examples = made.examples
    assert examples.class_names == ("lily", "rose")
    assert examples.feature_names == (
        "width", "height", "colour = blue", "colour = red", "colour = white",
    )  # fmt: skip
    assert examples.features.tolist() == [
        [1.5, 2, 0, 1, 0], [1.25, 3, 0, 0, 1], [2, 2.5, 0, 1, 0], [0.5, 1, 0, 0, 1],
        [1.75, 4, 0, 1, 0], [3, 5, 1, 0, 0], [2.5, 2, 0, 1, 0],
    ]  # fmt: skip
    assert made.steps == (
        "2 missing values in 2 of 7 rows filled with the median or the most frequent value of the"
        " column: 'width' 1 and 'height' 1.",
        "One-hot encoded column 'colour' as 3 columns.",
    )


def test_rows_with_missing_values_may_be_dropped_or_marked():
    made = examples_of(FLOWERS, missing="drop")
    assert made.examples.features.tolist() == [
        [1.5, 2, 0, 1, 0], [1.25, 3, 0, 0, 1], [0.5, 1, 0, 0, 1], [3, 5, 1, 0, 0],
        [2.5, 2, 0, 1, 0],
    ]  # fmt: skip
    assert made.steps[0].startswith("Dropped 2 rows with missing values")
    marked = examples_of(FLOWERS, missing="indicator").examples
    assert marked.feature_names[:4] == ("width", "width = missing", "height", "height = missing")
    assert marked.features[:, 1].tolist() == [0, 0, 0, 0, 1, 0, 0]


MARKERS = st.sampled_from(["", "?", "NA", "-", "nan", "null"])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), MARKERS), min_size=8, max_size=20),
       st.sampled_from(["one_hot", "drop"]))  # fmt: skip
def test_missing_cells_are_counted_as_in_the_file(rows, texts):
    """However many columns a text column becomes."""
    lines = [f"{k % 3}.5,{k},{'ab'[k % 2]}" for k in range(8)]
    for number, word, marker in rows:
        x = marker if number == 0 else f"{number}.5"
        lines.append(f"{x},{marker if word == 0 else word},{'ab'[number % 2]}")
    text = "x,word,kind\n" + "\n".join(line.replace(",", ",w", 1) for line in lines)
    text = text.replace("x,wword", "x,word")
    for marker in ("?", "NA", "-", "nan", "null", ""):
        text = text.replace(f",w{marker},", f",{marker},")
    made = examples_of(text, label="kind", features=("x", "word"), texts=texts)
    words = sum(word == 0 for _, word, _ in rows) if texts == "one_hot" else 0
    cells = sum(number == 0 for number, _, _ in rows) + words
    said = [step for step in made.steps if "missing value" in step]
    assert len(made.examples.labels) == len(rows) + 8, "rows are kept"
    assert (said[0].split()[0] if said else "0") == str(cells)


def test_one_example_of_a_class_is_too_few():
    two = "x,species\n1,rose\n2,lily\n3,lily\n"
    with pytest.raises(ValueError, match=r"'species' as label: class 'rose' has 1 example; each"):
        examples_of(two)
    made = examples_of(FLOWERS + "1,1,red,tulip\n")
    assert made.examples.class_names == ("lily", "rose")
    assert made.steps[0].startswith("Dropped row 9: class 'tulip' has no other example")


def test_missing_values_may_be_imputed_and_text_columns_dropped():
    made = examples_of(FLOWERS, missing="mean", texts="drop")
    assert made.examples.feature_names == ("width", "height")
    assert made.examples.features[4].tolist() == [pytest.approx(10.75 / 6), 4]
    assert made.examples.features[2].tolist() == [2, pytest.approx(17 / 6)]
    assert made.steps == (
        "Dropped text columns: 'colour'.",
        "2 missing values in 2 of 7 rows filled with the mean: 'width' 1 and 'height' 1.",
    )
    assert made.balance.to_dict() == {"lily": 3, "rose": 4}


def test_numbers_as_labels_keep_their_order():
    rows = "".join(f"{k},{k % 3 * 5}.0\n" for k in range(12))
    made = examples_of("x,class\n" + rows)
    assert made.examples.class_names == ("0", "5", "10")
    assert made.examples.labels[:3].tolist() == [0, 1, 2]


FORMS = st.sampled_from(["{}", "{}.0", "{}.00", "{}e0", "{:.1e}", "{:03}"])


@given(
    st.dictionaries(
        st.integers(-99, 99), st.lists(FORMS, min_size=2, max_size=4), min_size=2, max_size=9
    )
)
def test_numbers_of_equal_value_are_one_class(forms_of: dict[int, list[str]]) -> None:
    cells = [(number, form.format(number)) for number, forms in forms_of.items() for form in forms]
    made = examples_of("x,class\n" + "".join(f"{k},{cell}\n" for k, (_, cell) in enumerate(cells)))
    classes = sorted(forms_of)
    assert [float(name) for name in made.examples.class_names] == classes
    assert made.examples.labels.tolist() == [classes.index(number) for number, _ in cells]


def test_large_numbers_that_floats_cannot_tell_apart_are_two_classes() -> None:
    rows = "".join(f"{k},{9007199254740992 + k % 2}\n" for k in range(12))
    made = examples_of("x,class\n" + rows)
    assert made.examples.class_names == ("9007199254740992", "9007199254740993")


def test_a_label_is_suggested_by_its_name_or_by_its_few_values():
    assert suggest(columns_of(read(b"a,target,b\n1,2,3\n", "t.csv"))).label == "target"
    rows = "".join(f"{k},{k % 2},n{k}\n" for k in range(200))
    how = suggest(columns_of(read(f"a,b,name\n{rows}".encode(), "t.csv")))
    assert (how.label, how.features) == ("b", ("a",)), "a name tells examples apart, not classes"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("x,y\n", "the file has no rows"),
        ("x,y\n1,a,3\n", "row 2 has 3 cells instead of 2"),
        ("x,y\n1,a\n2,a\n", r"column 'y' as label: there must be 2 to 100 classes, got 1"),
        (
            "x,y\n" + "".join(f"{k},{'ab'[k % 2]}\n" for k in range(10)) + "oops,a\n",
            "row 12, column 'x': 'oops' is not a number",
        ),
        (
            "x,y\n" + "".join(f"{k},{'ab'[k % 2]}\n" for k in range(10)) + "-inf,a\n",
            "row 12, column 'x': '-inf' is not finite",
        ),
        (
            "x,y\n" + "".join(f"{k},{k}\n" for k in range(10_000)),
            "column 'y' has 10,000 distinct values, too many from row 102 on; a label",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_named(text, words):
    with pytest.raises(ValueError, match=words):
        examples_of(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": "weight"}, "there is no column 'weight'"),
        ({"features": ("width", "species")}, "'species' is the label and cannot be a feature"),
        ({"missing": "guess"}, "missing must be one of fill, indicator, mean, drop"),
        ({"features": ("colour",), "texts": "drop"}, "there must be a feature"),
    ],
)
def test_what_is_wrong_with_a_preparation_is_named(changes, words):
    with pytest.raises(ValueError, match=words):
        examples_of(FLOWERS, **changes)


def test_a_column_with_many_distinct_values_cannot_be_one_hot_encoded():
    text = "x,y\n" + "".join(f"n{k},{'ab'[k % 2]}\n" for k in range(60))
    with pytest.raises(ValueError, match=r"'x' has 60 distinct values, .*Drop the column"):
        examples_of(text, features=("x",))


def test_whole_numbers_may_be_names():
    rows = "".join(f"{k},{k % 3},{'ab'[k % 2]}\n" for k in range(8))
    assert examples_of("0,1,class\n" + rows).examples.feature_names == ("0", "1")


def test_an_encoding_is_detected_or_reported():
    text = "größe,class\n1,a\n2,a\n3,b\n4,b\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "latin-1"):
        sheet = read(text.encode(encoding), "t.csv")
        assert sheet.cells.columns[0] == "größe"
    assert sheet.dialect.encoding == "cp1252"


LONG = st.text("ab =", min_size=1, max_size=3).map(lambda end: " ".join(f"{'x' * 90}{end}".split()))


VALUES = st.sampled_from(["b", "c", "b = c"])


NAMED = st.sampled_from(["a", "a = b", "a = b = c", "a = missing"])


@given(st.lists(NAMED | LONG, min_size=2, max_size=4, unique=True),
       st.lists(VALUES | LONG, min_size=2, max_size=4, unique=True))  # fmt: skip
def test_names_are_never_merged(names, values):
    """Whatever is cut off, and whatever two names become the same."""
    if {*names} & {*values}:  # the names would be taken for data
        return
    rows = [[values[(k + j) % len(values)] for j in range(len(names))] for k in range(24)]
    text = "\n".join(
        ["\t".join([*names, "kind"]), *("\t".join([*r, "pq"[k % 2]]) for k, r in enumerate(rows))]
    )
    made = examples_of(text, label="kind", features=tuple(names)).examples
    assert made.features.shape[1] == len(names) * len(values)
    assert len({*made.feature_names}) == len(made.feature_names)
    assert (made.features.reshape(24, len(names), len(values)).sum(axis=2) == 1).all()
