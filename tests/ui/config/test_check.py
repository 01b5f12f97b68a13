"""Wrong settings stop the server before it serves anything, with one line per mistake."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lossopt_core.store import connections
from lossopt_ui.config import check
from lossopt_ui.config.settings import VARIABLES
from tests.programs import ROOT
from tests.ui.config.conftest import AUTH, Give

PASSWORD = "hunter2-and-more"


def test_valid_settings_have_no_mistakes(give: Give) -> None:
    assert give() == []
    assert give(LOSSOPT_MAX_RUNS="5e3", LOSSOPT_WORKERS=" 3 ", LOSSOPT_MAX_SECONDS="0.5") == []
    assert give(LOSSOPT_FRAMED_BY="https://school.example.org  http://localhost:8080") == []
    assert give(LOSSOPT_MODE="  ", LOSSOPT_MAX_BYTES="") == [], "blank is the same as not set"
    assert give(secrets={"LOSSOPT_MODE": "hosted", "LOSSOPT_MAX_RUNS": 50, "auth": AUTH}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "Hosted"),
        ("MODE", "public"),
        *(
            ("MAX_RUNS", value)
            for value in ("abc", "-1", "0", "nan", "inf", "1.5", "1 000", "1e99")
        ),
        *(("MAX_SECONDS", value) for value in ("0", "-1", "inf", "nan", "two", "1e400")),
        *(("WORKERS", value) for value in ("0.5", "0", "257", "1e9")),
        *(
            ("FRAMED_BY", value)
            for value in (
                "*",
                "school.example.org",
                "https://a.org/page",
                "https://a.org;script-src",
                "https://a.org:99999",
                "'none'",
                "ftp://a.org",
                "https://",
                "https://-",
            )
        ),
    ],
)
def test_a_wrong_value_gives_one_line_with_name_value_and_allowed_values(
    give: Give, name: str, value: str
) -> None:
    variable = f"LOSSOPT_{name}"
    [line] = give(**{variable: value})
    assert line.startswith(f"{variable} is {value!r}, but must be ")
    assert line.endswith(VARIABLES[variable].json_schema_extra["allowed"])  # type: ignore[index,call-overload]


def test_all_mistakes_are_reported_at_once(give: Give) -> None:
    wrong = dict.fromkeys(VARIABLES, "!")
    lines = give(**wrong, LOSSOPT_NOTHING="!", secrets={"auth": {"client_id": ""}})
    for name in (*wrong, "LOSSOPT_NOTHING", "auth.client_secret", "auth.cookie_secret"):
        assert [line for line in lines if line.startswith(name)], name
    assert all("\n" not in line for line in lines)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_misspelt_name_is_reported_with_a_suggestion(give: Give, name: str) -> None:
    for slip in (
        name[:-1],
        name + "S",
        name.lower(),
        name.replace("OSSOPT_", "OSOPT_"),
        name + "_",
    ):
        [line] = give(**{slip: "5"})
        assert line.startswith(f"{slip} = '5' ")
        assert line.endswith(f"did you mean {name}?")


def test_an_unknown_name_is_reported_without_its_value(give: Give) -> None:
    [line] = give(LOSSOPT_API_TOKEN=PASSWORD)
    assert line.startswith("LOSSOPT_API_TOKEN in the environment is not a lossopt setting")
    assert PASSWORD not in line
    assert "LOSSOPT_MODE" in line


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "sqlite",
        "sqlite:/x",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:////proc/nowhere/runs.db",
        "sqlite:////etc/passwd",
        "file:///etc/passwd",
        f"postgres://me:{PASSWORD}@host/db",
        f"mysql://me:{PASSWORD}@host/db",
        f"postgresql+psycopg://me:{PASSWORD}@127.0.0.1:9/db",
        f"postgresql+psycopg://me:{PASSWORD}@127.0.0.1:port/db",
        f"postgresql+psycopg://me:a@{PASSWORD}@127.0.0.1:9/db",
        f"postgresql+psycopg://127.0.0.1:9/db?user=me&password={PASSWORD}",
        f"postgresql+psycopg:me:{PASSWORD}@127.0.0.1/db",
    ],
)
def test_an_unusable_store_is_reported_without_its_password(give: Give, address: str) -> None:
    [line] = give(LOSSOPT_STORE=address)
    assert line.startswith("LOSSOPT_STORE is '")
    assert "but must be an SQLAlchemy URL, such as sqlite:///" in line
    assert PASSWORD not in line
    [line] = give(secrets={"LOSSOPT_STORE": address})
    assert line.startswith("LOSSOPT_STORE is '")
    assert PASSWORD not in line


def test_a_foreign_or_read_only_database_is_reported(
    give: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, table in (("a", "facts (name, value)"), ("b", "runs (a)")):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.execute(f"CREATE TABLE {table}")
        assert len(give(LOSSOPT_STORE=f"sqlite:///{tmp_path}/{name}")) == 1
    good = tmp_path / "good.db"
    assert give(LOSSOPT_STORE=f"sqlite:///{good}") == []
    [line] = give(LOSSOPT_STORE=f"sqlite:///file:{good}?mode=ro&uri=true")
    assert "readonly" in line


def test_a_store_locked_by_another_writer_is_not_a_mistake(
    give: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.01)
    address = f"sqlite:///{tmp_path}/runs.db"
    assert give(LOSSOPT_STORE=address) == []
    connections.shared.cache_clear()
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert give(LOSSOPT_STORE=address) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('LOSSOPT_MODE = "hosted', "cannot be read"),
        ("LOSSOPT_MODE = hosted", "cannot be read"),
        ('LOSSOPT_MODE = "hosted"\nLOSSOPT_MODE = "local"', "cannot be read"),
        ("LOSSOPT_MODE = true", "LOSSOPT_MODE is True, but must be local or hosted"),
        ("LOSSOPT_MAX_RUNS = true", "LOSSOPT_MAX_RUNS is True, but must be a whole number"),
        ("LOSSOPT_MAX_RUNS = [5]", "LOSSOPT_MAX_RUNS is [5], but must be a whole number"),
        ("LOSSOPT_MAX_RUNS = 0.5", "LOSSOPT_MAX_RUNS is 0.5, but must be a whole number"),
        ("LOSSOPT_STORE = 5", "LOSSOPT_STORE is 5, but must be an SQLAlchemy address"),
        ('LOSSOPT_MODES = "hosted"', "did you mean LOSSOPT_MODE?"),
        ('[app]\nLOSSOPT_MODE = "hosted"', "LOSSOPT_MODE is in the section [app]"),
        ('auth = "google"', "auth in the secrets must be a section"),
        ("[auth]", "auth.redirect_uri in the secrets is not set"),
    ],
)
def test_mistakes_in_the_secrets_are_reported_by_name(give: Give, text: str, said: str) -> None:
    lines = give(secrets=text)
    assert [line for line in lines if said in line], lines


def test_unreadable_secrets_files_are_named(give: Give, tmp_path: Path) -> None:
    for place in ("no-text.toml", "folder.toml"):
        path = tmp_path / place
        path.mkdir() if place.startswith("folder") else path.write_bytes(b"\xff\xfe")
        [line] = give(secrets=path)
        assert line.startswith(f"{path} cannot be read")


def test_what_is_set_twice_must_agree(give: Give) -> None:
    assert give(LOSSOPT_MAX_RUNS="50", secrets={"LOSSOPT_MAX_RUNS": 50}) == []
    [line] = give(LOSSOPT_MAX_RUNS="50", secrets={"LOSSOPT_MAX_RUNS": 60})
    assert re.match(r"LOSSOPT_MAX_RUNS is '50' in the environment, but 60 in .*secrets\.toml", line)


@pytest.mark.parametrize("key", AUTH)
def test_every_key_that_signing_in_needs_is_asked_for(give: Give, key: str) -> None:
    for section in (AUTH | {key: ""}, {name: AUTH[name] for name in AUTH if name != key}):
        [line] = give(LOSSOPT_MODE="hosted", secrets={"auth": section})
        assert line.startswith(f"auth.{key} in the secrets ")
        assert "must be" in line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cookie_secret": PASSWORD}, "auth.cookie_secret in the secrets must be at least 32"),
        ({"client_secret": 5}, "auth.client_secret in the secrets must be"),
        (
            {"redirect_uri": "https://a.example/"},
            "auth.redirect_uri in the secrets is 'https://a.e",
        ),
        ({"redirect_uri": "a.example/oauth2callback"}, "auth.redirect_uri in the secrets is 'a.ex"),
        ({"server_metadata_url": "accounts"}, "auth.server_metadata_url in the secrets is 'acc"),
        ({"cookie_secrets": "x"}, "did you mean auth.cookie_secret?"),
        ({"my_school": {"client_id": "x"}}, "auth.my_school.client_secret in the secrets is not"),
        ({"my_school": AUTH}, "a provider's name must not contain an underscore"),
    ],
)
def test_sign_in_mistakes_are_reported_without_secrets(
    give: Give, change: dict[str, Any], said: str
) -> None:
    lines = give(LOSSOPT_MODE="hosted", secrets={"auth": AUTH | change})
    assert [line for line in lines if said in line], lines
    assert PASSWORD not in " ".join(lines)


def test_signing_in_needs_hosted_mode_and_its_packages(
    give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    [line] = give(secrets={"auth": AUTH})
    assert "set LOSSOPT_MODE=hosted" in line
    monkeypatch.setattr(check, "find_spec", lambda name: None)
    [line] = give(LOSSOPT_MODE="hosted", secrets={"auth": AUTH})
    assert "pip install authlib httpx" in line


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=some.sampled_from(sorted(VARIABLES)),
    value=some.text(some.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
def test_any_text_is_accepted_or_gives_one_line(give: Give, name: str, value: str) -> None:
    if name == "LOSSOPT_STORE" and "://" in value:
        return
    lines = give(**{name: value})
    # A list of websites gives one line for each wrong website.
    assert len(lines) <= max(1, len(value.split()) if name == "LOSSOPT_FRAMED_BY" else 1)
    assert not any("\n" in line or not line.isprintable() for line in lines)


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


def test_the_server_exits_with_code_2_and_one_line_per_mistake(port: int, tmp_path: Path) -> None:
    wrong = {"LOSSOPT_MODE": "public", "LOSSOPT_MAX_RUN": "5", "LOSSOPT_STORE": "sqlite://"}
    command = ["-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    done = subprocess.run(
        [sys.executable, *command, "--server.port", str(port), "--server.address", "127.0.0.1"],
        cwd=ROOT,
        env=os.environ | wrong,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("lossopt: LOSSOPT_") for line in lines)
    assert "Traceback" not in done.stdout
