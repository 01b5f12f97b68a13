"""The verdict above the curves, and the key figures below them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Experiment, Run
from lossopt_core.analysis.groups import BANDS
from lossopt_core.analysis.pairing import PairedDifference, paired_difference
from lossopt_core.analysis.sweep import VARIED
from lossopt_core.certify.certificates import problem_id
from lossopt_core.experiment.measures import MEASURES, possible_range
from lossopt_core.training.run import DIVERGED
from lossopt_ui.experiment import verdict
from lossopt_ui.experiment.lane_cards import swatch
from lossopt_ui.experiment.lanes import Shown
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.comparing import Outcome, Trained
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.state import widgets
from lossopt_ui.state.names import counted, escape_markdown

MAX_SENTENCES = 2
"""Differences that are written out; the others are one click away."""


@dataclass(frozen=True, eq=False)
class Result:
    """A lane that is shown, with what came of it."""

    lane: Shown
    trained: Trained

    def ends(self, column: str) -> dict[Experiment, float]:
        """The last value of a column, by experiment."""
        return {
            each: float(history[column].iloc[-1])
            for each, history in self.trained.histories.items()
        }

    def known(self, outcome: Outcome) -> dict[Experiment, pd.DataFrame]:
        """The curves of all complete seeds, or that of the first while there is no other."""
        found = self.trained.histories
        complete = {each: table for each, table in found.items() if not outcome.is_partial(each)}
        first = self.trained.experiment
        return complete or ({first: found[first]} if first is not None and first in found else {})

    def runs(self, outcome: Outcome) -> list[Run]:
        """Its complete runs, without their paths."""
        return [outcome.saved[each] for each in self.trained.histories if each in outcome.saved]

    @property
    def label(self) -> str:
        """Its name, as Markdown."""
        return escape_markdown(self.lane.label)


def measure(results: Sequence[Result]) -> str:
    """The column that is compared: the chosen one or, automatically, what all lanes share.

    That is the objective if all minimise the same one, otherwise the accuracy.
    """
    chosen: str = widgets.value("verdict")
    if chosen != "auto":
        return chosen
    known = [each.trained.experiment for each in results if each.trained.experiment is not None]
    if len(known) > 1 and len({problem_id(each) for each in known}) == 1:
        return "objective"
    tested = all(each.test_examples for each in known)
    return "test_accuracy" if tested else "train_accuracy"


def draw(results: Sequence[Result], outcome: Outcome) -> None:
    """Write the verdict: a sentence with interval, number of seeds, and how rates were chosen."""
    if not any(each.trained.histories for each in results):
        st.markdown("")
        return
    column = measure(results)
    seeds = outcome.comparison.seeds
    if not outcome.complete:
        done = min(
            sum(not outcome.is_partial(one) for one in each.trained.histories) for each in results
        )
        st.markdown(
            f"{done} of {counted(seeds, 'seed')} so far: the verdict follows.",
            help="Results of one seed say little: the others show how much they vary.",
        )
        return
    if len(results) == 1:
        st.markdown(_alone(results[0], column, outcome), help=_note_of_one(outcome))
        return
    said, found = _sentences(results, column)
    text = " ".join([*said[:MAX_SENTENCES], how_rates_were_chosen(results)])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text, help=verdict.note(found) if found else None, width="stretch")
        if len(said) > MAX_SENTENCES:
            with st.popover(f"All {len(said)} differences"):
                st.markdown("\n".join(f"- {each}" for each in said))


def _sentences(results: Sequence[Result], column: str) -> tuple[list[str], list[PairedDifference]]:
    """One sentence per lane compared with the first, and what they rest on."""
    baseline, *others = results
    said, found = [], []
    for each in others:
        if MEASURES[column].of_a_loss and _loss(each) != _loss(baseline):
            said.append(verdict.not_comparable(each.label, baseline.label, column))
            continue
        difference = paired_difference(
            baseline.ends(column), each.ends(column), len(others), measure=column
        )
        found.append(difference)
        sentence = verdict.sentence(each.label, baseline.label, column, difference)
        said.append(_with_measure(sentence, column))
    return said, found


def _loss(result: Result) -> str:
    experiment = result.trained.experiment
    return "" if experiment is None else experiment.loss


def _with_measure(sentence: str, column: str) -> str:
    """The sentence with what is compared at its front."""
    return f"**{MEASURES[column].label.split(' (')[0]}:** {sentence}"


def how_rates_were_chosen(results: Sequence[Result]) -> str:
    """'Each at its own tuned learning rate.', or what is unequal about the rates."""
    tuned = [each.lane.entry is not None and each.lane.entry.tuned for each in results]
    rates = [
        each.trained.experiment.learning_rate
        for each in results
        if each.trained.experiment is not None
    ]
    if all(tuned):
        return "Each at its own tuned learning rate."
    if len(set(rates)) == 1:
        return f"**All at the learning rate {rates[0]:g}, which may suit one better than another.**"
    listed = ", ".join(
        f"{each.label} {rate:g}{' (tuned)' if own else ''}"
        for each, rate, own in zip(results, rates, tuned, strict=True)
    )
    return f"**Learning rates were typed: {listed}.**"


def _alone(result: Result, column: str, outcome: Outcome) -> str:
    """The result of a single lane, with its interval."""
    label = MEASURES[column].label.split(" (")[0]
    lane = result.lane.entry
    experiment = result.trained.experiment
    assert experiment is not None
    rate = f"{'tuned ' if lane is not None and lane.tuned else ''}learning rate"
    over = counted(outcome.comparison.seeds, _unit(outcome))
    if lost := sum(run.status == DIVERGED for run in result.runs(outcome)):
        often = f" with {lost} of {over}" if outcome.comparison.seeds > 1 else ""
        return f"**{result.label} diverges{often}** at the {rate} {experiment.learning_rate:g}."
    mean = with_interval(list(result.ends(column).values()), column)
    what = "" if outcome.comparison.seeds == 1 else " (mean and 95 % CI)"
    return f"**{label} {mean}**{what} over {over}, at the {rate} {experiment.learning_rate:g}."


def _unit(outcome: Outcome) -> str:
    return "split" if outcome.comparison.varying == "split" else "seed"


def _note_of_one(outcome: Outcome) -> str:
    varying = VARIED[outcome.comparison.varying]
    return f"Seeds vary: {varying}. The interval is Student's t interval of the mean."


def with_interval(values: Sequence[float], column: str) -> str:
    """'95.6 ± 0.4 %': mean and half width of its 95 % interval; a single value alone."""
    scale, unit = (100.0, " %") if MEASURES[column].percent else (1.0, "")
    numbers = np.asarray(values)[:, None]
    mean = float(numbers.mean())
    if len(values) == 1:
        return f"{mean * scale:.4g}{unit}"
    low, high = (float(end[0]) for end in BANDS["ci"].of(numbers))
    low, high = np.clip([low, high], *possible_range(column))
    half = max(high - mean, mean - low) * scale
    if half == 0:
        return f"{mean * scale:.4g}{unit}"
    digits = max(0, 1 - int(np.floor(np.log10(half))))
    return f"{mean * scale:.{digits}f} ± {half:.{digits}f}{unit}"


def figures(results: Sequence[Result], outcome: Outcome) -> None:
    """One line of key figures per lane: means with intervals, and the certified gap."""
    lines = [_line(each, outcome) for each in results if each.known(outcome)]
    st.markdown("  \n".join(lines))


def _line(result: Result, outcome: Outcome) -> str:
    tables = list(result.known(outcome).values())
    ends = {
        name: [float(table[name].iloc[-1]) for table in tables]
        for name in ("objective", "train_accuracy", "test_accuracy")
    }
    so_far = "" if len(tables) == outcome.comparison.seeds else f" ({counted(len(tables), 'seed')})"
    parts = [f"{swatch(result.lane.colour)} **{result.label}**{so_far}"]
    if not np.isnan(ends["test_accuracy"]).any():
        parts.append(f"test {with_interval(ends['test_accuracy'], 'test_accuracy')}")
    parts.append(f"training {with_interval(ends['train_accuracy'], 'train_accuracy')}")
    loss = _loss(result)
    unit = f" {LOSSES[loss].unit}" if loss and LOSSES[loss].unit else ""
    parts.append(f"objective {with_interval(ends['objective'], 'objective')}{unit}")
    if gap := certified_gap(result.trained, outcome.optima):
        of = f"{outcome.comparison.first} " if outcome.comparison.seeds > 1 else ""
        parts.append(f"{of}{gap}")
    return " · ".join(parts)


def certified_gap(trained: Trained, optima: Optima) -> str:
    """'within 0.018 of the optimum (certified)', of the first seed; empty if it is not known."""
    first = trained.first
    if trained.experiment is None or first is None:
        return ""
    certificate = optima.of(trained.experiment)
    if certificate is None or first["objective"].iloc[-1] > first["objective"].iloc[0]:
        return ""
    return optimum.within(float(first["objective"].iloc[-1]), certificate)
