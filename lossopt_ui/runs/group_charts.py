"""Curves of the selected runs, or of their differences from a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis.digits import with_spread
from lossopt_core.analysis.groups import BANDS
from lossopt_core.analysis.pairing import difference_curves
from lossopt_core.certify.certificates import problem_settings
from lossopt_core.experiment.measures import MEASURES, SECONDS, Y_AXES
from lossopt_core.training.run import DIVERGED, STOPPED
from lossopt_ui.charts import comparison
from lossopt_ui.charts import groups as group_curves
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.curves import DISTANCES, PERCENT, Level
from lossopt_ui.charts.groups import GroupCurve
from lossopt_ui.charts.scales import (
    NO_LIMITS,
    Limits,
    Scales,
    log_suits,
    of_accuracies,
    without_outliers,
)
from lossopt_ui.charts.smoothing import span_of
from lossopt_ui.charts.training import loss_at_start
from lossopt_ui.figures import axis_bar, figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import groups
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names, widgets
from lossopt_ui.state.pages.settings import AUTOMATIC

PANELS_PER_ROW = 3
MAX_PANELS = 12
MAX_REFERENCES = 3
LEGEND_ROW, LEGEND_ROWS = 42, 12
"""Height of a name in two lines, in pixels; more names than that scroll."""
ACCURACIES = ("train_accuracy", "test_accuracy")
SHARED = "test_accuracy"
"""The first thing to compare where losses differ, whose values mean different things."""


@dataclass(frozen=True)
class Axes:
    """What is on the y-axis, its title, and the scales of both axes."""

    y: str
    y_title: str
    scales: Scales


def choose(shown: Sequence[Group]) -> None:
    """Show the controls of the axes, in one row."""
    with st.container(horizontal=True, vertical_alignment="center"):
        y = widgets.setting(
            "y", suggested=quantity(shown), width="stretch", label_visibility="collapsed"
        )
        axis_bar.show(
            x="x",
            suits_log=_suits_log(shown, y),
            log_only=y in DISTANCES,
            label_visibility="collapsed",
        )


def quantity(shown: Sequence[Group]) -> str:
    """What is on the y-axis: what was chosen, or else something that all curves have in common."""
    chosen: str = widgets.value("y")
    if widgets.is_set("y") or len({group.loss for group in shown}) < 2:
        return chosen
    tested = all(
        SHARED in member.history and member.history[SHARED].notna().any()
        for group in shown
        for member in group.members
    )
    return SHARED if tested else chosen


def chosen_axes(shown: Sequence[Group]) -> Axes:
    """The axes as set by the controls."""
    y = quantity(shown)
    scales = axis_bar.chosen(x="x", suits_log=_suits_log(shown, y), log_only=y in DISTANCES)
    axes = Axes(y, Y_AXES[y], scales)
    if y not in ACCURACIES or scales.log_y or scales.y_limits != NO_LIMITS:
        return axes
    members = (member for group in shown for member in group.members)
    ends = (100.0 * each.history[y].iloc[-1] for each in members if y in each.history)
    return replace(axes, scales=replace(scales, y_limits=of_accuracies(ends)))


def _suits_log(shown: Sequence[Group], column: str) -> bool:
    """Whether a logarithmic y-axis suits the runs that did not diverge."""
    return log_suits(
        member.history[column]
        for group in shown
        for member in group.members
        if member.status != DIVERGED and column in member.history
    )


@dataclass(frozen=True, eq=False)
class Drawn:
    """A chart with its key, alternative text and height in pixels."""

    key: str
    figure: go.Figure
    alt: str
    height: int


def draw(shown: Sequence[Group], baseline: Group | None, optima: Optima) -> None:
    """Show one chart, or several if values are not comparable or a setting splits them."""
    drawn, words = charts(shown, baseline, optima, figure.theme())
    for first in range(0, len(drawn), PANELS_PER_ROW):
        row = drawn[first : first + PANELS_PER_ROW]
        for place, chart in zip(st.columns(len(row)), row, strict=True):
            with place:
                figure.show(chart.figure, key=chart.key, alt=chart.alt, height=chart.height)
    if words:
        st.caption(names.escape_markdown(" ".join(words)))


def charts(
    shown: Sequence[Group], baseline: Group | None, optima: Optima, theme: Theme
) -> tuple[list[Drawn], list[str]]:
    """The charts for the current controls, and the messages to show with them."""
    axes = chosen_axes(shown)
    mixed = groups.mixed(shown, axes.y)
    shown = [group for group in shown if group not in mixed]
    histories = {group.key: _histories(group, axes, optima) for group in shown}
    words = _left_out(shown, histories, axes, optima)
    if mixed:
        out = ", ".join(group.label for group in mixed)
        words.append(f"Left out because a mean over different losses is meaningless: {out}.")
    drawn = [group for group in shown if histories[group.key]]
    delta = widgets.value("delta") and baseline is not None
    if delta and baseline is not None and not histories.get(baseline.key):
        words.append(f"No differences: {baseline.label} has no values for these axes.")
        delta = False
    if delta and baseline is not None:
        curves = _differences(drawn, baseline, histories, axes)
        axes = Axes(axes.y, f"Difference: {axes.y_title}", axes.scales.of_shares())
    else:
        curves = _curves(drawn, histories, axes)
    drawn = [group for group in drawn if group.key in curves]
    facet = widgets.value("facet")
    panels = groups.panels(drawn, axes.y, facet)
    words += _comparability_notes(panels, axes.y)
    words += _explain_spreads(list(curves.values()), delta=delta)
    if len(panels) > MAX_PANELS:
        words.append(f"The first {MAX_PANELS} of {len(panels)} charts are shown.")
    if len(panels) > 1:
        axes = replace(axes, scales=_with_shared_x(axes.scales, list(curves.values())))
    scales_of = dict.fromkeys(panels, axes.scales)
    if facet != AUTOMATIC and len(panels) > 1:
        scales_of = _scales_of_panels(axes, curves, panels)
    return [
        Drawn(
            key=_key(members, title, len(panels)),
            figure=_with_whole_legend(
                group_curves.group_curves(
                    [curves[group.key] for group in members],
                    column=axes.y,
                    title=_title(title, len(panels)),
                    y_title=axes.y_title,
                    theme=theme,
                    scales=scales_of[title],
                    show_members=widgets.value("members"),
                    levels=[] if delta else _references(members, axes.y, optima),
                ),
                len(members),
            ),
            alt=f"{MEASURES[axes.y].label} of {', '.join(m.label for m in members)}.",
            height=310 + LEGEND_ROW * min(len(members), LEGEND_ROWS),
        )
        for title, members in list(panels.items())[:MAX_PANELS]
    ], words


def _explain_spreads(curves: Sequence[GroupCurve], *, delta: bool) -> list[str]:
    """The meaning of ± in the legend and of the bands, if there are any."""
    said = []
    if not delta and any(" ± " in each.name for each in curves):
        said.append("Legend: mean ± standard deviation over the runs.")
    if any((each.table["low"] < each.table["high"]).any() for each in curves):
        band = "95 % CI of the mean difference" if delta else _band_in_words()
        said.append(f"Band: {band}, pointwise.")
    return [" ".join(said)] if said else []


def _band_in_words() -> str:
    label = BANDS[widgets.value("band")].label
    return f"{label[0].lower()}{label[1:]}"


def _title(title: str, panels: int) -> str:
    return title or "All selected runs" if panels == 1 else title


def _with_whole_legend(figure: go.Figure, names: int) -> go.Figure:
    """The chart with all names at once: by default plotly gives them half of the height."""
    figure.update_layout(legend_maxheight=LEGEND_ROW * min(names, LEGEND_ROWS))
    return figure


def _key(members: Sequence[Group], title: str, panels: int) -> str:
    """A key of the chart that stays the same while its curves change, to keep the zoom."""
    if panels == 1:
        return "curves-all"
    loss = members[0].loss
    return f"curves-{loss}" if widgets.value("facet") == AUTOMATIC and loss else f"curves-{title}"


def _histories(group: Group, axes: Axes, optima: Optima) -> dict[str, pd.DataFrame]:
    """The histories of the group's runs that have values for both axes, by run id."""
    found = {}
    column = axes.y
    for member in group.members:
        history: pd.DataFrame | None = member.history
        if column in DISTANCES:
            history = None
            if member.experiment is not None:
                history = optima.distances(member.experiment, member.history)
        if history is None or column not in history:
            continue
        known = [history[name].to_numpy(np.float64) for name in (axes.scales.x, column)]
        if (~np.isnan(known).any(axis=0)).any():
            found[member.id] = history
    return found


