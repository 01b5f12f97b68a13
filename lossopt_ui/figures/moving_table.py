"""A table that follows the slider of `time_travel` without requests to the server."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from lossopt_ui.charts.frames import Frames

_HERE = Path(__file__)
_component = st.components.v2.component(
    "lossopt_moving_table",
    html=_HERE.with_suffix(".html").read_text(encoding="utf-8"),
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)
Rows = Sequence[Sequence[str]]


def show(
    title: str, columns: Sequence[str], rows: Sequence[Rows], frames: Frames | None, *, key: str
) -> None:
    """Show the rows of the selected point; without `frames`, those of the last point."""
    _component(
        key=key,
        data={
            "title": title,
            "columns": list(columns),
            "rows": rows if frames else rows[-1:],
            "clock": frames.clock if frames else "",
            "which": list(frames.which) if frames else [0],
        },
    )
