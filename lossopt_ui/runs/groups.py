"""Grouping of runs into curves, with their labels, colours and line styles."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from lossopt_core import Experiment
from lossopt_core.analysis.groups import SEEDS
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import flat_settings
from lossopt_core.training.run import FINISHED
from lossopt_ui.charts import comparison
from lossopt_ui.charts.colours import GREY, LINES, Theme, of_loss, of_values
from lossopt_ui.charts.curves import Dash
from lossopt_ui.charts.texts import plain
from lossopt_ui.experiment.saved_runs import IMPORTED, SavedRun, group_id_of
from lossopt_ui.state import names
from lossopt_ui.state.pages.settings import AUTOMATIC, SETTINGS

MAX_GROUPS = 24
"""Most curves on a chart; beyond that, runs are grouped further."""


@dataclass(frozen=True, eq=False)
class Group:
    """Runs drawn as one curve: a single run, or a group with its mean and band.

    key          id in addresses: of a run, of a group by seed, or a hash of grouped settings
    grouped_by   settings by which the runs were grouped; the label names only these
    """

    key: str
    label: str
    members: tuple[SavedRun, ...]
    colour: str = ""
    dash: Dash = "solid"
    grouped_by: tuple[str, ...] = ()

    @property
    def experiments(self) -> list[Experiment]:
        """The experiments of its runs; an imported curve has none."""
        return [each.experiment for each in self.members if each.experiment is not None]

    @property
    def loss(self) -> str | None:
        """The loss of all of its runs; None if they differ."""
        losses = {each.loss for each in self.experiments}
        return losses.pop() if len(losses) == 1 else None

    @property
    def plain(self) -> str:
        """The label with markup escaped, for use in a chart."""
        return plain(self.label)

    def value_of(self, setting: str) -> Any:
        """The value of a setting in its first run; None if it does not apply."""
        return flat_settings(self.experiments[0]).get(setting) if self.experiments else None


def group_runs(members: Sequence[SavedRun], *, grouped: bool, by: Sequence[str]) -> list[Group]:
    """Group runs: by settings, by all but the seeds if `grouped`, or not at all."""
    groups: dict[str, list[SavedRun]] = {}
    for each in members:
        groups.setdefault(_key(each, grouped=grouped, by=by), []).append(each)
    labels = _labels(list(groups.values()), grouped=grouped, by=by)
    return [
        Group(key, label, tuple(each), grouped_by=tuple(by))
        for (key, each), label in zip(groups.items(), labels, strict=True)
    ]


def _key(member: SavedRun, *, grouped: bool, by: Sequence[str]) -> str:
    experiment = member.experiment
    if experiment is None:
        return member.id
    if by:
        settings = flat_settings(experiment)
        text = repr([(name, settings.get(name)) for name in by])
        return hashlib.sha256(text.encode()).hexdigest()[:16]
    return group_id_of(member) if grouped else member.id


def _labels(groups: Sequence[Sequence[SavedRun]], *, grouped: bool, by: Sequence[str]) -> list[str]:
    firsts = [members[0].experiment for members in groups]
    ours = [each for each in firsts if each is not None]
    if grouped and not by:
        ours = [each.replace(**dict.fromkeys(SEEDS, 0)) for each in ours]
    told = iter(_by_values(ours, by) if by else names.distinguishing_names(ours))
    labels = []
    for members, first in zip(groups, firsts, strict=True):
        label = members[0].name if first is None else next(told)
        given = {each.name for each in members}
        if len(given) == 1 and not by:
            label = given.pop() or label
        whose = " (reference)" if all(each.reference for each in members) else ""
        labels.append(label + whose + _how_it_ended(members))
    return _each_once(labels)


def _by_values(experiments: Sequence[Experiment], by: Sequence[str]) -> list[str]:
    labels = []
    for each in experiments:
        settings = flat_settings(each)
        parts = [names.short_setting_text(name, settings[name]) for name in by if name in settings]
        labels.append(", ".join(parts) or "not applicable")
    return labels


def _how_it_ended(members: Sequence[SavedRun]) -> str:
    """' (diverged)', ' (2 of 10 stopped)', or '' if all runs are finished."""
    ends = [each.status for each in members if each.status not in (FINISHED, IMPORTED)]
    if not ends:
        return ""
    counts = {status: ends.count(status) for status in dict.fromkeys(ends)}
    if len(members) == 1:
        return f" ({ends[0]})"
    return f" ({', '.join(f'{k} of {len(members)} {status}' for status, k in counts.items())})"


def _each_once(labels: Sequence[str]) -> list[str]:
    """Make labels unique: a repeated label gets a number."""
    seen: dict[str, int] = {}
    unique = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f"{label} [{seen[label]}]")
    return unique


def fewer(groups: Sequence[Group], by: str) -> tuple[list[Group], str]:
    """At most `MAX_GROUPS` curves: more are grouped by a setting, whose name is returned too."""
    if len(groups) <= MAX_GROUPS:
        return list(groups), ""
    setting = "loss" if by == AUTOMATIC else by
    members = [member for group in groups for member in group.members]
    grouped = group_runs(members, grouped=True, by=(setting,))
    return grouped[:MAX_GROUPS], setting


def with_style(groups: Sequence[Group], *, colour: str, dash: str, theme: Theme) -> list[Group]:
    """Assign a colour and a line style to each curve, by the values of settings if requested.

    Line styles are never repeated for different values: see `too_many_styles`.
    """
    if colour == dash == AUTOMATIC and _few_of_each_loss(groups):
        return _by_loss(groups, theme)
    colours = _automatic(groups, theme) if colour == AUTOMATIC else _by_value(groups, colour, theme)
    if dash == AUTOMATIC:
        turns = [k // len(LINES[theme]) for k in range(len(groups))]
        turns = turns if colour == AUTOMATIC else [0] * len(groups)
    else:
        turns, _ = _ranks(groups, dash)
        turns = [0] * len(groups) if max(turns) >= len(comparison.DASHES) else turns
    return [
        replace(group, colour=hue, dash=comparison.DASHES[turn % len(comparison.DASHES)])
        for group, hue, turn in zip(groups, colours, turns, strict=True)
    ]


def too_many_styles(groups: Sequence[Group], dash: str) -> str:
    """Why lines do not have the requested styles; '' if they have."""
    if dash == AUTOMATIC or not groups:
        return ""
    ranks, known = _ranks(groups, dash)
    if max(ranks) < len(comparison.DASHES):
        return ""
    return (
        f"{SETTINGS[dash]} has {len(known)} values, but there are {len(comparison.DASHES)} line"
        " styles, so all lines are solid. Colours and small multiples can show that many."
    )


def _few_of_each_loss(groups: Sequence[Group]) -> bool:
    """Whether colours can stand for losses, with line styles for the runs of each loss."""
    losses = [group.loss for group in groups]
    most = max(losses.count(loss) for loss in losses)
    return None not in losses and len(set(losses)) > 1 and most <= len(comparison.DASHES)


def _by_loss(groups: Sequence[Group], theme: Theme) -> list[Group]:
    seen: dict[str, int] = {}
    styled = []
    for group in groups:
        loss = group.loss or ""
        turn = seen[loss] = seen.get(loss, -1) + 1
        hue = of_loss(loss, theme)
        styled.append(replace(group, colour=hue, dash=comparison.DASHES[turn]))
    return styled


def _automatic(groups: Sequence[Group], theme: Theme) -> list[str]:
    firsts = [group.experiments[0] for group in groups if group.experiments]
    if len(firsts) == len(groups):
        return comparison.colours(firsts, theme)
    return [LINES[theme][k % len(LINES[theme])] for k in range(len(groups))]


def _by_value(groups: Sequence[Group], setting: str, theme: Theme) -> list[str]:
    """Colours by the values of a setting; grey for curves without one."""
    ranks, known = _ranks(groups, setting)
    hues = [*of_values(setting, known, theme), GREY[theme]]
    return [hues[rank] for rank in ranks]


def _ranks(groups: Sequence[Group], setting: str) -> tuple[list[int], list[Any]]:
    """For each curve, the rank of its value of a setting; and all values in their order.

    Curves without a value come last.
    """
    values = [group.value_of(setting) for group in groups]
    known = sorted(
        {each for each in values if each is not None}, key=lambda each: (str(type(each)), each)
    )
    order = {value: k for k, value in enumerate(known)}
    return [order.get(value, len(known)) for value in values], known


def panels(groups: Sequence[Group], column: str, facet: str) -> dict[str, list[Group]]:
    """Distribute the curves over charts, by title.

    One chart per value of the facet setting, in order, and one per loss if the metric is not
    comparable between losses.
    """
    if facet != AUTOMATIC:
        ranks, _ = _ranks(groups, facet)
        groups = [group for _, group in sorted(zip(ranks, groups, strict=True), key=itemgetter(0))]
    apart = MEASURES[column].of_a_loss and len({group.loss for group in groups}) > 1
    found: dict[str, list[Group]] = {}
    for group in groups:
        parts = []
        if facet != AUTOMATIC:
            value = group.value_of(facet)
            parts.append(
                f"{SETTINGS[facet]}: {'–' if value is None else names.value_text(facet, value)}"
            )
        if apart and facet != "loss":
            parts.append(
                "several losses" if group.loss is None else names.value_text("loss", group.loss)
            )
        found.setdefault(", ".join(parts), []).append(group)
    return found


def mixed(groups: Sequence[Group], column: str) -> list[Group]:
    """Groups with several losses, for which a mean of the metric would be meaningless."""
    if not MEASURES[column].of_a_loss:
        return []
    return [group for group in groups if group.experiments and group.loss is None]