def _curves(
    shown: Sequence[Group], histories: Mapping[str, Mapping[str, pd.DataFrame]], axes: Axes
) -> dict[str, GroupCurve]:
    made = {}
    for group in shown:
        made[group.key] = group_curves.group_curve(
            legend(group, histories[group.key], axes.y),
            list(histories[group.key].values()),
            column=axes.y,
            x=axes.scales.x,
            centre=widgets.value("centre"),
            band=widgets.value("band"),
            colour=group.colour,
            dash=group.dash,
            diverged=any(
                member.status == DIVERGED and member.id in histories[group.key]
                for member in group.members
            ),
        )
    return made


def legend(group: Group, histories: Mapping[str, pd.DataFrame], column: str) -> str:
    """'Hinge: 96.2 ± 0.4 % (n=10)' for a group, the label alone for a single run.

    The numbers are over the finished runs; the label says how many are not finished.
    """
    if len(histories) < 2:
        return group.plain
    ended = [m.id for m in group.members if m.status not in (DIVERGED, STOPPED)]
    values = np.array([histories[id][column].iloc[-1] for id in ended if id in histories], float)
    if len(values) == 0:
        return group.plain
    percent = column in PERCENT
    scale, unit = (100.0, " %") if percent else (1.0, "")
    mean = values.mean() * scale
    several = len(values) > 1
    said = with_spread(mean, values.std(ddof=1) * scale) if several else f"{mean:.4g}"
    return f"{group.plain}: {said}{unit} (n={len(values)})"


