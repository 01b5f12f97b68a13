"""Data that somebody brings: read, prepared, checked and kept; then a data set like any other."""

from lossopt_core.uploads.preparing import (
    Preparation,
    Prepared,
    columns_of,
    prepare,
    suggest,
)
from lossopt_core.uploads.reading import ENDINGS, read
from lossopt_core.uploads.serialization import fingerprint, from_bytes, to_bytes
from lossopt_core.uploads.shelf import (
    Kept,
    Shelf,
    look_in,
    using,
)

__all__ = [
    "ENDINGS",
    "Kept",
    "Preparation",
    "Prepared",
    "Shelf",
    "columns_of",
    "fingerprint",
    "from_bytes",
    "look_in",
    "prepare",
    "read",
    "suggest",
    "to_bytes",
    "using",
]
