"""The lanes of a page as experiments, with a name and a colour each, and the changes of lanes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lossopt_core import LOSSES, OPTIMIZERS, REGULARIZERS, Experiment
from lossopt_core.experiment.description import parameter_names
from lossopt_core.objective.losses import LOSS_SETTINGS
from lossopt_core.objective.regularizers import PENALTY_SETTINGS
from lossopt_core.optim.optimizers import RULE_SETTINGS
from lossopt_ui.charts import comparison
from lossopt_ui.charts.colours import Theme, of_loss
from lossopt_ui.jobs.comparing import Entry
from lossopt_ui.state import names, widgets
from lossopt_ui.state.lanes import LANE_SETTINGS, MAX_LANES, Lane
from lossopt_ui.state.page_spec import PageSpec

RATE = "learning_rate"


@dataclass(frozen=True)
class Shown:
    """A lane on the page.

    number   its place among the page's lanes, from 0
    entry    its experiment; None if its settings do not make one, with the reason in `problem`
    note     what is not as it was asked for
    """

    number: int
    lane: Lane
    entry: Entry | None
    label: str
    colour: str
    problem: str = ""
    note: str = ""


def of_page(page: PageSpec, preset: Callable[[], Sequence[Lane]]) -> tuple[Lane, ...]:
    """The lanes of a page: those that were chosen, or those that it begins with."""
    chosen: tuple[Lane, ...] = widgets.value(page.lanes)
    return chosen or tuple(preset())


def settings_of(lane: Lane) -> dict[str, Any]:
    """All settings in use of a lane, its own and those of all lanes, without the learning rate."""
    every = {name: lane.own.get(name, widgets.value(name)) for name in LANE_SETTINGS}
    used = {name: every[name] for name in ("loss", "regularizer", "optimizer", "schedule")}
    optimizer = OPTIMIZERS[every["optimizer"]]
    entries: Sequence[tuple[Any, Sequence[str]]] = (
        (LOSSES[every["loss"]], LOSS_SETTINGS),
        (REGULARIZERS[every["regularizer"]], PENALTY_SETTINGS),
        (optimizer, RULE_SETTINGS),
    )
    for entry, parameters in entries:
        takes = parameter_names(entry)
        used |= {name: every[name] for name in parameters if name in takes}
    if not optimizer.full_batch:
        used |= {name: every[name] for name in ("batch_size", "replacement", "averaging")}
    return used


def own_somewhere(lanes: Sequence[Lane]) -> set[str]:
    """The settings that at least one lane has of its own."""
    return {name for lane in lanes for name in lane.own}


def in_use(lanes: Sequence[Lane]) -> set[str]:
    """The settings that at least one lane uses."""
    return {name for lane in lanes for name in settings_of(lane)}


def shown(
    lanes: Sequence[Lane],
    common: dict[str, Any],
    make: Callable[[Mapping[str, Any]], Experiment],
    theme: Theme,
) -> list[Shown]:
    """The lanes with their experiments.

    common   the settings of the whole comparison
    make     makes an experiment of settings; ValueError if they do not go together
    """
    entries: list[Entry | None] = []
    problems = []
    for lane in lanes:
        try:
            entries.append(_entry(lane, make(common | settings_of(lane))))
            problems.append("")
        except ValueError as error:
            entries.append(None)
            problems.append(str(error))
    known = [each.experiment for each in entries if each is not None]
    telling = iter(labels([each for each in entries if each is not None]))
    colours = iter(_colours(known, theme))
    found = []
    for k, (lane, entry) in enumerate(zip(lanes, entries, strict=True)):
        automatic = f"Lane {k + 1}" if entry is None else next(telling)
        colour = "#767676" if entry is None else next(colours)
        note = "" if entry is None else _note(lane, entry.experiment)
        found.append(Shown(k, lane, entry, lane.name or automatic, colour, problems[k], note))
    return found


def _colours(experiments: Sequence[Experiment], theme: Theme) -> list[str]:
    """By loss where lanes differ in it or there is one, else as everywhere."""
    if len({each.loss for each in experiments}) == len(experiments):
        return [of_loss(each.loss, theme) for each in experiments]
    return comparison.colours(experiments, theme)


def _entry(lane: Lane, experiment: Experiment) -> Entry:
    rate = lane.own.get(RATE, widgets.value(RATE) if widgets.is_set(RATE) else None)
    if rate is None:
        return Entry(experiment, tuned=True)
    return Entry(experiment.replace(learning_rate=rate), tuned=False)


def _note(lane: Lane, experiment: Experiment) -> str:
    if experiment.batch_size >= settings_of(lane).get("batch_size", 0):
        return ""
    return (
        f"Each batch is the whole training set ({experiment.batch_size} examples): the batch size"
        " is larger than that."
    )


def labels(entries: Sequence[Entry]) -> list[str]:
    """What differs between lanes; tuned learning rates do not count, as they follow from it."""
    found = names.distinguishing_names(
        [each.experiment.replace(learning_rate=1) for each in entries]
    )
    rates = ["tuned" if each.tuned else f"{each.experiment.learning_rate:g}" for each in entries]
    if len(set(rates)) > 1:
        found = [f"{name}, α {rate}" for name, rate in zip(found, rates, strict=True)]
    return [
        name if found.count(name) == 1 else f"{name} ({found[: k + 1].count(name)})"
        for k, name in enumerate(found)
    ]


def summary(entry: Entry) -> str:
    """'SGD, batch 32 · L2 0.001 · cross-entropy', in a few words."""
    each = entry.experiment
    rule = OPTIMIZERS[each.optimizer].label
    batch = "" if each.full_batch else f", batch {each.batch_size}"
    penalty = REGULARIZERS[each.regularizer].label
    if "strength" in each.settings:
        penalty += f" {each.strength:g}"
    return f"{LOSSES[each.loss].label} · {rule}{batch} · {penalty}"


def put(page: PageSpec, lanes: Sequence[Lane]) -> None:
    """Change the lanes of a page.  For callbacks.

    A setting that all lanes have of their own, at one value, becomes one of the whole comparison.
    """
    alike = {
        name: value
        for name, value in (lanes[0].own if lanes else {}).items()
        if name != RATE and all(each.own.get(name) == value for each in lanes)
    }
    kept = tuple(each.but(**dict.fromkeys(alike)) for each in lanes)
    widgets.put_all(alike | {page.lanes: kept})


def add(page: PageSpec, lanes: Sequence[Lane], new: Lane, after: int | None = None) -> None:
    """Add a lane, at the end or after another one.  For callbacks."""
    if len(lanes) < MAX_LANES:
        place = len(lanes) if after is None else after + 1
        put(page, [*lanes[:place], new, *lanes[place:]])


def change(page: PageSpec, lanes: Sequence[Lane], number: int, new: Lane | None) -> None:
    """Replace a lane, or remove it.  For callbacks."""
    put(page, [*lanes[:number], *([] if new is None else [new]), *lanes[number + 1 :]])


def copied(lane: Lane) -> Lane:
    """A lane like this one, shown and without its name."""
    return replace(lane, name="", hidden=False)
