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
LARGE_BYTES = 1_000_000
"""What is larger is returned to the operating system as soon as it is freed."""
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1
"""From <malloc.h>."""


def limit_arenas() -> None:
    """Limit the number of arenas and what they hold; call this before many threads exist.

    By default glibc learns to keep arrays of up to 32 MB once one of them has been freed.
    """
    _call("mallopt", _M_ARENA_MAX, ARENAS)
    _call("mallopt", _M_MMAP_THRESHOLD, LARGE_BYTES)
    _call("mallopt", _M_TRIM_THRESHOLD, 2 * LARGE_BYTES)


def release_free_memory() -> None:
    """Return unused pages to the operating system; takes a few milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *values: int) -> None:
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            getattr(ctypes.CDLL(None), name)(*values)
