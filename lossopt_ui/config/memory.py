"""How the C library keeps the memory that this program gives back.

glibc has pools of memory, up to eight a processor, and lets threads choose.  Each run of a page is
a thread of its own: after some minutes with many visitors more lies idle in the holes of the pools
than is in use.  Elsewhere these functions do nothing.
"""

import ctypes
import sys
from contextlib import suppress

POOLS = 2
"""With one, threads that are waited for wait for each other."""
_M_ARENA_MAX = -8
"""Of <malloc.h>."""


def keep_few_pools() -> None:
    """Make no more than a few; to be called before there are many threads."""
    _call("mallopt", _M_ARENA_MAX, POOLS)


def give_back() -> None:
    """Give whole pages that are not in use back to the system; takes a few milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *values: int) -> None:
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            getattr(ctypes.CDLL(None), name)(*values)
