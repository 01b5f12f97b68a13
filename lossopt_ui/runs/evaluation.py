"""The selected classifiers under every loss, with their margins and their calibration."""

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
from lossopt_ui.runs.line_charts import Drawn
from lossopt_ui.runs.lines import Line
from lossopt_ui.state import names

TITLE = "Under every loss"
NOTHING = "None of the selected runs has weights that could be evaluated."
MOST_RUNS = 240
MOST_LINES = 8

Evaluated = dict[Line, list[Evaluation]]
"""Lines with the evaluations of their runs."""


def show(shown: Sequence[Line]) -> None:
    """A matrix for all lines; margins and calibration for the first few."""
    found, words = evaluated(shown)
    if not found:
        st.info(names.in_markdown(" ".join(words) or NOTHING))
        return
    for each in words:
        st.caption(names.in_markdown(each))
    whole, *parts = pictures(found, figure.theme())
    figure.show(whole.figure, key=whole.key, alt=whole.alt, height=whole.height)
    with st.expander("As a table, with margins and calibration"):
        st.dataframe(table(found), key="evaluated-table")
    if len(found) > MOST_LINES:
        st.caption(f"Below: the first {MOST_LINES} of {len(found)} lines.")
    for place, each in zip(st.columns(len(parts)), parts, strict=True):
        with place:
            figure.show(each.figure, key=each.key, alt=each.alt, height=each.height)
    if not all(line.loss and LOSSES[line.loss].probabilistic for line in found):
        st.caption(
            "Only cross-entropy trains scores to mean probabilities; for the others this says how"
            " far the softmax of their scores is from being some."
        )


def evaluated(shown: Sequence[Line]) -> tuple[Evaluated, list[str]]:
    """What could be evaluated, and what has to be said with it."""
    ids = [member.id for line in shown for member in line.members if member.experiment is not None]
    if len(ids) > MOST_RUNS:
        return {}, [f"Select at most {MOST_RUNS} runs to evaluate them; these are {len(ids)}."]
    runs = saved_runs.find(ids, with_path=False, with_minibatch=False)
    part = "test" if all(each.experiment.test_examples for each in runs.values()) else "train"
    there = {id: run for id, run in runs.items() if not missing_data.is_missing(run.experiment)}
    found, left_out = _evaluations(shown, there, part)
    words = []
    if without := _without_data(shown, runs, there):
        left_out = [label for label in left_out if label not in without]
        words.append(f"Left out, as their data are not here: {', '.join(without)}.")
    if left_out:
        out = ", ".join(left_out)
        words.append(f"Left out, as they have no finite weights or are from elsewhere: {out}.")
    if found:
        words.append(
            f"On the {'test' if part == 'test' else 'training'} part of each run's own data;"
            " losses with a margin have a margin of 1. Columns cannot be compared with each other:"
            " colours rank within one, the strongest is the best."
        )
    return found, words


def pictures(found: Evaluated, theme: Theme) -> list[Drawn]:
    """The matrix of all lines; margins and calibration of the first few."""
    first = dict(list(found.items())[:MOST_LINES])
    return [_matrix(found, theme), _margins(first, theme), _calibration(first, theme)]


def _evaluations(
    shown: Sequence[Line], runs: Mapping[str, Run], part: str
) -> tuple[Evaluated, list[str]]:
    found: dict[Line, list[Evaluation]] = {}
    left_out = []
    for line in shown:
        for member in line.members:
            try:
                found.setdefault(line, []).append(evaluate(runs[member.id], part))
            except (KeyError, ValueError):
                left_out.append(line.label)
    return {line: each for line, each in found.items() if each}, list(dict.fromkeys(left_out))


def _without_data(
    shown: Sequence[Line], runs: Mapping[str, Run], there: Mapping[str, Run]
) -> list[str]:
    """Labels of lines with a run whose data are missing."""
    gone = runs.keys() - there.keys()
    return [line.label for line in shown if any(each.id in gone for each in line.members)]


def _matrix(found: Evaluated, theme: Theme) -> Drawn:
    values = matrix({line.key: each for line, each in found.items()})
    drawn = charts.trained_and_evaluated(values, [line.plain for line in found], theme)
    alt = "Every selected run under every loss; the table below has the numbers."
    return Drawn("evaluated", drawn, alt, 120 + 36 * len(values))


def table(found: Evaluated) -> pd.DataFrame:
    """The matrix with a row a line, and what else is known of margins and calibration."""
    heads = {name: LOSSES[name].label for name in LOSSES}
    values = matrix({line.key: each for line, each in found.items()})
    shown = values.rename(columns=heads | {"accuracy": "Accuracy"})
    shown.index = pd.Index([line.label for line in found])
    shown["Smallest tenth of margins"] = [
        float(np.mean([np.quantile(e.margins, 0.1) for e in each])) for each in found.values()
    ]
    shown["Calibration error (ECE)"] = [
        float(np.mean([e.calibration_error for e in each])) for each in found.values()
    ]
    return shown


def _margins(found: Evaluated, theme: Theme) -> Drawn:
    values = {
        _look(line): np.concatenate([e.margins for e in each]) for line, each in found.items()
    }
    alt = "Distribution of the margins of " + ", ".join(line.label for line in found)
    drawn = charts.margin_distributions(values, theme)
    return Drawn("margins", drawn, alt, 400 + 22 * len(found))


def _calibration(found: Evaluated, theme: Theme) -> Drawn:
    tables = {_look(line): _pooled(each) for line, each in found.items()}
    errors = {
        _look(line): float(np.mean([e.calibration_error for e in each]))
        for line, each in found.items()
    }
    alt = "Accuracy against confidence of " + ", ".join(line.label for line in found)
    drawn = charts.reliability(tables, errors, theme)
    return Drawn("calibration", drawn, alt, 400 + 22 * len(found))


def _pooled(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """The bins of several runs together."""
    rows = pd.concat([each.calibration for each in evaluations])
    sums = rows.assign(
        confidence=rows["confidence"] * rows["n"], accuracy=rows["accuracy"] * rows["n"]
    )
    table = sums.groupby("low")[["n", "confidence", "accuracy"]].sum().reset_index()
    return table.assign(
        confidence=table["confidence"] / table["n"], accuracy=table["accuracy"] / table["n"]
    )


def _look(line: Line) -> Style:
    return Style(line.plain, line.colour, line.dash)
