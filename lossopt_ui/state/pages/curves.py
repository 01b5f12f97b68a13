"""Options shared by all pages that draw curves, or runs as points."""

from collections.abc import Mapping

from lossopt_core.analysis.smoothing import SMOOTHINGS
from lossopt_core.experiment.measures import SECONDS, X_AXES
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.state.kinds import Interval, Option
from lossopt_ui.state.pages.settings import AUTOMATIC, BY_SETTING, RESULTS, SETTINGS

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
    "ignore_outliers": Switch(
        "Ignore outliers",
        False,
        "Fits the y-axis to all values but outliers: those further from the quartiles than 1.5"
        " times the interquartile range. The chart says how many points lie outside.",
    ),
    "smoothing": Number(
        "Smoothing",
        0.0,
        0.0,
        0.99,
        "Weight of the previous value in a curve of 60 points; 0 is off. The raw curve stays"
        " visible. Bands, tables and verdicts are not smoothed.",
    ),
    "smooth_with": Choice(
        "Smooth with",
        "ema",
        {name: kind.label for name, kind in SMOOTHINGS.items()},
        "Both weight by distance in x, so the result does not depend on how often a run was"
        " evaluated. The moving average lags behind the curve; a Gaussian looks both ways.",
    ),
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
SCATTER: Mapping[str, Option] = {
    "scatter_x": Choice(
        "x-axis", "train_accuracy", RESULTS | SETTINGS, "Metric or parameter on the x-axis."
    ),
    "scatter_colour": Choice(
        "Colour",
        AUTOMATIC,
        BY_SETTING | RESULTS,
        "Parameter or metric that colours the points. Automatic: the first parameter that varies.",
    ),
}
"""What a scatter plot of runs shows besides its metric."""
