"""Curves of lanes: configurations side by side, each trained over one or several seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from lossopt_core import Certificate
from lossopt_core.experiment.measures import Y_AXES
from lossopt_ui.charts import escapes
from lossopt_ui.charts.colours import GREY, Theme
from lossopt_ui.charts.curves import EPOCHS, Level
from lossopt_ui.charts.groups import GroupCurve, group_curve, group_curves
from lossopt_ui.charts.scales import Limits, Scales, log_suits, of_accuracies
from lossopt_ui.charts.training import optimum_band

Spread = Literal["ci", "range"]
SPREADS: Mapping[Spread, str] = {
    "ci": "95 % CI of the mean over seeds, pointwise",
    "range": "minimum to maximum over seeds",
}
PARTS = {
    "objective": "objective",
    "data_loss": "data loss",
    "penalty": "penalty",
    "test_loss": "test loss",
    "train_accuracy": "training",
    "test_accuracy": "test",
}
"""What a column is called in the legend of a chart of several columns."""
GHOST_WIDTH = 1.0


@dataclass(frozen=True, eq=False)
class Lane:
    """A configuration: its name, its colour, and the history of each of its seeds.

    As recorded in `Run.history`, and with the columns of `with_distance` for a distance.  A chart
    shows the mean over the seeds as far as all of them reach; so leave out seeds that are still
    being trained, except for the first.
    """

    label: str
    colour: str
    histories: Sequence[pd.DataFrame]

    @property
    def diverged(self) -> int:
        """The number of seeds that diverged."""
        return sum(map(escapes.has_diverged, self.histories))


def suits_log(lanes: Sequence[Lane], columns: Sequence[str]) -> bool:
    """Whether a logarithmic y-axis suits these columns: positive, and two decades or more.

    Diverged seeds do not count.
    """
    return log_suits(
        history[column]
        for lane in lanes
        for history in lane.histories
        if not escapes.has_diverged(history)
        for column in columns
    )


def curves(
    lanes: Sequence[Lane],
    *,
    columns: Sequence[str],
    title: str,
    theme: Theme,
    y_title: str | None = None,
    scales: Scales = EPOCHS,
    spread: Spread = "ci",
    ghosts: Sequence[Lane] = (),
    optimum: Certificate | None = None,
    optimum_of: str = "",
    levels: Sequence[Level] = (),
) -> go.Figure:
    """One line per lane and column, over all lanes' seeds, with a band from two seeds on.

    columns     history columns of one unit, such as ("train_accuracy", "test_accuracy"); those of
                the test set are dashed
    spread      the band: the 95 % confidence interval of the mean, or the range of the seeds
    ghosts      lanes from before a change: thin and grey, under their own labels
    optimum     its objective and proven lower bound, if all lanes minimise the same objective
    optimum_of  what it is the optimum of, such as "the first split", if not of all seeds

    A lane that diverged is cut where it leaves the other curves, and marked there; see `escapes`.
    """
    behind = [
        _ghost(each.label, line, theme)
        for each in ghosts
        for line in _lines(each, columns, scales.x, spread)
    ]
    lines = [line for each in lanes for line in _lines(each, columns, scales.x, spread)]
    return group_curves(
        behind + lines,
        column=columns[0],
        title=title,
        y_title=y_title or Y_AXES[columns[0]],
        theme=theme,
        scales=scales,
        levels=levels,
        bands=optimum_band(optimum, optimum_of),
        spread=SPREADS[spread],
    )


def accuracy_limits(lanes: Sequence[Lane], columns: Sequence[str]) -> Limits:
    """The limits of a chart of these accuracies."""
    return of_accuracies(
        100.0 * table[column].iloc[-1]
        for lane in lanes
        for table in lane.histories
        for column in columns
    )


def _lines(lane: Lane, columns: Sequence[str], x: str, spread: Spread) -> list[GroupCurve]:
    """One curve per column that the lane has values of."""
    return [
        group_curve(
            lane.label if len(columns) == 1 else f"{lane.label}, {PARTS.get(column, column)}",
            lane.histories,
            column=column,
            x=x,
            centre="mean",
            band=spread,
            colour=lane.colour,
            dash="dash" if column.startswith("test") else "solid",
            diverged=lane.diverged > 0,
        )
        for column in columns
        if lane.histories
    ]


def _ghost(label: str, line: GroupCurve, theme: Theme) -> GroupCurve:
    """The line alone, thin and grey; all lines of a ghost share its label."""
    centre = line.table["centre"]
    return replace(
        line,
        name=label,
        table=line.table.assign(low=centre, high=centre),
        colour=GREY[theme],
        width=GHOST_WIDTH,
        members=(),
        ghost=True,
    )
