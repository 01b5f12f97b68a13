"""Whether a difference is real: every line against a baseline, seed by seed."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis.groups import SEEDS
from lossopt_core.analysis.pairing import (
    PairedDifference,
    corrected,
    counted,
    paired_difference,
)
from lossopt_core.experiment.description import unequal_settings
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.experiment import verdict
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import line_tables
from lossopt_ui.runs.lines import Line, mixed
from lossopt_ui.state import names, widgets
from lossopt_ui.state.session import WidgetKey

NONE = ""
PRECISE = ("p (uncorrected)", "p (corrected, Holm)", "Gain of pairing (×)")
_CHOICE: WidgetKey[str] = WidgetKey("baseline-choice")


def choose_baseline(shown: Sequence[Line]) -> Line | None:
    """The line that the others are compared with: asked for where there is more than one."""
    if len(shown) < 2 or widgets.value("part") not in ("curves", "differences"):
        return None
    labels = {NONE: "None"} | {line.key: line.label for line in shown}
    wanted = next(iter(widgets.value("baseline")), NONE)
    wanted = wanted if wanted in labels else NONE
    if not _CHOICE.is_set() or _CHOICE.get() != wanted:
        _CHOICE.set(wanted)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Baseline",
            list(labels),
            format_func=labels.get,
            key=_CHOICE.name,
            on_change=_take_baseline,
            help="What the others are compared with, seed by seed.",
            width=420,
        )
        if wanted and widgets.value("part") == "curves":
            widgets.setting("delta")
    return next((line for line in shown if line.key == wanted), None)


def _take_baseline() -> None:
    wanted = _CHOICE.get()
    widgets.put("baseline", (wanted,) if wanted else ())


def show(shown: Sequence[Line], baseline: Line | None, optima: Optima) -> None:
    """A sentence for each line, and the figures behind it."""
    if len(shown) < 2:
        st.info("Select a second run, or family of runs, to compare this one with.")
        return
    if baseline is None:
        st.info("Choose a baseline above: every other line is compared with it, seed by seed.")
        return
    column = widgets.setting("measure", width=320)
    others = [line for line in shown if line.key != baseline.key]
    found = paired(others, baseline, column, optima)
    for line in others:
        st.markdown(f"- {sentence(line, baseline, column, found.get(line.key))}")
    comparable = [line for line in others if line.key in found]
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
    """What the sentences rest on."""
    return verdict.note(found.values()) if found else ""


def sentence(
    line: Line,
    baseline: Line,
    column: str,
    found: PairedDifference | None,
    written: Callable[[str], str] = names.in_markdown,
) -> str:
    """What the paired difference of a line says, or why there is none."""
    name, base = written(line.label), written(baseline.label)
    if not line.experiments:
        return f"{name}: a curve from elsewhere has no seeds to be paired by."
    if several := mixed([line, baseline], column):
        return verdict.mean_of_several(written(several[0].label), column)
    if found is None:
        return verdict.not_comparable(name, base, column)
    return verdict.sentence(name, base, column, found)


def confounded(
    others: Sequence[Line],
    baseline: Line,
    column: str,
    optima: Optima,
    written: Callable[[str], str] = names.in_markdown,
) -> list[str]:
    """A warning for each group of runs whose difference may come from what it is not grouped by.

    Lines that are no groups say by their labels what they differ in.
    """
    base = _values(baseline, column, optima)
    warnings = []
    for line in (each for each in others if each.group):
        ours, theirs = counted(_values(line, column, optima), base)
        differing = [
            names.unequal(name, *values)
            for name, values in unequal_settings(ours, theirs).items()
            if name not in (*SEEDS, *line.group)
        ]
        if differing:
            warnings.append(
                f"{written(line.label)} and {written(baseline.label)} also differ in"
                f" {written('; '.join(differing))}. The difference may come from that."
            )
    return warnings


def paired(
    others: Sequence[Line], baseline: Line, column: str, optima: Optima, comparisons: int = 0
) -> dict[str, PairedDifference]:
    """The differences of those lines that can be compared, by their keys.

    They are corrected for as many `comparisons` at once, or for as many as they are.
    """
    comparable = [
        line
        for line in others
        if line.experiments
        and not (MEASURES[column].of_a_loss and line.loss != baseline.loss)
        and not mixed([line, baseline], column)
    ]
    base = _values(baseline, column, optima)
    return {
        line.key: paired_difference(
            base,
            _values(line, column, optima),
            comparisons or len(comparable),
            measure=column,
        )
        for line in comparable
    }


def _values(line: Line, column: str, optima: Optima) -> dict[Experiment, float]:
    """Each run's result by its experiment."""
    members = [each for each in line.members if each.experiment is not None]
    found = line_tables.values(members, column, optima)
    return {
        each.experiment: value
        for each, value in zip(members, found, strict=True)
        if each.experiment is not None
    }


def table(
    others: Sequence[Line], found: Mapping[str, PairedDifference], column: str
) -> pd.DataFrame:
    """The figures behind the sentences, a row a line that could be compared."""
    percent = MEASURES[column].percent
    scale, unit = (100.0, " (points)") if percent else (1.0, "")
    rows = [(line.label, found[line.key]) for line in others if line.key in found]
    adjusted = corrected([each.p_value for _, each in rows])
    return pd.DataFrame(
        {
            "Compared": [label for label, _ in rows],
            "Pairs": [each.n for _, each in rows],
            f"Δ{unit}": [each.difference * scale for _, each in rows],
            "Δ (%)": [each.share * 100.0 for _, each in rows],
            f"95 % from{unit}": [each.low * scale for _, each in rows],
            f"95 % to{unit}": [each.high * scale for _, each in rows],
            "p (uncorrected)": [each.p_value for _, each in rows],
            "p (corrected, Holm)": adjusted,
            "Gain of pairing (×)": [each.gain for _, each in rows],
            "Left out": [each.left_out for _, each in rows],
        }
    )
