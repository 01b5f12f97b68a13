"""Cards of the newest runs, for who comes back: name, curve, result, and a way to go on."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis.digits import with_spread
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import IMPORTED, SavedRun
from lossopt_ui.runs import run_columns, table_rows, tuning
from lossopt_ui.state import names, pages, url

CARDS = 3


def cards(table: pd.DataFrame, *, most: int = CARDS) -> None:
    """Show a card for each of the newest groups of runs that differ by seed only."""
    trained = tuning.apart(table[table["status"] != IMPORTED])
    rows = table_rows.rows_of(trained, grouped=True)
    rows = rows.sort_values("created", ascending=False, kind="stable").head(most)
    rows = rows.reset_index(drop=True)
    firsts = [members[0] for members in rows["members"]]
    runs = {each.id: each for each in saved_runs.members(table[table["id"].isin(firsts)])}
    titles = run_columns.named(rows, grouped=True, always=("dataset", "loss"))
    for k, (id, title) in enumerate(zip(firsts, titles, strict=True)):
        with st.container(border=True, key=f"recent-{k}", gap="small"):
            _card(runs[id], title, rows.iloc[k])


def _card(run: SavedRun, title: str, row: pd.Series) -> None:
    column, result = result_of(row)
    curve = run.history[column].dropna().to_numpy(np.float64)
    label = names.escape_markdown(title)
    # The metric's own label would be cut off before what tells a card from the others.
    st.markdown(
        label,
        help=f"{MEASURES[column].label.split(' (')[0]} at the end: of several runs the mean ±"
        " standard deviation. Curve: the first run over its training.",
    )
    st.metric(
        label,
        result,
        label_visibility="collapsed",
        chart_data=curve if len(curve) > 1 else None,
        chart_type="line",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        count = names.counted(int(row["runs"]), "run")
        st.caption(f"{count}, {age(row['created'])}", width="stretch")
        if run.experiment is not None:
            _continue(run.experiment)


def result_of(row: pd.Series) -> tuple[str, str]:
    """The accuracy that a row of runs ends with: its column, and the value in words."""
    column = "test_accuracy" if pd.notna(row["test_accuracy"]) else "train_accuracy"
    value, spread = (float(row[name]) for name in (column, f"{column}{table_rows.SPREAD}"))
    if np.isnan(value):
        return column, str(row["status"])
    what = "test" if column == "test_accuracy" else "training"
    if np.isnan(spread):
        return column, f"{100 * value:.1f} % {what}"
    return column, f"{with_spread(100 * value, 100 * spread)} % {what}"


def age(when: pd.Timestamp) -> str:
    """'5 minutes ago'."""
    now = pd.Timestamp(datetime.now(UTC))
    minutes = int((now - when.tz_convert(UTC)).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    for size, unit in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{names.counted(minutes // size, unit)} ago"
    return "just now"


def _continue(experiment: Experiment) -> None:
    st.page_link(
        pages.TRAIN.file,
        label="Continue",
        icon=":material/arrow_forward:",
        query_params=url.query_of(url.values_of(experiment)),
    )
