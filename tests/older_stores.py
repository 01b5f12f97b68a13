"""Stores as earlier versions of lossopt have left them."""

from tests.databases import change

OLDER = {
    5: ["DROP TABLE own_certificates"],
    4: [f"DROP TABLE {table}" for table in ("visits", "trainings", "examples")],
    3: [
        *(f"DROP TABLE {table}" for table in ("notes", "views", "curves", "revisions")),
        *(f"ALTER TABLE runs DROP COLUMN {column}" for column in ("deleted", "spark", "best")),
    ],
    2: ["ALTER TABLE runs DROP COLUMN reason"],
    1: ["DROP TABLE certificates"],
}
"""What takes a store of the next layout back to this one."""


def take_back(address: str, layout: int) -> None:
    """Turn the store at the address into one of an older layout."""
    for older, statements in OLDER.items():
        if older >= layout:
            change(address, *statements)
    change(address, "UPDATE facts SET value = :value", value=str(layout))
