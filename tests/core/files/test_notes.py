"""What stands around a table is no row of it, and is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.files.content import content_of
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import Sheet
from lossopt_core.uploads.describing import describe_data

ROWS = [[f"{k % 7}.5", str(k % 5), "ab"[k % 2]] for k in range(20)]
NAMES = ["len", "wid", "kind"]


def read(text: str) -> Sheet:
    return sheet_from(content_of(text.encode(), "t.csv"))


NOTES = st.lists(
    st.sampled_from(["# end", "Source: Federal Office", "(20 rows)", "n.b. see below"]), max_size=3
)  # fmt: skip
COMMENTS = st.lists(st.tuples(st.integers(0, 19), st.just("# checked")), max_size=2)


@settings(max_examples=30, deadline=None)
@given(NOTES, COMMENTS, st.sampled_from(",;\t|"))
def test_notes_below_and_comments_within_are_no_rows(
    notes: list[str], comments: list[tuple[int, str]], delimiter: str
) -> None:
    lines = [delimiter.join(row) for row in [NAMES, *ROWS]]
    for place, text in comments:
        lines.insert(place + 1, text)
    sheet = read("\n".join([*lines, "", *notes]))
    assert sheet.cells.to_numpy().tolist() == ROWS
    assert len(sheet.dialect.skipped) == len(notes) + len(comments)
    for each in {*notes, *(text for _, text in comments)}:
        assert each in " ".join(sheet.said)


@pytest.mark.parametrize("last", ["3", "3.5", "a,", "b"])
def test_a_row_that_was_cut_off_is_still_refused(last: str) -> None:
    text = "\n".join([",".join(row) for row in [NAMES, *ROWS]])
    with pytest.raises(ValueError, match="row 22 has"):
        read(f"{text}\n{last}")


def test_a_last_row_with_a_known_value_and_nothing_else_is_a_row() -> None:
    rows = [[str(k), "", "word"] for k in range(5)] + [["", "", "word"]]
    sheet = read("\n".join(",".join(row) for row in [NAMES, *rows]))
    assert len(sheet.cells) == 6


def drawn(edge: str, rule: str, outer: bool) -> str:
    rows = [" | ".join(f"{cell:4}" for cell in row) for row in [NAMES, *ROWS]]
    lines = [f"| {row} |" if edge else row for row in rows]
    lines.insert(1, rule)
    return "\n".join([rule, *lines, rule] if outer else lines)


@pytest.mark.parametrize(
    ("edge", "rule", "outer"),
    [
        ("|", "|:-----|-----:|:----:|", False),
        ("|", "+------+------+------+", True),
        ("|", "+======+======+======+", True),
        ("", "------+------+------", False),
    ],
)
def test_drawn_tables_are_read_without_their_lines(edge: str, rule: str, outer: bool) -> None:
    sheet = read(drawn(edge, rule, outer))
    assert list(sheet.cells.columns) == NAMES
    assert sheet.cells.to_numpy().tolist() == ROWS
    assert all("--" in line or "==" in line for line in sheet.dialect.skipped)


PARTS = st.sampled_from(["len", "wid", "mass"])


@settings(max_examples=10, deadline=None)
@given(st.lists(PARTS, min_size=2, max_size=3, unique=True), st.booleans())
def test_names_in_two_rows_are_joined(parts: list[str], merged: bool) -> None:
    """As pandas writes several levels of columns, and as merged cells come out of a spreadsheet."""
    above = ["sepal", *["" if merged else "sepal"] * (len(parts) - 1),
             "petal", *["" if merged else "petal"] * (len(parts) - 1), "about"]  # fmt: skip
    below = [*parts, *parts, "kind"]
    rows = [[f"{k % 7}.5"] * (2 * len(parts)) + ["ab"[k % 2]] for k in range(12)]
    sheet = read("\n".join(",".join(row) for row in [above, below, *rows]))
    assert len(sheet.cells) == 12
    wanted = [f"{name} {part}" for name in ("sepal", "petal") for part in parts]
    assert list(sheet.cells.columns) == [*wanted, "about kind"]


def test_units_are_still_units() -> None:
    rows = "\n".join(",".join(row) for row in ROWS)
    sheet = read(f"len,wid,kind\ncm,hPa,\n{rows}")
    assert sheet.dialect.skipped == ("line 2: units (cm and hPa)",)


def test_words_with_blanks_may_be_quoted_where_blanks_separate() -> None:
    rows = "\n".join(
        f'"Car {k} X" {20 + k % 9}.5 {k % 4} "{["not so", "so"][k % 2]}"' for k in range(20)
    )
    found = describe_data(f'"mpg" "cyl" "is it"\n{rows}'.encode(), "t.txt").as_json()
    assert found["classes"] == {"not so": 10, "so": 10}
    assert [column["fate"] for column in found["columns"]] == [
        "ignored", "feature", "feature", "label",
    ]  # fmt: skip


@pytest.mark.parametrize("sign", [":", "^", "~", "\x01"])
def test_unusual_delimiters_are_found_where_there_is_no_usual_one(sign: str) -> None:
    sheet = read("\n".join(sign.join(row) for row in [NAMES, *ROWS]))
    assert sheet.dialect.delimiter == sign
    assert sheet.cells.to_numpy().tolist() == ROWS


def test_times_are_no_columns() -> None:
    assert read("when\n" + "12:30\n13:45\n" * 5).cells.shape == (10, 1)
