"""Which settings go with the differences between the selected runs."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lossopt_core.analysis.groups import SEEDS, group_id
from lossopt_core.analysis.importance import MISSING, Importance, Level, importance
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import flat_settings, informative_settings
from lossopt_ui.charts import importance as charts
from lossopt_ui.charts.colours import Theme
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import group_tables
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names, widgets
from lossopt_ui.state.pages.settings import SETTINGS

HOW = (
    "Share: the variance between the means at a setting's values, as a fraction of the variance"
    " between configurations. Line: 95 % of 999 shuffles of the results give a smaller share, so a"
    " pale bar may be chance. It is an association in these runs, not a cause, and it depends on"
    " the values that were tried. Numbers that hardly repeat are grouped into ranges."
)


@dataclass(frozen=True, eq=False)
class Pictured:
    """The importance for a metric in words, with a chart and a table; or why there is none."""

    words: str
    chart: Drawn | None = None
    table: pd.DataFrame | None = None


def show(shown: Sequence[Group], optima: Optima) -> None:
    """Show the shares of all settings for a metric, of each loss if it depends on the loss."""
    widgets.setting("measure", width=320)
    for each in pictures(shown, optima, figure.theme()):
        draw(each)


def draw(pictured: Pictured) -> None:
    """Show a chart with its words and table, or why there is none."""
    if (chart := pictured.chart) is None:
        st.info(names.escape_markdown(pictured.words))
        return
    figure.show(chart.figure, key=chart.key, alt=chart.alt, height=chart.height)
    st.caption(names.escape_markdown(pictured.words), help=HOW)
    st.dataframe(pictured.table, key=f"table-{chart.key}")


def pictures(shown: Sequence[Group], optima: Optima, theme: Theme) -> list[Pictured]:
    """The importance of the settings: for each loss if the metric depends on it."""
    column = widgets.value("measure")
    return [
        judged(*_configurations(members, column, optima), column=column, of=title, theme=theme)
        for title, members in _comparable(shown, column).items()
    ]


def judged(
    settings: Sequence[Mapping[str, Hashable]],
    results: Sequence[float],
    left_out: int,
    *,
    column: str,
    of: str,
    theme: Theme,
) -> Pictured:
    """The importance of settings for some configurations' results, or why there is none.

    `left_out` is the number of configurations without a result, `of` the loss if there are several.
    """
    what = ", ".join(filter(None, (MEASURES[column].label.split(" (")[0], of)))
    try:
        found = importance(settings, results)
    except ValueError as error:
        return Pictured(
            f"{what}: no importance of settings, because {error}." + _left_out(left_out)
        )
    drawn = Drawn(
        f"importance-{of}",
        charts.bars(found, title=f"{what}: importance of settings", theme=theme),
        f"Shares of the variance of {what}: {_shares_in_words(found)}.",
        charts.height_of(found),
    )
    return Pictured(_explained(found) + _left_out(left_out), drawn, _table(found, column))


def _comparable(shown: Sequence[Group], column: str) -> dict[str, list[SavedRun]]:
    """The trained runs, by loss if the metric depends on it."""
    parts: dict[str, list[SavedRun]] = {}
    for each in (member for group in shown for member in group.members):
        if each.experiment is not None:
            of_a_loss = MEASURES[column].of_a_loss
            title = names.value_text("loss", each.experiment.loss) if of_a_loss else ""
            parts.setdefault(title, []).append(each)
    return parts


def _configurations(
    members: Sequence[SavedRun], column: str, optima: Optima
) -> tuple[list[dict[str, Hashable]], list[float], int]:
    """Settings and mean results of the configurations; and how many have no result.

    The seeds of a configuration are no independent evidence on its settings, so each counts once.
    """
    by_id: dict[str, list[SavedRun]] = {}
    for each in members:
        if each.experiment is not None:
            by_id.setdefault(group_id(each.experiment), []).append(each)
    firsts = [runs[0].experiment for runs in by_id.values() if runs[0].experiment is not None]
    informative = [name for name in informative_settings(firsts) if name not in SEEDS]
    settings: list[dict[str, Hashable]] = []
    results = []
    for experiment, runs in zip(firsts, by_id.values(), strict=True):
        values = group_tables.values(runs, column, optima)
        if math.isfinite(mean := math.fsum(values) / len(values)):
            flat = flat_settings(experiment)
            settings.append({name: flat[name] for name in informative if name in flat})
            results.append(mean)
    return settings, results, len(by_id) - len(results)


def _explained(found: Importance) -> str:
    """What the shares are of, and whether they add up."""
    words = [f"{found.n} configurations, each the mean of its seeds."]
    if found.interactions is not None:
        words.append(
            "They are a full grid, so that shares and interactions add up to 100 %. Interactions"
            " include what the seeds leave."
        )
    else:
        words.append(
            "They are not a full grid, so shares may overlap and need not add up to 100 %."
        )
    if found.together:
        pairs = "; ".join(" and ".join(map(_label, pair)) for pair in found.together)
        words.append(f"Shares cannot be told apart where settings vary together: {pairs}.")
    words.append("Association, not cause.")
    return " ".join(words)


def _left_out(count: int) -> str:
    if count == 0:
        return ""
    return (
        f" Left out: {names.counted(count, 'configuration')} with a run that has no result; what"
        " makes runs diverge is not in the shares."
    )


def _shares_in_words(found: Importance) -> str:
    return ", ".join(
        f"{_label(each.setting)} {100 * each.share:.3g} %"
        + " (not more than chance)" * (not each.beyond_chance)
        for each in found.shares
    )


def _label(name: str) -> str:
    return SETTINGS.get(name, name)


def _table(found: Importance, column: str) -> pd.DataFrame:
    """Share, chance, and the best value of each setting."""
    scale, unit = (100.0, " %") if MEASURES[column].percent else (1.0, "")
    rows = {}
    for each in found.shares:
        lowest = MEASURES[column].better != "higher"
        best = (min if lowest else max)(each.levels, key=lambda level: level.mean)
        rows[_label(each.setting)] = {
            "Share (%)": f"{100 * each.share:.3g}",
            "By chance up to (%)": f"{100 * each.chance:.3g}",
            "Values": len(each.levels),
            "Lowest on average" if lowest else "Highest on average": (
                f"{_values(each.setting, best)}: {best.mean * scale:.4g}{unit} (n={best.n})"
            ),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _values(name: str, level: Level) -> str:
    if level.low is MISSING:
        return "not applicable"
    ends = dict.fromkeys(names.value_text(name, each) for each in (level.low, level.high))
    return " to ".join(ends)
