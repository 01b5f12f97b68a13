"""Data that somebody brings: read, prepared, kept, and every problem named."""

import io
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import (
    Experiment,
    RunStore,
    StoreError,
    load_data,
    paired_difference,
    train,
    uploads,
)
from lossopt_core.analysis.pairing import ORDER
from lossopt_core.data.datasets import Examples, MissingDataError
from lossopt_core.store.schema import examples as kept_examples
from lossopt_core.uploads import (
    columns_of,
    fingerprint,
    from_bytes,
    prepare,
    read,
    suggest,
    to_bytes,
)
from lossopt_core.uploads.matching import matching
from lossopt_core.uploads.preparing import Preparation

FLOWERS = """width,height,colour,species
1.5,2,red,rose
1.25,3,white,lily
2,?,red,rose
0.5,1,white,lily
,4,red,rose
3,5,blue,lily
2.5,2,red,rose
"""


def examples_of(text: str, **changes: object) -> uploads.Prepared:
    columns = columns_of(read(text.encode(), "flowers.csv"))
    how = suggest(columns)
    return prepare(
        columns, Preparation(**({"label": how.label, "features": how.features} | changes))
    )


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


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


def test_images_keep_their_shape():
    images = np.random.default_rng(0).integers(0, 255, (6, 4, 5), dtype=np.uint8)
    examples = read(npz(images=images, labels=[0, 1, 2, 0, 1, 2]), "i.npz")
    assert examples.image_shape == (4, 5)
    assert examples.feature_names[6] == "pixel 1,1"
    assert examples.features[2].tolist() == images[2].ravel().tolist()
    assert read(to_bytes(examples), "again.npz").image_shape == (4, 5)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"X": np.ones((4, 2))}, "must have an array with the labels, called y, labels, label"),
        ({"X": np.ones((4, 2)), "y": [0, 1, 0]}, "X has 4 rows, but y has"),
        ({"X": np.ones(4), "y": [0, 1, 0, 1]}, "X must be numeric .*shape"),
        ({"X": np.array([["a"]] * 4), "y": [0, 1, 0, 1]}, "X must be numeric"),
        ({"X": np.ones((4, 2)), "y": [0.5, 1, 0, 1]}, "y must be a list of integers or"),
        (
            {"X": np.array([[1, np.nan]] * 4), "y": [0, 1, 0, 1]},
            "X must be finite, but is not in row 1, column 2",
        ),
        ({"X": np.ones((4, 2)), "y": np.array([{}] * 4)}, "which are never opened"),
        ({"X": np.ones((4, 1001)), "y": [0, 1, 0, 1]}, "1 to 1,000 features, got 1,001"),
    ],
)
def test_what_is_wrong_with_arrays_is_named(arrays, words):
    with pytest.raises(ValueError, match=words):
        read(npz(**arrays), "a.npz")


def test_a_zip_bomb_is_rejected_before_it_is_unpacked():
    bomb = npz(X=np.zeros((2, 30_000_000), np.uint8), y=[0, 1])
    assert len(bomb) < 200_000
    with pytest.raises(ValueError, match="would unpack to 60,000,"):
        read(bomb, "bomb.npz")
    lying = bytearray(bomb)
    with zipfile.ZipFile(io.BytesIO(bomb)) as packed:
        sizes = [each.file_size for each in packed.infolist()]
    lying = bytes(lying).replace(sizes[0].to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(ValueError, match="not NPZ"):
        read(lying, "lying.npz")


def test_arrays_of_empty_strings_are_limited():
    file = io.BytesIO(npz(X=np.ones((4, 2))))
    header = b"{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000,), }".ljust(117)
    length = (len(header) + 1).to_bytes(2, "little")
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("y.npy", b"\x93NUMPY\x01\x00" + length + header + b"\n")
    with pytest.raises(ValueError, match="more elements than bytes"):
        read(file.getvalue(), "a.npz")


def test_an_array_with_a_false_size_is_rejected():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }"
    header = header.ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("X.npy", array)
        packed.writestr("y.npy", array)
    with pytest.raises(ValueError, match=r"\w"):
        read(file.getvalue(), "a.npz")


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


@pytest.fixture
def examples():
    return examples_of(FLOWERS, missing="mean").examples


def test_saved_data_are_a_data_set_like_any_other(address, examples):
    upload_store = uploads.UploadStore(RunStore(address, "mine"))
    kept = upload_store.save("flowers", examples)
    assert [each.name for each in upload_store.list()] == ["flowers"]
    assert kept.size == upload_store.list()[0].size
    experiment = Experiment(
        dataset="own", dataset_options=kept.options, test_fraction=0, batch_size=2, epochs=5
    )
    with uploads.using(upload_store):
        data = load_data(experiment)
        assert data.class_names == ("lily", "rose")
        [run] = train([experiment])
    assert run.weights.shape == (2, 5)
    assert run.status == "finished"


