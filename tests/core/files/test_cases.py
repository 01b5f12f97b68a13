"""Files as people have them: each comes out right, through the code that the pages use.

The files in tests/files have the structure of exports of trackers and training libraries (logs),
and of tables that people train on (data); their contents are made up.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lossopt_core.exchange.bringing import describe_file, kind_of
from lossopt_core.exchange.describing import describe_curves
from lossopt_core.uploads.describing import describe_data

FILES = Path(__file__).parents[2] / "files"
LOGS = sorted(path.name for path in (FILES / "logs").iterdir())
DATA = sorted(path.name for path in (FILES / "data").iterdir())
REFUSED = {
    "06c-yolo-ragged.csv": "row 4 has 6 cells instead of 4",
    "12s-xlsx-as.csv": "Excel workbook",
    "30f-book.xlsx": "Excel workbook",
    "31g-pickled.npz": "Python objects (a pickle), which are never opened",
    "31l-nan.npz": "X must be finite, but is not in row 3",
}


@cache
def found(name: str) -> dict[str, Any]:
    """The description of a file, as `lossopt read --json` prints it."""
    folder = "logs" if name in LOGS else "data"
    describe = describe_curves if name in LOGS else describe_data
    made = describe((FILES / folder / name).read_bytes(), name).as_json()
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    return made


def fates(made: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["fate"] for column in made["columns"]}


def reasons(made: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["reason"] for column in made["columns"]}


def everything_said(made: dict[str, Any]) -> str:
    return "\n".join([*made["said"], *made["questions"], *reasons(made).values()])


@pytest.mark.parametrize("name", LOGS + DATA)
def test_every_file_is_read_or_refused_with_its_place(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[name].replace("(", r"\(").replace(")", r"\)")):
            found(name)
        return
    made = found(name)
    assert made["rows"] > 0
    assert made["columns"]
    assert all(column["reason"] for column in made["columns"]), "each column says why"
    assert all(run["points"] > 0 for run in made["runs"])
    folder = "logs" if name in LOGS else "data"
    assert kind_of((FILES / folder / name).read_bytes(), name) == made["kind"]


STEPS = {  # run: points, steps
    "01": {"adam-lr1": (6, [0, 5]), "sgd-lr1": (6, [0, 5])},
    "01b": {"adam-lr1": (6, [0, 250]), "sgd-lr1": (3, [0, 200])},
    "01d": {"adam-lr1": (4, [0, 11.100000000000001]), "sgd-lr1": (4, [0, 11.100000000000001])},
    "01e": {"baseline": (2, [0, 1]), "baseline (2)": (2, [0, 1])},
    "02": {"": (5, [0, 4])},
    "02b": {"": (5, [1, 5])},
    "02c": {"": (5, [1, 5])},
    "02d": {"": (5, [0, 4])},
    "03": {"": (5, [0, 4])},
    "03c": {"": (5, [0, 350])},
    "04": {"": (2, [19, 39])},
    "04b": {"": (4, [9, 39])},
    "04c": {"": (4, [0, 150])},
    "05": {"": (4, [10, 40])},
    "05b": {"": (4, [10, 40])},
    "05c": {"": (3, [10, 30])},
    "06": {"": (3, [0, 2])},
    "07": {"": (3, [4096, 8192])},
    "07c": {"": (2, [0, 10])},
    "08": {"run1": (3, [0, 2]), "run2": (3, [0, 2])},
    "08b": {"": (2, [0, 1])},
    "08c": {
        "sgd, seed 0": (3, [0, 20]), "sgd, seed 1": (3, [0, 20]),
        "adam, seed 0": (3, [0, 20]), "adam, seed 1": (3, [0, 20]),
    },
    "08d": {"": (6, [0, 50])},
    "08e": {"mine": (2, [1, 2]), "theirs": (2, [1, 2])},
    "09": {"aa11": (3, [0, 2]), "bb22": (3, [0, 2])},
    "09b": {"": (2, [0, 1])},
    "10": {"": (3, [0, 2])},
    "10b": {"10b-tb.json": (2, [0, 1])},
    "10c": {"": (4, [0, 3])},
    "11": {"11-xgb.json": (3, [1, 3])},
    "11b": {"": (2, [1, 2])},
    "12": {"": (3, [1, 3])},
    "12i": {"": (3, [1000, 3000])},
    "12j": {"": (4, [500, 2000])},
    "12k": {"": (4, [500, 2000])},
    "13": {"": (9, [0, 80])},
    "13e": {"": (2, [0, 10])},
    "13f": {"": (5, [0, 5])},
    "14": {"": (3, [1, 3])},
    "15b": {"": (3, [1, 3])},
}  # fmt: skip


@pytest.mark.parametrize("start", STEPS)
def test_the_runs_of_a_log_have_their_points_and_steps(start: str) -> None:
    [name] = [each for each in LOGS if each.split("-")[0] == start or each == start]
    made = found(name)
    runs = {run["name"]: (run["points"], run["steps"]) for run in made["runs"]}
    if {*STEPS[start]} == {""}:
        [run] = runs.values()
        assert run == STEPS[start][""]
    else:
        assert runs == STEPS[start]


METRICS = {  # metrics of the first run
    "01": {"train_loss": [1, 1 / 6]},
    "02": {"train_accuracy": [0.61, 0.85], "train_loss": [0.9, 0.44],
           "validation_accuracy": [0.58, 0.8], "validation_loss": [0.95, 0.55]},
    "03c": {"train_loss": [2.3, 0.6]},
    "04": {"train_loss": [1.7, 1.1], "validation_accuracy": [0.61, 0.72],
           "validation_loss": [1.4, 1.1]},
    "04b": {"train_loss": [1.9, 1.2], "validation_accuracy": [0.61, 0.72],
            "validation_loss": [1.4, 1.1]},
    "05": {"train_loss": [0.69, 0.33], "validation_accuracy": [0.78, 0.84],
           "validation_loss": [0.5, 0.42]},
    "06": {"train_loss": [0.91, 0.41], "validation_loss": [0.62, 0.4],
           "validation_accuracy": [0.78, 0.88]},
    "06b": {"train_loss": [2.1001, 1.7001], "validation_accuracy": [0.51, 0.61]},
    "08b": {"train_loss": [1, 0.7], "validation_loss": [1.2, 0.9],
            "train_accuracy": [0.5, 0.7], "validation_accuracy": [0.4, 0.6]},
    "11": {"train_loss": [1, 0.6], "validation_loss": [1.1, 0.8],
           "train_accuracy": [0.6, 0.8], "validation_accuracy": [0.5, 0.65]},
    "12": {"train_loss": [0.91, 0.6], "validation_accuracy": [0.615, 0.7025]},
    "12g": {"validation_accuracy": [0.615, 0.702]},
    "13d": {"validation_loss": [1, 0.95], "train_loss": [0.9, 0.5]},
    "13g": {"train_accuracy": [0.5, 0.6], "validation_accuracy": [0.4, 0.5]},
    "14": {"validation_accuracy": [0.211, 0.55]},
    "14b": {"train_loss": [0.9, 0.7], "validation_loss": [1, 0.8],
            "validation_accuracy": [0.5, 0.6]},
    "14d": {"validation_accuracy": [0.4, 0.9]},
    "15": {"validation_loss": [1, 0.8], "train_loss": [0.9, 0.7]},
}  # fmt: skip


@pytest.mark.parametrize("start", METRICS)
def test_metrics_are_understood(start: str) -> None:
    [name] = [each for each in LOGS if each.split("-")[0] == start]
    metrics = found(name)["runs"][0]["metrics"]
    assert {key: metrics.get(key) for key in METRICS[start]} == {
        key: pytest.approx(ends) for key, ends in METRICS[start].items()
    }


@pytest.mark.parametrize(
    ("start", "diverged"),
    [("12e", [True]), ("15b", [True]), ("09", [True, True]), ("06b", [False])],
)
def test_a_run_that_diverged_is_marked(start: str, diverged: list[bool]) -> None:
    [name] = [each for each in LOGS if each.split("-")[0] == start]
    made = found(name)
    assert [run["diverged"] for run in made["runs"]] == diverged
    assert ("diverged at" in everything_said(made)) == any(diverged)


SAID = {
    "01": ["__MIN and __MAX"],
    "01e": ["Several runs are called 'baseline'"],
    "02b": ["the number of the row counts epochs"],
    "03": ["line 5: the header again"],
    "03c": ["go back to 150 (row 6)", "keep the later values, or two runs?"],
    "07b": ["line 1: #", "What do 'r', 'l' and 't' measure?"],
    "07c": ["line 1: # seed 3"],
    "08": ["'metric_name' names the metrics"],
    "08b": ["says which rows are train and val"],
    "08d": ["Left out 'id': differs in every row"],
    "08e": ["decided run by run", "mine: a share of 1", "theirs: per cent"],
    "10": ["What does column 'Value' measure? The file does not say"],
    "13c": ["The file name says accuracy"],
    "12d": ["2 cells missing: 2 '-', gaps"],
    "12f": ["Several columns are called 'loss'"],
    "12g": ["'val_acc' is in per cent"],
    "12k": ["'1.000' in column 'Schritt' is 1000"],
    "12n": ["Left out 'column 3': has no values"],
    "12p": ["Every row ends in a delimiter"],
    "13": ["start again in each epoch"],
    "13e": ["Left out rows without a step: row 4"],
    "13g": ["error rates, kept as accuracies, 1 − error"],
    "14d": ["a share of 1, as its largest value is 0.9"],
    "20": ["There is no header: the first row is data"],
    "20b": ["'Id' alone reaches 9"],
    "20c": ["numbers the rows"],
    "21": ["There is no header", "17 cells missing: 17 '?'", "29 missing values in 25 of 60 rows"],
    "22": ["an identifier: 300 values in 300 rows"],
    "23": ["Left out 'column 5': has no values", "Left out 'id': an identifier"],
    "25": ["Is 4,000 in column 'laenge' 4 or 4000?"],
    "26b": ["'1,022' in column 'preis' is 1022, as it stands next to 985"],
    "26c": ["'1.022' in column 'preis' is 1022, as it stands next to 985"],
    "27": ["'None' in column 'disorder' is read as a value, not as missing (20 cells)"],
    "28": ["list<element: int64>", "a date is no number"],
    "29c": ["'01' and '1' are the same number"],
    "29d": ["Blanks around cells are stripped", "Are 'Red' and 'red' in column 'class' the same"],
    "29e": ["exactly one of 'is_setosa', 'is_versicolor' and 'is_virginica' is 1"],
    "29g": ["Dropped row 22: class 'rare' has no other example"],
    "29h": ["class 'a' has 1 example; each class needs at least 2"],
    "29j": ["'1', '1.0' and '1.00' are the same number: one class, '1'"],
    "30c": ["svmlight"],
    "30i": ["The encoding is cp1252"],
    "30k": ["a date is no number"],
    "30l": ["Left out 'v2'"],
    "30m": ["constant: every value is 1"],
    "30n": ["30 missing values in 30 of 90 rows"],
    "31": ["10 examples of x_test are the file's own test part"],
    "31h": ["y is one-hot"],
    "31m": ["Which array has the features, X and data?"],
    "34": ["guessed from its name"],
    "35": ["guessed: a text column among measured numbers"],
}


@pytest.mark.parametrize("start", SAID)
def test_what_was_guessed_and_left_out_is_said(start: str) -> None:
    [name] = [each for each in LOGS + DATA if each.replace(".", "-").split("-")[0] == start]
    text = everything_said(found(name))
    assert [each for each in SAID[start] if each not in text] == []


LABELS = {
    "20": ("column 5", {"Iris-setosa": 20, "Iris-versicolor": 20, "Iris-virginica": 20}),
    "20b": ("Species", {"Iris-setosa": 50, "Iris-versicolor": 50, "Iris-virginica": 50}),
    "21": ("column 12", {"<=50K": 53, ">50K": 7}),
    "22": ("Survived", {"0": 200, "1": 100}),
    "26b": ("typ", {"Haus": 20, "Wohnung": 20}),
    "27": ("disorder", {"Insomnia": 10, "None": 20, "Sleep Apnea": 10}),
    "28b": ("label", {"0": 14, "1": 13, "2": 13}),
    "29": ("class", {"1": 10, "2": 10, "3": 10}),
    "29b": ("class", {"1": 10, "2": 10, "3": 10}),
    "29c": ("class", {"1": 20, "02": 10}),
    "29d": ("class", {"Blue": 10, "Red": 10, "red": 10}),
    "29e": ("is", {"setosa": 20, "versicolor": 20, "virginica": 20}),
    "29f": ("target", {"False": 15, "True": 15}),
    "29i": ("version", {"v1.0": 10, "v2": 10, "v2.0": 10}),
    "29j": ("y", {"1": 30, "2": 10}),
    "30j": ("klasse", {"sauer": 10, "süß": 10}),
    "31f": ("y", {"False": 20, "True": 20}),
    "31h": ("y", {"0": 10, "1": 10, "2": 10, "3": 10}),
    "31i": ("y", {"a": 20, "b": 20}),
    "34": ("cluster", {"a": 75, "b": 75}),
    "35": ("sex", {"f": 20, "m": 20}),
}


@pytest.mark.parametrize("start", LABELS)
def test_the_label_and_its_classes(start: str) -> None:
    [name] = [each for each in DATA if each.replace(".", "-").split("-")[0] == start]
    made = found(name)
    assert (made["label"], made["classes"]) == LABELS[start]


IGNORED = {
    "20b": {"Id"},
    "20c": {"column 1"},
    "20e": {"__index_level_0__"},
    "22": {"PassengerId", "Name", "Ticket", "Cabin"},
    "23b": {"id", "Unnamed: 32"},
    "28": {"when", "tags"},
    "28c": set(),
    "28e": set(),
    "28f": {"b"},
    "30h": {"column 1"},
    "30k": {"date"},
    "30l": {"v2", "column 3", "column 4", "column 5"},
    "30m": {"c"},
}


@pytest.mark.parametrize("start", IGNORED)
def test_columns_that_are_no_features_are_left_out(start: str) -> None:
    [name] = [each for each in DATA if each.replace(".", "-").split("-")[0] == start]
    ignored = {each for each, fate in fates(found(name)).items() if fate == "ignored"}
    assert ignored == IGNORED[start]


def test_columns_of_a_one_hot_label_are_never_features() -> None:
    assert {name for name, fate in fates(found("29e-onehot.csv")).items() if fate == "feature"} == {
        "sl", "pl",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "column", "sample"),
    [
        ("26-us-thousands.csv", "income", [20000, 20731, 21462]),
        ("26-us-thousands.csv", "price", [1200, 1213, 1226]),
        ("26-us-thousands.csv", "rate", [0, 0.7, 1.4]),
        ("26b-semicolon-us-thousands.csv", "preis", [800, 837, 1022]),
        ("26c-semicolon-german-thousands.csv", "preis", [800, 837, 1022]),
        ("25-decimal-comma.tsv", "laenge", [4, 4.013, 4.026]),
        ("28c-decimal.parquet", "income", [0.5, 1000.5, 2000.5]),
        ("30-quoted-newline.csv", "len", [8, 3, 7]),
    ],
)
def test_numbers_are_what_a_person_reads(name: str, column: str, sample: list[float]) -> None:
    [each] = [each for each in found(name)["columns"] if each["name"] == column]
    assert each["sample"] == sample
    assert each["type"] == "number"


PIXELS = ",".join(f"{row}x{column}" for row in range(1, 9) for column in range(1, 9))
DIGITS = [
    f"{k % 4}," + ",".join(str((k * 37 + place * 91) % 251 if place % 9 else 0)
                          for place in range(64)) for k in range(24)
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"label,{PIXELS}\n" + "\n".join(DIGITS), "label"),
        ("\n".join(DIGITS), "column 1"),
    ],
)
def test_square_images_are_recognised(text: str, label: str) -> None:
    made = describe_file(text.encode(), "digits.csv").as_json()
    assert (made["kind"], made["label"]) == ("data", label)
    assert "64 columns are the pixels of images of 8 × 8" in everything_said(made)
    assert [*fates(made).values()].count("feature") == 64
