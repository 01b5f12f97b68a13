"""Runs as TensorBoard event files: show them with `tensorboard --logdir FOLDER`.

Each run gets a folder with one event file: its settings as hyperparameters, its name, tags and
note as texts, and a scalar for each measured column at each update.  TensorBoard keeps scalars in
32 bits.

Summaries and records are made by TensorBoard's own functions.  Its `EventFileWriter` is not used:
it names the machine in the file's name, starts a thread for each run, and loads TensorFlow where
that is installed.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lossopt_core.exchange.programs import Record, missing, records, zipped
from lossopt_core.store.annotations import Note
from lossopt_core.training.run import Run

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

VERSION = "brain.Event:2"
"""The first event of every event file names this version (TensorFlow, event.proto)."""


def why_not() -> str:
    """Why event files cannot be written; "" if they can."""
    return missing("tensorboard")


def write_events(
    runs: Sequence[Run], directory: Path | str, notes: Mapping[str, Note] | None = None
) -> None:
    """Write one folder with one event file for each run.

    A folder is named after the run, as far as a path can hold the name, and its id.  A run that
    is there already is replaced.  RuntimeError where `tensorboard` is not installed.
    """
    if reason := why_not():
        raise RuntimeError(reason)
    from tensorboard.summary.writer.record_writer import RecordWriter

    now = time.time()
    for record in records(runs, notes):
        new = Path(directory) / f"{_path_name(record.name)} {record.id}"
        folder = next(Path(directory).glob(f"* {record.id}"), new)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"events.out.tfevents.{record.id}").open("wb") as file:
            writer = RecordWriter(file)
            for event in _events(record, now):
                writer.write(event.SerializeToString())
            writer.flush()


def _events(record: Record, now: float) -> Iterator["Event"]:
    from tensorboard.compat.proto.event_pb2 import Event

    yield Event(wall_time=now, file_version=VERSION)
    for summary in _descriptions(record, now):
        yield Event(wall_time=now, step=0, summary=summary)
    for update, values in _by_update(record).items():
        yield Event(wall_time=now, step=update, summary=values)


def _descriptions(record: Record, now: float) -> Iterator["Summary"]:
    """What does not change while a run is trained."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.plugins.text.summary_v2 import text_pb

    settings = {name: value for name, value in record.settings.items() if value is not None}
    yield hparams_pb(settings, trial_id=record.id, start_time_secs=now)
    texts = {
        "name": record.name,
        "status": record.status,
        "tags": ", ".join(record.tags),
        "note": record.note,
    }
    yield from (text_pb(tag, text) for tag, text in texts.items() if text)


def _by_update(record: Record) -> dict[int, "Summary"]:
    """All scalars of an update in one summary, which is much quicker than one each."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    summaries: dict[int, Summary] = {}
    for name, (updates, values) in record.metrics.items():
        [scalar] = scalar_pb(name, 0.0).value
        for update, value in zip(updates, values, strict=True):
            scalar.tensor.float_val[0] = value
            summaries.setdefault(update, Summary()).value.append(scalar)
            scalar.ClearField("metadata")  # needed at the first value of a tag only
    return dict(sorted(summaries.items()))


def _path_name(name: str) -> str:
    """Replace characters that are not portable in paths."""
    return re.sub(r"[^\w ,=+.-]", "_", name)[:80].strip(" .") or "run"


def tensorboard_zip(runs: Sequence[Run], notes: Mapping[str, Note] | None = None) -> bytes:
    """The event files as a zip, in folders named after the runs."""
    return zipped(lambda folder: write_events(runs, folder, notes))
