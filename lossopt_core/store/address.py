"""The store's database URL: reading, parsing and displaying it.

A URL may contain a password.  Messages and logs only ever contain the result of `shown`.
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
    "the store must be an SQLAlchemy URL, such as sqlite:////var/lib/lossopt/runs.db"
    " or postgresql+psycopg://user:password@host/database"
)
_PERCENT_ENCODED = (
    "; percent-encode special characters in the user name and password"
    " (@ as %40, / as %2F, : as %3A)"
)


def from_environment() -> str:
    """The URL from `LOSSOPT_STORE`, or the default: runs.db in `shipped.data_folder()`."""
    return os.environ.get(VARIABLE, "").strip() or DEFAULT


def parse(address: str) -> sql.URL:
    """Parse a URL; StoreError if it is invalid, with a message that never contains the password."""
    try:
        url = sql.make_url(address)
    except (sql.exc.SQLAlchemyError, ValueError):  # its message may quote part of the password
        raise StoreError(MUST_BE + _PERCENT_ENCODED * ("@" in address)) from None
    if not is_sqlite(url) and "@" in f"{url.host}{url.port}{url.database}":
        raise StoreError(MUST_BE + _PERCENT_ENCODED)
    return url


def shown(address: str) -> str:
    """The URL without its password and without query values, which may be secrets."""
    scheme, separator, rest = address.partition("://")
    if scheme.startswith("sqlite"):
        return address
    rest = re.sub(r"(?<=[?&])([^=&]*)=[^&]*", r"\1=***", rest)
    if "@" not in address:
        return f"{scheme}{separator}{rest}"
    # Hide everything up to the last @, because an @ in the password may be unencoded.
    before, _, host = (rest if separator else address).rpartition("@")
    user, colon, _ = before.partition(":")
    hidden = f"{user}:***" if colon else user
    return f"{scheme}{separator}{hidden}@{host}" if separator else f"***@{host}"


def without_password(message: str, url: sql.URL) -> str:
    """A driver's message on one line with the password removed."""
    text = " ".join(message.split())
    secrets = [url.password, *(each for each in url.query.values() if isinstance(each, str))]
    for secret in secrets:
        if secret and len(str(secret)) > 2:
            text = text.replace(str(secret), "***")
    return text


def is_sqlite(url: sql.URL) -> bool:
    """Whether it is an SQLite file or in-memory database rather than a server."""
    return url.get_backend_name() == "sqlite"


def in_memory(url: sql.URL) -> bool:
    """Whether the data are lost when the connection closes."""
    return is_sqlite(url) and url.database in (None, "", ":memory:")
