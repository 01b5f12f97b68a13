"""Runs whole, with weights, as one file to keep and to bring back.

A zip with two files:

    runs.json      {"version": 1, "runs": [{experiment, status, environment, reason, arrays}]}
    numbers.bin    the arrays one after the other, as bytes of little-endian numbers

`arrays` names kind, shape and columns of each array, as the store does.  The file may come from
anyone: the ids are those of the experiments in it, and all is checked as in the store.
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
    TABLES,
    arrays_to_rows,
    stored_of,
    table_numbers,
    to_tables,
)
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.store.rows import describe, rows_to_run
from lossopt_core.texts import checked_text
from lossopt_core.training.run import STOPPED, Run

ENDING = ".lossopt.zip"
VERSION = 1
LARGEST = 5_000_000
"""Bytes of a file."""
LARGEST_UNPACKED = 100_000_000
COPIES = 3
"""Of what is in a file, in memory at once while runs are made of it."""
LARGEST_DESCRIPTIONS = 10_000_000
"""Bytes of `runs.json`, of which every few become an object in memory."""
MOST_RUNS = 2_000
BYTES_OF_A_DESCRIPTION = 4_000
"""What a run takes in an archive beside its numbers, at most as a rule, before it is packed."""
MOST_PARTS = 40
"""Objects and lists that describe a run."""
LONGEST_TEXT = 10_000
"""Characters of what a run says about itself: its experiment, its environment."""

DESCRIPTIONS, NUMBERS = "runs.json", "numbers.bin"


def to_archive(runs: Sequence[Run]) -> bytes:
    """The runs as one file; ValueError where it would be larger than what is brought back."""
    if not 1 <= len(runs) <= MOST_RUNS:
        raise ValueError(f"a file holds 1 to {MOST_RUNS:,} runs, got {len(runs):,}")
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
            # Without a date the same runs are the same file.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    data = packed.getvalue()
    unpacked = sum(map(len, files.values()))
    if len(data) > LARGEST or unpacked > LARGEST_UNPACKED:
        share = min(LARGEST / len(data), LARGEST_UNPACKED / unpacked)
        fit = math.floor(len(runs) * share)
        raise ValueError(f"a file has room for about {fit} of these {len(runs):,} runs")
    return data


def parts(sizes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The ids in consecutive groups, each small enough for one archive.

    `sizes` are the bytes of each run's numbers, as `RunStore.sizes` gives them.  How well numbers
    pack is not known before; a group therefore fits even if they do not pack at all.
    ValueError names the runs that are too large for an archive of their own.
    """
    needed = {id: size + BYTES_OF_A_DESCRIPTION for id, size in sizes.items()}
    if large := [id for id, size in needed.items() if size > LARGEST]:
        them = ", ".join(large[:3]) + (" and others" if len(large) > 3 else "")
        raise ValueError(
            f"an archive may have {LARGEST / 1e6:.3g} MB, and {them} alone"
            f" {'takes' if len(large) == 1 else 'take'} more"
        )
    groups: list[list[str]] = []
    room = 0
    for id, size in needed.items():
        if not groups or size > room or len(groups[-1]) == MOST_RUNS:
            groups.append([])
            room = LARGEST
        groups[-1].append(id)
        room -= size
    return [tuple(group) for group in groups]


def from_archive(data: bytes, budget: Budget | None = None) -> list[Run]:
    """The runs in a file that `to_archive` has made; ValueError in plain words for others.

    BudgetError where it would take more memory than the budget allows, before it takes it, and
    where a run is on data that are too large here.
    """
    budget = budget or Budget()
    content, numbers = _opened(data, budget)
    if content.count(b"{") + content.count(b"[") > MOST_PARTS * MOST_RUNS:
        raise ValueError("the runs cannot be read: their descriptions have too many parts")
    try:
        described = json.loads(content)
        if not isinstance(described, dict) or described.get("version") != VERSION:
            raise ValueError("they were kept by another version of lossopt")
        descriptions = described["runs"]
        if not isinstance(descriptions, list) or not 1 <= len(descriptions) <= MOST_RUNS:
            raise ValueError(f"a file holds 1 to {MOST_RUNS:,} runs")
        runs, first = [], 0
        for place, description in enumerate(descriptions, start=1):
            arrays = _arrays(description["arrays"], numbers, first)
            first += sum(len(array.data) for array in arrays)
            runs.append(_to_run(description, arrays, place))
    except DAMAGE as error:
        raise ValueError(f"the runs cannot be read: {brief(str(error))}") from None
    if first != len(numbers):
        raise ValueError("the runs cannot be read: there are more numbers than runs")
    for each in {run.experiment.data_key: run.experiment for run in runs}.values():
        budget.check_data(each)
    return runs


def _opened(data: bytes, budget: Budget) -> tuple[bytes, bytes]:
    """What is in the two files, once they are found to be no larger than they may."""
    if len(data) > LARGEST:
        raise ValueError(f"the file may have {LARGEST:,} bytes, got {len(data):,}")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sorted(archive.namelist()) != sorted([DESCRIPTIONS, NUMBERS]):
                raise ValueError("it must hold runs.json and numbers.bin, and nothing else")
            # What the file says of the sizes bounds what zipfile unpacks.
            sizes = {file.filename: file.file_size for file in archive.infolist()}
            if sum(sizes.values()) > LARGEST_UNPACKED:
                raise ValueError(f"it may unpack to {LARGEST_UNPACKED:,} bytes, and would to more")
            if sizes[DESCRIPTIONS] > LARGEST_DESCRIPTIONS:
                raise ValueError(f"its {DESCRIPTIONS} may have {LARGEST_DESCRIPTIONS:,} bytes")
            budget.check_unpacked(COPIES * sum(sizes.values()))
            return archive.read(DESCRIPTIONS), archive.read(NUMBERS)
    except BudgetError:
        raise
    except ValueError as error:
        raise ValueError(f"the file is no archive of runs: {error}") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, LookupError):
        raise ValueError("the file is no archive of runs, or damaged") from None


def _arrays(described: Sequence[Mapping[str, Any]], numbers: bytes, first: int) -> list[Any]:
    """The arrays of a run, as the store has them, each with its bytes."""
    arrays = []
    for array in described:
        shape = array["shape"]
        length = _bytes_of(json.loads(shape), array["kind"])
        if first + length > len(numbers):
            raise ValueError("the numbers are cut off")
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
        raise ValueError(f"there are no arrays of the kind {brief(kind)}")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"there are no arrays of the shape {brief(shape)}")
    return math.prod(shape) * np.dtype(kind).itemsize


def _to_run(description: Mapping[str, Any], arrays: Sequence[Any], place: int) -> Run:
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
        tables = {name: to_tables(name, {"": table_numbers(stored[name])})[""] for name in TABLES}
        return rows_to_run(row, stored, tables)  # type: ignore[arg-type]
    except UnknownEntryError as error:
        raise ValueError(f"run {place} needs {error.needs}, which is not installed") from None
    except DAMAGE as error:
        raise ValueError(f"run {place}: {error}") from None
