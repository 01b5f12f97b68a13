"""All kept runs, and the curves of those that one chooses."""

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Run, StoreError
from lossopt_ui import (
    controls,
    downloads,
    figure,
    links,
    names,
    navigation,
    optimum,
    results,
    runs_table,
    workspace,
)
from lossopt_ui.charts import comparison
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.optimum import Optima

navigation.begin("Compare runs", links.ON_COMPARE)


def draw(runs: list[Run], optima: Optima) -> None:
    """The curves of the runs, losses apart where their values cannot be compared."""
    labels = names.of_runs(runs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        y, x = controls.setting("y", width=320), controls.setting("x", width=280)
        log_x = controls.setting("log_x")
        log_y = controls.setting("log_y", disabled=y in DISTANCES)
    shown, histories = curves_of(runs, y, optima)
    hues = comparison.colours([run.experiment for run in runs], figure.theme())
    panels = comparison.panels([runs[k] for k in shown], y)
    if len(shown) < len(runs):
        waiting = "being computed" if optima.pending else "not known"
        left_out = ", ".join(labels[k] for k in range(len(runs)) if k not in shown)
        st.caption(f"Left out, as the best possible objective is {waiting}: {left_out}.")
    if shared := comparison.what_the_objective_hides(runs, y):
        st.caption(f"Mind that these runs differ in {shared}: their values mean different things.")
    if len(panels) > 1:
        st.caption(
            "The runs have different losses, whose values cannot be compared: each loss has an"
            " axis of its own."
        )
    if not shown:
        return
    for place, (loss, members) in zip(st.columns(len(panels)), panels.items(), strict=True):
        members = [shown[k] for k in members]
        with place:
            figure.show(
                comparison.overlay(
                    {labels[k]: histories[k] for k in members},
                    [hues[k] for k in members],
                    column=y,
                    theme=figure.theme(),
                    title=LOSSES[loss].label if loss else "All selected runs",
                    x=x,
                    log_x=log_x,
                    log_y=log_y or y in DISTANCES,
                ),
                key=f"curves-{loss or 'all'}",
                alt=f"{y.replace('_', ' ')} of {', '.join(labels[k] for k in members)}.",
                height=380 + 22 * len(members),
            )


def curves_of(runs: list[Run], y: str, optima: Optima) -> tuple[list[int], dict[int, pd.DataFrame]]:
    """Which runs have this column, and their histories with it."""
    tables = {k: run.history for k, run in enumerate(runs)}
    if y in DISTANCES:
        tables = {k: optima.along(runs[k].experiment, table) for k, table in tables.items()}
    histories = {k: table for k, table in tables.items() if table is not None}
    return list(histories), histories


def compare(runs: list[Run], table: pd.DataFrame, optima: Optima) -> None:
    """Curves, and what the runs differ in and come to."""
    draw(runs, optima)
    labels = names.tell_apart([run.experiment for run in runs])
    if len(runs) > 1:
        st.markdown("**What differs between them, and how near each is to the best possible**")
        st.dataframe(
            pd.concat(
                [runs_table.differences(table, labels), runs_table.optimality(runs, labels, optima)]
            )
        )
    else:
        results.certified({runs[0].experiment: ""}, {runs[0].experiment: runs[0].history}, optima)


def _delete(ids: tuple[str, ...]) -> None:
    workspace.delete(ids)
    controls.put("runs", ())


def tools(runs: list[Run], ids: tuple[str, ...]) -> None:
    """What can be done with the selected runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as CSV",
            data=lambda: downloads.csv(runs),
            file_name="lossopt-runs.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="download",
        )
        if len(runs) == 1:
            navigation.link_to_train_page(runs[0].experiment)
        with st.popover("Delete", icon=":material/delete:"):
            what = "this run" if len(ids) == 1 else f"these {len(ids)} runs"
            st.write(f"Delete {what} for good?")
            st.button(
                "Yes, delete",
                type="primary",
                key="delete",
                on_click=_delete,
                args=(ids,),
            )


try:
    table = workspace.store().list()
    if table.empty:
        st.info("No runs are kept yet. Train one, and it will be here.", icon=":material/inbox:")
        st.page_link(navigation.TRAIN, label="Train a classifier", icon=":material/play_arrow:")
        st.stop()
    if table.attrs.get("unreadable"):
        ids = ", ".join(table.attrs["unreadable"])
        st.warning(f"These kept runs cannot be read, and are left out: {ids}.")
    chosen = runs_table.choose(table)
    gone = len(controls.value("runs")) - len(chosen)
    if gone:
        st.warning(f"{gone} of the runs in the address are not kept here.")
    if not chosen:
        st.info("Select runs in the table's first column to see their curves.")
        st.stop()
    runs = workspace.store().load(chosen, with_path=False)
    selected = table.set_index("id").loc[list(chosen)].reset_index()
    optimum.watch([run.experiment for run in runs], lambda optima: compare(runs, selected, optima))
    tools(runs, chosen)
except StoreError as error:
    st.error(f"The kept runs cannot be read: {error}.", icon=":material/database_off:")
