"""Kinds of files beyond those in tests/files: dialects, shapes of JSON, orders of rows."""

import io
import json
from contextlib import suppress
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.exchange.bringing import describe_file
from lossopt_core.files.choices import DELIMITERS, Choices
from lossopt_core.files.columns import columns_of
from lossopt_core.files.content import content_of
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.text import delimiter_of

LOG = pd.DataFrame({"epoch": [1, 2, 3], "loss": [0.9, 0.8, 0.7], "val_loss": [1, 0.9, 0.95]})
NESTED = [
    {"epoch": k, "train": {"loss": 1 / k, "acc": 0.5}, "val": {"loss": 2 / k, "acc": 0.4}}
    for k in (1, 2, 3)
]


def read(content: str | bytes, name: str) -> dict[str, Any]:
    data = content.encode() if isinstance(content, str) else content
    return describe_file(data, name).as_json()


@pytest.mark.parametrize(
    "text",
    [
        LOG.to_json(orient="split"),
        LOG.to_json(orient="table"),
        LOG.to_json(orient="split").replace('"data"', '"rows"'),
        LOG.assign(step=7).to_csv(index=False),
        LOG.to_json(orient="index"),
        LOG.to_json(orient="columns"),
        LOG.to_json(orient="records", lines=True),
        LOG.to_csv(sep="|"),
        LOG.to_csv(sep=";", decimal=",").replace(".", ","),
        "# epoch,loss,val_loss\n1,0.9,1\n2,0.8,0.9\n3,0.7,0.95\n",
        "A report;;\n\nEpoche;loss;val_loss\n1;0,9;1\n2;0,8;0,9\n3;0,7;0,95\n",
        "| epoch | loss | val_loss |\n|---:|---:|---:|\n| 1 | 0.9 | 1 |\n| 2 | 0.8 | 0.9 |\n"
        "| 3 | 0.7 | 0.95 |\n",
        "epoch loss val_loss\n1 0.9 1\n2 0.8 0.9\n3 0.7 0.95\n",
        "epoch,loss,val_loss\n3,0.7,0.95\n2,0.8,0.9\n1,0.9,1\n",
    ],
)
def test_the_same_log_in_many_shapes(text: str) -> None:
    made = read(text, "log")
    assert made["kind"] == "curves"
    [run] = made["runs"]
    assert (run["points"], run["steps"]) == (3, [1, 3])
    assert run["metrics"]["train_loss"] == [0.9, 0.7]
    assert run["metrics"]["validation_loss"] == [1, 0.95]


def test_parts_of_an_object_are_found() -> None:
    made = read(json.dumps({"model": "x", "history": {"loss": [1, 0.5]}, "lr": 0.1}), "h.json")
    assert made["runs"][0]["metrics"] == {"train_loss": [1, 0.5]}
    assert "Read 'history'; left out 'model'" in " ".join(made["said"]).replace("model", "'model'")
    [run] = read(json.dumps(NESTED), "n.json")["runs"]
    assert {*run["metrics"]} == {
        "train_loss", "validation_loss", "train_accuracy", "validation_accuracy",
    }  # fmt: skip


@pytest.mark.parametrize("column", ["version", "lr", "weight_decay"])
def test_runs_may_be_told_apart_by_a_setting(column: str) -> None:
    rows = "".join(f"{v / 10},{k},{v + 1 / (k + 1)}\n" for v in range(3) for k in range(4))
    made = read(f"{column},epoch,train_loss\n{rows}", "log.csv")
    assert [run["points"] for run in made["runs"]] == [4, 4, 4]
    assert made["columns"][0]["fate"] == "run"


def test_a_row_of_units_is_no_data() -> None:
    rows = "".join(f"{k % 7}.5,{k % 5}.25,{'ab'[k % 2]}\n" for k in range(30))
    made = read(f"length,width,kind\n[cm],[cm],\n{rows}", "t.csv")
    assert (made["rows"], made["label"]) == (30, "kind")
    assert made["dialect"]["skipped"] == ["line 2: units ([cm] and [cm])"]


