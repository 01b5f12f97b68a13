"""What is shipped for hosting names what is there, and agrees with each other."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lossopt_ui import config
from lossopt_ui.config.sign_in import Provider, SignIn
from tests.nginx import SHIPPED
from tests.programs import ROOT, run_python, skip_unless_ci

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
APPS = ["app-1", "app-2"]
PINNED = ROOT / "deploy" / "requirements.txt"
UNIT_TEXT = (ROOT / "deploy" / "lossopt@.service").read_text(encoding="utf-8")
UNIT = dict(re.findall(r"^(\w+)=(.*)$", UNIT_TEXT, flags=re.MULTILINE))


def instructions(name: str) -> list[str]:
    """What stands behind an instruction of the Dockerfile, wherever it occurs."""
    return re.findall(rf"^\s*{name} (.+)$", DOCKERFILE, flags=re.MULTILINE)


def test_all_that_is_copied_is_there_and_all_that_the_app_needs_is_copied():
    copied = {source for line in instructions("COPY") for source in line.split()[:-1]}
    assert [source for source in copied if not (ROOT / source).exists()] == []
    needed = {"streamlit_app.py", "pages", "lossopt_ui", "lossopt_core", "static", ".streamlit"}
    assert needed | {"data", "deploy/requirements.txt"} <= copied


def test_what_is_copied_is_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {source for line in instructions("COPY") for source in line.split()[:-1]}
    assert {each.replace(".streamlit/config.toml", ".streamlit") for each in sent} == copied


def test_the_image_runs_the_app_as_nobody_special_and_keeps_runs_in_its_volume():
    assert instructions("USER") == ["1000"]
    assert instructions("CMD") == ['["streamlit", "run", "streamlit_app.py"]']
    [volume] = instructions("VOLUME")
    assert f"LOSSOPT_STORE=sqlite:///{volume}/" in DOCKERFILE
    assert "LOSSOPT_MODE=hosted" in DOCKERFILE, "whoever publishes the port has visitors"
    assert instructions("STOPSIGNAL") == ["SIGTERM"]


def test_nothing_is_installed_into_the_image_whose_hash_is_not_pinned() -> None:
    [install] = [line for line in instructions("RUN") if "pip install" in line]
    assert "--require-hashes" in install
    assert install.split()[-2:] == ["-r", "deploy/requirements.txt"]
    requirements = re.split(r"\n(?=\S)", PINNED.read_text(encoding="utf-8").strip())
    assert [each for each in requirements if "--hash=sha256:" not in each] == []
    pinned = {line.partition(";")[0].split()[0] for line in requirements}
    assert all("==" in each for each in pinned)
    everywhere = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {line.split()[0] for line in everywhere if "==" in line} <= pinned, "the same versions"
    names = {each.partition("==")[0] for each in pinned}
    assert {"psycopg", "psycopg-binary", "authlib", "httpx"} <= names


def test_images_of_others_are_of_an_exact_version() -> None:
    images = [*instructions("FROM"), SERVICES["database"]["image"], SERVICES["proxy"]["image"]]
    for image in images:
        tag, _, digest = image.partition("@")
        assert digest.startswith("sha256:") or re.search(r":\d+\.\d+(\.\d+)?(-|$)", tag), image
    assert re.match(r"python:\d+\.\d+\.\d+-", images[0]), images[0]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_takes_the_whole_machine(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"] == service["memswap_limit"], "and swap is no way around it"
    assert 0 < service["pids_limit"] <= 512
    assert "no-new-privileges:true" in service["security_opt"]


def test_the_processes_have_time_to_end_and_descriptors_for_their_visitors() -> None:
    for app in APPS:
        assert SERVICES[app]["ulimits"]["nofile"] >= 16_384
        assert SERVICES[app]["stop_grace_period"] == UNIT["TimeoutStopSec"] + "s"
    assert int(UNIT["LimitNOFILE"]) >= 16_384


def test_the_unit_runs_the_app_as_the_docs_say() -> None:
    command = UNIT["ExecStart"]
    assert command.split()[1:4] == ["run", "streamlit_app.py", "--server.address"]
    assert "--server.address 127.0.0.1 --server.port %i" in command
    assert UNIT["User"] == "lossopt"
    assert UNIT["KillSignal"] == "SIGTERM"
    assert UNIT["OOMPolicy"] == "continue"
    assert "LOSSOPT_MODE=hosted" in UNIT_TEXT
    directory = UNIT["StateDirectory"]
    assert f"LOSSOPT_STORE=sqlite:////var/lib/{directory}/" in UNIT_TEXT
    hardened = ("NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices")
    assert {UNIT[name] for name in hardened} <= {"yes", "strict"}


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        skip_unless_ci("systemd-analyze is not installed; on Debian or Ubuntu: systemd")
    here = UNIT_TEXT.replace(UNIT["ExecStart"].split()[0], shutil.which("true") or "/bin/true")
    unit = tmp_path / "lossopt@8501.service"
    unit.write_text(here.replace("WorkingDirectory=/opt/lossopt", "WorkingDirectory=/"))
    for arguments in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=25"]):
        done = subprocess.run(
            [program, *arguments, str(unit)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


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


def test_the_cluster_is_reached_by_the_apps_only_and_only_if_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = {name: each for name, each in SERVICES.items() if each.get("profiles") == ["cluster"]}
    assert {*cluster} == {"scheduler", "worker"}
    assert COMPOSE["networks"]["cluster"] == {"internal": True}
    assert {name for name, each in SERVICES.items() if "cluster" in each.get("networks", [])} == {
        *APPS, *cluster
    }  # fmt: skip
    address = next(word for word in SERVICES["worker"]["command"] if word.startswith("tcp:"))
    monkeypatch.setenv("LOSSOPT_SCHEDULER", address)
    assert config.settings().scheduler == address
    port = SERVICES["scheduler"]["command"][SERVICES["scheduler"]["command"].index("--port") + 1]
    assert address == f"tcp://scheduler:{port}"
    assert SERVICES["app-1"]["environment"]["LOSSOPT_SCHEDULER"].endswith(":-processes}")


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
