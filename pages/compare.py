"""All kept runs, and the curves of those that one chooses."""

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Run, StoreError
from lossopt_ui import (
    controls,
    distances,
    downloads,
    figure,
    links,
    names,
    navigation,
    optimum,
    runs_table,
    workspace,
)
from lossopt_ui.charts import comparison
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.optimum import Optima

navigation.begin("Compare runs", links.ON_COMPARE)


def draw(runs: list[Run], optima: Optima) -> None:
    """The curves of the runs, losses apart where their values cannot be compared."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        y, x = controls.setting("y", width=320), controls.setting("x", width=280)
        log_x = controls.setting("log_x")
        log_y = controls.setting("log_y", disabled=y in DISTANCES)
    experiments = [run.experiment for run in runs]
    labels = names.of_runs(runs)
    hues = dict(zip(labels, comparison.colours(experiments, figure.theme()), strict=True))
    drawn = curves_of(dict(zip(labels, runs, strict=True)), y, optima)
    if left_out := [label for label in labels if label not in drawn]:
        waiting = "being computed" if optima.pending else "not known"
        st.caption(f"Left out, as the best possible objective is {waiting}: {', '.join(left_out)}.")
    panels = comparison.panels(
        {label: each for label, each in zip(labels, experiments, strict=True) if label in drawn}, y
    )
    if hidden := comparison.what_the_axes_hide(panels.values(), y):
        st.caption(f"Mind that these runs differ in {hidden}: their values mean different things.")
    if len(panels) > 1:
        st.caption(
            "The runs have different losses, whose values cannot be compared: each loss has an"
            " axis of its own."
        )
    if not panels:
        return
    places = st.columns(len(panels))
    for place, (loss, members) in zip(places, panels.items(), strict=True):
        with place:
            figure.show(
                comparison.overlay(
                    {label: drawn[label] for label in members},
                    [hues[label] for label in members],
                    column=y,
                    theme=figure.theme(),
                    title=LOSSES[loss].label if loss else "All selected runs",
                    x=x,
                    log_x=log_x,
                    log_y=log_y or y in DISTANCES,
                ),
                key=f"curves-{loss or 'all'}",
                alt=f"{y.replace('_', ' ')} of {', '.join(members)}.",
                height=380 + 22 * len(members),
            )


def curves_of(runs: dict[str, Run], y: str, optima: Optima) -> dict[str, pd.DataFrame]:
    """The histories of those runs that have the column, by their labels."""
    if y not in DISTANCES:
        return {label: run.history for label, run in runs.items()}
    return {
        label: table
        for label, run in runs.items()
        if (table := optima.distances(run.experiment, run.history)) is not None
    }


def compare(runs: list[Run], table: pd.DataFrame, optima: Optima) -> None:
    """Curves, and what the runs differ in and come to."""
    draw(runs, optima)
    labels = names.tell_apart([run.experiment for run in runs])
    if len(runs) == 1:
        [run] = runs
        distances.say_how_near({run.experiment: ""}, {run.experiment: run.history}, optima)
        return
    st.markdown("**What differs between them, and how near each is to the best possible**")
    rows = [runs_table.differences(table, labels), runs_table.optimality(runs, labels, optima)]
    st.dataframe(pd.concat(rows))


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
