"""What is kept, as the pages look at it: one table, and the histories of those that are drawn.

Runs never change once they are finished, so both are read once and held: the table until the
store says that it has changed, histories up to a number of rows.

Beside the visitor's own runs there are reference runs, where a page asks for them.  What is
changed is changed in the visitor's own workspace, by `workspace.store()`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lossopt_core import (
    Experiment,
    ForeignRun,
    Run,
    RunStore,
)
from lossopt_core.analysis.groups import family_id
from lossopt_core.data.datasets import Owner
from lossopt_core.experiment.caches import Cache
from lossopt_core.experiment.measures import SECONDS
from lossopt_core.store import reference
from lossopt_core.store.repository import REFERENCE
from lossopt_core.training.run import HISTORY_COLUMNS
from lossopt_ui.identity import workspace

MOST_BYTES = 30_000_000
"""Of tables, and of histories, that are held for all visitors together."""
TABLE_BYTES, RUN_BYTES = 50_000, 800
HISTORY_BYTES, ROW_BYTES = 6_000, 90
"""What a table or a history takes without rows, and what a row takes."""
BROUGHT_IN = "brought in"


@dataclass(frozen=True, eq=False)
class Member:
    """A run as a line needs it; one from elsewhere has no experiment."""

    id: str
    experiment: Experiment | None
    history: pd.DataFrame
    status: str
    name: str = ""
    reference: bool = False


@dataclass(frozen=True, eq=False)
class Listing:
    """Runs as a table, and what it was read from.

    What is derived from the table is cached under `source` and `version`; the store may have
    moved on.

    runs         as `RunStore.list` has them, with one more column, `reference`; not to be changed
    unreadable   ids of runs that are left out, as they cannot be read
    needed       entries of plug-ins that some of these need
    source       which workspaces the runs are of
    version      how these were when they were read
    """

    runs: pd.DataFrame
    unreadable: Sequence[str]
    needed: Sequence[str]
    source: tuple[Hashable, ...]
    version: tuple[Hashable, ...]


def listing() -> Listing:
    """All runs of this workspace."""
    return _listing_of(workspace.store())


def table() -> pd.DataFrame:
    """The same, the table alone."""
    return listing().runs


def references() -> pd.DataFrame:
    """The reference runs as a table, but for those that this workspace has as its own."""
    return _references_beside(listing()).runs


def _references_beside(own: Listing) -> Listing:
    found = _listing_of(workspace.references())
    runs = found.runs
    mine = runs["id"].isin(reference.IDS) & ~runs["id"].isin(own.runs["id"])
    # Each is a row of its own, whatever seeds of it somebody has trained.
    theirs = runs[mine].assign(family=runs["id"])
    theirs["tags"] = [[REFERENCE]] * len(theirs)
    return replace(found, runs=theirs.reset_index(drop=True))


def listing_with_references() -> Listing:
    """All runs of this workspace, and the reference runs before the oldest."""
    own = listing()
    theirs = _references_beside(own)
    some = [each.runs for each in (theirs, own) if len(each.runs)] or [own.runs]
    return Listing(
        pd.concat(some, ignore_index=True),
        own.unreadable,
        own.needed,
        (*theirs.source, *own.source),
        (*theirs.version, *own.version),
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
        return Listing(runs, own.unreadable, own.needed, source, (version,))

    return _LISTINGS.get(source, read, owner=Owner(*source), version=version)


def _rows_of(foreign: Sequence[ForeignRun], like: pd.DataFrame) -> pd.DataFrame:
    """Curves from elsewhere as rows of the table: no settings, the last of what was measured."""
    rows = pd.DataFrame(
        {
            "id": [run.id for run in foreign],
            "family": [run.id for run in foreign],
            "status": BROUGHT_IN,
            "name": [run.name for run in foreign],
            "note": [run.source for run in foreign],
            "tags": [[] for _ in foreign],
            "pinned": False,
            "archived": False,
            "spark": [_spark(run.history) for run in foreign],
        }
    )
    last = pd.DataFrame([run.history.iloc[-1].to_dict() for run in foreign])
    table = pd.concat([rows, last], axis=1).reindex(columns=like.columns)
    return table.astype({name: kind for name, kind in like.dtypes.items() if name in rows})


def _spark(history: pd.DataFrame) -> list[float]:
    column = "objective" if "objective" in history else history.columns[-1]
    values = history[column].dropna().to_numpy(np.float64)
    return list(values[np.linspace(0, len(values) - 1, 24).astype(int)]) if len(values) else []


def members(rows: pd.DataFrame) -> list[Member]:
    """The runs of these rows of the table, with their histories."""
    store = workspace.store()
    histories: dict[str, pd.DataFrame] = {}
    experiments: dict[str, Experiment] = {}
    trained = rows[rows["status"] != BROUGHT_IN]
    for whose, some in trained.groupby("reference"):
        kept_in = workspace.references() if whose else store
        created = list(some["created"].astype(str))
        histories |= _histories_of(kept_in, list(some["id"]), created)
        experiments |= kept_in.experiments(some["id"])
    if len(trained) < len(rows):
        histories |= {run.id: _with_all_columns(run.history) for run in store.foreign()}
    about = zip(*(rows[name] for name in ("id", "status", "name", "reference")), strict=True)
    return [
        Member(id, experiments.get(id), histories[id], status, name, bool(whose))
        for id, status, name, whose in about
        if id in histories
    ]


def family_of(member: Member) -> str:
    """What an address calls the member together with those that differ by seed only."""
    if member.experiment is None or member.reference:
        return member.id
    return family_id(member.experiment)


def find(
    ids: Sequence[str], *, with_path: bool = True, with_minibatch: bool = True
) -> dict[str, Run]:
    """Those runs of these ids that there are, reference runs too, in the order of the ids."""
    stores = (workspace.store(), workspace.references())
    return find_in(stores, ids, with_path=with_path, with_minibatch=with_minibatch)


def find_in(
    stores: tuple[RunStore, RunStore],
    ids: Sequence[str],
    *,
    with_path: bool = True,
    with_minibatch: bool = True,
) -> dict[str, Run]:
    """The same in a visitor's store and that of the reference runs; asks the session nothing."""
    own, references = stores
    what = {"with_path": with_path, "with_minibatch": with_minibatch}
    found = own.find(ids, **what)
    if absent := [each for each in ids if each not in found and each in reference.IDS]:
        found |= references.find(absent, **what)
    return {each: found[each] for each in ids if each in found}


