"""What was read from uploaded files, held while a page shows it.

A page is drawn again at every choice of what a column means, and must not read the file each time.
All visitors share the room: the ones unused for longest are read again when they are wanted.
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
MOST_BYTES = 80_000_000
"""Of all contents that are held, for all visitors together."""
_SHOWN = SessionKey("file_contents.shown", str)
"""The file whose content is held for the page, if any."""


def of(file: UploadedFile, read: Callable[[bytes, str], Content]) -> Content:
    """What `read` makes of the file's bytes and name; ValueError where it raises one."""
    if _SHOWN.get() != file.file_id:
        give_back()
    _SHOWN.set(file.file_id)
    content: Content = _held().get(file.file_id, lambda: read(file.getvalue(), file.name))
    return content


def give_back() -> None:
    """The page shows no file any more: forget what was in the last one."""
    if shown := _SHOWN.pop():
        _held().drop(shown)


@st.cache_resource
def _held() -> Cache[Any]:
    return Cache(MOST_BYTES, memory_of)


def memory_of(content: object) -> float:
    """Bytes that a table, examples, or several of them take, about."""
    if isinstance(content, tuple | list):
        return sum(map(memory_of, content))
    if isinstance(content, Examples):
        return float(content.features.nbytes + content.labels.nbytes)
    return float(TEXT_BYTES * content.size) if isinstance(content, pd.DataFrame) else 0.0
