"""The documentation is true: its examples run, its links lead somewhere, its addresses open."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qsl, urlsplit

import pytest

import lossopt_core
from lossopt_core import DATASETS, LOSSES, OPTIMIZERS
from lossopt_ui.state import url
from lossopt_ui.state.pages import BY_NAME, EVERYWHERE
from tests.programs import ROOT, run_python

DOCS = sorted((ROOT / "docs").rglob("*.md"))
TEXTS = [*DOCS, *sorted(ROOT.glob("*.md")), ROOT / "data" / "README.md"]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
LARGEST_PICTURE = 150_000


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@pytest.fixture
def registries_as_before() -> Iterator[None]:
    """Guides enter examples of their own, for as long as they run."""
    before = [(registry, set(registry)) for registry in (LOSSES, OPTIMIZERS, DATASETS)]
    yield
    for registry, names in before:
        for name in set(registry) - names:
            del registry[name]


@pytest.mark.parametrize(
    "file", [each for each in TEXTS if PYTHON.search(text_of(each))], ids=named
)
@pytest.mark.usefixtures("registries_as_before")
def test_python_on_a_page_runs(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = ModuleType("page")  # dataclasses look for the module that they are defined in
    monkeypatch.setitem(sys.modules, page.__name__, page)
    for block in PYTHON.findall(text_of(file)):
        exec(compile(block, named(file), "exec"), vars(page))


@pytest.mark.parametrize("file", TEXTS, ids=named)
def test_links_lead_to_files(file: Path) -> None:
    text = re.sub(r"^```.*?^```", "", text_of(file), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", text)
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_the_reference_has_everything_public() -> None:
    reference = text_of(ROOT / "docs" / "reference" / "python.md")
    named = set(re.findall(r"::: lossopt_core\.(\w+)|`([A-Z]+)`", reference))
    assert {*lossopt_core.__all__} <= {name for pair in named for name in pair} | {"__version__"}


def addresses(file: Path) -> list[str]:
    """Addresses of the app on a page, such as `/train?loss=hinge`."""
    return re.findall(r"`(/[a-z][a-z-]*(?:\?[^`]*)?)`", text_of(file))


@pytest.mark.parametrize("file", [each for each in TEXTS if addresses(each)], ids=named)
def test_addresses_open_what_they_say(file: Path) -> None:
    for address in addresses(file):
        parts = urlsplit(address)
        page = parts.path.strip("/")
        assert page in BY_NAME, f"there is no page {address}"
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        query.pop("embed", None)  # Streamlit's own
        assert query.keys() <= {*BY_NAME[page].options, *EVERYWHERE}, address
        assert url.read(query)[1] == [], address


def test_the_readme_begins_with_the_two_commands() -> None:
    block = text_of(ROOT / "README.md").split("```")[1]
    commands = [line.split("  ")[0] for line in block.splitlines()[1:]]
    assert commands == [
        "pip install -r requirements.txt && streamlit run streamlit_app.py",
        "pip install -r requirements-dev.txt && pytest",
    ]


def test_every_picture_is_small_and_shown() -> None:
    pictures = {file for file in (ROOT / "docs").rglob("*") if file.suffix in (".png", ".webp")}
    assert {named(file) for file in pictures if file.stat().st_size > LARGEST_PICTURE} == set()
    shown = {
        (file.parent / link).resolve()
        for file in TEXTS
        for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of(file))
    }
    assert pictures == {each for each in shown if each.suffix in (".png", ".webp")}


@pytest.mark.parametrize("name", ["tutorial", "teaching"])
def test_names_in_bold_are_on_the_screen(name: str) -> None:
    sources = "\n".join(
        text_of(file)
        for place in ("pages", "lossopt_ui", "lossopt_core")
        for file in (ROOT / place).rglob("*.py")
    )
    labels = re.findall(r"\*\*([^*]+)\*\*", text_of(ROOT / "docs" / f"{name}.md"))
    assert labels
    assert [label for label in labels if f'"{label}"' not in sources] == []


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    run_python("-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path))
