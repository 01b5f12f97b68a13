"""Options shared by all pages that draw curves."""

from collections.abc import Mapping

from lossopt_core.experiment.measures import SECONDS, X_AXES
from lossopt_core.fields import Choice, Switch
from lossopt_ui.state.kinds import Interval, Option

AXES: Mapping[str, Option] = {
    "log_x": Switch("Log x", False, "Logarithmic x-axis; the start at 0 is left out."),
    "log_y": Switch(
        "Log y",
        False,
        "Logarithmic y-axis. Until you choose, it is logarithmic if all values are positive and"
        " span at least two powers of ten.",
    ),
    "x_limits": Interval("x-axis limits", "In the unit of the axis. Empty: all of the curves."),
    "y_limits": Interval("y-axis limits", "In the unit of the axis. Empty: all of the curves."),
}
"""The axis bar; see `lossopt_ui.figures.axis_bar`."""
WORK: Mapping[str, Option] = {
    "work": Choice(
        "x-axis",
        "epoch",
        {name: label for name, label in X_AXES.items() if name != SECONDS},
        "At equal epochs or gradient evaluations, all runs have done the same work.",
    ),
}
