"""How large a file may be, packed and unpacked."""

from collections.abc import Sequence

from lossopt_core.store.quotas import Budget

LARGEST = 5_000_000
"""Maximum size of a file in bytes, and of what a gzip or zip file holds."""
MAX_FILES = 200
"""Most files of curves that are one import."""
MAX_ROWS = 200_000
MAX_COLUMNS = 1_001
MAX_CELLS = 5_000_000
"""Maximum rows times columns, because a small file may expand to a very large table."""
LARGEST_UNPACKED = 100_000_000
"""Maximum uncompressed size of a Parquet file or a workbook in bytes."""
TEXT_BYTES, NUMBER_BYTES = 80, 40
"""Memory per cell from file to examples, for strings and numbers."""
MAX_OBJECTS = 2 * MAX_ROWS
"""Maximum number of objects and arrays in a JSON file."""
OBJECT_BYTES = 200
"""Memory per row of a JSON file."""
LONGEST_CELL = 1_000
"""Maximum string length in a Parquet file, whose strings can be much longer than the file."""

NO_LIMITS = Budget()


def check_bytes(data: bytes, what: str = "have", size: int | None = None) -> None:
    """Raise ValueError for more bytes than `LARGEST`, with the row of a text where they end.

    `data` may be cut after the first byte too many; `size` is then the size of the whole.
    """
    if len(data) <= LARGEST:
        return
    got = f", got {size:,}" if size else ", and has more"
    row = data.count(b"\n", 0, LARGEST) + 1
    text = row > 1 and b"\0" not in data[:LARGEST]
    repair = f"leave out the rows from row {row:,} on" if text else "leave out rows"
    raise ValueError(f"the file must {what} at most {LARGEST:,} bytes{got}: {repair}")


def check_size(rows: int, columns: int, numbers: Sequence[int] = ()) -> None:
    """Raise ValueError for a table that is too large or empty.

    `numbers` are those of the rows in the file, if they are not 1, 2, 3 and so on.
    """
    check_rows(numbers or range(1, rows + 1))
    if columns > MAX_COLUMNS:
        raise ValueError(
            f"the file must have at most {MAX_COLUMNS:,} columns, got {columns:,}: leave out the"
            f" columns from column {MAX_COLUMNS + 1:,} on"
        )
    if rows * columns > MAX_CELLS:
        fit = MAX_CELLS // columns
        raise ValueError(
            f"the file must have at most {MAX_CELLS:,} cells, got {rows:,} rows of {columns:,}:"
            f" leave out the rows from row {numbers[fit] if numbers else fit + 1:,} on"
        )
    if not rows:
        raise ValueError("the file has no rows")


def check_rows(numbers: Sequence[int]) -> None:
    """Raise ValueError for too many rows, with the number in the file of the first too many."""
    if len(numbers) > MAX_ROWS:
        raise ValueError(
            f"the file must have at most {MAX_ROWS:,} rows, and has more: leave out the rows from"
            f" row {numbers[MAX_ROWS]:,} on"
        )
