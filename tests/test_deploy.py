"""What is shipped for hosting names what is there, and agrees with each other."""

import json
import re

import pytest
import yaml

from lossopt_ui.config.sign_in import Provider, SignIn
from tests.nginx import SHIPPED
from tests.programs import ROOT, run_python

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
APPS = ["app-1", "app-2"]


def instructions(name: str) -> list[str]:
    """What stands behind an instruction of the Dockerfile, wherever it occurs."""
    return re.findall(rf"^\s*{name} (.+)$", DOCKERFILE, flags=re.MULTILINE)


def test_all_that_is_copied_is_there_and_all_that_the_app_needs_is_copied():
    copied = {source for line in instructions("COPY") for source in line.split()[:-1]}
    assert [source for source in copied if not (ROOT / source).exists()] == []
    needed = {"streamlit_app.py", "pages", "lossopt_ui", "lossopt_core", "static", ".streamlit"}
    assert needed | {"data", "requirements.txt"} <= copied


def test_what_is_copied_is_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!").partition("/")[0] for line in lines if line.startswith("!")}
    copied = {source for line in instructions("COPY") for source in line.split()[:-1]}
    assert sent == copied


def test_the_image_runs_the_app_as_nobody_special_and_keeps_runs_in_its_volume():
    assert instructions("USER") == ["1000"]
    assert instructions("CMD") == ['["streamlit", "run", "streamlit_app.py"]']
    [volume] = instructions("VOLUME")
    assert f"LOSSOPT_STORE=sqlite:///{volume}/" in DOCKERFILE
    assert "pip install --no-cache-dir -r requirements.txt" in DOCKERFILE


def test_the_health_check_is_a_program_that_fails_without_an_app():
    [line] = instructions("HEALTHCHECK")
    command = json.loads(line.partition(" CMD ")[2])
    assert command[:2] == ["python", "-c"]
    with pytest.raises(OSError, match="refused"):
        exec(command[2].replace(":8501", ":1"))


def test_the_processes_of_the_app_are_those_that_the_proxy_knows():
    proxied = re.findall(r"server ([\w-]+):(\d+);", SHIPPED.read_text(encoding="utf-8"))
    [port] = instructions("EXPOSE")
    assert proxied == [(app, port) for app in APPS]
    assert [name for name, service in SERVICES.items() if "build" in service] == APPS


def test_the_processes_share_store_and_secret_and_start_after_the_database():
    assert SERVICES["app-1"] == SERVICES["app-2"]
    settings = SERVICES["app-1"]["environment"]
    assert settings["LOSSOPT_MODE"] == "hosted"
    assert settings["LOSSOPT_STORE"].startswith("postgresql+psycopg://")
    assert settings["LOSSOPT_STORE"].endswith("@database/lossopt")
    assert "COOKIE_SECRET" in settings["STREAMLIT_SERVER_COOKIE_SECRET"]
    assert SERVICES["app-1"]["depends_on"]["database"] == {"condition": "service_healthy"}
    assert {*SERVICES["proxy"]["depends_on"]} == {*APPS}


def test_nobody_outside_reaches_more_than_the_proxy():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_no_secret_is_shipped():
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    asked = {*re.findall(r"\$\{(\w+):\?", text)}
    example = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8").splitlines()
    assert {line for line in example if line and not line.startswith("#")} == {
        f"{name}=" for name in asked
    }
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"deploy/.env", ".streamlit/secrets.toml"} <= {*ignored}


def test_the_example_of_secrets_is_one_that_streamlit_makes_environment(tmp_path):
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    used = re.sub(r"^# (\w+ = |\[)", r"\1", text, flags=re.MULTILINE)
    (tmp_path / "secrets.toml").write_text(used)
    code = (
        "import os; from streamlit import config; from streamlit.runtime.secrets import Secrets;"
        f"config.set_option('secrets.files', [{str(tmp_path / 'secrets.toml')!r}]);"
        "secrets = Secrets(); secrets.load_if_toml_exists();"
        "print(os.environ['LOSSOPT_MODE'], os.environ['LOSSOPT_STORE'], *secrets['auth'])"
    )
    mode, store, *auth = run_python("-c", code).split()
    assert mode == "hosted"
    shared = [key for key in SignIn.model_fields if key != "providers"]
    assert auth == [*shared, *Provider.model_fields]
    assert store.startswith("postgresql+psycopg://")


def test_strangers_are_told_no_details_and_forged_requests_are_refused():
    names = ("server.enableXsrfProtection", "server.enableCORS", "client.showErrorDetails")
    code = f"from streamlit import config; print(*map(config.get_option, {names}))"
    # Of an error its kind alone is shown: neither its words nor where it happened.
    assert run_python("-c", code).split() == ["True", "True", "type"]
