"""`runs`: the runs that are kept, as a table."""

import argparse
from collections.abc import Sequence

import pandas as pd

from lossopt_core.cli.console import counted, print_table, say
from lossopt_core.experiment.description import declared_settings
from lossopt_core.experiment.grid import checked
from lossopt_core.fields import Number
from lossopt_core.store.repository import RunStore

FIGURES = ("objective", "train_accuracy", "test_accuracy", "status")
LAST = Number("Last", 20, 1, 1e9, "The newest runs.", whole=True)


def runs_command(chosen: argparse.Namespace) -> int:
    """List the runs: what they are, what else differs, what came of it."""
    last = None if chosen.last is None else checked("last", LAST, chosen.last)
    store = RunStore(chosen.store)
    kept = store.listing()
    table = kept.runs
    if kept.unreadable:
        ids = ", ".join(kept.unreadable)
        say(f"{counted(len(kept.unreadable))} cannot be read by this version: {ids}")
    if kept.needed:
        needed = ", ".join(kept.needed)
        say(f"Some of them need plug-ins that are not installed here: {needed}.")
    if table.empty and not kept.unreadable:
        say(f"No runs in {store.shown}. 'train' makes some.")
    if table.empty:
        return 0
    if last is not None:
        table = table.tail(last)
    created = table["created"].dt.strftime("%Y-%m-%d %H:%M UTC")
    telling = differing(table, always=("dataset", "loss", "optimizer"))
    print_table(table.assign(created=created)[["id", "created", *telling, *FIGURES]])
    return 0


def differing(table: pd.DataFrame, always: Sequence[str] = ()) -> list[str]:
    """Settings with several values in the table, and those to be shown in any case.

    A setting that has no say in some of the runs, and one value in the others, says nothing
    that the loss or the optimizer does not say.
    """
    return [
        name
        for name in declared_settings()
        if name in table and (name in always or table[name].nunique() > 1)
    ]
