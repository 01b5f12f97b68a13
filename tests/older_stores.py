"""Stores as earlier versions of lossopt have left them."""

import sqlite3

OLDER = {
    4: "DROP TABLE visits; DROP TABLE trainings; DROP TABLE examples;",
    3: """
        DROP TABLE notes; DROP TABLE views; DROP TABLE curves; DROP TABLE revisions;
        ALTER TABLE runs DROP COLUMN deleted; ALTER TABLE runs DROP COLUMN spark;
        ALTER TABLE runs DROP COLUMN best;
    """,
    2: "ALTER TABLE runs DROP COLUMN reason;",
    1: "DROP TABLE certificates;",
}
"""What takes a store of the next layout back to this one."""


def take_back(address: str, layout: int) -> None:
    """Turn the SQLite store at the address into one of an older layout."""
    connection = sqlite3.connect(address.removeprefix("sqlite:///"))
    for older, script in OLDER.items():
        if older >= layout:
            connection.executescript(script)
    connection.execute("UPDATE facts SET value = ?", [str(layout)])
    connection.commit()
    connection.close()
