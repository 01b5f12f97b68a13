"""Ranks of configurations over the data sets that all of them ran on."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis.groups import SEEDS
from lossopt_core.analysis.ranks import MIN_DATA_SETS, MIN_FOR_DIFFERENCE, Ranking, ranking
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings, flat_settings
from lossopt_core.training.run import DIVERGED
from lossopt_ui.charts import strips
from lossopt_ui.charts.colours import LINES, Theme
from lossopt_ui.charts.strips import Strip
from lossopt_ui.charts.texts import plain
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.figures import figure
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import group_tables
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names, widgets

HOW = (
    "Results on different data sets are not comparable, so configurations are ranked within each:"
    " 1 is best, and equal results share the mean of their ranks. The test is Friedman's, by 9,999"
    " permutations within data sets; the critical difference is Nemenyi's (Demšar 2006, JMLR 7)."
)
MAX_OPTION = 40
"""Longest text of an option in the name of a data set, such as the hash of uploaded data."""
TITLE = "Ranks over data sets"
_Key = tuple[tuple[str, Hashable], ...]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Configurations by label, in the order of their mean ranks, and the data sets' names."""

    labels: Sequence[str]
    datasets: Sequence[str]
    results: np.ndarray
    ranking: Ranking
    left_out: Sequence[str]


def show(shown: Sequence[Group], optima: Optima) -> None:
    """Show the ranks if there are runs on several data sets, or why there are none."""
    if len(_datasets(shown)) < 2:
        return
    st.markdown(f"**{TITLE}**", help=HOW)
    try:
        found = ranked(shown, widgets.value("measure"), optima)
    except ValueError as error:
        st.caption(names.escape_markdown(f"No ranks: {error}."))
        return
    drawn = chart(found, figure.theme())
    figure.show(drawn.figure, key=drawn.key, alt=drawn.alt, height=drawn.height)
    for each in sentences(found):
        st.caption(names.escape_markdown(each))
    st.dataframe(table(found), key="dataset-ranks-table")


def _datasets(shown: Sequence[Group]) -> set[_Key]:
    return {_data(each) for group in shown for each in group.experiments}


def _data(experiment: Experiment) -> _Key:
    """The data set and its options."""
    options = ((name, each) for name, each in flat_settings(experiment).items() if "." in name)
    return (("dataset", experiment.dataset), *options)


def ranked(shown: Sequence[Group], column: str, optima: Optima) -> Ranked:
    """The ranks by a metric on all data sets that every configuration ran on.

    A configuration has equal settings apart from data set and seeds; or only the settings of
    'Group by', if it has any.  ValueError says why there are no ranks.
    """
    runs = [each for group in shown for each in group.members if each.experiment is not None]
    losses = {each.experiment.loss for each in runs if each.experiment is not None}
    if MEASURES[column].of_a_loss and len(losses) > 1:
        raise ValueError("values of different losses are not comparable; choose an accuracy")
    if not MEASURES[column].better:
        raise ValueError("neither low nor high values of this metric are better")
    cells = _results(runs, column, optima, widgets.value("group"))
    several = {key: each for key, each in cells.items() if len(each) > 1}
    if len(several) < 2:
        raise ValueError(
            "fewer than two configurations ran on several data sets. Settings that differ between"
            " data sets, such as tuned learning rates, can be left out with 'Group by' in 'Group"
            " and style'"
        )
    every = list(dict.fromkeys(name for each in several.values() for name in each))
    datasets = [name for name in every if all(name in each for each in several.values())]
    if len(datasets) < 2:
        raise ValueError("fewer than two data sets have runs of every configuration")
    results = np.array([[each[name] for each in several.values()] for name in datasets])
    if (dead := np.isnan(results).all(axis=1)).any():
        datasets = [name for name, gone in zip(datasets, dead, strict=True) if not gone]
        results = results[~dead]
    found = ranking(results, higher_is_better=MEASURES[column].better == "higher")
    order = np.argsort(found.mean, kind="stable")
    labels = _labels(list(several))
    left_out = [
        name for name, key in zip(_data_names(every), every, strict=True) if key not in datasets
    ]
    if alone := len(cells) - len(several):
        left_out.append(names.counted(alone, "configuration") + " with one data set")
    ordered = Ranking(found.ranks[:, order], found.statistic, found.p, found.critical_difference)
    return Ranked(
        [labels[k] for k in order], _data_names(datasets), results[:, order], ordered,
        left_out,
    )  # fmt: skip


