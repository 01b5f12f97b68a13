"""Whatever is written into a workspace is held against its budget, where it is written."""

import ast
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lossopt_core import (
    Experiment,
    ForeignRun,
    Run,
    RunStore,
    train,
)
from lossopt_core.data.datasets import Examples
from lossopt_core.store import views
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.uploads import UploadStore
from tests.programs import ROOT

WRITERS: dict[str, Callable[[RunStore, Run], object]] = {
    "save": lambda store, run: store.save([run]),
    "annotate": lambda store, run: store.annotate([run.id], note="n" * 2_000),
    "save_view": lambda store, run: store.save_view("all", "q" * 4_000),
    "save_set": lambda store, run: store.save_set([f"{number:016x}" for number in range(500)]),
    "save_foreign": lambda store, run: store.save_foreign([_curve(500)]),
    "UploadStore.save": lambda store, run: UploadStore(store).save("mine", _examples(400)),
}
"""All ways of making a workspace hold more, by name."""
NO_GROWTH = {"save_certificate"}
"""What is kept for all workspaces together."""


def _curve(rows: int) -> ForeignRun:
    steps = np.arange(rows, dtype=np.float64)
    return ForeignRun("curve", pd.DataFrame({"update": steps, "objective": steps}), "a file")


def _examples(count: int) -> Examples:
    X = np.random.default_rng(0).random((count, 3))
    return Examples(X, np.arange(count) % 2, ("a", "b"), ("x", "y", "z"))


@pytest.fixture(scope="module")
def run() -> Run:
    [made] = train([Experiment(dataset="iris", epochs=3)])
    return made


def workspace_of(address: str, name: str, run: Run, writer: str) -> RunStore:
    store = RunStore(address, name)
    if writer == "annotate":
        store.save([run])
    return store


@pytest.mark.parametrize("writer", WRITERS)
def test_what_fits_is_saved_and_one_byte_more_is_rejected(
    address: str, run: Run, writer: str
) -> None:
    free = workspace_of(address, "free", run, writer)
    before = free.usage()
    WRITERS[writer](free, run)
    after = free.usage()
    assert after.bytes > before.bytes, "it counts"

    fits = workspace_of(address, "fits", run, writer)
    WRITERS[writer](RunStore(address, "fits", budget=Budget(bytes=after.bytes)), run)
    assert fits.usage() == after

    full = workspace_of(address, "full", run, writer)
    least = before.bytes + (after.bytes - before.bytes) // 2
    with pytest.raises(BudgetError, match=r"your workspace can store .* MB: .* Delete"):
        WRITERS[writer](RunStore(address, "full", budget=Budget(bytes=least)), run)
    assert full.usage() == before, "nothing of it is there"


def test_every_public_method_that_stores_something_is_listed() -> None:
    """A new `save…` or `annotate…` of the stores has to be added here."""
    found = set()
    for file, class_name, prefix in (
        ("store/repository.py", "RunStore", ""),
        ("uploads/store.py", "UploadStore", "UploadStore."),
    ):
        tree = ast.parse((ROOT / "lossopt_core" / file).read_text())
        [body] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == class_name]
        names = [each.name for each in body.body if isinstance(each, ast.FunctionDef)]
        found |= {prefix + n for n in names if n.startswith(("keep", "save", "annotate", "add_"))}
    assert found - NO_GROWTH == WRITERS.keys()


def test_runs_are_counted_while_they_are_saved(address: str, run: Run) -> None:
    runs = [replace(run, experiment=run.experiment.replace(seed=k)) for k in range(4)]
    store = RunStore(address, "visit-a", budget=Budget(runs=2))
    store.save(runs[:1])
    with pytest.raises(BudgetError, match="2 runs: it has 2, and 1 would be added"):
        store.save(runs)
    assert set(store.list()["id"]) == {each.id for each in runs[:2]}
    store.save(runs[:2])  # what is there takes no room again


def test_a_stopped_run_is_replaced_in_a_full_workspace(address: str, run: Run) -> None:
    store = RunStore(address, "visit-a", budget=Budget(runs=1))
    store.save([replace(run, status="stopped", reason="")])
    store.save([run])
    assert list(store.list()["status"]) == ["finished"]


def test_a_full_workspace_can_be_emptied(address: str, run: Run) -> None:
    RunStore(address, "visit-a").save([run])
    store = RunStore(address, "visit-a", budget=Budget(runs=0.5, bytes=1))
    store.delete([run.id])
    store.restore([run.id])
    assert len(store.list()) == 1


def test_the_number_of_views_is_limited(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MAX_VIEWS", 3)
    store = RunStore(address, "visit-a")
    for k in range(3):
        store.save_view(f"view {k}", "runs=all")
    store.save_view("view 0", "runs=all&x=epoch")  # in place of one
    with pytest.raises(ValueError, match=r"can have 3 views .* delete one"):
        store.save_view("one more", "runs=all")
    assert len(store.views()) == 3