def test_a_workspace_cannot_load_data_of_another(address, examples):
    mine, other = (uploads.UploadStore(RunStore(address, name)) for name in ("mine", "other"))
    kept = mine.save("flowers", examples)
    experiment = Experiment(
        dataset="own", dataset_options=kept.options, test_fraction=0, batch_size=2
    )
    with uploads.using(mine):
        load_data(experiment)
    assert other.list() == []
    with uploads.using(other), pytest.raises(MissingDataError, match=kept.fingerprint):
        load_data(experiment)
    with pytest.raises(MissingDataError, match=r"\(7 examples, 5 features, 2 classes\) are not"):
        load_data(experiment)
    mine.delete(kept.fingerprint)
    with uploads.using(mine), pytest.raises(MissingDataError):
        load_data(experiment)


def test_an_experiment_with_a_wrong_size_is_rejected(address, examples):
    upload_store = uploads.UploadStore(RunStore(address))
    options = upload_store.save("flowers", examples).options | {"features": 7}
    with (
        uploads.using(upload_store),
        pytest.raises(ValueError, match="5 features and 2 classes, un"),
    ):
        load_data(Experiment(dataset="own", dataset_options=options, test_fraction=0, batch_size=2))


def test_corrupted_data_are_reported(address, examples):
    store = RunStore(address)
    upload_store = uploads.UploadStore(store)
    mark = upload_store.save("flowers", examples).fingerprint
    for data in (b"nothing", to_bytes(Examples(**{**vars(examples), "class_names": ("a", "b")}))):
        change = kept_examples.update().values(data=data)
        store.database.write(lambda database, change=change: database.execute(change))
        with pytest.raises(StoreError, match=f"the data {mark} are corrupted"):
            upload_store.examples(mark)


@pytest.mark.parametrize("value", ["", "0" * 31, "G" * 32, 7, None, "0" * 33])
def test_a_fingerprint_is_32_digits(value):
    with pytest.raises(ValueError, match="data must be 32 hexadecimal digits"):
        Experiment(dataset="own", dataset_options={"data": value})


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


def test_own_test_parts_are_kept():
    rows = "".join(f"{k},{'ab'[k % 2]},{'test' if k > 15 else 'train'}\n" for k in range(24))
    made = examples_of(f"x,kind,split\n{rows}", part="split")
    assert made.examples.test.sum() == 8
    assert "8 rows are the file's own test part" in made.steps[-1]
    assert made.examples.feature_names == ("x",)
    again = from_bytes(to_bytes(made.examples))
    assert again.test.tolist() == made.examples.test.tolist()
    without = examples_of(f"x,kind,split\n{rows}").examples
    assert fingerprint(without) != fingerprint(made.examples)


def test_the_own_test_part_is_what_is_tested_on(address):
    """Whatever the test fraction and the seed of the split are."""
    random = np.random.default_rng(0)
    X, y = random.normal(size=(40, 3)), np.arange(40) % 2
    data = npz(x_train=X[:30], y_train=y[:30], x_test=X[30:], y_test=y[30:])
    upload_store = uploads.UploadStore(RunStore(address))
    kept = upload_store.save("own", read(data, "own.npz"))
    assert kept.options["test"] == upload_store.list()[0].options["test"] == 10
    with uploads.using(upload_store):
        for fraction, seed in ((0.25, 0), (0.5, 7)):
            experiment = Experiment(
                dataset="own", dataset_options=kept.options, test_fraction=fraction,
                split_seed=seed, standardize=False, batch_size=4, epochs=1,
            )  # fmt: skip
            loaded = load_data(experiment)
            assert np.array_equal(loaded.test_features, X[30:])
            assert np.array_equal(loaded.train_features, X[:30])
            assert (experiment.test_examples, experiment.train_examples) == (10, 30)
        validated = load_data(experiment.replace(validation=True))
        rows = {tuple(row) for row in X[:30]}
        assert len(validated.test_labels) == 10
        assert {tuple(row) for row in validated.test_features} <= rows, "the test part is untouched"
        whole = load_data(experiment.replace(test_fraction=0.0))
        assert len(whole.train_labels) == 40
        runs = train([experiment.replace(split_seed=seed) for seed in range(6)])
        others = train([experiment.replace(split_seed=s, loss="hinge") for s in range(6)])
    difference = paired_difference(
        {run.experiment: run.final["test_accuracy"] for run in runs},
        {run.experiment: run.final["test_accuracy"] for run in others},
    )
    assert difference.varies == ORDER, "no splits are compared where there is only one"


def test_data_without_a_test_part_keep_the_ids_of_their_experiments():
    options = {"data": "0" * 32, "examples": 40, "features": 3, "classes": 2}
    experiment = Experiment(dataset="own", dataset_options=options, batch_size=8)
    assert experiment.settings["dataset_options"] == options
    assert Experiment.from_json(experiment.to_json()).id == experiment.id
    tested = Experiment(dataset="own", dataset_options=options | {"test": 10}, batch_size=8)
    assert tested.id != experiment.id
