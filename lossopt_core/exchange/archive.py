"""Archives: complete runs with weights in one file, for backup and import.

An archive is a zip file with two members:

    runs.json      {"version": 1, "runs": [{experiment, status, environment, reason, arrays}]}
    numbers.bin    the arrays one after the other, as little-endian numbers

`arrays` lists kind, shape and columns of each array, as in the store.  Files are untrusted: ids are
recomputed from the experiments, and everything is validated as in the store.
"""

import json
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import numpy as np

from lossopt_core.fields import UnknownEntryError, brief
from lossopt_core.optim.older_rules import OLDER_RULE, by_older_rule
from lossopt_core.store.arrays import (
    ARRAYS,
    DAMAGE,
    arrays_to_rows,
    stored_of,
    table_numbers,
)
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.store.rows import describe, rows_to_run
from lossopt_core.texts import checked_text
from lossopt_core.training.run import STOPPED, TABLES, Run

ENDING = ".lossopt.zip"
VERSION = 1
LARGEST = 5_000_000
"""Maximum size of a file in bytes."""
LARGEST_UNPACKED = 100_000_000
COPIES = 3
"""Copies of the contents held in memory while reading a file."""
LARGEST_DESCRIPTIONS = 10_000_000
"""Maximum size of `runs.json` in bytes, because parsing it takes much more memory."""
MAX_RUNS = 2_000
BYTES_OF_A_DESCRIPTION = 4_000
"""Typical upper bound on the uncompressed metadata of a run."""
MAX_PARTS = 40
"""Maximum number of JSON objects and lists per run."""
LONGEST_TEXT = 10_000
"""Maximum number of characters of a run's experiment and environment."""

DESCRIPTIONS, NUMBERS = "runs.json", "numbers.bin"


def to_archive(runs: Sequence[Run]) -> bytes:
    """Write runs to an archive; ValueError if it would be too large to import."""
    if not 1 <= len(runs) <= MAX_RUNS:
        raise ValueError(f"an archive must have 1 to {MAX_RUNS:,} runs, got {len(runs):,}")
    descriptions, numbers = [], []
    for run in runs:
        arrays = list(arrays_to_rows(run))
        numbers += [array.pop("data") for array in arrays]
        descriptions.append(
            {
                "experiment": run.experiment.to_json(),
                "status": run.status,
                "environment": dict(run.environment),
                "reason": run.reason,
                "arrays": arrays,
            }
        )
    files = {
        DESCRIPTIONS: json.dumps({"version": VERSION, "runs": descriptions}).encode(),
        NUMBERS: b"".join(numbers),
    }
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # Without a date, equal runs give equal files.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    data = packed.getvalue()
    unpacked = sum(map(len, files.values()))
    if len(data) > LARGEST or unpacked > LARGEST_UNPACKED:
        share = min(LARGEST / len(data), LARGEST_UNPACKED / unpacked)
        fit = math.floor(len(runs) * share)
        raise ValueError(f"an archive can hold about {fit} of these {len(runs):,} runs")
    return data


