"""What is installed: every file that the app needs, one version, the extras and the command."""

import re
import subprocess
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import lossopt_core
from tests.programs import ROOT, run_python

PACKAGES = ("lossopt_core", "lossopt_ui")
SHIPPED = (
    "pages",
    "static",
    "data",
    "docs/teaching.md",
    "streamlit_app.py",
    ".streamlit/config.toml",
)
"""What is no package, and lies in `lossopt_core/shipped` once it is installed."""
LINTERS = {"mypy", "hadolint", "biome"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def in_git(*places: str) -> set[str]:
    """The files below these places that are, or could be, committed."""
    command = [
        "git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard",
    ]  # fmt: skip
    done = subprocess.run(
        [*command, "--", *places], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run_python("-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder))
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    [file] = dist.glob("*.whl")
    return zipfile.ZipFile(file)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_has_every_file_of_the_app_and_no_other(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    shipped = {f"lossopt_core/shipped/{name}" for name in in_git(*SHIPPED)}
    assert names == in_git(*PACKAGES) | shipped
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_one_module_alone_knows_where_files_outside_the_packages_are() -> None:
    looking = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if re.search(r"\.parents\[|\.parent\.parent", file.read_text(encoding="utf-8"))
    }
    of_checkouts = {"lossopt_ui/config/__main__.py"}  # writes the docs
    assert looking - of_checkouts == {"lossopt_core/shipped/__init__.py"}


def test_a_wheel_can_be_made_of_the_sdist(dist: Path) -> None:
    [file] = dist.glob("*.tar.gz")
    with tarfile.open(file) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    needed = in_git(*PACKAGES, *SHIPPED, "pyproject.toml", "README.md", "LICENSE", ".gitignore")
    assert needed - names == set()


def test_the_version_is_the_same_everywhere(metadata: Message) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert metadata["Version"] == citation["version"] == lossopt_core.__version__
    assert PYPROJECT["project"]["dynamic"] == ["version"]
    assert run_python("-m", "lossopt_core", "--version").split()[1] == lossopt_core.__version__


def test_the_extras_have_the_names_that_people_install(metadata: Message) -> None:
    extras = {"postgres", "signin", "export", "dask", "dev"}
    assert {*(metadata.get_all("Provides-Extra") or ())} == extras
    of_tests = PYPROJECT["project"]["optional-dependencies"]["dev"]
    assert "lossopt[postgres,signin,export,dask]" in of_tests, "the tests need them all"


def test_the_image_has_the_extras_for_visitors() -> None:
    pin = (ROOT / ".ci" / "pin").read_text(encoding="utf-8")
    assert "--extra postgres --extra signin --extra dask --generate-hashes" in pin


def test_the_command_is_there(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt")]
    [target] = re.findall(r"^lossopt = (\S+)$", wheel.read(name).decode(), flags=re.MULTILINE)
    module, _, function = target.partition(":")
    assert callable(getattr(import_module(module), function))


def test_ci_runs_on_every_python_that_is_supported(metadata: Message) -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    job = workflow["jobs"]["test"]
    assert ".ci/run" in job["steps"][-1]["run"]
    classifiers = " ".join(metadata.get_all("Classifier") or ())
    assert job["strategy"]["matrix"]["python"] == re.findall(r"Python :: (3\.\d+)", classifiers)


def linter(line: str) -> str:
    """The linter that a command runs, without its options; "" for another command."""
    program, _, rest = line.strip().removeprefix("node_modules/.bin/").partition(" ")
    if program == "ruff":  # two in one
        return f"ruff {rest.split()[0]}"
    return program if program in LINTERS else ""


def test_commits_are_checked_by_the_linters_of_ci() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = {hook["entry"] for repository in config["repos"] for hook in repository["hooks"]}
    of_ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    of_commits = {*map(linter, hooks)}
    assert of_commits == {*map(linter, of_ci)} - {""}
    assert of_commits == {"ruff check", "ruff format", *LINTERS}
