"""One example through several losses, term by term."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Data, Run
from lossopt_core.inspect.diagnostics import examples_by_loss, part_of, walk_through
from lossopt_core.objective.linear import Array
from lossopt_ui.charts import classifier, weights
from lossopt_ui.charts.texts import plain
from lossopt_ui.figures import figure
from lossopt_ui.state import names, widgets

TABLES_PER_ROW = 2
"""Three side by side would cut off the terms."""


def example(runs: Sequence[Run], data: Data) -> None:
    """Let the visitor choose an example, and show how each loss arrives at its value."""
    st.subheader("One example under each loss")
    part = classifier.part(data)
    features, labels = part_of(data, part)
    last = len(labels) - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = widgets.setting("example", most=last, width=160)
        for run in runs:
            worst = int(examples_by_loss(run, data, part)["row"].iloc[0])
            st.button(
                f"Worst for {LOSSES[run.experiment.loss].label.lower()}",
                key=f"worst-{run.experiment.loss}",
                on_click=widgets.put,
                args=("example", worst),
            )
    label = int(labels[row])
    st.caption(
        f"Example {row} of the {part} set (0 to {last}). True class:"
        f" {names.escape_markdown(data.class_names[label])}."
    )
    tables = [_terms(run, data, features[row], label) for run in runs]
    image_width = [2.0] if data.image_shape else []
    widths = image_width + [float(len(table.columns)) for table in tables[:TABLES_PER_ROW]]
    rows = [st.columns(widths) for _ in tables[::TABLES_PER_ROW]]
    if data.image_shape:
        with rows[0][0]:
            image = data.original(features[row : row + 1]).reshape(1, *data.image_shape)
            figure.show(
                weights.image_sheet(
                    image, [f"true class {plain(data.class_names[label])}"],
                    title="", theme=figure.theme(), columns=1,
                ),
                key="example-image",
                alt=f"The example as an image; its true class is {data.class_names[label]}.",
                height=220,
            )  # fmt: skip
    places = [place for columns in rows for place in columns[len(image_width) :]]
    for place, run, table in zip(places, runs, tables, strict=False):  # the last cell may be empty
        with place:
            _show_terms(run.experiment.loss, table)


def _terms(run: Run, data: Data, example: Array, label: int) -> pd.DataFrame:
    table = pd.DataFrame(walk_through(run, example, label))
    classes = [f"{name} (true)" if k == label else name for k, name in enumerate(data.class_names)]
    table.insert(0, "class", classes)
    return table


def _show_terms(loss: str, table: pd.DataFrame) -> None:
    st.markdown(f"**{LOSSES[loss].label}** = {_sum(table.iloc[:, -1])}")
    st.dataframe(
        table,
        key=f"terms-{loss}",
        hide_index=True,
        placeholder="",  # an empty cell does not enter the loss
        column_config={
            name: st.column_config.NumberColumn(name, format="%.3f") for name in table.columns[1:]
        },
    )


def _sum(terms: pd.Series) -> str:
    """'1.58 + 0.30 = 1.88', the terms that are not zero."""
    parts = [f"{term:.3f}" for term in terms if term > 0]
    total = f"{terms.sum():.3f}"
    if not parts:
        return "0: the true class leads every other class by the margin"
    return total if len(parts) == 1 else f"{' + '.join(parts)} = {total}"
