"""The selected classifiers evaluated under every loss, with margins and calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Run
from lossopt_core.inspect.evaluation import Evaluation, evaluate, matrix
from lossopt_ui.charts import evaluation as charts
from lossopt_ui.charts.colours import Theme
from lossopt_ui.charts.evaluation import Style
from lossopt_ui.experiment import saved_runs
from lossopt_ui.figures import figure
from lossopt_ui.identity import missing_data
from lossopt_ui.runs.group_charts import Drawn
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names

TITLE = "Evaluation under every loss"
NOTHING = "None of the selected runs has weights to evaluate."
MAX_RUNS = 240
MAX_GROUPS = 8

Evaluated = dict[Group, list[Evaluation]]
"""Groups with the evaluations of their runs."""


def show(shown: Sequence[Group]) -> None:
    """Show a matrix of all groups, and margins and calibration of the first few."""
    found, words = evaluated(shown)
    if not found:
        st.info(names.escape_markdown(" ".join(words) or NOTHING))
        return
    for sentence in words:
        st.caption(names.escape_markdown(sentence))
    whole, *parts = pictures(found, figure.theme())
    figure.show(whole.figure, key=whole.key, alt=whole.alt, height=whole.height)
    with st.expander("As a table, with margins and calibration"):
        st.dataframe(table(found), key="evaluated-table")
    if len(found) > MAX_GROUPS:
        st.caption(f"Below: the first {MAX_GROUPS} of {len(found)}.")
    for place, each in zip(st.columns(len(parts)), parts, strict=True):
        with place:
            figure.show(each.figure, key=each.key, alt=each.alt, height=each.height)
    if not all(group.loss and LOSSES[group.loss].probabilistic for group in found):
        st.caption(
            "Only cross-entropy trains scores to be probabilities. For other losses, this chart"
            " shows how well the softmax of their scores happens to be calibrated."
        )


def evaluated(shown: Sequence[Group]) -> tuple[Evaluated, list[str]]:
    """The evaluations, and the messages to show with them."""
    ids = [
        member.id for group in shown for member in group.members if member.experiment is not None
    ]
    if len(ids) > MAX_RUNS:
        return {}, [f"Select at most {MAX_RUNS} runs to evaluate; {len(ids)} are selected."]
    runs = saved_runs.find(ids, with_path=False, with_minibatch=False)
    part = "test" if all(each.experiment.test_examples for each in runs.values()) else "train"
    there = {id: run for id, run in runs.items() if not missing_data.is_missing(run.experiment)}
    found, left_out = _evaluations(shown, there, part)
    words = []
    if without := _without_data(shown, runs, there):
        left_out = [label for label in left_out if label not in without]
        words.append(f"Left out because their data are missing: {', '.join(without)}.")
    if left_out:
        out = ", ".join(left_out)
        words.append(f"Left out because they are imported or have no finite weights: {out}.")
    if found:
        words.append(
            f"Evaluated on the {'test' if part == 'test' else 'training'} set of each run, with"
            " margin 1 for losses that have a margin. Columns are not comparable with each other:"
            " colours rank within each column, and the strongest colour is the best."
        )
    return found, words


def pictures(found: Evaluated, theme: Theme) -> list[Drawn]:
    """The matrix of all groups; margins and calibration of the first few."""
    first = dict(list(found.items())[:MAX_GROUPS])
    return [_matrix(found, theme), _margins(first, theme), _calibration(first, theme)]


def _evaluations(
    shown: Sequence[Group], runs: Mapping[str, Run], part: str
) -> tuple[Evaluated, list[str]]:
    found: dict[Group, list[Evaluation]] = {}
    left_out = []
    for group in shown:
        for member in group.members:
            try:
                found.setdefault(group, []).append(evaluate(runs[member.id], part))
            except (KeyError, ValueError):
                left_out.append(group.label)
    return {group: each for group, each in found.items() if each}, list(dict.fromkeys(left_out))


def _without_data(
    shown: Sequence[Group], runs: Mapping[str, Run], there: Mapping[str, Run]
) -> list[str]:
    """Labels of groups with a run whose data are missing."""
    gone = runs.keys() - there.keys()
    return [group.label for group in shown if any(each.id in gone for each in group.members)]


def _matrix(found: Evaluated, theme: Theme) -> Drawn:
    values = matrix({group.key: each for group, each in found.items()})
    drawn = charts.trained_and_evaluated(values, [group.plain for group in found], theme)
    alt = "Every selected run under every loss; numbers are in the table below."
    return Drawn("evaluated", drawn, alt, 120 + 36 * len(values))


def table(found: Evaluated) -> pd.DataFrame:
    """The matrix as a table, with a quantile of the margins and the calibration error."""
    heads = {name: LOSSES[name].label for name in LOSSES}
    values = matrix({group.key: each for group, each in found.items()})
    shown = values.rename(columns=heads | {"accuracy": "Accuracy"})
    shown.index = pd.Index([group.label for group in found])
    shown["Margin, 10 % quantile"] = [
        float(np.mean([np.quantile(e.margins, 0.1) for e in each])) for each in found.values()
    ]
    shown["Calibration error (ECE)"] = [
        float(np.mean([e.calibration_error for e in each])) for each in found.values()
    ]
    return shown


def _margins(found: Evaluated, theme: Theme) -> Drawn:
    values = {
        _look(group): np.concatenate([e.margins for e in each]) for group, each in found.items()
    }
    alt = "Distribution of margins for " + ", ".join(group.label for group in found)
    drawn = charts.margin_distributions(values, theme)
    return Drawn("margins", drawn, alt, 400 + 22 * len(found))


def _calibration(found: Evaluated, theme: Theme) -> Drawn:
    tables = {_look(group): _pooled(each) for group, each in found.items()}
    errors = {
        _look(group): float(np.mean([e.calibration_error for e in each]))
        for group, each in found.items()
    }
    alt = "Accuracy vs confidence for " + ", ".join(group.label for group in found)
    drawn = charts.reliability(tables, errors, theme)
    return Drawn("calibration", drawn, alt, 400 + 22 * len(found))


def _pooled(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """Reliability bins pooled over several runs."""
    rows = pd.concat([each.calibration for each in evaluations])
    sums = rows.assign(
        confidence=rows["confidence"] * rows["n"], accuracy=rows["accuracy"] * rows["n"]
    )
    table = sums.groupby("low")[["n", "confidence", "accuracy"]].sum().reset_index()
    return table.assign(
        confidence=table["confidence"] / table["n"], accuracy=table["accuracy"] / table["n"]
    )


def _look(group: Group) -> Style:
    return Style(group.plain, group.colour, group.dash)