def test_single_quotes_and_letters_only() -> None:
    rows = "".join(f"'n, {k % 3}','{k % 5}','{'ab'[k % 2]}'\n" for k in range(30))
    assert len(read(f"'name','size','kind'\n{rows}", "t.csv")["columns"]) == 3
    letters = "".join(f"{'pe'[k % 2]},{'xbs'[k % 3]},{'nyw'[k * 7 % 3]}\n" for k in range(40))
    assert read(letters, "t.data")["dialect"]["header"] is False


def test_a_workbook_is_read_without_links_and_formulas() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["when", "size", "=1+1", "kind"])
    for k in range(20):
        sheet.append([date(2024, 1, 1 + k), k * 1.5, "=B2*2", "ab"[k % 2]])
    book.create_sheet("notes").append(["x"])
    file = io.BytesIO()
    book.save(file)
    made = read(file.getvalue(), "any.name")
    assert (made["rows"], made["label"]) == (20, "kind")
    kinds = {column["name"]: column["type"] for column in made["columns"]}
    assert (kinds["when"], kinds["size"]) == ("date", "number")
    assert "Left out the other sheets: 'notes'" in " ".join(made["said"])


STYLES = {
    "us": ("{:,.2f}", ",", "."), "plain": ("{:.2f}", "", "."), "german": ("{:,.2f}", ".", ","),
    "swiss": ("{:,.2f}", "'", "."), "french": ("{:,.2f}", "\u202f", ","),
}  # fmt: skip


@given(st.lists(st.floats(0, 1e7), min_size=4, max_size=30), st.sampled_from([*STYLES]),
       st.sampled_from(["", "$", " €", "%"]))  # fmt: skip
def test_numbers_are_read_as_they_were_written(values: list[float], style: str, sign: str) -> None:
    form, group, decimal = STYLES[style]
    cells = [
        form.format(value).replace(",", "G").replace(".", decimal).replace("G", group)
        for value in values
    ]
    cells = [f"{sign}{cell}" if sign == "$" else f"{cell}{sign}" for cell in cells]
    text = "\n".join(["amount\tkind", *(f"{cell}\tx" for cell in cells)])
    [amount, _] = columns_of(sheet_from(content_of(text.encode(), "t.tsv")))
    assert amount.kind == "number"
    assert amount.numbers.tolist() == [round(float(f"{value:.2f}"), 2) for value in values]
    assert amount.percent == (sign == "%")


@given(st.lists(st.integers(100, 999), min_size=1, max_size=9),
       st.lists(st.integers(1_000, 9_999), min_size=1, max_size=9),
       st.sampled_from(",."))  # fmt: skip
def test_thousands_next_to_hundreds_are_thousands(
    hundreds: list[int], thousands: list[int], separator: str
) -> None:
    cells = [str(value) for value in hundreds]
    cells += [f"{value:,}".replace(",", separator) for value in thousands]
    text = "\n".join(["amount;kind", *(f"{cell};x" for cell in cells)])
    [amount, _] = columns_of(sheet_from(content_of(text.encode(), "t.csv")))
    assert amount.numbers.tolist() == [*hundreds, *thousands]
    assert amount.said, "a cell that another notation reads differently is named"


@given(
    st.integers(11, 40),
    st.integers(2, 40),
    st.sampled_from(["entfällt", "s/d", "unknown", "keine"]),
)
def test_one_word_among_many_numbers_marks_missing_ones(
    numbers: int, marked: int, word: str
) -> None:
    cells = [str(17 + k) for k in range(numbers)] + [word] * marked
    text = "\n".join(["age;kind", *(f"{cell};{'xy'[k % 2]}" for k, cell in enumerate(cells))])
    [age, _] = columns_of(sheet_from(content_of(text.encode(), "t.csv")))
    assert (age.kind == "number") == (2 * marked <= numbers + marked)
    if age.kind == "number":
        assert age.missing.sum() == age.markers[word] == marked
        assert f"'{word}' in column 'age' is read as missing" in " ".join(age.said)
    sheet = sheet_from(content_of(text.encode(), "t.csv"))
    [age, _] = columns_of(sheet, Choices(values=frozenset({word.lower()})))
    assert (age.kind, age.missing.any()) == ("text", False), "the marker may be a value"


