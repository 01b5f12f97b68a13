"""The proxy that the project ships, run by a real nginx."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.certificates import Certificate
from tests.programs import ROOT

SHIPPED = ROOT / "deploy" / "nginx.conf"
HOW_TO_GET_IT = "nginx is not installed; on Debian or Ubuntu: apt-get install nginx-light"
# What the image of nginx and Debian's package have around the shipped part, and a log that says
# which process answered.
AROUND = """
user root; # of no meaning, unless the tests run as root; others could not enter their directory
daemon off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    log_format who "$visitor $upstream_addr";
    access_log {directory}/access.log who;
    {temporary}
    include {directory}/shipped.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program() -> str | None:
    """The program, where there is one."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its address, and where it says which process answered whom."""

    address: str
    log: Path

    def answered(self) -> dict[str, set[str]]:
        """By visitor, the processes that have answered so far."""
        found: dict[str, set[str]] = {}
        for line in self.log.read_text().splitlines():
            visitor, process = line.split(maxsplit=1)
            if process != "-":
                found.setdefault(visitor, set()).add(process)
        return found


def configured(apps: Sequence[str], listens: str) -> str:
    """The shipped settings, only with other addresses."""
    shipped = SHIPPED.read_text()
    replaced = {"listen 80;": listens}
    for number, app in enumerate(apps, start=1):
        replaced[f"server app-{number}:8501;"] = f"server {urlsplit(app).netloc};"
    for ours, here in replaced.items():
        assert shipped.count(ours) == 1, f"{ours} is not in the shipped settings"
        shipped = shipped.replace(ours, here)
    return shipped


@contextmanager
def running(
    program: str,
    directory: Path,
    apps: Sequence[str],
    *,
    port: int,
    certificate: Certificate | None = None,
) -> Iterator[Proxy]:
    """The shipped settings, only with other addresses, before apps at these addresses.

    With a certificate it is encrypted.
    """
    listens = f"listen 127.0.0.1:{port};"
    if certificate is not None:
        listens = (
            f"listen 127.0.0.1:{port} ssl;"
            f" ssl_certificate {certificate.file}; ssl_certificate_key {certificate.key};"
        )
    (directory / "shipped.conf").write_text(configured(apps, listens))
    temporary = " ".join(f"{name}_temp_path {directory}/{name};" for name in TEMPORARY)
    settings = directory / "nginx.conf"
    settings.write_text(AROUND.format(directory=directory, temporary=temporary))
    command = [program, "-p", directory, "-c", settings, "-e", directory / "error.log"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_until_open(port, process, directory / "error.log")
        scheme = "http" if certificate is None else "https"
        yield Proxy(f"{scheme}://127.0.0.1:{port}", directory / "access.log")
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"nginx did not start:\n{log.read_text()}")
