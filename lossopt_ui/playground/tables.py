"""Tables of a model's parameters and examples, and an editor for the points."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core.playground.model import Model
from lossopt_core.playground.points import (
    CLASS_NAMES,
    COORDINATE,
    Points,
    read_points,
)
from lossopt_ui.playground import changes
from lossopt_ui.playground.play import Play
from lossopt_ui.state.session import WidgetKey

COORDINATES = ("x1", "x2")
GRADIENT = "gradient norm"
Edits = Mapping[str, Any]
"""The changes in an editor: its `edited_rows`, `added_rows` and `deleted_rows`."""
_POINTS: WidgetKey[Edits] = WidgetKey("point_table")


def parameters(model: Model, *, key: str, editable: bool) -> None:
    """W and b with the gradient of the objective, one row per feature."""
    table = _parameter_table(model)
    gradients = {
        name: st.column_config.NumberColumn(format="%.4f", disabled=True)
        for name in table.columns
        if name.startswith("∂")
    }
    weights = {
        name: st.column_config.NumberColumn(format="%.4f", required=True)
        for name in table.columns
        if name not in gradients
    }
    if not editable:
        st.dataframe(table, column_config=gradients | weights, key=f"{key}-read")
        return
    names = [name for name in table.columns if name in weights]
    # A new key for every state: otherwise the editor would apply old edits to new weights.
    edits: WidgetKey[Edits] = WidgetKey(f"{key}-{model.made}-{hash(model.weights.tobytes())}")
    st.data_editor(
        table,
        key=edits.name,
        column_config=gradients | weights | {"_index": st.column_config.Column(disabled=True)},
        num_rows="fixed",
        on_change=lambda: _take_parameters(edits.get()["edited_rows"], names),
    )


def _parameter_table(model: Model) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    rows = zip(model.points.class_names, model.weights, model.gradient(), strict=True)
    for name, weights, gradient in rows:
        columns |= {f"W ({name})": weights, f"∂W ({name})": gradient}
    return pd.DataFrame(columns, index=pd.Index([*model.feature_map.names, "b"], name="feature"))


def _take_parameters(rows: Mapping[Any, Mapping[str, Any]], names: list[str]) -> None:
    changes.set_weights(
        {
            (names.index(name), int(row)): value
            for row, cells in rows.items()
            for name, value in cells.items()
            if name in names
        }
    )


def examples(model: Model, *, key: str) -> None:
    """Each point with its scores and loss, and whether it is active."""
    table = model.examples().rename(columns={"gradient_norm": GRADIENT})
    table.insert(len(table.columns), "active", np.where(table[GRADIENT] > 0, "yes", ""))
    numbers = [name for name in table.columns if name.startswith("score") or name == GRADIENT]
    st.dataframe(
        table,
        key=key,
        height=352,
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in numbers}
        | {"loss": st.column_config.NumberColumn(format="%.4f")}
        | {name: st.column_config.NumberColumn(format="%.3f") for name in COORDINATES},
    )


def points(now: Play) -> None:
    """An editor for the points that needs no mouse."""
    present = read_points(now.settled)
    table = _point_table(present)
    low, high = float(COORDINATE.low), float(COORDINATE.high)
    st.data_editor(
        table,
        key=_POINTS.name,
        num_rows="dynamic",
        height=352,
        column_config={
            name: st.column_config.NumberColumn(
                required=True, min_value=low, max_value=high, step=0.001
            )
            for name in COORDINATES
        }
        | {"class": st.column_config.SelectboxColumn(options=CLASS_NAMES, required=True)},
        on_change=lambda: _take_points(present, _POINTS.get()),
    )


def _point_table(points: Points) -> pd.DataFrame:
    x1, x2 = points.positions.T
    names = [CLASS_NAMES[label] for label in points.labels]
    return pd.DataFrame({"x1": x1, "x2": x2, "class": names})


def _take_points(before: Points, edits: Edits) -> None:
    """Apply the editor's edits to the points; incomplete rows are ignored until complete."""
    deleted = set(edits["deleted_rows"])
    rows = [
        row | edits["edited_rows"].get(index, {})
        for index, row in enumerate(_point_table(before).to_dict("records"))
        if index not in deleted
    ]
    complete = {*COORDINATES, "class"}
    rows += [row for row in edits["added_rows"] if complete <= _filled(row)]
    changes.take_rows(rows)


def _filled(row: Mapping[str, Any]) -> set[str]:
    return {name for name, value in row.items() if value is not None}