def parts(sizes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Split ids into consecutive groups that each fit into one archive.

    `sizes` are the sizes of the runs from `RunStore.sizes`.  Compression is not known in advance,
    so groups fit even without it.  ValueError names runs that are too large for an archive.
    """
    needed = {id: size + BYTES_OF_A_DESCRIPTION for id, size in sizes.items()}
    if large := [id for id, size in needed.items() if size > LARGEST]:
        them = ", ".join(large[:3]) + (" and others" if len(large) > 3 else "")
        raise ValueError(
            f"an archive can have {LARGEST / 1e6:.3g} MB, but {them} alone"
            f" {'takes' if len(large) == 1 else 'take'} more"
        )
    groups: list[list[str]] = []
    room = 0
    for id, size in needed.items():
        if not groups or size > room or len(groups[-1]) == MAX_RUNS:
            groups.append([])
            room = LARGEST
        groups[-1].append(id)
        room -= size
    return [tuple(group) for group in groups]


def from_archive(data: bytes, budget: Budget | None = None) -> list[Run]:
    """Read the runs of an archive written by `to_archive`; ValueError for other files.

    Raises BudgetError before allocating more memory than the budget allows, and for runs on data
    that exceed the budget.
    """
    budget = budget or Budget()
    content, numbers = _opened(data, budget)
    if content.count(b"{") + content.count(b"[") > MAX_PARTS * MAX_RUNS:
        raise ValueError("the runs cannot be read: their metadata have too many parts")
    try:
        described = json.loads(content)
        if not isinstance(described, dict) or described.get("version") != VERSION:
            raise ValueError("they were saved by another version of lossopt")
        descriptions = described["runs"]
        if not isinstance(descriptions, list) or not 1 <= len(descriptions) <= MAX_RUNS:
            raise ValueError(f"an archive must have 1 to {MAX_RUNS:,} runs")
        runs, first = [], 0
        for number, description in enumerate(descriptions, start=1):
            arrays = _arrays(description["arrays"], numbers, first)
            first += sum(len(array.data) for array in arrays)
            runs.append(_to_run(description, arrays, number))
    except DAMAGE as error:
        raise ValueError(f"the runs cannot be read: {brief(str(error))}") from None
    if first != len(numbers):
        raise ValueError("the runs cannot be read: there are surplus numbers")
    for each in {run.experiment.data_key: run.experiment for run in runs}.values():
        budget.check_data(each)
    return runs


def _opened(data: bytes, budget: Budget) -> tuple[bytes, bytes]:
    """The contents of the two members, after checking their sizes."""
    if len(data) > LARGEST:
        raise ValueError(f"the file must have at most {LARGEST:,} bytes, got {len(data):,}")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sorted(archive.namelist()) != sorted([DESCRIPTIONS, NUMBERS]):
                raise ValueError("it must contain exactly runs.json and numbers.bin")
            # zipfile reads at most the declared sizes.
            sizes = {file.filename: file.file_size for file in archive.infolist()}
            if sum(sizes.values()) > LARGEST_UNPACKED:
                raise ValueError(f"it unpacks to more than {LARGEST_UNPACKED:,} bytes")
            if sizes[DESCRIPTIONS] > LARGEST_DESCRIPTIONS:
                raise ValueError(f"its {DESCRIPTIONS} has more than {LARGEST_DESCRIPTIONS:,} bytes")
            budget.check_unpacked(COPIES * sum(sizes.values()))
            return archive.read(DESCRIPTIONS), archive.read(NUMBERS)
    except BudgetError:
        raise
    except ValueError as error:
        raise ValueError(f"the file is not an archive of runs: {error}") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, LookupError):
        raise ValueError("the file is not an archive of runs, or it is corrupted") from None


def _arrays(described: Sequence[Mapping[str, Any]], numbers: bytes, first: int) -> list[Any]:
    """The arrays of a run in the form of the store's rows."""
    arrays = []
    for array in described:
        shape = array["shape"]
        length = _bytes_of(json.loads(shape), array["kind"])
        if first + length > len(numbers):
            raise ValueError("the numbers are truncated")
        arrays.append(
            SimpleNamespace(
                name=array["name"],
                kind=array["kind"],
                shape=shape,
                columns=array["columns"],
                data=numbers[first : first + length],
            )
        )
        first += length
    return arrays


def _bytes_of(shape: Sequence[int], kind: str) -> int:
    if kind not in {"<f8", *ARRAYS.values()}:
        raise ValueError(f"unknown array kind {brief(kind)}")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"invalid array shape {brief(shape)}")
    return math.prod(shape) * np.dtype(kind).itemsize


def _to_run(description: Mapping[str, Any], arrays: Sequence[Any], number: int) -> Run:
    try:
        experiment = checked_text("experiment", description["experiment"], LONGEST_TEXT)
        environment = json.dumps(description["environment"])
        status, reason = description["status"], description["reason"]
        if by_older_rule(json.loads(experiment), description["environment"]):
            status, reason = STOPPED, OLDER_RULE
        row = SimpleNamespace(
            id=describe(experiment).id,
            experiment=experiment,
            status=status,
            environment=checked_text("environment", environment, LONGEST_TEXT),
            reason=checked_text("reason", reason, LONGEST_TEXT),
        )
        stored = stored_of(arrays, {*TABLES, *ARRAYS})
        tables = {name: table_numbers(stored[name]) for name in TABLES}
        return rows_to_run(row, stored, tables)  # type: ignore[arg-type]
    except UnknownEntryError as error:
        raise ValueError(f"run {number} needs {error.needs}, which is not installed") from None
    except DAMAGE as error:
        raise ValueError(f"run {number}: {error}") from None
