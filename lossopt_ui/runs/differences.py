"""Significance of differences: each group of runs vs a baseline, paired by seed."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis.groups import SEEDS
from lossopt_core.analysis.pairing import (
    PairedDifference,
    corrected,
    paired_difference,
    paired_runs,
)
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import unequal_settings
from lossopt_ui.experiment import verdict
from lossopt_ui.experiment.saved_runs import group_id_of
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import group_tables
from lossopt_ui.runs.groups import Group, mixed
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.kinds import NOTHING
from lossopt_ui.state.session import WidgetKey

AUTOMATIC = ""
PRECISE = ("p (uncorrected)", "p (corrected, Holm)", "Gain from pairing (×)")
_CHOICE: WidgetKey[str] = WidgetKey("baseline-choice")


def baseline_of(shown: Sequence[Group]) -> Group | None:
    """The group that the others are compared with, if there is one: chosen, or the usual one."""
    if not _has_baseline(shown) or widgets.value("baseline") == (NOTHING,):
        return None
    return _chosen(shown) or _automatic(shown)


def _has_baseline(shown: Sequence[Group]) -> bool:
    return len(shown) > 1 and widgets.value("part") in ("curves", "differences")


def choose_baseline(shown: Sequence[Group]) -> None:
    """Show the control of the baseline; there is none for a single curve.

    Exactly one element is drawn in any case, so that what follows keeps its place.
    """
    if not _has_baseline(shown):
        st.empty()
        return
    automatic, chosen = _automatic(shown), _chosen(shown)
    usual = "none" if automatic is None else f"{automatic.label} (automatic)"
    labels = {AUTOMATIC: usual, NOTHING: "none"}
    labels |= {group.key: group.label for group in shown}
    wanted = AUTOMATIC
    if widgets.value("baseline") == (NOTHING,):
        wanted = NOTHING
    elif chosen is not None:
        wanted = chosen.key
    if not _CHOICE.is_set() or _CHOICE.get() != wanted:
        _CHOICE.set(wanted)
    runs = {group.key: group.members[0].id for group in shown}
    st.selectbox(
        "Baseline",
        list(labels),
        format_func=lambda key: f"Baseline: {labels[key]}",
        key=_CHOICE.name,
        on_change=lambda: _take_baseline(runs),
        label_visibility="collapsed",
        help=f"{pages.COMPARE.options['baseline'].help} Paired by seed.",
        width="stretch",
    )


def _take_baseline(runs: Mapping[str, str]) -> None:
    """Keep a run of the chosen group: it stays in some group when the grouping changes."""
    wanted = _CHOICE.get()
    widgets.take("baseline", (runs.get(wanted, wanted),) if wanted else ())


def _chosen(shown: Sequence[Group]) -> Group | None:
    """The group that the address names: by its own key, or by that of one of its runs."""
    wanted = set(widgets.value("baseline"))
    by_key = (group for group in shown if group.key in wanted)
    by_run = (
        group
        for group in shown
        for each in group.members
        if each.id in wanted or group_id_of(each) in wanted
    )
    return next(by_key, None) or next(by_run, None)


def _automatic(shown: Sequence[Group]) -> Group | None:
    """The pinned group if there is one, or else the one with the oldest run."""
    trained = [group for group in shown if group.experiments]
    pinned = [group for group in trained if any(each.pinned for each in group.members)]
    ages = {
        group.key: min(
            (each.created for each in group.members if not pd.isna(each.created)),
            default=pd.Timestamp.max.tz_localize("UTC"),
        )
        for group in trained
    }
    return min(pinned or trained, key=lambda group: ages[group.key], default=None)


def show(shown: Sequence[Group], baseline: Group | None, optima: Optima) -> None:
    """Show a verdict for each group, and a table of the numbers behind it."""
    if len(shown) < 2:
        st.info("Select a second run or group to compare with this one.")
        return
    if baseline is None:
        st.info("Choose a baseline above. All others are compared with it, paired by seed.")
        return
    column = widgets.setting("measure", width=320)
    others = [group for group in shown if group.key != baseline.key]
    found = paired(others, baseline, column, optima)
    for group in others:
        st.markdown(f"- {sentence(group, baseline, column, found.get(group.key))}")
    comparable = [group for group in others if group.key in found]
    if warnings := confounded(comparable, baseline, column, optima):
        st.warning("  \n".join(warnings), icon=":material/balance:")
    if found:
        st.caption(note(found))
        st.dataframe(
            table(others, found, column),
            key="paired",
            hide_index=True,
            placeholder="–",
            column_config={name: st.column_config.NumberColumn(format="%.3g") for name in PRECISE},
        )


def note(found: Mapping[str, PairedDifference]) -> str:
    """How the differences were computed."""
    return verdict.note(found.values()) if found else ""


def sentence(
    group: Group,
    baseline: Group,
    column: str,
    found: PairedDifference | None,
    written: Callable[[str], str] = names.escape_markdown,
) -> str:
    """The paired difference of a group as a sentence, or why there is none."""
    name, base = written(group.label), written(baseline.label)
    if not group.experiments:
        return f"{name}: an imported curve has no seeds to pair by."
    if baseline.experiments and not _on_the_same_data(group, baseline):
        return f"{name}: on another data set than {base}, so the results are not comparable."
    if several := mixed([group, baseline], column):
        return verdict.mean_of_several(written(several[0].label), column)
    if found is None:
        return verdict.not_comparable(name, base, column)
    return verdict.sentence(name, base, column, found)


def confounded(
    others: Sequence[Group],
    baseline: Group,
    column: str,
    optima: Optima,
    written: Callable[[str], str] = names.escape_markdown,
) -> list[str]:
    """A warning for each group that differs from the baseline in settings it is not grouped by.

    Without grouping by settings, the labels already name all differences.
    """
    base = _values(baseline, column, optima)
    warnings = []
    for group in (each for each in others if each.grouped_by):
        ours, theirs = paired_runs(_values(group, column, optima), base)
        differing = [
            names.difference_text(name, *values)
            for name, values in unequal_settings(ours, theirs).items()
            if name not in (*SEEDS, *group.grouped_by)
        ]
        if differing:
            warnings.append(
                f"{written(group.label)} and {written(baseline.label)} also differ in"
                f" {written('; '.join(differing))}. That may explain the difference."
            )
    return warnings


def paired(
    others: Sequence[Group], baseline: Group, column: str, optima: Optima, comparisons: int = 0
) -> dict[str, PairedDifference]:
    """The paired differences of all comparable groups, by their keys.

    They are corrected for the given number of `comparisons`; 0 means for as many as there are.
    """
    comparable = [
        group
        for group in others
        if group.experiments
        and _on_the_same_data(group, baseline)
        and not (MEASURES[column].of_a_loss and group.loss != baseline.loss)
        and not mixed([group, baseline], column)
    ]
    base = _values(baseline, column, optima)
    return {
        group.key: paired_difference(
            base,
            _values(group, column, optima),
            comparisons or len(comparable),
            measure=column,
        )
        for group in comparable
    }


def _on_the_same_data(group: Group, baseline: Group) -> bool:
    """Whether some runs of both are on one data set: results on different ones are no pairs."""
    return not {each.dataset for each in group.experiments}.isdisjoint(
        each.dataset for each in baseline.experiments
    )


def _values(group: Group, column: str, optima: Optima) -> dict[Experiment, float]:
    """The result of each run, by its experiment."""
    members = [each for each in group.members if each.experiment is not None]
    found = group_tables.values(members, column, optima)
    return {
        each.experiment: value
        for each, value in zip(members, found, strict=True)
        if each.experiment is not None
    }


def table(
    others: Sequence[Group], found: Mapping[str, PairedDifference], column: str
) -> pd.DataFrame:
    """The numbers behind the verdicts, one row per comparable group."""
    percent = MEASURES[column].percent
    scale, unit = (100.0, " (points)") if percent else (1.0, "")
    rows = [(group.label, found[group.key]) for group in others if group.key in found]
    adjusted = corrected([each.p_value for _, each in rows])
    return pd.DataFrame(
        {
            "Compared": [label for label, _ in rows],
            "Pairs": [each.n for _, each in rows],
            f"Δ{unit}": [each.difference * scale for _, each in rows],
            "Δ (%)": [each.share * 100.0 for _, each in rows],
            f"95 % CI low{unit}": [each.low * scale for _, each in rows],
            f"95 % CI high{unit}": [each.high * scale for _, each in rows],
            "p (uncorrected)": [each.p_value for _, each in rows],
            "p (corrected, Holm)": adjusted,
            "Gain from pairing (×)": [each.gain for _, each in rows],
            "Left out": [each.left_out for _, each in rows],
        }
    )
