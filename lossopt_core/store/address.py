"""Where runs are kept: the address of the store, how it is read and how it is shown.

An address may hold a password.  `shown` is the only way in which one reaches a message or a log.
"""

import os
import re

import sqlalchemy as sql

from lossopt_core.shipped import data_folder
from lossopt_core.store.schema import StoreError

VARIABLE = "LOSSOPT_STORE"
"""The only environment variable that the core reads."""
DEFAULT = f"sqlite:///{data_folder() / 'runs.db'}"
MUST_BE = (
    "the store's address must be an SQLAlchemy address, such as sqlite:////var/lib/lossopt/runs.db"
    " or postgresql+psycopg://user:password@host/database"
)
_PERCENT_ENCODED = (
    "; write special characters of the user's name and the password percent-encoded"
    " (@ as %40, / as %2F, : as %3A)"
)


def from_environment() -> str:
    """The address in `LOSSOPT_STORE`, or the default: runs.db in `shipped.data_folder()`."""
    return os.environ.get(VARIABLE, "").strip() or DEFAULT


def parse(address: str) -> sql.URL:
    """The parts of an address; StoreError where it is none, without the password in its words."""
    try:
        url = sql.make_url(address)
    except (sql.exc.SQLAlchemyError, ValueError):  # its words may quote a part of the password
        raise StoreError(MUST_BE + _PERCENT_ENCODED * ("@" in address)) from None
    if not is_sqlite(url) and "@" in f"{url.host}{url.port}{url.database}":
        raise StoreError(MUST_BE + _PERCENT_ENCODED)
    return url


def shown(address: str) -> str:
    """The address without its password, and without values after `?`, which may be secrets."""
    scheme, separator, rest = address.partition("://")
    if scheme.startswith("sqlite"):
        return address
    rest = re.sub(r"(?<=[?&])([^=&]*)=[^&]*", r"\1=***", rest)
    if "@" not in address:
        return f"{scheme}{separator}{rest}"
    # Everything up to the last @ is kept back: an @ in a password may not be encoded.
    before, _, place = (rest if separator else address).rpartition("@")
    user, colon, _ = before.partition(":")
    hidden = f"{user}:***" if colon else user
    return f"{scheme}{separator}{hidden}@{place}" if separator else f"***@{place}"


def without_password(message: str, url: sql.URL) -> str:
    """A driver's message on one line, in which the password does not occur."""
    text = " ".join(message.split())
    secrets = [url.password, *(each for each in url.query.values() if isinstance(each, str))]
    for secret in secrets:
        if secret and len(str(secret)) > 2:
            text = text.replace(str(secret), "***")
    return text


def is_sqlite(url: sql.URL) -> bool:
    """Whether it is a file of this machine, or memory, and no server."""
    return url.get_backend_name() == "sqlite"


def in_memory(url: sql.URL) -> bool:
    """Whether nothing is kept once the connection closes."""
    return is_sqlite(url) and url.database in (None, "", ":memory:")
