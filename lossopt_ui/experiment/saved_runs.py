"""Saved runs as pages read them: one table of all, and the histories of those that are drawn.

Runs never change once they are finished, so both are cached: the table until the revision of the
store changes, histories up to a size in bytes.

Tuning runs of learning rates are archived: nobody chose them one by one.

Pages can also ask for the reference runs, which are read-only. Changes go to the visitor's own
workspace, through `workspace.store()`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas.api.typing import NaTType

from lossopt_core import (
    Experiment,
    ForeignRun,
    Run,
    RunStore,
)
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.tuned_sweep import are_tuning
from lossopt_core.data.datasets import Owner
from lossopt_core.experiment.caches import Cache
from lossopt_core.experiment.measures import SECONDS
from lossopt_core.store import reference
from lossopt_core.store.repository import REFERENCE
from lossopt_core.store.sets import RunSet
from lossopt_core.training.run import DIVERGED, HISTORY_COLUMNS
from lossopt_ui.identity import workspace

MAX_BYTES = 30_000_000
"""Size of the cache of tables, and of that of histories, each shared by all visitors."""
TABLE_BYTES, RUN_BYTES = 50_000, 800
HISTORY_BYTES, ROW_BYTES = 6_000, 90
"""Estimated size of an empty table or history, and of each row."""
IMPORTED = "imported"


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A saved run with its history; a curve imported from another program has no experiment.

    created   when it was saved; NaT for imported curves
    """

    id: str
    experiment: Experiment | None
    history: pd.DataFrame
    status: str
    name: str = ""
    reference: bool = False
    created: pd.Timestamp | NaTType = pd.NaT
    pinned: bool = False


@dataclass(frozen=True, eq=False)
class Listing:
    """A table of runs, and what it was read from.

    Values derived from the table are cached under `source` and `version`; the store itself may
    have changed since.

    runs         as `RunStore.list` returns them, plus a column `reference`; do not modify
    unreadable   ids of runs that are left out because they cannot be read
    needed       plug-in entries that some of these need
    sets         sets of runs that were planned together, newest first
    binned       the deleted runs that can be restored, as `RunStore.bin` returns them
    source       the workspaces that the runs belong to
    version      their revisions at the time of reading
    """

    runs: pd.DataFrame
    unreadable: Sequence[str]
    needed: Sequence[str]
    source: tuple[Hashable, ...]
    version: tuple[Hashable, ...]
    binned: pd.DataFrame
    sets: Sequence[RunSet]


def listing() -> Listing:
    """All runs of this workspace."""
    return _listing_of(workspace.store())


def table() -> pd.DataFrame:
    """The same, the table alone."""
    return listing().runs


def references() -> pd.DataFrame:
    """A table of the reference runs, without those that this workspace has trained itself."""
    return _references_beside(listing()).runs


def _references_beside(own: Listing) -> Listing:
    found = _listing_of(workspace.references())
    runs = found.runs
    mine = runs["id"].isin(reference.IDS) & ~runs["id"].isin(own.runs["id"])
    # Each stays a row of its own, even if the visitor has trained other seeds of it.
    theirs = runs[mine].assign(family=runs["id"])
    theirs["tags"] = [[REFERENCE]] * len(theirs)
    return replace(found, runs=theirs.reset_index(drop=True))


def listing_with_references() -> Listing:
    """The reference runs, followed by all runs of this workspace."""
    own = listing()
    theirs = _references_beside(own)
    some = [each.runs for each in (theirs, own) if len(each.runs)] or [own.runs]
    return Listing(
        pd.concat(some, ignore_index=True),
        own.unreadable,
        own.needed,
        (*theirs.source, *own.source),
        (*theirs.version, *own.version),
        own.binned,
        own.sets,
    )


def with_references() -> pd.DataFrame:
    """The same, the table alone."""
    return listing_with_references().runs


def _listing_of(store: RunStore) -> Listing:
    source, version = (store.address, store.workspace), store.revision()

    def read() -> Listing:
        own, foreign = store.listing(), store.foreign()
        rows = [own.runs, _rows_of(foreign, like=own.runs)] if foreign else [own.runs]
        runs = pd.concat(rows, ignore_index=True).assign(reference=store.read_only)
        runs["archived"] |= are_tuning(runs)
        return Listing(
            runs, own.unreadable, own.needed, source, (version,), store.bin(), store.sets()
        )

    return _LISTINGS.get(source, read, owner=Owner(*source), version=version)


def _rows_of(foreign: Sequence[ForeignRun], like: pd.DataFrame) -> pd.DataFrame:
    """Imported curves as rows of the table: no settings, and the last value of each metric."""
    rows = pd.DataFrame(
        {
            "id": [run.id for run in foreign],
            "family": [run.id for run in foreign],
            "status": IMPORTED,
            "name": [run.name for run in foreign],
            "note": [_note(run) for run in foreign],
            "tags": [[] for _ in foreign],
            "pinned": False,
            "archived": False,
            "spark": [_spark(run.history) for run in foreign],
        }
    )
    last = pd.DataFrame([run.history.iloc[-1].to_dict() for run in foreign])
    table = pd.concat([rows, last], axis=1).reindex(columns=like.columns)
    return table.astype({name: kind for name, kind in like.dtypes.items() if name in rows})


