"""The first answer of the Compare page: a sentence, and the differences from the baseline."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from lossopt_core.analysis.digits import with_spread
from lossopt_core.analysis.paired_inference import MIN_PAIRS
from lossopt_core.analysis.pairing import PairedDifference
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts import forest
from lossopt_ui.charts.colours import INK, Theme
from lossopt_ui.charts.forest import Difference
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import differences, group_tables
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names, widgets

MAX_ROWS = 16
"""Rows of the forest plot; the others are in the table of differences."""


def paired(
    shown: Sequence[Group], baseline: Group | None, optima: Optima
) -> Mapping[str, PairedDifference]:
    """The differences of all comparable groups from the baseline, by their keys."""
    if baseline is None:
        return {}
    others = [group for group in shown if group.key != baseline.key]
    return differences.paired(others, baseline, widgets.value("measure"), optima)


def sentences(
    shown: Sequence[Group],
    baseline: Group | None,
    found: Mapping[str, PairedDifference],
    optima: Optima,
) -> list[str]:
    """The verdict on the group that is furthest ahead of the baseline, and what limits it."""
    column = widgets.value("measure")
    if len(shown) == 1:
        return [_alone(shown[0], column, optima)]
    if baseline is None:
        return []
    counts = [each.n for each in found.values()]
    if counts and max(counts) < MIN_PAIRS:
        ahead = _ahead_so_far(shown, column, optima)
        return [ahead, _too_few(baseline, max(counts))] if ahead else []
    best = _furthest_ahead([group for group in shown if group.key in found], found, column)
    if best is None:
        others = [group for group in shown if group.key != baseline.key]
        return [differences.sentence(others[0], baseline, column, None, str)]
    said = [differences.sentence(best, baseline, column, found[best.key], str)]
    if len(found) > 1:
        said[0] = f"Furthest ahead of {len(found)} curves compared: {said[0]}"
    said[0] = f"{MEASURES[column].label.split(' (')[0]}. {said[0]}"
    said += differences.confounded([best], baseline, column, optima, str)
    return [*said, *_one_rate(shown)]


def _alone(group: Group, column: str, optima: Optima) -> str:
    """'Hinge: test accuracy (%) 95.6 ± 0.4 (standard deviation, 5 runs).'"""
    found = np.array(group_tables.values(group.members, column, optima))
    found = found[np.isfinite(found)] * (100.0 if MEASURES[column].percent else 1.0)
    what = MEASURES[column].label
    if len(found) == 0:
        return f"{group.label}: no result yet for {what.lower()}."
    if len(found) == 1:
        return f"{group.label}: {what.lower()} {found[0]:.4g}, one run."
    spread = with_spread(found.mean(), found.std(ddof=1))
    return f"{group.label}: {what.lower()} {spread} (standard deviation, {len(found)} runs)."


def _ahead_so_far(shown: Sequence[Group], column: str, optima: Optima) -> str:
    """'Highest test accuracy (%) so far: Hinge, 98.9 (2 runs).'"""
    measure = MEASURES[column]
    means = {}
    for group in shown:
        found = np.array(group_tables.values(group.members, column, optima))
        if len(found) and np.isfinite(found).all():
            means[group] = float(found.mean()) * (100.0 if measure.percent else 1.0)
    if not means or (measure.of_a_loss and len({group.loss for group in means}) > 1):
        return ""
    ahead = (min if measure.better == "lower" else max)(means, key=means.__getitem__)
    which = "Lowest" if measure.better == "lower" else "Highest"
    runs = names.counted(len(ahead.members), "run")
    what = f"{measure.label[0].lower()}{measure.label[1:]}"
    return f"{which} {what} so far: {ahead.label}, {means[ahead]:.4g} ({runs})."


def _too_few(baseline: Group, pairs: int) -> str:
    seeds = "one seed" if pairs == 1 else f"{pairs} seeds" if pairs else "no seeds"
    return (
        f"The curves share {seeds} with {baseline.label}: too few to tell a difference from"
        f" chance. Train at least {MIN_PAIRS} seeds of each."
    )


def _furthest_ahead(
    groups: Sequence[Group], found: Mapping[str, PairedDifference], column: str
) -> Group | None:
    """The group with the best mean difference; None without a finite one."""
    sign = -1.0 if MEASURES[column].better == "lower" else 1.0
    known = [
        group
        for group in groups
        if np.isfinite(found[group.key].difference) and found[group.key].n >= MIN_PAIRS
    ]
    return max(known, key=lambda group: sign * found[group.key].difference, default=None)


def _one_rate(shown: Sequence[Group]) -> list[str]:
    """A caveat if losses or optimizers are compared at one learning rate for all.

    Two of several groups may have the same one because it is the best for both.
    """
    experiments = [each for group in shown for each in group.experiments]
    rates = {each.learning_rate for each in experiments}
    kinds = {(each.loss, each.optimizer) for each in experiments}
    if len(rates) > 1 or len(kinds) == 1:
        return []
    who = "Both" if len(shown) == 2 else "All"
    return [
        f"{who} have learning rate {rates.pop():g}, which may suit one of them better; tune each"
        " for a fair comparison."
    ]


def show(said: Sequence[str]) -> None:
    """Show the verdict above the charts."""
    if said:
        st.markdown(f"**{names.escape_markdown(said[0])}**")
    if said[1:]:
        st.caption(names.escape_markdown(" ".join(said[1:])))


def chart(
    shown: Sequence[Group],
    baseline: Group | None,
    found: Mapping[str, PairedDifference],
    theme: Theme,
) -> Drawn | None:
    """The forest plot of the differences in the chosen measure; None without any."""
    return forest_of(shown, baseline, found, widgets.value("measure"), theme)


def forest_of(
    shown: Sequence[Group],
    baseline: Group | None,
    found: Mapping[str, PairedDifference],
    column: str,
    theme: Theme,
) -> Drawn | None:
    """The forest plot of differences in a measure, the best first; None without any."""
    measure = MEASURES[column]
    known = [
        group for group in shown if group.key in found and np.isfinite(found[group.key].difference)
    ]
    if baseline is None or not known:
        return None
    descending = measure.better != "lower"
    known.sort(key=lambda group: found[group.key].difference, reverse=descending)
    scale, unit = (100.0, " points") if measure.percent else (1.0, "")
    rows = [
        Difference(
            label=_short(group.plain),
            value=found[group.key].difference * scale,
            low=found[group.key].low * scale,
            high=found[group.key].high * scale,
            colour=group.colour,
            pairs=found[group.key].n,
        )
        for group in known[:MAX_ROWS]
    ]
    at_zero = Difference(
        f"{_short(baseline.plain)} (baseline)", 0.0, math.nan, math.nan, INK[theme], 0
    )
    what = measure.label.split(" (")[0]
    better = {"higher": "right is better", "lower": "left is better", "": ""}[measure.better]
    drawn = forest.forest(
        [at_zero, *rows],
        title=f"{what} vs baseline",
        x_title=", ".join(filter(None, [f"Difference{f' ({unit.strip()})' * bool(unit)}", better])),
        theme=theme,
        unit=unit,
    )
    alt = f"Differences in {what.lower()} from {baseline.label}: " + "; ".join(
        f"{row.label} {row.value:+.3g}{unit}" for row in rows
    )
    return Drawn("forest", drawn, alt, forest.height_of(1 + len(rows)))


def _short(label: str) -> str:
    """A label that leaves room for the chart."""
    return label if len(label) <= 42 else f"{label[:41]}…"


def draw(drawn: Drawn | None, found: Mapping[str, PairedDifference]) -> None:
    """Show the forest plot, and how its intervals were computed."""
    if drawn is None:
        return
    figure.show(drawn.figure, key=drawn.key, alt=drawn.alt, height=drawn.height)
    with_interval = {
        key: each for key, each in found.items() if np.isfinite(each.low) and each.n >= MIN_PAIRS
    }
    words = differences.note(with_interval) if with_interval else ""
    hollow = "Hollow dots: too few seeds for an interval." * (len(with_interval) < len(found))
    none = sum(not np.isfinite(each.difference) for each in found.values())
    absent = f"Without a comparable result: {names.counted(none, 'curve')}." if none else ""
    if said := " ".join(filter(None, (words, hollow, absent))):
        st.caption(said)
