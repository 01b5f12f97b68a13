"""The figures of the Compare page for notebooks and scripts, as plotly objects.

    from lossopt_core import Experiment, train
    from lossopt_ui.notebook import plot, plot_differences

    runs = train([Experiment(loss=loss, seed=k) for loss in ("hinge", "cross_entropy")
                  for k in range(10)])
    for figure in plot(runs, y="test_accuracy").values():
        figure.show()
    plot_differences(runs, baseline=runs[0]).show()

The figures have plotly's template `plotly_white`.  As in the app, figures made elsewhere after this
import have no template unless they name one.
"""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from lossopt_core import Experiment, Run, paired_difference
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.smoothing import SMOOTHINGS
from lossopt_core.experiment.measures import MEASURES, X_AXES, Y_AXES
from lossopt_core.fields import Choice
from lossopt_core.training.run import DIVERGED, FINISHED
from lossopt_ui.charts import groups as group_curves
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.scales import Scales
from lossopt_ui.charts.smoothing import Smoothing
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.runs import group_charts, groups, verdict_line
from lossopt_ui.runs.groups import MAX_GROUPS, Group
from lossopt_ui.state.pages.settings import AUTOMATIC

HEIGHT = 420
THEME: Theme = "light"


def plot(
    runs: Sequence[Run],
    *,
    y: str = "objective",
    x: str = "epoch",
    seeds_together: bool = True,
    centre: str = "mean",
    band: str = "ci",
    smoothing: float = 0.0,
    smooth_with: str = "ema",
    ignore_outliers: bool = False,
    log_x: bool = False,
    log_y: bool = False,
) -> dict[str, go.Figure]:
    """The curves of some runs, by title: one chart, or one for each loss if `y` depends on it.

    Args:
        runs: At most 24 runs or groups of runs.
        y: A column of the history with a metric, see `experiment.measures.Y_AXES`.
        x: "epoch", "update" or "gradient_evaluations".
        seeds_together: Draw runs that differ by seed only as one curve with a band.
        centre, band: How the runs of a group are summarized, see `analysis.groups`.
        smoothing: Weight of the smoothing, from 0 to below 1; the raw curves stay.
        smooth_with: "ema" (exponential moving average) or "gaussian".
        ignore_outliers: Leave outliers out of the y-axis; the chart says how many points.
        log_x, log_y: Logarithmic axes.

    Raises ValueError for unknown names, without runs and for too many curves.
    """
    Choice("", "", Y_AXES, "").check("y", y)
    Choice("", "", X_AXES, "").check("x", x)
    Choice("", "", SMOOTHINGS, "").check("smooth_with", smooth_with)
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be from 0 to below 1, got {smoothing}")
    shown = [each for each in _groups(runs, seeds_together=seeds_together) if _has(each, x, y)]
    if not shown:
        raise ValueError(f"none of the runs has values of {y} over {x}")
    scales = Scales(
        x,
        log_x=log_x,
        log_y=log_y,
        smoothing=Smoothing(smooth_with, smoothing),
        ignore_outliers=ignore_outliers,
    )
    figures = {}
    for title, members in groups.panels(shown, y, AUTOMATIC).items():
        lines = [
            group_curves.group_curve(
                group_charts.legend(each, {m.id: m.history for m in each.members}, y),
                [member.history for member in each.members],
                column=y, x=x, centre=centre, band=band, colour=each.colour, dash=each.dash,
                diverged=any(member.status == DIVERGED for member in each.members),
            )
            for each in members
        ]  # fmt: skip
        figure = group_curves.group_curves(
            lines,
            column=y,
            title=title or MEASURES[y].label.split(" (")[0],
            y_title=Y_AXES[y],
            theme=THEME,
            scales=scales,
        )
        figures[title] = _standalone(figure, HEIGHT)
    return figures


def plot_differences(
    runs: Sequence[Run], baseline: Run | Experiment, *, measure: str = "test_accuracy"
) -> go.Figure:
    """A forest plot: each group of seeds minus that of the baseline, with 95 % intervals.

    Differences are paired by seed and corrected for their number, as in `paired_difference`.  Runs
    that did not finish, and those with another loss if the measure depends on it, are left out.

    Raises ValueError for an unknown measure, and if nothing can be compared with the baseline.
    """
    Choice("", "", MEASURES, "").check("measure", measure)
    experiment = baseline.experiment if isinstance(baseline, Run) else baseline
    shown = _groups(runs, seeds_together=True)
    base = next((each for each in shown if each.key == group_id(experiment)), None)
    if base is None:
        raise ValueError("none of the runs belongs to the baseline")
    others = [
        each
        for each in shown
        if each is not base and (each.loss == base.loss or not MEASURES[measure].of_a_loss)
    ]
    found = {
        each.key: paired_difference(
            _results(base, measure), _results(each, measure), len(others), measure=measure
        )
        for each in others
    }
    drawn = verdict_line.forest_of(shown, base, found, measure, THEME)
    if drawn is None:
        raise ValueError(f"no run has a {measure} that can be compared with the baseline's")
    return _standalone(drawn.figure, drawn.height)


def _groups(runs: Sequence[Run], *, seeds_together: bool) -> list[Group]:
    members = [SavedRun(run.id, run.experiment, run.history, run.status) for run in runs]
    found = groups.group_runs(members, grouped=seeds_together, by=())
    if not 1 <= len(found) <= MAX_GROUPS:
        raise ValueError(f"1 to {MAX_GROUPS} curves can be drawn, got {len(found)}")
    return groups.with_style(found, colour=AUTOMATIC, dash=AUTOMATIC, theme=THEME)


def _has(group: Group, x: str, y: str) -> bool:
    return all(
        {x, y} <= {*member.history} and member.history[y].notna().any() for member in group.members
    )


def _results(group: Group, measure: str) -> dict[Experiment, float]:
    """The end results of the group's runs; NaN where there is none."""
    return {
        each.experiment: float(each.history[measure].iloc[-1])
        if each.status == FINISHED and measure in each.history
        else math.nan
        for each in group.members
        if each.experiment is not None
    }


def _standalone(figure: go.Figure, height: int) -> go.Figure:
    return figure.update_layout(template="plotly_white", height=height)
