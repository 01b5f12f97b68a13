"""Tables as text: what people have written stays text, and numbers stay numbers."""

import io
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import markdown

from lossopt_core.analysis.tables import tidy, to_parquet
from lossopt_core.analysis.text_tables import (
    FORMATS,
    to_csv_with_index,
    to_latex,
    to_markdown,
)
from tests.experiments import TINY
from tests.programs import skip_unless_ci

HOSTILE = [
    "50% & \\input{x} $y$ #_{}~^",
    "<img src=x onerror=alert(1)>",
    "=1+1",
    "a|b",
    "![x](http://y)",
]
SIGNS = st.one_of(
    st.characters(min_codepoint=32, max_codepoint=126),
    st.sampled_from("λαΩέ±×·≤→∑½²⁻₂–—“”…éß中🎉\u202e\u2069\u00a0"),
    st.characters(exclude_categories=["Cc", "Cs"]),
)


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {"Name | <b>": HOSTILE, "value": [0.125, 1e-7, 3.0, -2.5, 1e9]}, index=HOSTILE
    )


def test_latex_escapes_user_text(table: pd.DataFrame) -> None:
    text = to_latex(table)
    body = [line for line in text.splitlines() if " & " in line]
    for line in body:
        assert "\\input" not in line
        cells = line.replace(r"\&", "").split("&")
        assert len(cells) == 3
    assert r"50\% \& \textbackslash{}input\{x\} \$y\$" in text
    assert text.startswith("\\begin{tabular}")
    assert "\\toprule" in text


def test_latex_sets_greek_and_numbers_as_mathematics() -> None:
    table = pd.DataFrame({"λ": ["1.5e-05", "0.1 ± 0.02"]}, index=["ε-loss", "1e-05"])
    text = to_latex(table)
    assert r"& \ensuremath{\lambda} \\" in text
    assert r"\ensuremath{\varepsilon}-loss & $1.5 \times 10^{-5}$ \\" in text
    assert r"1e-05 & 0.1 \ensuremath{\pm} 0.02 \\" in text  # a name stays as it is


def test_latex_breaks_ligatures() -> None:
    table = pd.DataFrame({"v": [1.0] * 3}, index=["a--b ''", "*[x]", "[1ex]"])
    assert [line.split(" & ")[0] for line in to_latex(table).splitlines()[4:7]] == [
        "a-{}-b '{}'", "{}*[x]", "{}[1ex]"
    ]  # fmt: skip


def can_print_tables() -> bool:
    """Whether there is pdfLaTeX, with the package that tables need."""
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    return subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True).returncode == 0


@given(st.lists(st.text(alphabet=SIGNS, max_size=12), min_size=12, max_size=12))
@settings(max_examples=3)
def test_pdflatex_prints_any_text(texts: list[str]) -> None:
    if not can_print_tables():
        skip_unless_ci(
            "pdflatex with booktabs is not installed; on Debian or Ubuntu:"
            " texlive-latex-recommended"
        )
    table = pd.DataFrame({text: [*reversed(texts)] for text in set(texts)}, index=texts)
    with TemporaryDirectory() as folder:
        Path(folder, "table.tex").write_text(
            "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
            f"{to_latex(table)}\\end{{document}}\n",
            encoding="utf-8",
        )
        made = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"],
            cwd=folder, capture_output=True, check=False,
        )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:].decode("latin-1")


def test_markdown_escapes_user_text(table: pd.DataFrame) -> None:
    text = to_markdown(table)
    assert all(line.count(" | ") == 2 for line in text.splitlines())
    shown = markdown(text, extensions=["tables"])
    assert "<img" not in shown.replace("&lt;img", "")
    assert "<b>" not in shown
    assert shown.count("<tr>") == 6
    assert "0.125" in text


def test_csv_has_no_formulas_and_reads_back(table: pd.DataFrame) -> None:
    back = pd.read_csv(io.StringIO(to_csv_with_index(table)))
    assert back["value"].tolist() == table["value"].tolist()
    assert "'=1+1" in set(back["run"])


def test_parquet_preserves_column_types() -> None:
    from lossopt_core import train

    original = tidy(train([TINY, TINY.replace(loss="hinge")]))
    back = pd.read_parquet(io.BytesIO(to_parquet(original)))
    pd.testing.assert_frame_equal(back, original)


def test_every_format_writes_every_table(table: pd.DataFrame) -> None:
    for each in FORMATS.values():
        assert each.write(table)
        assert each.write(table.iloc[:0]) is not None
