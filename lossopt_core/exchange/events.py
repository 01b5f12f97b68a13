"""TensorBoard's event files as sheets: one row per value of a scalar.

The records are TFRecords; their contents are read with TensorBoard's own message types.
"""

import struct
from collections.abc import Iterator

import numpy as np
import pandas as pd

from lossopt_core.exchange.programs import missing
from lossopt_core.files.content import EVENTS
from lossopt_core.files.limits import TEXT_BYTES, check_size
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.store.quotas import Budget


def sheet_from_events(data: bytes, budget: Budget) -> Sheet:
    """The scalars in an event file; ValueError if it has none, or cannot be read here."""
    if reason := missing("tensorboard"):
        raise ValueError(f"event files need an extra here: {reason}")
    budget.check_unpacked(TEXT_BYTES * len(data) / 10)
    rows: list[tuple[float, int, str, float]] = []
    cut, read = False, 0
    try:
        for record in _records(data):
            rows += _scalars(record)
            read += 1
    except EOFError:
        cut = True
    except Exception:  # protobuf raises errors of its own
        raise ValueError(
            f"event {read + 1:,} of the event file is damaged: export the scalars as CSV"
        ) from None
    if not rows:
        raise ValueError("the event file has no scalars: log the loss as a scalar")
    check_size(len(rows), 4)
    cells = pd.DataFrame(rows, columns=["Wall time", "Step", "tag", "value"])
    cells["tag"] = cells["tag"].astype(object)
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    said = ("The last event is cut off, as in a file that is still written.",) if cut else ()
    return Sheet(cells, EVENTS, Dialect(), tuple(map(str, cells.columns)), decimal=".", said=said)


def _records(data: bytes) -> Iterator[bytes]:
    """The records of a TFRecord file: length, checksum, content, checksum."""
    place = 0
    while place < len(data):
        if place + 12 > len(data):
            raise EOFError
        (length,) = struct.unpack_from("<Q", data, place)
        if place + 16 + length > len(data):
            raise EOFError
        yield data[place + 12 : place + 12 + length]
        place += 16 + length


def _scalars(record: bytes) -> list[tuple[float, int, str, float]]:
    from tensorboard.compat.proto.event_pb2 import Event

    event = Event.FromString(record)
    found = []
    for value in event.summary.value:
        number = None
        if value.HasField("simple_value"):
            number = value.simple_value
        elif value.HasField("tensor") and not value.tensor.tensor_shape.dim:
            number = _single(value.tensor)
        if number is not None:
            found.append((event.wall_time, event.step, value.tag, float(number)))
    return found


def _single(tensor: object) -> float | None:
    """The number of a tensor without dimensions."""
    for name in ("float_val", "double_val", "int_val", "int64_val"):
        values = getattr(tensor, name)
        if len(values) == 1:
            return float(values[0])
    content = bytes(getattr(tensor, "tensor_content", b""))
    sizes = {4: "<f4", 8: "<f8"}
    return float(np.frombuffer(content, sizes[len(content)])[0]) if len(content) in sizes else None
