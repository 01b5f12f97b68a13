"""How quickly the store gives what a page shows of many runs.

    pip install -r requirements.txt
    python -m benchmarks.store_speed              # a minute, most of it to train 2,000 runs
    python -m benchmarks.store_speed --quick      # a smoke run

The table of all runs, as a page asks for it again (what was read before is known to the
process), and for the first time; the histories of all; one change of a run's tags; and the
question whether anything has changed.  Beside them, what SQLite alone needs to hand over the
same bytes.
"""

import argparse
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version

from benchmarks.many_runs import fill
from lossopt_core import RunStore
from lossopt_core.store import rows as store_rows

ROUNDS = 7


def milliseconds(work: Callable[[], object]) -> float:
    """The median of several rounds, after one that warms up."""
    work()
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(1_000 * (time.perf_counter() - start))
    return statistics.median(taken)


def read_bytes(file: str) -> None:
    """All rows of the runs and all histories, by SQLite alone."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("SELECT * FROM runs").fetchall()
        database.execute("SELECT data FROM arrays WHERE name = 'history'").fetchall()


def row(runs: int, rows: int) -> str:
    """A line of the table: a store with so many runs."""
    with tempfile.TemporaryDirectory() as place:
        file = f"{place}/runs.db"
        store = RunStore(f"sqlite:///{file}")
        ids = fill(store, runs, rows)

        def first_list() -> None:
            store_rows.describe.cache_clear()
            store.list()

        times = [
            milliseconds(work)
            for work in (
                store.list,
                first_list,
                lambda: store.histories(ids),
                lambda: store.annotate(ids[:1], tags=["seen"]),
                store.revision,
                lambda: read_bytes(file),
            )
        ]
    ratio = (times[0] + times[2]) / times[-1]
    cells = " | ".join(f"{each:.1f} ms" for each in times)
    return f"| {runs:,} | {runs * rows:,} | {cells} | {ratio:.1f} × |"


def main() -> None:
    """Print a table with a row for each number of runs."""
    parser = argparse.ArgumentParser(description="Speed of the store with many runs.")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    quick = parser.parse_args().quick
    print(f"SQLite {sqlite3.sqlite_version}, pandas {version('pandas')};", end=" ")
    print(f"Python {platform.python_version()} on {platform.machine()}.\n")
    print(
        "| runs | history rows | list() | list(), first | histories() | annotate() one"
        " | revision() | SQLite alone | list() and histories() / SQLite alone |\n"
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for runs in (5, 10) if quick else (10, 200, 2_000):
        print(row(runs, rows=10 if quick else 100), flush=True)


if __name__ == "__main__":
    main()