def _note(run: ForeignRun) -> str:
    at = run.diverged_at
    return run.source if at is None else f"{run.source}: diverged at step {at:g}"


def _spark(history: pd.DataFrame) -> list[float]:
    column = "objective" if "objective" in history else history.columns[-1]
    values = history[column].to_numpy(np.float64)
    values = values[np.isfinite(values)]
    return list(values[np.linspace(0, len(values) - 1, 24).astype(int)]) if len(values) else []


def members(rows: pd.DataFrame) -> list[SavedRun]:
    """The runs of these rows of the table, with their histories."""
    store = workspace.store()
    histories: dict[str, pd.DataFrame] = {}
    experiments: dict[str, Experiment] = {}
    diverged: set[str] = set()
    trained = rows[rows["status"] != IMPORTED]
    for whose, some in trained.groupby("reference"):
        kept_in = workspace.references() if whose else store
        created = list(some["created"].astype(str))
        histories |= _histories_of(kept_in, list(some["id"]), created)
        experiments |= kept_in.experiments(some["id"])
    if len(trained) < len(rows):
        imported = {run.id: run for run in store.foreign()}
        histories |= {id: _with_all_columns(run.history) for id, run in imported.items()}
        diverged = {id for id, run in imported.items() if run.diverged_at is not None}
    told = ("id", "status", "name", "reference", "created", "pinned")
    about = zip(*(rows[name] for name in told), strict=True)
    return [
        SavedRun(
            id, experiments.get(id), histories[id],
            DIVERGED if id in diverged else status, name, bool(whose), *when,
        )
        for id, status, name, whose, *when in about
        if id in histories
    ]  # fmt: skip


def group_id_of(member: SavedRun) -> str:
    """Id of the group of runs that differ from this one by seed only, as used in addresses."""
    if member.experiment is None or member.reference:
        return member.id
    return group_id(member.experiment)


def find(
    ids: Sequence[str], *, with_path: bool = True, with_minibatch: bool = True
) -> dict[str, Run]:
    """The runs with these ids that exist, reference runs included, in the order of the ids."""
    stores = (workspace.store(), workspace.references())
    return find_in(stores, ids, with_path=with_path, with_minibatch=with_minibatch)


def find_in(
    stores: tuple[RunStore, RunStore],
    ids: Sequence[str],
    *,
    with_path: bool = True,
    with_minibatch: bool = True,
) -> dict[str, Run]:
    """The same from given stores (own, references); does not use the session."""
    own, references = stores
    what = {"with_path": with_path, "with_minibatch": with_minibatch}
    found = own.find(ids, **what)
    if absent := [each for each in ids if each not in found and each in reference.IDS]:
        found |= references.find(absent, **what)
    return {each: found[each] for each in ids if each in found}


def sizes(ids: Sequence[str]) -> dict[str, int]:
    """Bytes of the arrays of the runs that exist, in the order of the ids."""
    found = workspace.references().sizes(each for each in ids if each in reference.IDS)
    found |= workspace.store().sizes(ids)
    return {each: found[each] for each in ids if each in found}


def with_state(ids: Sequence[str]) -> set[str]:
    """The runs among these ids that were saved with the state of their optimizer."""
    found = workspace.store().with_state(ids)
    return found | workspace.references().with_state(each for each in ids if each in reference.IDS)


def load(ids: Sequence[str], *, with_path: bool = True, with_minibatch: bool = True) -> list[Run]:
    """The same as `find`, but raise StoreError if any is missing."""
    found = find(ids, with_path=with_path, with_minibatch=with_minibatch)
    if absent := [each for each in ids if each not in found]:
        workspace.store().load(absent)  # raises, naming the missing run
    return [found[each] for each in ids]


def _with_all_columns(history: pd.DataFrame) -> pd.DataFrame:
    """An imported history with all our columns: NaN where nothing was measured."""
    return history.reindex(columns=[*HISTORY_COLUMNS, SECONDS], fill_value=np.nan)


def _histories_of(
    store: RunStore, ids: Sequence[str], created: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """The histories of the runs that exist, by id."""
    # A stopped run can be replaced by a newer one with the same id.
    keys = {
        id: (store.address, store.workspace, id, when)
        for id, when in zip(ids, created, strict=True)
    }
    known = {id: _HISTORIES.find(key) for id, key in keys.items()}
    found = {id: history for id, history in known.items() if history is not None}
    if missing := [id for id in ids if id not in found]:
        timings = store.timings(missing)
        for id, read in store.histories(missing).items():
            history = read.copy()
            history[SECONDS] = history["update"] * timings.get(id, np.nan)
            _HISTORIES.put(keys[id], history, owner=Owner(store.address, store.workspace))
            found[id] = history
    return found


_HISTORIES: Cache[pd.DataFrame] = Cache(
    MAX_BYTES, lambda history: HISTORY_BYTES + ROW_BYTES * len(history)
)
_LISTINGS: Cache[Listing] = Cache(
    MAX_BYTES,
    lambda listing: TABLE_BYTES + RUN_BYTES * (len(listing.runs) + len(listing.binned)),
)
