"""Uploaded data: reading, preparing, validating and saving them as data sets."""

from lossopt_core.uploads.preparing import (
    Preparation,
    Prepared,
    columns_of,
    prepare,
    suggest,
)
from lossopt_core.uploads.reading import read
from lossopt_core.uploads.serialization import fingerprint, from_bytes, to_bytes
from lossopt_core.uploads.store import (
    UploadedData,
    UploadStore,
    set_upload_store,
    using,
)

__all__ = [
    "Preparation",
    "Prepared",
    "UploadStore",
    "UploadedData",
    "columns_of",
    "fingerprint",
    "from_bytes",
    "prepare",
    "read",
    "set_upload_store",
    "suggest",
    "to_bytes",
    "using",
]
