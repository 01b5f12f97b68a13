"""A store's database, as somebody sees and changes it who goes around the store."""

from pathlib import Path
from typing import Any

import sqlalchemy as sql


def ask(address: str, question: str, **values: Any) -> list[tuple[Any, ...]]:
    """The rows that answer a question in SQL; `:name` in it stands for the value of that name."""
    with _connection(address) as database:
        return [tuple(row) for row in database.execute(sql.text(question), values)]


def change(address: str, *statements: str, **values: Any) -> int:
    """Carry out statements in SQL; gives how many rows the last of them changed."""
    with _connection(address) as database:
        for statement in statements:
            changed = database.execute(sql.text(statement), values).rowcount
    return changed


def file_of(address: str) -> Path:
    """The file of an SQLite store."""
    return Path(address.removeprefix("sqlite:///"))


def _connection(address: str) -> Any:
    return sql.create_engine(address, poolclass=sql.NullPool).begin()
