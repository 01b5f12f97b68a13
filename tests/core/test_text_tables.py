"""Tables as text: what people have written stays text, and numbers stay numbers."""

import io

import pandas as pd
import pytest
from markdown import markdown

from lossopt_core.export import tidy, to_parquet
from lossopt_core.text_tables import FORMATS, to_csv_with_index, to_latex, to_markdown
from tests.experiments import TINY

HOSTILE = [
    "50% & \\input{x} $y$ #_{}~^",
    "<img src=x onerror=alert(1)>",
    "=1+1",
    "a|b",
    "![x](http://y)",
]


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {"Name | <b>": HOSTILE, "value": [0.125, 1e-7, 3.0, -2.5, 1e9]}, index=HOSTILE
    )


def test_latex_has_no_command_of_anybody_else(table: pd.DataFrame) -> None:
    text = to_latex(table)
    body = [line for line in text.splitlines() if "&" in line]
    for line in body:
        assert "\\input" not in line
        cells = line.replace(r"\&", "").split("&")
        assert len(cells) == 3
    assert r"50\% \& \textbackslash input\{x\} \$y\$" in text
    assert text.startswith("\\begin{tabular}")
    assert "\\toprule" in text


def test_markdown_shows_what_is_written(table: pd.DataFrame) -> None:
    text = to_markdown(table)
    assert all(line.count(" | ") == 2 for line in text.splitlines())
    shown = markdown(text, extensions=["tables"])
    assert "<img" not in shown.replace("&lt;img", "")
    assert "<b>" not in shown
    assert shown.count("<tr>") == 6
    assert "0.125" in text


def test_csv_calculates_nothing_and_reads_back(table: pd.DataFrame) -> None:
    back = pd.read_csv(io.StringIO(to_csv_with_index(table)))
    assert back["value"].tolist() == table["value"].tolist()
    assert "'=1+1" in set(back["run"])


def test_parquet_reads_back_with_its_kinds() -> None:
    from lossopt_core import train

    original = tidy(train([TINY, TINY.but(loss="hinge")]))
    back = pd.read_parquet(io.BytesIO(to_parquet(original)))
    pd.testing.assert_frame_equal(back, original)


def test_every_format_writes_every_table(table: pd.DataFrame) -> None:
    for each in FORMATS.values():
        assert each.write(table)
        assert each.write(table.iloc[:0]) is not None
