"""A visitor who wants the server to fall: everything that one can send to it, in turn, for ever.

Bombs of each kind (files that stand for much more than they hold, compressed messages), files that
nobody asked for, the largest trainings and pages that are allowed, and those that are not.  What
the server answers does not matter here; what others suffer is measured by `benchmarks.load`.
"""

import asyncio
import base64
import io
import os
import random
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import websockets

from benchmarks.visitors import NotOnPageError, Visit, VisitError
from lossopt_core import Experiment, train
from lossopt_core.exchange.archive import to_archive
from lossopt_core.training.run import MINIBATCH_COLUMNS

PATIENCE = 45.0
"""Seconds after which an act is left for the next."""
LARGEST = {"dataset": "mnist_like", "mnist_like.examples": "2500", "mnist_like.features": "784"}
MOST = {"epochs": "130", "batch_size": "64"}
"""As large and long as hosted mode allows, for the ten seeds that a page trains."""
TOO_MUCH = "Not trained: this training needs"
TOO_LARGE = {"dataset": "mnist_like", "mnist_like.examples": "60000", "mnist_like.features": "784"}


class Hostile:
    """One browser's worth of malice.

    done     how often each act was done, by name
    missed   what an act did not find on its page: the page has changed, and the act harms nobody
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies: dict[str, str] = {}
        self._chance = random.Random(13)
        self.done: dict[str, int] = {}
        self.missed: dict[str, str] = {}

    async def rage(self, ends: float) -> None:
        """All acts in turn, until this time of the monotonic clock."""
        while time.monotonic() < ends:
            for act in ACTS:
                if time.monotonic() >= ends:
                    return
                left = min(PATIENCE, max(1.0, ends - time.monotonic()))
                try:
                    async with asyncio.timeout(left):
                        await act(self)
                except NotOnPageError as error:
                    self.missed[act.__name__] = str(error)
                except (VisitError, OSError, ValueError, KeyError, TimeoutError):
                    pass  # refused, cut off, or left waiting
                except websockets.WebSocketException:
                    pass
                self.done[act.__name__] = self.done.get(act.__name__, 0) + 1

    def _tab(self) -> Visit:
        return Visit(self._address, self._cookies)

    async def data_bombs(self) -> None:
        """Small files of data that stand for much."""
        for name, data in data_files().items():
            async with self._tab() as tab:
                await tab.open("data", {})
                await tab.give(name, data)

    async def brought_in_bombs(self) -> None:
        """Archives of runs that unpack to a hundred times their size."""
        async with self._tab() as tab:
            await tab.open("compare", {})
            await tab.give("runs.lossopt.zip", archive_bomb(self._chance.randrange(2)))
            await tab.press("bring-in")

    async def unasked_uploads(self) -> None:
        """Files that no page asks for, and more of them than there is room for where one does."""
        data = os.urandom(1_000_000) * 4
        for page in ("lecture", "data"):
            async with self._tab() as tab:
                await tab.open(page, {})
                for _ in range(15):
                    await asyncio.to_thread(tab.upload, "a.csv", data)

    async def inflated_messages(self) -> None:
        """Compressed messages of up to 150 MB, whole and left unfinished."""

        async def one(size: int) -> None:
            async with self._tab() as tab:
                await tab.open("lecture", {})
                await tab.send(bytes(size))
                await asyncio.sleep(1)

        await asyncio.gather(*(one(size) for size in (1_900_000, 24_000_000, 150_000_000)))

    async def garbage(self) -> None:
        """Messages that are none."""
        for data in (os.urandom(2_000), b"", b"\x0a" * 100_000):
            async with self._tab() as tab:
                await tab.open("lecture", {})
                await tab.send(data)
                await asyncio.sleep(0.2)

    async def addresses(self) -> None:
        """Shared links that are bombs, points and sweeps beyond all bounds."""
        bomb = base64.urlsafe_b64encode(zlib.compress(bytes(9_000_000), 9)).decode()
        for page, query in (
            ("compare", {"share": bomb[:12_000]}),
            ("playground", {"own_points": "500.-400A" * 5_000}),
            ("sweep", {"axes": "learning_rate=log 1e-4 1 900", "seeds": "1000"}),
            ("sweep", {"mode": "fair", "rates": "log 1e-6 10 900"}),
            ("train", TOO_LARGE),
        ):
            async with self._tab() as tab:
                await tab.open(page, query)

    async def trainings(self) -> None:
        """The largest that are allowed, ten seeds of each, again and again."""
        async with self._tab() as tab:
            await tab.open("train", LARGEST | MOST)
            for _ in range(10):
                rate = self._chance.uniform(1e-4, 1e-3)
                await tab.set_number("learning_rate", rate)
                if tab.has("train"):  # what takes long is not trained by itself
                    await tab.press("train")
                if TOO_MUCH in tab.words():
                    raise NotOnPageError(f"no training of that size: {tab.words()}")

    async def heavy_pages(self) -> None:
        """The pages that take longest, in several tabs; they show the runs that Train makes."""
        async with self._tab() as tab:
            await tab.open("train", {})
            await tab.wait_until(lambda: bool(tab.run_ids()), "there is no run to look at")

        async def one(page: str, query: dict[str, str]) -> None:
            async with self._tab() as tab:
                await tab.open(page, query)

        pages = ("inspect", {}), ("inspect", {"inside": "gradient"}), ("landscape", {})
        everything = "compare", {"runs": "all", "rows": "runs", "part": "evaluation"}
        await asyncio.gather(*(one(page, query) for page, query in (*pages, everything)))

    async def notes_and_views(self) -> None:
        """As many views as there is time for."""
        async with self._tab() as tab:
            await tab.open("compare", {"references": "true", "filter": "x" * 900})
            for number in range(20):
                tab.set_text("view-name", f"view {number} {self._chance.random()}")
                await tab.press("keep-view")


ACTS: tuple[Callable[[Hostile], Awaitable[None]], ...] = (
    Hostile.data_bombs,
    Hostile.brought_in_bombs,
    Hostile.unasked_uploads,
    Hostile.inflated_messages,
    Hostile.garbage,
    Hostile.addresses,
    Hostile.trainings,
    Hostile.heavy_pages,
    Hostile.notes_and_views,
)
"""Everything, in the order in which it is done."""


@cache
def data_files() -> dict[str, bytes]:
    """Files of data below the bounds of size that stand for as much as they can."""
    labels = (np.arange(50_000) % 2).astype(np.int8)
    arrays = io.BytesIO()
    np.savez_compressed(arrays, X=np.zeros((50_000, 990), bool), y=labels)
    columns = {f"c{k}": np.zeros(4_995, np.int8) for k in range(999)}
    wide, tall = io.BytesIO(), io.BytesIO()
    parquet.write_table(pa.table({"c": np.arange(4_995, dtype=np.int8) % 2} | columns), wide)
    # By reference, as the texts themselves would take this process gigabytes.
    text = pa.DictionaryArray.from_arrays(np.zeros(190_000, np.int32), ["a" * 900])
    texts = {f"t{k}": text for k in range(20)}
    table = pa.table({"c": np.arange(190_000) % 2} | texts)
    parquet.write_table(table, tall, store_schema=False)  # so that it is read as texts
    row = b"1,2,3,4,5,6,7,8,9,0,%d\n"
    return {
        "arrays.npz": arrays.getvalue(),
        "wide.parquet": wide.getvalue(),
        "tall.parquet": tall.getvalue(),
        "cells.csv": b"a,b,c,d,e,f,g,h,i,j,k\n" + (row % 1 + row % 2) * 99_000,
        "nested.json": b"[" + b"[]," * 1_600_000 + b"{}]",
    }


@lru_cache(maxsize=2)
def archive_bomb(seed: int) -> bytes:
    """A run whose minibatch objectives are many million zeros."""
    [run] = train([Experiment(dataset="blobs", epochs=1, seed=seed)])
    rows = 90_000_000 // 8 // len(MINIBATCH_COLUMNS)
    zeros = {name: np.zeros(rows, run.minibatch[name].dtype) for name in MINIBATCH_COLUMNS}
    return to_archive([replace(run, minibatch=pd.DataFrame(zeros))])
