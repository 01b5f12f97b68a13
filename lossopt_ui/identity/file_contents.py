"""Cache of parsed uploads, held while a page shows them.

A page reruns at every change of a widget and must not parse the file each time. The cache is
shared by all visitors; least recently used contents are evicted and parsed again on demand.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st
from streamlit.typing import UploadedFile

from lossopt_core.data.datasets import Examples
from lossopt_core.exchange import Log
from lossopt_core.experiment.caches import Cache
from lossopt_core.files.columns import Column
from lossopt_core.files.limits import NUMBER_BYTES, TEXT_BYTES
from lossopt_core.files.sheet import Sheet
from lossopt_core.uploads.npz import Arrays
from lossopt_ui.state.session import SessionKey

Content = TypeVar("Content")
MAX_BYTES = 40_000_000
"""Size of the cache, shared by all visitors."""
_SHOWN = SessionKey("file_contents.shown", str)
"""The id of the file whose content is cached for the page, if any."""


def of(file: UploadedFile, read: Callable[[bytes, str], Content], variant: str = "") -> Content:
    """The result of `read` on the file's bytes and name; passes on its ValueError.

    `variant` tells apart the ways in which a page can read the same file.
    """
    [content] = of_all([file], lambda each: read(each.getvalue(), each.name), variant)
    return content


def of_all(
    files: Sequence[UploadedFile],
    read: Callable[[UploadedFile], Content],
    variant: str = "",
) -> list[Content]:
    """The results of `read` on each of several files, one after the other."""
    key = "+".join([*(file.file_id for file in files), variant])
    if _SHOWN.get() != key:
        give_back()
    _SHOWN.set(key)
    content: list[Content] = _held().get(key, lambda: [read(file) for file in files])
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
    if isinstance(content, Arrays):
        return memory_of(content.examples)
    if isinstance(content, Log):
        return memory_of(content.sheet) + memory_of([*content.read, *content.columns])
    if isinstance(content, Column):
        return float(NUMBER_BYTES * len(content.cells))
    return float(TEXT_BYTES * content.cells.size) if isinstance(content, Sheet) else 0.0
