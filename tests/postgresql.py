"""A throwaway PostgreSQL server from Debian's package."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql

PROGRAMS = Path("/usr/lib/postgresql")
HOW_TO_GET_IT = "PostgreSQL is not installed; on Debian or Ubuntu: apt-get install postgresql"
# What is kept here is never needed after a crash.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def programs() -> Path | None:
    """The directory of the server's programs, of the newest version that there is."""
    return max(
        (found.parent for found in PROGRAMS.glob("*/bin/initdb")),
        key=lambda directory: float(directory.parent.name),
        default=None,
    )


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """A server of its own on this machine alone; yields the address of its first database.

    Names are ordered as people order them, not as bytes: most servers are set up so.
    """
    with tempfile.TemporaryDirectory(prefix="lossopt-postgresql-") as directory:
        data, port, owner = Path(directory) / "data", _free_port(), _owner()
        shutil.chown(directory, owner.get("user"), owner.get("group"))
        initialise = [
            programs / "initdb", "--pgdata", data, "--username", "lossopt", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu",
            "--icu-locale", "en", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        subprocess.run(initialise, **owner, check=True, cwd=directory, stdout=subprocess.DEVNULL)
        settings = [
            *CARELESS, f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=",
            "logging_collector=off", "max_connections=200",
        ]  # fmt: skip
        command = [programs / "postgres", "-D", data, *(f"--{setting}" for setting in settings)]
        log = Path(directory) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, **owner, cwd=directory, stdout=output, stderr=subprocess.STDOUT
            )
        address = f"postgresql+psycopg://lossopt@127.0.0.1:{port}/postgres"
        try:
            _wait_until_ready(address, process, log)
            yield address
        finally:
            process.send_signal(signal.SIGINT)  # at once, whoever is connected
            process.wait(timeout=30)


def new_schema(address: str, name: str) -> str:
    """The address of an empty place within the database; it takes less time than a database."""
    engine = sql.create_engine(address, poolclass=sql.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    return f"{address}?options=-csearch_path%3D{name}"


def _owner() -> dict[str, Any]:
    """Whom the server belongs to: it refuses root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    engine = sql.create_engine(address, poolclass=sql.NullPool)
    give_up = time.monotonic() + 90
    while time.monotonic() < give_up and process.poll() is None:
        try:
            engine.connect().close()
        except sql.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
