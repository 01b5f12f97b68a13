"""Share links: experiments in a URL, with enough of their curves to verify a reproduction.

The text is URL-safe base64 of a zlib stream, which has a checksum.  It contains a line of JSON
followed by 8-byte little-endian floats:

    {"version": 1, "base": {...}, "runs": [{"changes": {...}, "status": ..., "updates": [...]}],
     "made_with": {"numpy": "2.4.6", ...}}

`base` has the settings of the first experiment, `changes` the differences of each run to it, and
the optional `made_with` the versions used for training.  The floats are the objectives of each run
at its `updates`.  Diverged runs have none: beyond the stability limits, curves depend on rounding
errors, so only the status can be compared.
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
"""Number of objectives per run."""
MAX_RUNS = 100
LONGEST = 12_000
"""Maximum length of a packed text: browsers and servers accept URLs of this length."""
LARGEST = 400_000
"""Maximum uncompressed size in bytes."""
MADE_WITH = ("numpy", "scikit-learn", "machine")
"""Entries of a run's environment that may explain numerical differences."""
REPRODUCED = 1e-9
"""Relative tolerance: curves of stable runs agree to this on any machine."""


@dataclass(frozen=True, eq=False)
class Shared:
    """A run from a share link.

    updates, objectives   the curve at a few points, (k,) each; empty for a diverged run
    made_with             versions and machine used for training, if known
    """

    experiment: Experiment
    status: str
    updates: tuple[int, ...]
    objectives: Array
    made_with: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reproduction:
    """Comparison of a local run with a shared one.

    largest     largest relative difference of the objectives, infinite if a point is missing
    update      the update of the largest difference
    otherwise   differing versions or machine: (shared, local)
    told        whether the link contains versions
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
        """Whether status and curve agree."""
        return self.status == self.expected_status and self.largest <= REPRODUCED


class Ended(Protocol):
    """A run, possibly without weights."""

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
    """Encode runs for a URL; ValueError if the text would be too long.

    `environment` is the common environment of the runs, whose versions are included.  Stopped
    runs cannot be reproduced and raise ValueError, too.
    """
    if not 1 <= len(runs) <= MAX_RUNS:
        raise ValueError(f"a link can contain 1 to {MAX_RUNS} runs, got {len(runs)}")
    if unfinished := [run.experiment.id for run in runs if run.status not in (FINISHED, DIVERGED)]:
        raise ValueError(f"stopped runs cannot be shared, got {unfinished[0]}")
    base = _settings(runs[0].experiment)
    rows, numbers = [], []
    for run in runs:
        settings = _settings(run.experiment)
        points = _points(run)
        rows.append(
            {
                "changes": {name: v for name, v in settings.items() if base[name] != v},
                "status": run.status,
                "updates": [int(each) for each in run.history["update"].iloc[points]],
            }
        )
        numbers.append(run.history["objective"].to_numpy(np.float64)[points])
    content: dict[str, Any] = {"version": VERSION, "base": base, "runs": rows}
    if environment:
        content["made_with"] = {n: environment[n] for n in MADE_WITH if n in environment}
    head = json.dumps(content, separators=(",", ":"))
    body = np.concatenate(numbers).astype("<f8").tobytes()
    text = base64.urlsafe_b64encode(zlib.compress(head.encode() + b"\n" + body, 9)).decode()
    text = text.rstrip("=")
    if len(text) > LONGEST:
        fit = max(1, len(runs) * LONGEST // len(text))
        raise ValueError(f"a link can contain about {fit} of these {len(runs)} runs")
    return text


def _settings(experiment: Experiment) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(experiment.to_json())
    return settings


def _points(run: Ended) -> list[int]:
    if run.status == DIVERGED:
        return []
    last = len(run.history) - 1
    return sorted({round(each) for each in np.linspace(0, last, POINTS)})


def unpack(text: str) -> list[Shared]:
    """Decode the runs of a packed text; ValueError for any other text."""
    head, body = _opened(text)
    try:
        content = json.loads(head)
        if not isinstance(content, dict) or content["version"] != VERSION:
            raise ValueError("they were shared by another version of lossopt")
        rows = content["runs"]
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_RUNS:
            raise ValueError(f"a link can contain 1 to {MAX_RUNS} runs")
        numbers = np.frombuffer(body, dtype="<f8").astype(np.float64)
        made_with = _versions(content.get("made_with", {}))
        found, first = [], 0
        for row in rows:
            updates = tuple(_whole(each) for each in row["updates"])
            objectives = numbers[first : first + len(updates)]
            first += len(updates)
            experiment = Experiment.from_json(json.dumps({**content["base"], **row["changes"]}))
            if row["status"] not in (FINISHED, DIVERGED) or len(objectives) != len(updates):
                raise ValueError("a run is incomplete")
            found.append(Shared(experiment, row["status"], updates, objectives, made_with))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the shared runs are corrupted: {brief(str(error))}") from None
    except ValueError as error:
        raise ValueError(f"the shared runs cannot be read: {error}") from None
    return found


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("an update is not a whole number")
    return value


def _versions(value: Any) -> dict[str, str]:
    """Validate versions, which are only displayed."""
    if not isinstance(value, dict):
        raise TypeError("its versions are not a JSON object")
    return {name: checked_text(name, value[name], 40) for name in MADE_WITH if name in value}


def _opened(text: str) -> tuple[bytes, bytes]:
    if len(text) > LONGEST:
        raise ValueError(f"shared runs can have at most {LONGEST:,} characters, got {len(text):,}")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        inflater = zlib.decompressobj()
        content = inflater.decompress(packed, LARGEST)
    except (ValueError, binascii.Error, zlib.error):
        raise ValueError("the shared runs are corrupted: part of the link is wrong") from None
    if inflater.unconsumed_tail:
        raise ValueError(f"the shared runs have more than {LARGEST:,} bytes")
    if not inflater.eof or inflater.unused_data:
        raise ValueError("the shared runs are corrupted: part of the link is missing")
    head, _, body = content.partition(b"\n")
    if len(body) % 8:
        raise ValueError("the shared runs are corrupted: their numbers are truncated")
    return head, body


def reproduction(shared: Shared, run: Run) -> Reproduction:
    """Compare a run trained here with a shared one."""
    here = dict(zip(run.history["update"], run.history["objective"], strict=True))
    largest, where = 0.0, 0
    for update, expected in zip(shared.updates, shared.objectives, strict=True):
        scale = max(abs(expected), 1e-300)
        difference = abs(here[update] - expected) / scale if update in here else math.inf
        if not difference <= largest:
            largest, where = float(difference), update
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
