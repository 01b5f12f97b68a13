"""Cache of parsed uploads, held while a page shows them.

A page reruns at every change of a widget and must not parse the file each time. The cache is
shared by all visitors; least recently used contents are evicted and parsed again on demand.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pandas as pd
import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core.data.datasets import Examples
from lossopt_core.experiment.caches import Cache
from lossopt_core.uploads.files import TEXT_BYTES
from lossopt_ui.state.session import SessionKey

Content = TypeVar("Content")
MAX_BYTES = 80_000_000
"""Size of the cache, shared by all visitors."""
_SHOWN = SessionKey("file_contents.shown", str)
"""The id of the file whose content is cached for the page, if any."""


def of(file: UploadedFile, read: Callable[[bytes, str], Content]) -> Content:
    """The result of `read` on the file's bytes and name; passes on its ValueError."""
    if _SHOWN.get() != file.file_id:
        give_back()
    _SHOWN.set(file.file_id)
    content: Content = _held().get(file.file_id, lambda: read(file.getvalue(), file.name))
    return content


def give_back() -> None:
    """Drop the content of the last file, because the page shows none any more."""
    if shown := _SHOWN.pop():
        _held().drop(shown)


@st.cache_resource
def _held() -> Cache[Any]:
    return Cache(MAX_BYTES, memory_of)


def memory_of(content: object) -> float:
    """Estimated bytes of a table, of examples, or of several of them."""
    if isinstance(content, tuple | list):
        return sum(map(memory_of, content))
    if isinstance(content, Examples):
        return float(content.features.nbytes + content.labels.nbytes)
    return float(TEXT_BYTES * content.size) if isinstance(content, pd.DataFrame) else 0.0
