"""The table of runs depends on nothing but the runs and the view."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from lossopt_core import Experiment, RunStore, train
from lossopt_core.analysis.readings import AT_EPOCH, LAST
from lossopt_ui.experiment import saved_runs
from lossopt_ui.runs import run_columns, runs_table
from lossopt_ui.runs.runs_table import View
from lossopt_ui.state import widgets

NOW = datetime(2000, 1, 1, tzinfo=UTC)
PLAIN = View(
    "", chips=(), now=NOW, archived=False, tuning=False, grouped=True, columns=(), sort=(),
    at=LAST, at_epoch=1.0,
)  # fmt: skip
OTHERS: dict[str, Any] = {
    "filter": "loss = hinge", "chips": ("loss:hinge",), "now": None, "archived": True,
    "tuning": True, "grouped": False,
    "columns": ("loss",), "sort": ("objective",), "at": AT_EPOCH, "at_epoch": 2.0,
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_table_depends_only_on_its_view(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """So the view is the whole key under which the table is cached."""
    assert OTHERS.keys() == {field.name for field in fields(View)}
    store.save(train([Experiment(epochs=3), Experiment(epochs=3, loss="hinge")]))
    listing = saved_runs.listing()

    def asked(name: str) -> None:
        raise AssertionError(f"the table was prepared from the option {name}, too")

    monkeypatch.setattr(widgets, "value", asked)
    view = replace(PLAIN, **{name: OTHERS[name]})
    prepared = runs_table._prepare(listing, view)
    assert prepared.error is None
    assert len(prepared.rows) == (1 if name in ("filter", "chips") else 2)


@pytest.mark.parametrize(("names", "tall"), [(["Hinge"], False), (["Hinge", "x" * 28], True)])
def test_names_that_do_not_fit_into_a_line_get_taller_rows(names: list[str], tall: bool) -> None:
    assert run_columns.has_long_names(pd.DataFrame({run_columns.RUN: names})) == tall
