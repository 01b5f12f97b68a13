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
OBJECT_BYTES = 200
"""Memory per row of a JSON file."""
LONGEST_CELL = 1_000
"""Maximum string length in a Parquet file, whose strings can be much longer than the file."""

NO_LIMITS = Budget()


def check_size(rows: int, columns: int) -> None:
    """Raise ValueError for a table that is too large or empty."""
    if rows > MAX_ROWS:
        raise ValueError(f"the file must have at most {MAX_ROWS:,} rows, got {rows:,}")
    if columns > MAX_COLUMNS:
        raise ValueError(f"the file must have at most {MAX_COLUMNS} columns, got {columns:,}")
    if rows * columns > MAX_CELLS:
        raise ValueError(
            f"the file must have at most {MAX_CELLS:,} cells, got {rows:,} rows of {columns}"
        )
    if not rows:
        raise ValueError("the file has no rows")


def check_rows(numbers: Sequence[int]) -> None:
    """Raise ValueError for too many rows, with the number in the file of the first too many."""
    if len(numbers) > MAX_ROWS:
        raise ValueError(
            f"the file must have at most {MAX_ROWS:,} rows, and has more: row"
            f" {numbers[MAX_ROWS]:,} is too many"
        )
