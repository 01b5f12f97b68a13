"""Limits on the memory that glibc's allocator retains.

glibc uses up to eight arenas per core, shared among threads.  Each run of a page has its own
thread: after some minutes with many visitors, the fragmented arenas hold more free memory than
used memory.  On other platforms these functions do nothing.
"""

import ctypes
import sys
from contextlib import suppress

ARENAS = 2
"""More than one, so that threads seldom wait for each other."""
_M_ARENA_MAX = -8
"""From <malloc.h>."""


def limit_arenas() -> None:
    """Limit the number of arenas; call this before many threads exist."""
    _call("mallopt", _M_ARENA_MAX, ARENAS)


def release_free_memory() -> None:
    """Return unused pages to the operating system; takes a few milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *values: int) -> None:
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            getattr(ctypes.CDLL(None), name)(*values)
