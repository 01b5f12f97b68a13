"""A table that follows the slider of `time_travel` without requests to the server."""

from collections.abc import Sequence

from lossopt_ui.charts.frames import Frames
from lossopt_ui.figures import components

_component = components.declared("lossopt_moving_table", __file__)
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