def _differences(
    shown: Sequence[Group],
    baseline: Group,
    histories: Mapping[str, Mapping[str, pd.DataFrame]],
    axes: Axes,
) -> dict[str, GroupCurve]:
    base = _by_experiment(baseline, histories[baseline.key])
    made = {}
    for group in shown:
        if group.key == baseline.key or (
            MEASURES[axes.y].of_a_loss and group.loss != baseline.loss
        ):
            continue
        mine = _by_experiment(group, histories[group.key])
        table = difference_curves(base, mine, axes.y, axes.scales.x)
        if not table.empty:
            table = table.rename(columns={"difference": "centre"})
            name = f"{group.plain} − {baseline.plain} (n={int(table['n'].max())})"
            made[group.key] = GroupCurve(name, table, group.colour, group.dash)
    return made


def _by_experiment(
    group: Group, histories: Mapping[str, pd.DataFrame]
) -> dict[Experiment, pd.DataFrame]:
    return {
        each.experiment: histories[each.id]
        for each in group.members
        if each.experiment is not None and each.id in histories
    }


def _with_shared_x(scales: Scales, curves: Sequence[GroupCurve]) -> Scales:
    """The scales with the same x limits and smoothing for all charts, to be read together."""
    values = np.concatenate([each.table["x"].to_numpy(np.float64) for each in curves])
    values = values[np.isfinite(values) & ((values > 0) | (not scales.log_x))]
    if len(values) == 0 or values.min() == values.max():
        return scales
    found = Limits(float(values.min()), float(values.max()))
    smoothing = replace(scales.smoothing, span=span_of([each.table for each in curves], "x"))
    return replace(scales, x_limits=scales.x_limits.or_else(found), smoothing=smoothing)


