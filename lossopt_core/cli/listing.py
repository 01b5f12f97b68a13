"""`runs`: list the saved runs as a table."""

import argparse
from collections.abc import Sequence

import pandas as pd

from lossopt_core.cli.console import print_table, say
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.experiment.typed import checked
from lossopt_core.fields import Number
from lossopt_core.store.repository import RunStore
from lossopt_core.texts import counted

METRICS = ("objective", "train_accuracy", "test_accuracy", "status")
LAST = Number("Last", 20, 1, 1e9, "Number of newest runs.", whole=True)


def runs_command(chosen: argparse.Namespace) -> int:
    """List runs with their differing settings and final metrics."""
    last = None if chosen.last is None else checked("last", LAST, chosen.last)
    store = RunStore(chosen.store)
    listing = store.listing()
    table = listing.runs
    if listing.unreadable:
        ids = ", ".join(listing.unreadable)
        say(f"{counted(len(listing.unreadable), 'run')} cannot be read by this version: {ids}")
    if listing.needed:
        needed = ", ".join(listing.needed)
        say(f"Some of them need plug-ins that are not installed: {needed}.")
    if table.empty and not listing.unreadable:
        say(f"No runs in {store.shown}. Create some with 'train'.")
    if table.empty:
        return 0
    if last is not None:
        table = table.tail(last)
    created = table["created"].dt.strftime("%Y-%m-%d %H:%M UTC")
    settings = differing_columns(table, always=("dataset", "loss", "optimizer"))
    print_table(table.assign(created=created)[["id", "created", *settings, *METRICS]])
    return 0


def differing_columns(table: pd.DataFrame, always: Sequence[str] = ()) -> list[str]:
    """Settings that differ between runs, plus those to show always.

    A setting that applies to some runs only and has one value there is left out: the loss or the
    optimizer already implies it.
    """
    return [
        name
        for name in declared_settings()
        if name in table and (name in always or table[name].nunique() > 1)
    ]
