"""The curves of chosen runs: as they are, or as differences to a baseline."""

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
from lossopt_ui.charts import comparison, groups
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.curves import DISTANCES, PERCENT, Level
from lossopt_ui.charts.groups import GroupCurve
from lossopt_ui.charts.training import loss_at_start
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import lines
from lossopt_ui.runs.lines import Line
from lossopt_ui.state import names, widgets
from lossopt_ui.state.pages.settings import BY_ITSELF

PANELS_IN_A_ROW = 3
MOST_PANELS = 12
MOST_REFERENCES = 3


@dataclass(frozen=True)
class Axes:
    """What stands on the axes, and how."""

    x: str
    y: str
    log_x: bool
    log_y: bool
    y_title: str
    y_range: tuple[float, float] | None = None
    x_range: tuple[float, float] | None = None


def choose() -> None:
    """The widgets of the axes, in one line."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        y = widgets.setting("y", width=320)
        widgets.setting("x", width=280)
        widgets.setting("log_x")
        widgets.setting("log_y", disabled=y in DISTANCES)


def chosen_axes() -> Axes:
    """The axes as they are chosen."""
    x, y, log_x, log_y = map(widgets.value, ("x", "y", "log_x", "log_y"))
    return Axes(x, y, log_x, log_y or y in DISTANCES, Y_AXES[y])


@dataclass(frozen=True, eq=False)
class Drawn:
    """A chart of some lines, with what it is called and how it is told."""

    key: str
    figure: go.Figure
    alt: str
    height: int


def draw(shown: Sequence[Line], baseline: Line | None, optima: Optima) -> None:
    """A chart, or several where values cannot be compared or a setting splits them."""
    drawn, words = charts(shown, baseline, optima, figure.theme())
    for each in words:
        st.caption(names.in_markdown(each))
    for first in range(0, len(drawn), PANELS_IN_A_ROW):
        row = drawn[first : first + PANELS_IN_A_ROW]
        for place, chart in zip(st.columns(len(row)), row, strict=True):
            with place:
                figure.show(chart.figure, key=chart.key, alt=chart.alt, height=chart.height)


def charts(
    shown: Sequence[Line], baseline: Line | None, optima: Optima, theme: Theme
) -> tuple[list[Drawn], list[str]]:
    """The charts of the present choices of view, and what has to be said with them."""
    axes = chosen_axes()
    mixed = lines.mixed(shown, axes.y)
    shown = [line for line in shown if line not in mixed]
    histories = {line.key: _histories(line, axes, optima) for line in shown}
    words = _who_is_left_out(shown, histories, axes, optima)
    if mixed:
        out = ", ".join(line.label for line in mixed)
        words.append(f"Left out, as a mean over runs of several losses means nothing: {out}.")
    drawn = [line for line in shown if histories[line.key]]
    delta = widgets.value("delta") and baseline is not None
    if delta and baseline is not None and not histories.get(baseline.key):
        words.append(f"No differences: {baseline.label} has no curve along these axes.")
        delta = False
    if delta and baseline is not None:
        strands = _differences(drawn, baseline, histories, axes)
        axes = replace(axes, log_y=False, y_title=f"Difference: {axes.y_title}")
    else:
        strands = _strands(drawn, histories, axes)
    drawn = [line for line in drawn if line.key in strands]
    facet = widgets.value("facet")
    panels = lines.panels(drawn, axes.y, facet)
    words += _what_the_axes_hide(panels, axes.y)
    words += _what_spreads_are(list(strands.values()), delta=delta)
    if len(panels) > MOST_PANELS:
        words.append(f"The first {MOST_PANELS} of {len(panels)} charts are shown.")
    if len(panels) > 1:
        axes = _across_alike(axes, list(strands.values()))
    if facet != BY_ITSELF and len(panels) > 1:
        axes = _alike(axes, list(strands.values()), panels)
    return [
        Drawn(
            key=_key(members, title, len(panels)),
            figure=groups.group_curves(
                [strands[line.key] for line in members],
                column=axes.y,
                x=axes.x,
                title=_title(title, len(panels)),
                y_title=axes.y_title,
                theme=theme,
                log_x=axes.log_x,
                log_y=axes.log_y,
                show_members=widgets.value("members") or widgets.value("smoothing") > 0,
                levels=[] if delta else _references(members, axes.y, optima),
                y_range=axes.y_range,
                x_range=axes.x_range,
            ),
            alt=f"{MEASURES[axes.y].label} of {', '.join(m.label for m in members)}.",
            height=380 + 22 * min(len(members), 12),
        )
        for title, members in list(panels.items())[:MOST_PANELS]
    ], words


def _what_spreads_are(strands: Sequence[GroupCurve], *, delta: bool) -> list[str]:
    """What ± in the legend and the bands stand for, where there are any."""
    said = []
    if not delta and any(" ± " in each.name for each in strands):
        said.append("In the legend, ± is the standard deviation over the runs.")
    if any((each.table["low"] < each.table["high"]).any() for each in strands):
        band = "95 % interval of the mean difference" if delta else _band_in_words()
        said.append(f"Band: {band}, at each point by itself.")
    return [" ".join(said)] if said else []


def _band_in_words() -> str:
    label = BANDS[widgets.value("band")].label
    return f"{label[0].lower()}{label[1:]}"


def _title(title: str, panels: int) -> str:
    smoothing = widgets.value("smoothing")
    words = title or "All selected runs" if panels == 1 else title
    return f"{words}, smoothed by {smoothing:g} (raw behind)" if smoothing else words


def _key(members: Sequence[Line], title: str, panels: int) -> str:
    """A name of the chart that stays while its curves change, so that zoom does."""
    if panels == 1:
        return "curves-all"
    loss = members[0].loss
    return f"curves-{loss}" if widgets.value("facet") == BY_ITSELF and loss else f"curves-{title}"


def _histories(line: Line, axes: Axes, optima: Optima) -> dict[str, pd.DataFrame]:
    """The histories of the line's runs that have both axes, by the runs' ids."""
    found = {}
    column = axes.y
    for member in line.members:
        history: pd.DataFrame | None = member.history
        if column in DISTANCES:
            known = member.experiment is not None
            history = optima.distances(member.experiment, member.history) if known else None
        if history is None or column not in history:
            continue
        if history[[axes.x, column]].notna().all(axis=1).any():
            found[member.id] = history
    return found


def _strands(
    shown: Sequence[Line], histories: Mapping[str, Mapping[str, pd.DataFrame]], axes: Axes
) -> dict[str, GroupCurve]:
    smoothing = widgets.value("smoothing")
    made = {}
    for line in shown:
        made[line.key] = groups.group_curve(
            _legend(line, histories[line.key], axes.y),
            list(histories[line.key].values()),
            column=axes.y,
            x=axes.x,
            centre=widgets.value("centre"),
            band=widgets.value("band"),
            colour=line.colour,
            dash=line.dash,
        )
    if smoothing:
        return dict(zip(made, groups.all_smoothed(list(made.values()), smoothing), strict=True))
    return made


def _legend(line: Line, histories: Mapping[str, pd.DataFrame], column: str) -> str:
    """'Hinge: 96.2 ± 0.4 % (n=10)' for a group, the label alone for a run.

    The numbers are those of the runs that came to their end; the label says how many did not.
    """
    if len(histories) < 2:
        return line.plain
    ended = [m.id for m in line.members if m.status not in (DIVERGED, STOPPED)]
    values = np.array([histories[id][column].iloc[-1] for id in ended if id in histories], float)
    if len(values) == 0:
        return line.plain
    percent = column in PERCENT
    scale, unit = (100.0, " %") if percent else (1.0, "")
    mean = values.mean() * scale
    several = len(values) > 1
    said = with_spread(mean, values.std(ddof=1) * scale) if several else f"{mean:.4g}"
    return f"{line.plain}: {said}{unit} (n={len(values)})"


def _differences(
    shown: Sequence[Line],
    baseline: Line,
    histories: Mapping[str, Mapping[str, pd.DataFrame]],
    axes: Axes,
) -> dict[str, GroupCurve]:
    base = _by_experiment(baseline, histories[baseline.key])
    made = {}
    for line in shown:
        if line.key == baseline.key or (MEASURES[axes.y].of_a_loss and line.loss != baseline.loss):
            continue
        table = difference_curves(base, _by_experiment(line, histories[line.key]), axes.y, axes.x)
        if not table.empty:
            table = table.rename(columns={"difference": "centre"})
            name = f"{line.plain} − {baseline.plain} (n={int(table['n'].max())})"
            made[line.key] = GroupCurve(name, table, line.colour, line.dash)
    return made


def _by_experiment(
    line: Line, histories: Mapping[str, pd.DataFrame]
) -> dict[Experiment, pd.DataFrame]:
    return {
        each.experiment: histories[each.id]
        for each in line.members
        if each.experiment is not None and each.id in histories
    }


def _across_alike(axes: Axes, strands: Sequence[GroupCurve]) -> Axes:
    """The same with one range across, so that charts beside each other are read together."""
    values = np.concatenate([each.table["x"].to_numpy(np.float64) for each in strands])
    values = values[np.isfinite(values) & ((values > 0) | (not axes.log_x))]
    if len(values) == 0 or values.min() == values.max():
        return axes
    ends = np.array([values.min(), values.max()])
    low, high = np.log10(ends) if axes.log_x else ends
    return replace(axes, x_range=(float(low), float(high)))


def _alike(axes: Axes, strands: Sequence[GroupCurve], panels: Mapping[str, Sequence[Line]]) -> Axes:
    """The same with one range for all charts, where their values can be compared."""
    if (
        MEASURES[axes.y].of_a_loss
        and len({line.loss for each in panels.values() for line in each}) > 1
    ):
        return axes
    scale = 100.0 if axes.y in PERCENT else 1.0
    values = np.concatenate(
        [each.table[["low", "centre", "high"]].to_numpy().ravel() for each in strands]
    )
    values = values[np.isfinite(values) & ((values > 0) | (not axes.log_y))] * scale
    if len(values) == 0:
        return axes
    low, high = float(values.min()), float(values.max())
    if axes.log_y:
        low, high = float(np.log10(low)), float(np.log10(high))
    room = 0.05 * (high - low)
    return replace(axes, y_range=(low - room, high + room))


def _references(members: Sequence[Line], column: str, optima: Optima) -> list[Level]:
    """The loss of zero weights, chance, and the best that is proved to be possible."""
    experiments = [each for line in members for each in line.experiments]
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
        levels += _best_possible(experiments, optima)
    return levels if len(levels) <= MOST_REFERENCES else []


def _best_possible(experiments: Sequence[Experiment], optima: Optima) -> list[Level]:
    """A level for each problem whose best is known; of several each says which it is."""
    problems = {_without_training(each): optima.of(each) for each in experiments}
    best = {each: known.objective for each, known in problems.items() if known is not None}
    which = [""] if len(best) == 1 else [f", {name}" for name in names.tell_apart(list(best))]
    return [
        Level(value, f"best possible{problem}: {value:.4g}", at_left=True)
        for problem, value in zip(which, best.values(), strict=True)
    ]


def _without_training(experiment: Experiment) -> Experiment:
    """The same objective, trained in the same way whatever the experiment's way was."""
    # The default minibatch may be larger than small data.
    return Experiment(**problem_settings(experiment), batch_size=1)


def _who_is_left_out(
    shown: Sequence[Line],
    histories: Mapping[str, Mapping[str, pd.DataFrame]],
    axes: Axes,
    optima: Optima,
) -> list[str]:
    out = [line.label for line in shown if not histories[line.key]]
    if not out:
        return []
    why = "they were not measured along these axes"
    if axes.x == SECONDS:
        why = "only runs that were trained alone, as on the train page, have a time of their own"
    elif axes.y in DISTANCES:
        known = "being computed" if optima.pending else "not known"
        why = f"the best possible objective is {known}"
    return [f"Left out, as {why}: {', '.join(out)}."]


def _what_the_axes_hide(panels: Mapping[str, Sequence[Line]], column: str) -> list[str]:
    words = []
    groups_of = [
        {each.id: each for line in members for each in line.experiments}
        for members in panels.values()
    ]
    if hidden := comparison.incomparable_settings(groups_of, column):
        words.append(
            f"Mind that these runs differ in {hidden}: their values mean different things."
        )
    several = {line.loss for members in panels.values() for line in members}
    if MEASURES[column].of_a_loss and len(several) > 1:
        words.append(
            "The runs have different losses, whose values cannot be compared: each loss has an"
            " axis of its own."
        )
    return words