def _scales_of_panels(
    axes: Axes, curves: Mapping[str, GroupCurve], panels: Mapping[str, Sequence[Group]]
) -> dict[str, Scales]:
    """The scales of each chart: with the same y limits for all whose values are comparable.

    These are all charts, or those of one loss.
    """
    by_loss: dict[str | None, list[str]] = {}
    for title, members in panels.items():
        loss = members[0].loss if MEASURES[axes.y].of_a_loss else None
        by_loss.setdefault(loss, []).append(title)
    found: dict[str, Scales] = {}
    for titles in by_loss.values():
        alike = [curves[group.key] for title in titles for group in panels[title]]
        found |= dict.fromkeys(titles, _with_shared_y(axes, alike))
    return found


def _with_shared_y(axes: Axes, curves: Sequence[GroupCurve]) -> Scales:
    """The scales with y limits that hold all of the curves and their bands."""
    scales, unit = axes.scales, 100.0 if axes.y in PERCENT else 1.0
    values = np.concatenate(
        [each.table[["low", "centre", "high"]].to_numpy().ravel() for each in curves]
    )
    values = values[np.isfinite(values) & ((values > 0) | (not scales.log_y))] * unit
    if len(values) == 0:
        return scales
    wanted = scales.y_limits
    if scales.ignore_outliers:
        wanted = wanted.or_else(without_outliers(values, log=scales.log_y))
    low, high = float(values.min()), float(values.max())
    if scales.log_y:
        room = (high / low) ** 0.05
        found = Limits(low / room, high * room)
    else:
        found = Limits(low - 0.05 * (high - low), high + 0.05 * (high - low))
    return replace(scales, y_limits=wanted.or_else(found))


def _references(members: Sequence[Group], column: str, optima: Optima) -> list[Level]:
    """Reference lines: loss at zero weights, chance level, certified optimum."""
    experiments = [each for group in members for each in group.experiments]
    if not widgets.value("reference") or not experiments:
        return []
    levels: list[Level] = []
    if column in PERCENT:
        shares = {1.0 / each.size.classes for each in experiments}
        levels = [Level(100.0 * share, f"chance: {share:.0%}") for share in shares]
    elif column in ("objective", "data_loss"):
        starts = {loss_at_start(each) for each in experiments}
        levels = [Level(start, f"zero weights: {start:.4g}") for start in starts]
    if column == "objective":
        levels += _optimum_levels(experiments, optima)
    return levels if len(levels) <= MAX_REFERENCES else []


def _optimum_levels(experiments: Sequence[Experiment], optima: Optima) -> list[Level]:
    """A line for each objective whose optimum is known; several are labelled by their settings."""
    problems = {_without_training(each): optima.of(each) for each in experiments}
    best = {each: known.objective for each, known in problems.items() if known is not None}
    which = (
        [""] if len(best) == 1 else [f", {name}" for name in names.distinguishing_names(list(best))]
    )
    return [
        Level(value, f"optimum{problem}: {value:.4g}", at_left=True)
        for problem, value in zip(which, best.values(), strict=True)
    ]


def _without_training(experiment: Experiment) -> Experiment:
    """The same objective with default training settings."""
    # The default batch size may be too large for a small data set.
    return Experiment(**problem_settings(experiment), batch_size=1)


def _left_out(
    shown: Sequence[Group],
    histories: Mapping[str, Mapping[str, pd.DataFrame]],
    axes: Axes,
    optima: Optima,
) -> list[str]:
    out = [group.label for group in shown if not histories[group.key]]
    if not out:
        return []
    why = "they have no values for these axes"
    if axes.scales.x == SECONDS:
        why = "only runs trained alone, as on the Train page, are timed"
    elif axes.y in DISTANCES:
        known = "being computed" if optima.pending else "unknown"
        why = f"the optimum is {known}"
    return [f"Left out because {why}: {', '.join(out)}."]


def _comparability_notes(panels: Mapping[str, Sequence[Group]], column: str) -> list[str]:
    words = []
    curves_of = [[group.experiments for group in members] for members in panels.values()]
    if hidden := comparison.incomparable_settings(curves_of, column):
        words.append(f"These runs differ in {hidden}, so their values are not comparable.")
    several = {group.loss for members in panels.values() for group in members}
    if MEASURES[column].of_a_loss and len(several) > 1:
        words.append("Values of different losses are not comparable: each loss has its own chart.")
    return words
