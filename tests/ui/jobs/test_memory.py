"""glibc's arenas are few, and keep no large arrays that are freed."""

import platform

import pytest

from lossopt_ui.jobs import memory
from tests.programs import run_python

COUNT_ARENAS = """
import ctypes, tempfile, threading
from lossopt_ui.jobs import memory
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
memory.release_free_memory()
with tempfile.TemporaryFile() as report:
    stream = libc.fdopen(report.fileno(), b"w")
    libc.malloc_info(0, stream)
    libc.fflush(stream)
    report.seek(0)
    print(report.read().count(b"<heap "))
"""


KEPT = """
from pathlib import Path
import numpy as np
from lossopt_ui.jobs import memory
{before}

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1_000 for line in lines if line.startswith("VmRSS"))

np.ones(2_500_000)  # once freed, arrays up to its size are kept
before = resident()
arrays, between = [], []
for _ in range(40):
    arrays.append(np.ones(250_000))
    between.append(np.ones(12_500))
del arrays
print(resident() - before)
"""

only_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")


@only_glibc
def test_large_arrays_are_returned_as_soon_as_they_are_freed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)  # which Dask sets
    assert int(run_python("-c", KEPT.format(before=""))) > 40
    assert int(run_python("-c", KEPT.format(before="memory.limit_arenas()"))) < 10


@only_glibc
def test_threads_share_a_limited_number_of_arenas() -> None:
    assert int(run_python("-c", COUNT_ARENAS.format(before=""))) > memory.ARENAS
    few = COUNT_ARENAS.format(before="memory.limit_arenas()")
    assert int(run_python("-c", few)) == memory.ARENAS


def test_other_platforms_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for system in ("win32", "darwin"):
        monkeypatch.setattr("sys.platform", system)
        monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("asked for a library"))
        memory.limit_arenas()
        memory.release_free_memory()