@given(st.integers(2, 10), st.integers(1, 5))
def test_a_word_beside_few_numbers_is_a_class(values: int, times: int) -> None:
    cells = [str(k) for k in range(values)] * times + ["other"] * max(2, values * times // 2)
    text = "\n".join(["grade;kind", *(f"{cell};{'xy'[k % 2]}" for k, cell in enumerate(cells))])
    [grade, _] = columns_of(sheet_from(content_of(text.encode(), "t.csv")))
    assert grade.kind == "text"


@pytest.mark.parametrize(
    "name",
    ["Nr.", "No.", "nº", "Número", "lfd. Nr.", "S.No", "Serial No", "Zeile", "№", "Id:", "num"],
)
def test_numbers_of_rows_are_no_feature_in_other_languages_too(name: str) -> None:
    rows = [f"{k + 1};{k % 7};{'xy'[k % 2]}" for k in range(30)]
    said = read("\n".join([f"{name};size;kind", *rows]), "t.csv")
    assert [each["fate"] for each in said["columns"]] == ["ignored", "feature", "label"]
    assert "an identifier: 30 values in 30 rows" in said["columns"][0]["reason"]


def test_a_row_of_sums_is_named_and_is_in_no_range() -> None:
    rows = [f"{k % 7};{'xy'[k % 2]}" for k in range(30)]
    said = read("\n".join(["size;kind", *rows, "88;"]), "t.csv")
    assert said["columns"][0]["reason"].startswith("numbers from 0 to 6")
    assert "Dropped 1 row without a label: row 32, which begins with '88'." in said["said"]


UNITS = st.sampled_from(["kg", " cm", " °C", "km/h", " m²"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 9_999), min_size=3, max_size=12), UNITS)
def test_a_unit_behind_every_number_is_left_out_and_said(values: list[int], unit: str) -> None:
    text = "\n".join(["size\tkind", *(f"{value / 10}{unit}\tx" for value in values)])
    [size, _] = columns_of(sheet_from(content_of(text.encode(), "t.tsv")))
    assert size.numbers.tolist() == [value / 10 for value in values]
    assert f"The unit {unit.strip()} in column 'size'" in " ".join(size.said)
    mixed = text.replace(f"{unit}\t", "\t", 1)
    [size, _] = columns_of(sheet_from(content_of(mixed.encode(), "t.tsv")))
    assert size.kind == "text", "one number has no unit"


@given(st.lists(st.integers(0, 99), min_size=4, max_size=20, unique=True), st.integers(2, 9),
       st.sampled_from(["-99", "-999", "-9999.0", "999", "9999"]))  # fmt: skip
def test_a_number_that_marks_missing_ones_is_said_and_can_be_a_value(
    values: list[int], times: int, marker: str
) -> None:
    text = "\n".join(["t\tkind", *(f"{each}\tx" for each in [*values, *[marker] * times])])
    sheet = sheet_from(content_of(text.encode(), "t.tsv"))
    [t, _] = columns_of(sheet)
    assert t.markers == {marker: times}
    assert f"{marker!r} in column 't' is read as missing" in " ".join(t.said)
    [t, _] = columns_of(sheet, Choices(values=frozenset({marker})))
    assert t.numbers[-1] == float(marker)
    assert not t.missing.any()


@given(st.lists(st.integers(-50, 99), min_size=4, max_size=20, unique=True).filter(
    lambda values: min(values) < 0))  # fmt: skip
def test_a_number_near_others_marks_nothing(values: list[int]) -> None:
    text = "\n".join(["t\tkind", *(f"{each}\tx" for each in [*values, -99, -99])])
    [t, _] = columns_of(sheet_from(content_of(text.encode(), "t.tsv")))
    assert not t.missing.any()


@pytest.mark.parametrize(
    "form",
    [
        "%Y%m%d",
        "%d. %B %Y",
        "%b %d %Y",
        "%B %d, %Y",
        "%d-%b-%y",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%Y-%m-%dT%H:%MZ",
    ],
)
def test_dates_are_dates_however_they_are_written(form: str) -> None:
    days = [date(2024, 1 + k % 12, 1 + k) for k in range(20)]
    text = "\n".join(["day\tkind", *(f"{each.strftime(form)}\tx" for each in days)])
    [day, _] = columns_of(sheet_from(content_of(text.encode(), "t.tsv")))
    assert day.kind == "date"


