"""Options of every page that draws curves."""

from collections.abc import Mapping

from lossopt_core.experiment.measures import SECONDS, X_AXES
from lossopt_core.fields import Choice, Switch
from lossopt_ui.state.kinds import Option

AXES: Mapping[str, Option] = {
    "log_x": Switch("Log x", False, "Logarithmic horizontal axis; the start at 0 is left out."),
    "log_y": Switch("Log y", False, "Logarithmic vertical axis."),
}
WORK: Mapping[str, Option] = {
    "work": Choice(
        "Horizontal axis",
        "gradient_evaluations",
        {name: label for name, label in X_AXES.items() if name != SECONDS},
        "At equal gradient evaluations both have done the same work.",
    ),
}
