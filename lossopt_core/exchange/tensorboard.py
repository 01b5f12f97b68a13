"""Runs as event files, which TensorBoard shows: `tensorboard --logdir` the folder.

TensorBoard keeps scalars in 32 bits; those of 64 its quick loader leaves out altogether.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossopt_core.exchange.programs import (
    MEASURED,
    default_names,
    measurements,
    missing,
    zipped,
)
from lossopt_core.experiment.description import flat_settings
from lossopt_core.store.annotations import Note
from lossopt_core.training.run import Run

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event

VERSION = "brain.Event:2"
"""What every event file begins with: TensorFlow, event.proto."""


def why_not() -> str:
    """Why no event files can be written here; "" where they can."""
    return missing("tensorboard", "tensorboard")


def write_events(
    runs: Sequence[Run], directory: Path | str, names: Sequence[str] | None = None
) -> None:
    """A folder each with one event file: settings, and what was measured at each update.

    A folder is called by the run's name, as far as a path can hold it, and its id; a name of ""
    is replaced by the settings that tell.  A run that is there already is written in its place.
    RuntimeError where `tensorboard` is not installed.
    """
    if reason := why_not():
        raise RuntimeError(reason)
    from tensorboard.summary.writer.record_writer import RecordWriter

    now = time.time()
    given = names or [""] * len(runs)
    for run, name, settings in zip(runs, given, default_names(runs), strict=True):
        new = Path(directory) / f"{_fit_for_a_path(name or settings)} {run.id}"
        folder = next(Path(directory).glob(f"* {run.id}"), new)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"events.out.tfevents.{run.id}").open("wb") as file:
            writer = RecordWriter(file)
            for event in _events(run, now):
                writer.write(event.SerializeToString())
            writer.flush()


def _events(run: Run, now: float) -> Iterator["Event"]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    yield Event(wall_time=now, file_version=VERSION)
    settings = hparams_pb(_settings(run), trial_id=run.id, start_time_secs=now)
    # Its own classes may be others than ours, where TensorFlow is installed: bytes are the same.
    settings = Summary.FromString(settings.SerializeToString())
    yield Event(wall_time=now, step=0, summary=settings)
    for name in MEASURED:
        for update, value in measurements(run, name):
            summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
            yield Event(wall_time=now, step=update, summary=summary)


def _settings(run: Run) -> dict[str, Any]:
    return {k: v for k, v in flat_settings(run.experiment).items() if v is not None}


def _fit_for_a_path(name: str) -> str:
    """No separators, no dots at the ends, nothing that some system does not take."""
    return re.sub(r"[^\w ,=+.-]", "_", name)[:80].strip(" .") or "run"


def tensorboard_zip(runs: Sequence[Run], notes: Mapping[str, Note] | None = None) -> bytes:
    """The event files as a zip, in folders called by the runs' names."""
    names = [(notes or {}).get(run.id, Note()).name for run in runs]
    return zipped(lambda folder: write_events(runs, folder, names))