def _results(
    runs: Sequence[SavedRun], column: str, optima: Optima, by: Sequence[str]
) -> dict[_Key, dict[_Key, float]]:
    """Mean results by configuration and data set; NaN where a run diverged."""
    cells: dict[_Key, dict[_Key, list[float]]] = {}
    for each, value in zip(runs, group_tables.values(runs, column, optima), strict=True):
        if each.experiment is None or (math.isnan(value) and each.status != DIVERGED):
            continue
        flat = flat_settings(each.experiment)
        of = by or [name for name in declared_settings() if name in flat and "." not in name]
        key = tuple((name, flat.get(name)) for name in of if name not in ("dataset", *SEEDS))
        cells.setdefault(key, {}).setdefault(_data(each.experiment), []).append(value)
    return {
        key: {name: float(np.mean(values)) for name, values in each.items()}
        for key, each in cells.items()
    }


def _labels(keys: Sequence[_Key]) -> list[str]:
    """The settings in which the configurations differ, but not those that only come with others."""
    tables = [{name: each for name, each in key if each is not None} for key in keys]
    every = {
        name: {each[name] for each in tables if name in each} for key in tables for name in key
    }
    declared = declared_settings()
    varying = [
        name
        for name, values in every.items()
        if len(values) > 1
        or (any(name not in each for each in tables) and values != {declared[name].default})
    ]
    return [
        ", ".join(names.setting_text(name, each[name]) for name in varying if name in each)
        or "others"
        for each in tables
    ]


def _data_names(keys: Sequence[_Key]) -> list[str]:
    """The data sets' labels, with the options in which those of one kind differ."""
    found = []
    for key in keys:
        kind = dict(key)["dataset"]
        alike = [dict(each) for each in keys if dict(each)["dataset"] == kind]
        telling = [
            names.setting_text(name, value)[:MAX_OPTION]
            for name, value in key
            if len({each.get(name) for each in alike}) > 1
        ]
        found.append(", ".join([names.value_text("dataset", kind), *telling]))
    return found


def sentences(found: Ranked) -> list[str]:
    """The best mean rank, and what the number of data sets allows to say about differences."""
    n, k = found.ranking.ranks.shape
    mean = found.ranking.mean
    said = [
        f"Best mean rank over {n} data sets: {found.labels[0]}, {mean[0]:.2f} of {k}."
        + f" {_significance(found)}"
    ]
    if np.isnan(found.results).any():
        said.append("A configuration with a diverged run is ranked last on that data set.")
    if found.left_out:
        said.append(f"Left out: {', '.join(found.left_out)}.")
    return said


def _significance(found: Ranked) -> str:
    k = len(found.labels)
    p, least = found.ranking.p, found.ranking.critical_difference
    if p is None:
        return (
            f"That is too few data sets to tell a difference from chance; it takes at least"
            f" {MIN_DATA_SETS}."
        )
    if p >= 0.05:
        return f"No detectable difference between the configurations (Friedman test, p = {p:.2g})."
    differ = f"The configurations differ (Friedman test, p = {p:.2g})"
    if k == 2:
        return f"{differ}."
    if least is None:
        return f"{differ}. Which of them do takes at least {MIN_FOR_DIFFERENCE} data sets to say."
    gaps = found.ranking.mean - found.ranking.mean[0]
    alike = [each for each, gap in zip(found.labels[1:], gaps[1:], strict=True) if gap < least]
    rest = f"not told apart from the best: {', '.join(alike)}" if alike else "the best stands out"
    return f"{differ}; mean ranks {least:.2f} or more apart differ (Nemenyi, 5 %): {rest}."


def chart(found: Ranked, theme: Theme) -> Drawn:
    """A dot for each data set, and a diamond at the mean rank."""
    hue = LINES[theme][0]
    ranks = found.ranking.ranks
    rows = [
        Strip(plain(label), list(ranks[:, place]), found.datasets, np.nan, np.nan, hue)
        for place, label in enumerate(found.labels)
    ]
    picture = strips.strips(
        rows,
        title=f"{TITLE}: {len(found.datasets)} data sets",
        x_title="Rank (1 is best); diamond: mean",
        theme=theme,
        x_range=(0.7, ranks.shape[1] + 0.3),
    )
    means = zip(found.labels, found.ranking.mean, strict=True)
    alt = f"Mean ranks: {'; '.join(f'{label} {mean:.2f}' for label, mean in means)}."
    return Drawn("dataset-ranks", picture, alt, strips.height_of(len(rows)))


def table(found: Ranked) -> pd.DataFrame:
    """The mean rank and the rank on each data set, one row per configuration."""
    cells: Mapping[str, Any] = {"Mean rank": [f"{each:.2f}" for each in found.ranking.mean]} | {
        name: [f"{each:g}" for each in found.ranking.ranks[place]]
        for place, name in enumerate(found.datasets)
    }
    return pd.DataFrame(cells, index=list(found.labels))
