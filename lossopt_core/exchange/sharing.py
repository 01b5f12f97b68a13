"""Runs in an address: their experiments, and enough of their curves to check them elsewhere.

The text is base64 (of the kind for addresses) of a zlib stream, which has a checksum.  In it
stand a line of JSON and, after it, 8-byte little-endian floats:

    {"version": 1, "base": {...}, "runs": [{"changes": {...}, "status": ..., "updates": [...]}],
     "made_with": {"numpy": "2.4.6", ...}}

`base` holds the settings of the first experiment, `changes` what another has otherwise, and
`made_with`, which can be missing, what all of them were computed with.  For each run follow the
objectives at its `updates`.  A diverged run has none: beyond the limits of stability curves
depend on the last digit of every sum, so that only the end can be compared.
"""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from lossopt_core.experiment.description import Experiment
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.texts import checked_text
from lossopt_core.training.run import DIVERGED, FINISHED, Run

VERSION = 1
POINTS = 6
"""Objectives that go along with a run."""
MOST_RUNS = 100
LONGEST = 12_000
"""Characters of a packed text: browsers and servers take addresses of that length."""
LARGEST = 400_000
"""Bytes of what is packed."""
MADE_WITH = ("numpy", "scikit-learn", "machine")
"""What can be a reason for other numbers, of a run's environment."""
REPRODUCED = 1e-9
"""Curves of stable runs agree to this on any machine (relative)."""


@dataclass(frozen=True, eq=False)
class Shared:
    """A run as it came in an address.

    updates, objectives   the curve at a few points, (k,) each; none for a diverged run
    made_with             versions and machine that it was computed with, where that is told
    """

    experiment: Experiment
    status: str
    updates: tuple[int, ...]
    objectives: Array
    made_with: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reproduction:
    """How a run here compares with one that was shared.

    largest     largest relative difference of the objectives, infinite where the ends differ
    update      where that is
    otherwise   what it was computed with there that is something else here: (there, here)
    told        whether it is known what it was computed with there
    """

    experiment: Experiment
    largest: float
    update: int
    status: str
    expected_status: str
    otherwise: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    told: bool = False

    @property
    def reproduced(self) -> bool:
        """Whether both came to the same end with the same curve."""
        return self.status == self.expected_status and self.largest <= REPRODUCED


class Ended(Protocol):
    """A run, or what is known of one without its weights."""

    @property
    def experiment(self) -> Experiment:
        """What was trained."""

    @property
    def status(self) -> str:
        """How it ended."""

    @property
    def history(self) -> pd.DataFrame:
        """One row per evaluation."""


def pack(runs: Sequence[Ended], environment: Mapping[str, str] | None = None) -> str:
    """The runs as text for an address; ValueError where that would be too long.

    `environment` is what the runs have in common of theirs, so that its versions go along.  Runs
    that were stopped half-way have no end that could be reproduced: ValueError, too.
    """
    if not 1 <= len(runs) <= MOST_RUNS:
        raise ValueError(f"an address holds 1 to {MOST_RUNS} runs, got {len(runs)}")
    if unfinished := [run.experiment.id for run in runs if run.status not in (FINISHED, DIVERGED)]:
        raise ValueError(f"runs must have come to their end to be shared; {unfinished[0]} did not")
    base = _settings(runs[0].experiment)
    rows, numbers = [], []
    for run in runs:
        settings = _settings(run.experiment)
        places = _places(run)
        rows.append(
            {
                "changes": {name: v for name, v in settings.items() if base[name] != v},
                "status": run.status,
                "updates": [int(each) for each in run.history["update"].iloc[places]],
            }
        )
        numbers.append(run.history["objective"].to_numpy(np.float64)[places])
    content: dict[str, Any] = {"version": VERSION, "base": base, "runs": rows}
    if environment:
        content["made_with"] = {n: environment[n] for n in MADE_WITH if n in environment}
    head = json.dumps(content, separators=(",", ":"))
    body = np.concatenate(numbers).astype("<f8").tobytes()
    text = base64.urlsafe_b64encode(zlib.compress(head.encode() + b"\n" + body, 9)).decode()
    text = text.rstrip("=")
    if len(text) > LONGEST:
        fit = max(1, len(runs) * LONGEST // len(text))
        raise ValueError(f"an address has room for about {fit} of these {len(runs)} runs")
    return text


def _settings(experiment: Experiment) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(experiment.to_json())
    return settings


def _places(run: Ended) -> list[int]:
    if run.status == DIVERGED:
        return []
    last = len(run.history) - 1
    return sorted({round(each) for each in np.linspace(0, last, POINTS)})


def unpack(text: str) -> list[Shared]:
    """The runs in a packed text; ValueError in plain words for any other text."""
    head, body = _opened(text)
    try:
        content = json.loads(head)
        if not isinstance(content, dict) or content["version"] != VERSION:
            raise ValueError("they were shared by another version of lossopt")
        rows = content["runs"]
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_RUNS:
            raise ValueError(f"an address holds 1 to {MOST_RUNS} runs")
        numbers = np.frombuffer(body, dtype="<f8").astype(np.float64)
        made_with = _versions(content.get("made_with", {}))
        found, first = [], 0
        for row in rows:
            updates = tuple(_whole(each) for each in row["updates"])
            objectives = numbers[first : first + len(updates)]
            first += len(updates)
            experiment = Experiment.from_json(json.dumps({**content["base"], **row["changes"]}))
            if row["status"] not in (FINISHED, DIVERGED) or len(objectives) != len(updates):
                raise ValueError("a run in it is not whole")
            found.append(Shared(experiment, row["status"], updates, objectives, made_with))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the shared runs are damaged: {brief(str(error))}") from None
    except ValueError as error:
        raise ValueError(f"the shared runs cannot be read: {error}") from None
    return found


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("an update is not a whole number")
    return value


def _versions(value: Any) -> dict[str, str]:
    """What is told of versions; they are shown, and nothing more is done with them."""
    if not isinstance(value, dict):
        raise TypeError("its versions are no table")
    return {name: checked_text(name, value[name], 40) for name in MADE_WITH if name in value}


def _opened(text: str) -> tuple[bytes, bytes]:
    if len(text) > LONGEST:
        raise ValueError(f"shared runs take at most {LONGEST:,} characters, got {len(text):,}")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj()
        content = inflater.decompress(packed, LARGEST)
    except (ValueError, binascii.Error, zlib.error):
        raise ValueError("the shared runs are damaged: part of the address is wrong") from None
    if inflater.unconsumed_tail:
        raise ValueError(f"the shared runs are more than {LARGEST:,} bytes")
    if not inflater.eof or inflater.unused_data:
        raise ValueError("the shared runs are damaged: part of the address is missing")
    head, _, body = content.partition(b"\n")
    if len(body) % 8:
        raise ValueError("the shared runs are damaged: their numbers are cut off")
    return head, body


def reproduction(shared: Shared, run: Run) -> Reproduction:
    """How far the run, trained here, is from the one that was shared."""
    here = dict(zip(run.history["update"], run.history["objective"], strict=True))
    largest, where = 0.0, 0
    for update, expected in zip(shared.updates, shared.objectives, strict=True):
        scale = max(abs(expected), 1e-300)
        apart = abs(here[update] - expected) / scale if update in here else math.inf
        if not apart <= largest:
            largest, where = float(apart), update
    otherwise = {
        name: (there, own)
        for name, there in shared.made_with.items()
        if (own := run.environment.get(name, "")) != there
    }
    return Reproduction(
        shared.experiment,
        largest,
        where,
        run.status,
        shared.status,
        otherwise,
        told=bool(shared.made_with),
    )
