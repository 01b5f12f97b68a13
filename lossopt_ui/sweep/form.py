"""The form of the Sweep page: what is swept, with which rates and seeds, and how long it takes."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import DATASETS, Experiment
from lossopt_core.analysis.axes import parse
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.pairing import max_candidates, pairs_for
from lossopt_core.analysis.sweep import EVALUATIONS, Sweep
from lossopt_core.experiment.description import parameter_names
from lossopt_core.experiment.loading import check_present
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Choice
from lossopt_core.objective.losses import LOSS_SETTINGS
from lossopt_core.objective.regularizers import PENALTY_SETTINGS
from lossopt_core.optim.optimizers import OPTIMIZERS, RULE_SETTINGS
from lossopt_ui.config import budgets
from lossopt_ui.experiment import form, saved_runs
from lossopt_ui.identity import missing_data, workspace
from lossopt_ui.jobs.duration import expected_seconds
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.sweep import DEFAULT_AXES
from lossopt_ui.state.session import WidgetKey
from lossopt_ui.sweep import axes
from lossopt_ui.sweep.plan import Plan

_SAME: WidgetKey[bool] = WidgetKey("sweep-same-rate")
RATE = "sweep_rate"


def base() -> Experiment | None:
    """The experiment that supplies all settings that are not swept."""
    swept = {axis.name: axis.values for axis in axes.chosen()[0]}
    st.caption("Settings of all combinations")
    chosen = form.data()
    for name, parameters in (
        ("loss", LOSS_SETTINGS), ("regularizer", PENALTY_SETTINGS), ("optimizer", RULE_SETTINGS),
    ):  # fmt: skip
        chosen |= _entry(name, parameters, swept)
    optimizers = swept.get("optimizer", [chosen["optimizer"]])
    if "batch_size" not in swept and not all(OPTIMIZERS[each].full_batch for each in optimizers):
        chosen["batch_size"] = widgets.setting("batch_size")
    if "schedule" not in swept:
        chosen["schedule"] = widgets.setting("schedule")
    chosen["learning_rate"] = widgets.value(RATE)
    experiment = form.assemble(chosen | form.run("sweep_evaluations"))
    if experiment is not None:
        with missing_data.part("Training"):
            check_present(experiment)
    return experiment


def _entry(
    name: str, parameters: Sequence[str], swept: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """A choice from a registry unless it is swept, and the parameters that its values use."""
    declared = pages.DECLARED[name]
    assert isinstance(declared, Choice)
    values = swept.get(name) or [widgets.setting(name)]
    used = {each for value in values for each in parameter_names(declared.registry[value])}
    shown = [each for each in parameters if each in used and each not in swept]
    return {name: values[0]} | {each: widgets.setting(each) for each in shown}


def choose_rate() -> None:
    """The switch for one learning rate for all combinations; without it, each has its own."""
    if any(axis.name == "learning_rate" for axis in axes.chosen()[0]):
        return
    looks = widgets.custom_widget(RATE)
    if looks is None:
        return
    _SAME.set(widgets.is_set(RATE))
    st.toggle(
        "Same learning rate for all",
        key=_SAME.name,
        on_change=_take_same,
        help="Off: each combination has its own tuned rate, of 13 from 0.0001 to 100 the one with"
        " the lowest training objective. On: one rate for all, which favours those it suits.",
        **looks,
    )
    if widgets.is_set(RATE):
        widgets.setting(RATE)


def _take_same() -> None:
    if _SAME.get():
        widgets.put(RATE, widgets.value(RATE))
    else:
        widgets.reset(RATE)


def choose_seeds() -> None:
    """Controls of the number of seeds and of what they vary."""
    one, two = st.columns([2, 3], gap="xsmall", vertical_alignment="bottom")
    with one:
        widgets.setting("seeds")
    with two:
        widgets.setting("vary")
    st.caption(dataset_words())


def plan(experiment: Experiment) -> Plan | None:
    """What the sweep trains; shows its size, the time it takes and the seeds that it needs."""
    found, problems = axes.chosen()
    if problems:
        return None
    try:
        sweep = Sweep(experiment, found, widgets.value("seeds"), widgets.value("vary"))
        budgets.budget().check_grid(sweep.size)
        experiments, impossible = sweep.experiments()
        planned = Plan.of(experiments, found, tuned=not widgets.is_set(RATE))
        budgets.budget().check_grid(len(planned.tuning) + len(experiments))
    except ValueError as error:
        st.error(names.escape_markdown(f"{str(error)[0].upper()}{str(error)[1:]}."))
        return None
    for problem, count in list(impossible.items())[:3]:
        what = "1 combination" if count == 1 else f"{count:,} combinations"
        st.caption(f"Left out: {what}, because {names.escape_markdown(problem)}.")
    if not experiments:
        return None
    st.markdown(_size(planned, sweep.seeds))
    _advise_on_seeds(experiments, sweep.seeds)
    return planned


def example() -> Plan:
    """The sweep of the page's own defaults."""
    found, _ = parse(DEFAULT_AXES)
    base = Experiment(evaluations=EVALUATIONS)
    return Plan.of(Sweep(base, found).experiments()[0], found, tuned=True)


def run() -> bool:
    """The button that starts the sweep; returns whether it was pressed."""
    return st.button(
        "Run the sweep", key="train", type="primary", icon=":material/play_arrow:", width="stretch"
    )


def _size(planned: Plan, seeds: int) -> str:
    """'60 runs: 6 combinations × 10 seeds. Training time: about 4 seconds.'"""
    combinations = len({group_id(each) for each in planned.experiments})
    words = f"**{len(planned.experiments):,} runs**: {combinations:,} combinations"
    words += f" × {seeds} seeds" if seeds > 1 else ""
    words += f", and {len(planned.tuning):,} to tune their rates." if planned.tuning else "."
    everything = planned.everything(planned.rates(saved_runs.table()))
    missing = workspace.store().missing(everything)
    if saved := len(everything) - len(missing):
        words += f" {saved:,} are already saved."
    if missing:
        words += f" Training time: about **{duration(expected_seconds(missing))}**."
    return words


def _advise_on_seeds(experiments: Sequence[Experiment], seeds: int) -> None:
    """How many seeds a verdict on so many combinations needs, with a button that sets them."""
    by_loss = Counter(each.loss for each in {group_id(e): e for e in experiments}.values())
    apart = MEASURES[widgets.value("value")].of_a_loss
    compared = max(by_loss.values()) if apart else by_loss.total()
    if compared < 2:
        return
    needed = pairs_for(math.comb(compared, 2))
    if not needed:
        st.caption(
            f"No verdict: of {compared:,} combinations the best cannot be told with any number of"
            f" seeds. At most {max_candidates()} can get a verdict."
        )
    elif seeds < needed:
        st.caption(f"A verdict on {compared} combinations needs **{needed} seeds**.")
        st.button(
            f"Use {needed} seeds", key="enough-seeds", on_click=widgets.put, args=("seeds", needed)
        )


def duration(seconds: float) -> str:
    """'a second', '40 seconds', '3 minutes'."""
    if seconds < 1.5:
        return "a second"
    if seconds < 90:
        return f"{seconds:.0f} seconds" if seconds < 10 else f"{round(seconds, -1):.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"


def dataset_words() -> str:
    """What differs between the seeds, in a sentence."""
    generated = DATASETS[widgets.value("dataset")].generated
    if widgets.value("vary") == "order":
        return "All seeds use the same data: differences are about training, not about new data."
    if generated:
        return "Each seed has its own sample of the data."
    return "Each seed has its own train/test split."
