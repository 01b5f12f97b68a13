"""Every setting is declared once; code, deployment and docs use no other."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lossopt_core.store.quotas import Budget
from lossopt_ui.config import HOSTED, Settings, settings, table
from lossopt_ui.config.settings import VARIABLES, allowed
from tests.programs import ROOT
from tests.ui.config.conftest import AUTH

PLACES = [
    "README.md", "docs", "deploy", "lossopt_core", "lossopt_ui", "pages", "benchmarks",
    "streamlit_app.py", ".streamlit/secrets.toml.example",
]  # fmt: skip


def files() -> list[Path]:
    found = [ROOT / place for place in PLACES]
    below = [file for place in found if place.is_dir() for file in place.rglob("*")]
    texts = {".py", ".md", ".yaml", ".conf", ".env", ".service", ".example", ""}
    return [file for file in (*found, *below) if file.is_file() and file.suffix in texts]


def test_every_variable_mentioned_anywhere_is_declared() -> None:
    named = {
        name: file.relative_to(ROOT)
        for file in files()
        for name in re.findall(r"LOSSOPT_[A-Z][A-Z_]*[A-Z]", file.read_text(encoding="utf-8"))
    }
    assert {name: file for name, file in named.items() if name not in VARIABLES} == {}


def test_the_environment_is_read_in_few_modules() -> None:
    readers = {
        str(file.relative_to(ROOT))
        for file in files()
        if file.suffix == ".py"
        and file.relative_to(ROOT).parts[0] in ("lossopt_core", "lossopt_ui", "pages")
        and re.search(r"os\.(environ|getenv)", file.read_text(encoding="utf-8"))
    }
    # Variables of MLflow and Arrow have to be set before they are imported; workers have a thread
    # each.
    of_others = {
        "lossopt_core/exchange/mlflow.py",
        "lossopt_core/files/parquet_child.py",
        "lossopt_ui/jobs/processes.py",
    }
    assert readers - of_others == {
        "lossopt_core/store/address.py",
        "lossopt_ui/config/check.py",
        "lossopt_ui/config/sources.py",
    }


def test_the_docs_contain_the_generated_table() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    assert f"{table.BEGIN}\n\n{table.tables()}\n\n{table.END}" in page, (
        "run: python -m lossopt_ui.config --write"
    )


def test_writing_the_table_replaces_it_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    assert table.update(page)
    assert not table.update(page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "\nold\n" not in text
    page.write_text("no marks")
    with pytest.raises(ValueError, match="must have the lines"):
        table.update(page)


@pytest.mark.parametrize("name", VARIABLES)
def test_every_setting_has_a_description_and_allowed_values(name: str) -> None:
    field = VARIABLES[name]
    assert field.description
    assert allowed(field)


def test_every_limit_can_be_set_and_has_a_default_in_hosted_mode() -> None:
    names = [field.name for field in fields(Budget)]
    assert {f"LOSSOPT_MAX_{name.upper()}" for name in names} <= {*VARIABLES}
    assert Settings(mode="local").budget() == Budget()
    default = Settings(mode="hosted").budget()
    assert all(getattr(default, name) < float("inf") for name in names)
    for name in names:
        one = Settings.model_validate({"mode": HOSTED, f"max_{name}": 7}).budget()
        assert getattr(one, name) == 7


def test_changes_of_the_environment_take_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSOPT_MAX_RUNS", "5")
    assert settings().max_runs == 5
    monkeypatch.setenv("LOSSOPT_MAX_RUNS", "6")
    assert settings().max_runs == 6
    monkeypatch.delenv("LOSSOPT_MAX_RUNS")
    assert settings().max_runs is None


def test_secrets_are_not_in_representations() -> None:
    address = "postgresql://me:hunter2@host/db"
    found = Settings.model_validate({"store": address, "auth": AUTH | {"other": {**AUTH}}})
    shown = f"{found!r} {found} {found.model_dump()}"
    assert "hunter2" not in shown
    assert AUTH["cookie_secret"] not in shown
    assert AUTH["client_secret"] not in shown
    assert found.auth
    assert list(found.auth.providers) == ["default", "other"]