def sizes(ids: Sequence[str]) -> dict[str, int]:
    """The bytes of the numbers of those runs that there are, in the order of the ids."""
    found = workspace.references().sizes(each for each in ids if each in reference.IDS)
    found |= workspace.store().sizes(ids)
    return {each: found[each] for each in ids if each in found}


def load(ids: Sequence[str], *, with_path: bool = True, with_minibatch: bool = True) -> list[Run]:
    """The same, where all of them must be there."""
    found = find(ids, with_path=with_path, with_minibatch=with_minibatch)
    if absent := [each for each in ids if each not in found]:
        workspace.store().load(absent)  # says which there is not
    return [found[each] for each in ids]


def _with_all_columns(history: pd.DataFrame) -> pd.DataFrame:
    """A history from elsewhere as wide as ours: what was not measured is NaN."""
    return history.reindex(columns=[*HISTORY_COLUMNS, SECONDS], fill_value=np.nan)


def _histories_of(
    store: RunStore, ids: Sequence[str], created: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """The histories of those ids that there are."""
    # A stopped run makes way for a newer one of the same id.
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
    MOST_BYTES, lambda history: HISTORY_BYTES + ROW_BYTES * len(history)
)
_LISTINGS: Cache[Listing] = Cache(
    MOST_BYTES, lambda listing: TABLE_BYTES + RUN_BYTES * len(listing.runs)
)
