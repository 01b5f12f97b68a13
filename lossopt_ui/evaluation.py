"""The selected classifiers under every loss, with their margins and their calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Run
from lossopt_core.evaluation import Evaluation, evaluate, matrix
from lossopt_ui import figure, kept, names
from lossopt_ui.charts import evaluation as charts
from lossopt_ui.charts.evaluation import Look
from lossopt_ui.lines import Line

MOST_RUNS = 240
MOST_LINES = 8


def show(shown: Sequence[Line]) -> None:
    """A matrix for all lines; margins and calibration for the first few."""
    ids = [member.id for line in shown for member in line.members if member.experiment is not None]
    if len(ids) > MOST_RUNS:
        st.info(f"Select at most {MOST_RUNS} runs to evaluate them; these are {len(ids)}.")
        return
    runs = kept.find(ids, with_path=False, with_minibatch=False)
    part = "test" if all(each.experiment.test_examples for each in runs.values()) else "train"
    found, left_out = _evaluations(shown, runs, part)
    if left_out:
        out = ", ".join(map(names.in_markdown, left_out))
        st.caption(f"Left out, as they have no finite weights or are from elsewhere: {out}.")
    if not found:
        st.info("None of the selected runs has weights that could be evaluated.")
        return
    st.caption(
        f"On the {'test' if part == 'test' else 'training'} part of each run's own data; losses"
        " with a margin have a margin of 1. Columns cannot be compared with each other: colours"
        " rank within one, the strongest is the best."
    )
    _matrix(found)
    first = dict(list(found.items())[:MOST_LINES])
    if len(first) < len(found):
        st.caption(f"Below: the first {MOST_LINES} of {len(found)} lines.")
    one, two = st.columns(2)
    with one:
        _margins(first)
    with two:
        _calibration(first)


def _evaluations(
    shown: Sequence[Line], runs: Mapping[str, Run], part: str
) -> tuple[dict[Line, list[Evaluation]], list[str]]:
    found: dict[Line, list[Evaluation]] = {}
    left_out = []
    for line in shown:
        for member in line.members:
            try:
                found.setdefault(line, []).append(evaluate(runs[member.id], part))
            except (KeyError, ValueError):
                left_out.append(line.label)
    return {line: each for line, each in found.items() if each}, list(dict.fromkeys(left_out))


def _matrix(found: Mapping[Line, Sequence[Evaluation]]) -> None:
    table = matrix({line.key: each for line, each in found.items()})
    labels = [line.plain for line in found]
    figure.show(
        charts.trained_and_evaluated(table, labels, figure.theme()),
        key="evaluated",
        alt="Every selected run under every loss; the table below has the numbers.",
        height=120 + 36 * len(table),
    )
    with st.expander("As a table, with margins and calibration"):
        heads = {name: LOSSES[name].label for name in LOSSES}
        shown = table.rename(columns=heads | {"accuracy": "Accuracy"})
        shown.index = pd.Index([line.label for line in found])
        shown["Smallest tenth of margins"] = [
            float(np.mean([np.quantile(e.margins, 0.1) for e in each])) for each in found.values()
        ]
        shown["Calibration error (ECE)"] = [
            float(np.mean([e.calibration_error for e in each])) for each in found.values()
        ]
        st.dataframe(shown, key="evaluated-table")


def _margins(found: Mapping[Line, Sequence[Evaluation]]) -> None:
    values = {
        _look(line): np.concatenate([e.margins for e in each]) for line, each in found.items()
    }
    figure.show(
        charts.margin_distributions(values, figure.theme()),
        key="margins",
        alt="Distribution of the margins of " + ", ".join(line.label for line in found),
        height=400 + 22 * len(found),
    )


def _calibration(found: Mapping[Line, Sequence[Evaluation]]) -> None:
    tables = {_look(line): _pooled(each) for line, each in found.items()}
    errors = {
        _look(line): float(np.mean([e.calibration_error for e in each]))
        for line, each in found.items()
    }
    figure.show(
        charts.reliability(tables, errors, figure.theme()),
        key="calibration",
        alt="Accuracy against confidence of " + ", ".join(line.label for line in found),
        height=400 + 22 * len(found),
    )
    if any(line.loss != "cross_entropy" for line in found):
        st.caption(
            "Only cross-entropy trains scores to mean probabilities; for the others this says how"
            " far the softmax of their scores is from being some."
        )


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


def _look(line: Line) -> Look:
    return Look(line.plain, line.colour, line.dash)
