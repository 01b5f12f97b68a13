"""The C library is asked to keep few pools of memory, where it is one that has them."""

import platform

import pytest

from lossopt_ui.config import memory
from tests.programs import run_python

COUNT_POOLS = """
import ctypes, tempfile, threading
from lossopt_ui.config import memory
{before}
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fdopen.restype = ctypes.c_void_p, ctypes.c_void_p
libc.malloc_info.argtypes = ctypes.c_int, ctypes.c_void_p
libc.fflush.argtypes = (ctypes.c_void_p,)
together = threading.Barrier(8)

def take_some():
    together.wait()
    libc.malloc(5_000)
    together.wait()

threads = [threading.Thread(target=take_some) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
memory.give_back()
with tempfile.TemporaryFile() as told:
    stream = libc.fdopen(told.fileno(), b"w")
    libc.malloc_info(0, stream)
    libc.fflush(stream)
    told.seek(0)
    print(told.read().count(b"<heap "))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has pools of memory")
def test_threads_share_few_pools_of_memory() -> None:
    assert int(run_python("-c", COUNT_POOLS.format(before=""))) > memory.POOLS
    few = COUNT_POOLS.format(before="memory.keep_few_pools()")
    assert int(run_python("-c", few)) == memory.POOLS


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    for system in ("win32", "darwin"):
        monkeypatch.setattr("sys.platform", system)
        monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("asked for a library"))
        memory.keep_few_pools()
        memory.give_back()
