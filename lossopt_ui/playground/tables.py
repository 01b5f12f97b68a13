"""The numbers of a model as tables: its parameters, its examples, and the points themselves."""

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
Edits = Mapping[str, Any]
"""What was changed in an editor: its `edited_rows`, `added_rows` and `deleted_rows`."""
_POINTS: WidgetKey[Edits] = WidgetKey("point_table")


def parameters(model: Model, *, key: str, editable: bool) -> None:
    """W and b, one row a feature, with the gradient of the total beside each."""
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
    # A new name for every state: the editor would show old edits over new weights.
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
        columns |= {f"W of {name}": weights, f"∂ of {name}": gradient}
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
    """Each point with its scores and its loss, and how much it pulls."""
    table = model.examples()
    table.insert(len(table.columns), "who pulls", np.where(table["pull"] > 0, "pulls", ""))
    numbers = [name for name in table.columns if name.startswith("score") or name == "pull"]
    st.dataframe(
        table,
        key=key,
        height=352,
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in numbers}
        | {"loss": st.column_config.NumberColumn(format="%.4f")}
        | {name: st.column_config.NumberColumn(format="%.3f") for name in COORDINATES},
    )


def points(now: Play) -> None:
    """The points, to be changed without a mouse."""
    present = read_points(now.settled)
    table = _point_table(present)
    coordinate = {"min_value": COORDINATE.low, "max_value": COORDINATE.high, "step": 0.001}
    st.data_editor(
        table,
        key=_POINTS.name,
        num_rows="dynamic",
        height=352,
        column_config={
            name: st.column_config.NumberColumn(required=True, **coordinate) for name in COORDINATES
        }
        | {"class": st.column_config.SelectboxColumn(options=CLASS_NAMES, required=True)},
        on_change=lambda: _take_points(present, _POINTS.get()),
    )


def _point_table(points: Points) -> pd.DataFrame:
    x1, x2 = points.positions.T
    names = [CLASS_NAMES[label] for label in points.labels]
    return pd.DataFrame({"x1": x1, "x2": x2, "class": names})


def _take_points(present: Points, told: Edits) -> None:
    """The table as it was with what its editor says was changed; rows half filled in wait."""
    deleted = set(told["deleted_rows"])
    rows = [
        row | told["edited_rows"].get(index, {})
        for index, row in enumerate(_point_table(present).to_dict("records"))
        if index not in deleted
    ]
    complete = {*COORDINATES, "class"}
    rows += [row for row in told["added_rows"] if complete <= _filled(row)]
    changes.take_rows(rows)


def _filled(row: Mapping[str, Any]) -> set[str]:
    return {name for name, value in row.items() if value is not None}
