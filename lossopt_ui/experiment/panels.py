"""The charts of an experiment page: objectives, each loss on its own axis, and accuracies."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, Experiment
from lossopt_core.certify.certificates import problem_id
from lossopt_core.theory.stability import NOISE_FLOOR
from lossopt_ui.charts import lanes as charts
from lossopt_ui.charts.curves import Level
from lossopt_ui.charts.lanes import Lane as Line
from lossopt_ui.charts.scales import NO_LIMITS, Scales
from lossopt_ui.charts.training import loss_at_start, unit
from lossopt_ui.experiment import ghosts
from lossopt_ui.experiment.ghosts import Ghost
from lossopt_ui.experiment.headline import Result
from lossopt_ui.experiment.playback import Player, cursor
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.comparing import Outcome
from lossopt_ui.state import widgets

HEIGHT = 420
PER_ROW = 3


def draw(
    results: Sequence[Result],
    before: Sequence[Ghost],
    outcome: Outcome,
    player: Player | None,
    scales: Scales,
) -> None:
    """Draw one chart per loss, and one of the accuracies."""
    losses = list(
        dict.fromkeys(
            each.trained.experiment.loss
            for each in results
            if each.trained.experiment is not None and each.trained.histories
        )
    ) or list(dict.fromkeys(each.experiment.loss for each in before))
    grey = {each: ghosts.histories(each, outcome.comparison) for each in before}
    charts_of = [*losses, ""]
    for first in range(0, len(charts_of), PER_ROW):
        some = charts_of[first : first + PER_ROW]
        for place, loss in zip(st.columns(len(some)), some, strict=True):
            with place:
                if loss:
                    _objective(loss, results, grey, outcome, player, scales)
                else:
                    _accuracy(results, grey, outcome, player, scales)


def _objective(
    loss: str,
    results: Sequence[Result],
    grey: Mapping[Ghost, Sequence[pd.DataFrame]],
    outcome: Outcome,
    player: Player | None,
    scales: Scales,
) -> None:
    """The objective of the lanes with one loss, or their distance to the optimum."""
    mine = [each for each in results if _loss(each) == loss]
    x, far = scales.x, is_distance()
    drawn = {each: list(each.known(outcome).values()) for each in mine}
    column, title = "objective", f"Objective: {LOSSES[loss].label}"
    if far and (distances := _distances(mine, outcome)) is not None:
        drawn, column, title = (
            distances,
            "distance",
            f"Distance to the optimum: {LOSSES[loss].label}",
        )
    far = column == "distance"
    experiments = [each.trained.experiment for each in mine if each.trained.experiment is not None]
    one_problem = len({problem_id(each) for each in experiments}) == 1
    floors = [optimum.floor(each, outcome.optima) if far else None for each in experiments]
    figure.show(
        recipe(
            charts.curves,
            [_line(each, drawn[each]) for each in mine if drawn[each]],
            columns=(column,),
            title=title,
            theme=figure.theme(),
            y_title=f"{'Distance' if far else 'Mean loss per example + penalty'}"
            f"{unit(experiments[0]) if experiments else ''}",
            scales=scales,
            ghosts=[]
            if far
            else [
                Line(each.label, "", list(tables))
                for each, tables in grey.items()
                if each.experiment.loss == loss and tables
            ],
            optimum=outcome.optima.of(experiments[0]) if one_problem and not far else None,
            optimum_of=outcome.comparison.first if outcome.comparison.varies_data else "",
            levels=_levels(mine, floors) if far else _start(experiments),
        ),
        key=f"objective-{loss}",
        alt=f"{title} of {', '.join(each.lane.label for each in mine)} over {x.replace('_', ' ')}.",
        height=HEIGHT,
        frames=cursor(player, x),
    )
    if any(floors):
        st.caption(
            "Dotted: predicted noise floor of SGD with a constant learning rate.", help=NOISE_FLOOR
        )


def is_distance() -> bool:
    """Whether distances to the optimum are shown instead of objectives."""
    return bool(widgets.value("show") == "distance")


def suits_log(results: Sequence[Result], outcome: Outcome) -> bool:
    """Whether a logarithmic axis suits the objectives."""
    lines = [_line(each, list(each.known(outcome).values())) for each in results]
    return charts.suits_log(lines, ["objective"])


def _start(experiments: Sequence[Experiment]) -> list[Level]:
    """The loss of zero weights, the same for all lanes with a loss and margin."""
    values = {loss_at_start(each) for each in experiments}
    return [Level(value, f"zero weights: {value:.4g}") for value in values if len(values) == 1]


def _levels(mine: Sequence[Result], floors: Sequence[float | None]) -> list[Level]:
    pairs = zip(mine, floors, strict=False)
    return [Level(floor, "", each.lane.colour) for each, floor in pairs if floor]


def _loss(result: Result) -> str:
    experiment = result.trained.experiment
    return "" if experiment is None else experiment.loss


def _distances(mine: Sequence[Result], outcome: Outcome) -> dict[Result, list[pd.DataFrame]] | None:
    """The first seeds' distances to their optima; None unless all are known."""
    found = {}
    for each in mine:
        experiment, first = each.trained.experiment, each.trained.first
        table = (
            None
            if experiment is None or first is None
            else outcome.optima.distances(experiment, first)
        )
        if table is None:
            return None
        found[each] = [table]
    return found


def _line(result: Result, tables: Sequence[pd.DataFrame]) -> Line:
    return Line(result.lane.label, result.lane.colour, list(tables))


def _accuracy(
    results: Sequence[Result],
    grey: Mapping[Ghost, Sequence[pd.DataFrame]],
    outcome: Outcome,
    player: Player | None,
    scales: Scales,
) -> None:
    """Training and test accuracy, the test accuracy alone for more than two lanes."""
    lines = [
        _line(each, tables) for each in results if (tables := list(each.known(outcome).values()))
    ]
    tables = [table for line in lines for table in line.histories] or [
        table for before in grey.values() for table in before
    ]
    tested = any(table["test_accuracy"].notna().any() for table in tables)
    columns = ("train_accuracy", "test_accuracy") if tested else ("train_accuracy",)
    if tested and len(results) > 2:
        columns = ("test_accuracy",)
    shown = [each.trained.experiment for each in results if each.trained.experiment is not None]
    chance = {100.0 / each.size.classes for each in shown}
    x = scales.x
    limits = charts.accuracy_limits(lines, columns)
    closer = limits != NO_LIMITS or len(chance) > 1
    levels = [] if closer else [Level(value, f"chance: {value:.3g} %") for value in chance]
    what = "Test accuracy" if columns == ("test_accuracy",) else "Accuracy"
    figure.show(
        recipe(
            charts.curves,
            lines,
            columns=columns,
            title=what,
            theme=figure.theme(),
            y_title="Accuracy (%)",
            scales=scales.of_shares(limits),
            ghosts=[Line(each.label, "", list(tables)) for each, tables in grey.items() if tables],
            levels=levels,
        ),
        key="accuracy",
        alt=f"{what} of {', '.join(line.label for line in lines)} over {x.replace('_', ' ')}.",
        height=HEIGHT,
        frames=cursor(player, x),
    )