@pytest.mark.parametrize("unit", [1, 1_000])
@pytest.mark.parametrize("name", ["timestamp", "created_at", "unixtime"])
def test_seconds_since_1970_are_no_feature(name: str, unit: int) -> None:
    rows = [f"{(1_700_000_000 + k * 3_601) * unit},{k % 7},{'ab'[k % 2]}" for k in range(30)]
    said = read("\n".join([f"{name},size,kind", *rows]), "t.csv")
    assert [each["fate"] for each in said["columns"]] == ["ignored", "feature", "label"]


def test_zeros_in_front_of_a_number_are_not_lost_without_a_word() -> None:
    rows = [f"0{1000 + k % 4},{k % 7},{'ab'[k % 2]}" for k in range(30)]
    said = read("\n".join(["zip,size,kind", *rows]), "t.csv")["said"]
    assert "'01000' in column 'zip' is read as the number 1000." in said


@pytest.mark.parametrize("name", ["y", "Y"])
def test_y_next_to_x_is_a_coordinate_unless_nothing_else_can_be_the_label(name: str) -> None:
    rows = [f"{k % 5},{k % 3},{'ab'[k % 2]}" for k in range(30)]
    assert read("\n".join([f"x,{name},spot", *rows]), "t.csv")["label"] == "spot"
    numbers = [row.replace("a", "7").replace("b", "8") for row in rows]
    assert read("\n".join([f"x,{name},spot", *numbers]), "t.csv")["label"] == name


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.sampled_from(["cat", "dog", "bird", "fish"]), min_size=2, max_size=4, unique=True)
)
def test_one_hot_columns_without_a_common_name_are_one_label(names: list[str]) -> None:
    rows = [
        ",".join(
            [f"{k % 7}.5", str(k % 5), *(str(int(k % len(names) == j)) for j in range(len(names)))]
        )
        for k in range(40)
    ]
    said = read("\n".join([",".join(["f", "g", *names]), *rows]), "t.csv")
    assert {*said["classes"]} == {*names}
    features = [each["name"] for each in said["columns"] if each["fate"] == "feature"]
    assert features == ["f", "g"]


def test_the_first_of_nameless_columns_is_no_feature_if_it_only_tells_rows_apart() -> None:
    rows = [
        f"{842_302 + k * 37 % 1_009},{k % 7 + 0.5},{k % 5 + 0.5},{'MB'[k % 2]}" for k in range(30)
    ]
    said = read("\n".join(rows), "wdbc.data")
    assert [each["fate"] for each in said["columns"]] == ["ignored", "feature", "feature", "label"]


@pytest.mark.parametrize("written", [(1, 0), ("True", "False"), ("TRUE", "FALSE")])
@pytest.mark.parametrize("name", ["is_train", "is_test"])
def test_a_column_that_says_what_is_trained_on_is_the_test_part(
    name: str, written: tuple[object, object]
) -> None:
    yes, no = written
    wanted = 8 if name == "is_test" else 22
    rows = [f"{k % 5},{k % 7},{'ab'[k % 2]},{yes if k % 30 < wanted else no}" for k in range(30)]
    said = read("\n".join([f"f,g,label,{name}", *rows]), "t.csv")
    assert f"8 rows are the file's own test part, by column '{name}'." in said["said"]
    assert said["columns"][-1]["fate"] == "ignored"


def test_a_test_part_without_labels_is_left_out_and_said() -> None:
    """As in competitions, where the labels of the test part are secret."""
    rows = [
        f"{k % 5},{k % 7},{'' if k > 19 else k % 2},{'test' if k > 19 else 'train'}"
        for k in range(30)
    ]
    said = read("\n".join(["f,g,target,split", *rows]), "t.csv")
    assert said["classes"] == {"0": 10, "1": 10}
    assert "The test part of column 'split' has no labels: it is not used." in said["said"]
    assert "Dropped 10 rows without a label" in " ".join(said["said"])


@given(st.text(",;\t|\"'\n\\ a1", max_size=14))
def test_every_text_has_a_delimiter(text: str) -> None:
    assert delimiter_of(text) in DELIMITERS
    with suppress(ValueError):
        describe_file(text.encode(), "table.csv")


def test_a_text_of_delimiters_alone_is_refused_in_words() -> None:
    for text in (b";,", b",;\n"):
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            describe_file(text, "table.csv")
