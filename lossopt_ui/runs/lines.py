"""Which runs are drawn as one line, what it is called, and how it looks."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from lossopt_core import Experiment
from lossopt_core.analysis.groups import SEEDS
from lossopt_core.experiment.description import flat_settings
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.training.run import FINISHED
from lossopt_ui.charts import comparison
from lossopt_ui.charts.colours import LINES, Theme, of_loss
from lossopt_ui.charts.groups import Dash
from lossopt_ui.charts.texts import plain
from lossopt_ui.experiment.saved_runs import BROUGHT_IN, Member, family_of
from lossopt_ui.state import names
from lossopt_ui.state.pages.settings import BY_ITSELF, SETTINGS

MOST_LINES = 24
"""Lines with a name each; more are drawn as groups."""


@dataclass(frozen=True, eq=False)
class Line:
    """Runs that are drawn as one curve.

    key     what an address calls it: the id of a run, of a family, or of a group's values
    group   the settings that its runs were grouped by; whatever else they differ in, the label
            does not say
    """

    key: str
    label: str
    members: tuple[Member, ...]
    colour: str = ""
    dash: Dash = "solid"
    group: tuple[str, ...] = ()

    @property
    def experiments(self) -> list[Experiment]:
        """Those of its runs; a curve from elsewhere has none."""
        return [each.experiment for each in self.members if each.experiment is not None]

    @property
    def loss(self) -> str | None:
        """The loss that all of its runs were trained with, where it is one."""
        losses = {each.loss for each in self.experiments}
        return losses.pop() if len(losses) == 1 else None

    @property
    def plain(self) -> str:
        """The label for a chart, which would take a tag in it for its own."""
        return plain(self.label)

    def value_of(self, setting: str) -> Any:
        """The value of a setting in its first run; None where it has no say."""
        return flat_settings(self.experiments[0]).get(setting) if self.experiments else None


def lines_of(members: Sequence[Member], *, together: bool, group: Sequence[str]) -> list[Line]:
    """Members as lines: grouped by settings, by family if `together`, or each by itself."""
    groups: dict[str, list[Member]] = {}
    for each in members:
        groups.setdefault(_key(each, together=together, group=group), []).append(each)
    labels = _labels(list(groups.values()), together=together, group=group)
    return [
        Line(key, label, tuple(each), group=tuple(group))
        for (key, each), label in zip(groups.items(), labels, strict=True)
    ]


def _key(member: Member, *, together: bool, group: Sequence[str]) -> str:
    experiment = member.experiment
    if experiment is None:
        return member.id
    if group:
        settings = flat_settings(experiment)
        text = repr([(name, settings.get(name)) for name in group])
        return hashlib.sha256(text.encode()).hexdigest()[:16]
    return family_of(member) if together else member.id


def _labels(
    groups: Sequence[Sequence[Member]], *, together: bool, group: Sequence[str]
) -> list[str]:
    firsts = [members[0].experiment for members in groups]
    ours = [each for each in firsts if each is not None]
    if together and not group:
        ours = [each.replace(**dict.fromkeys(SEEDS, 0)) for each in ours]
    told = iter(_by_values(ours, group) if group else names.tell_apart(ours))
    labels = []
    for members, first in zip(groups, firsts, strict=True):
        label = members[0].name if first is None else next(told)
        given = {each.name for each in members}
        if len(given) == 1 and not group:
            label = given.pop() or label
        whose = " (reference)" if all(each.reference for each in members) else ""
        labels.append(label + whose + _how_it_ended(members))
    return _each_once(labels)


def _by_values(experiments: Sequence[Experiment], group: Sequence[str]) -> list[str]:
    labels = []
    for each in experiments:
        settings = flat_settings(each)
        parts = [names.in_words(name, settings[name]) for name in group if name in settings]
        labels.append(", ".join(parts) or "neither")
    return labels


def _how_it_ended(members: Sequence[Member]) -> str:
    """' (diverged)', ' (2 of 10 stopped)', or nothing for runs that came to their end."""
    ends = [each.status for each in members if each.status not in (FINISHED, BROUGHT_IN)]
    if not ends:
        return ""
    counts = {status: ends.count(status) for status in dict.fromkeys(ends)}
    if len(members) == 1:
        return f" ({ends[0]})"
    return f" ({', '.join(f'{k} of {len(members)} {status}' for status, k in counts.items())})"


def _each_once(labels: Sequence[str]) -> list[str]:
    """Two lines with one name could not be told apart: the second gets a number."""
    seen: dict[str, int] = {}
    unique = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f"{label} [{seen[label]}]")
    return unique


def fewer(lines: Sequence[Line], by: str) -> tuple[list[Line], str]:
    """No more lines than can be named: beyond, one for each value of a setting, which is told."""
    if len(lines) <= MOST_LINES:
        return list(lines), ""
    setting = "loss" if by == BY_ITSELF else by
    members = [member for line in lines for member in line.members]
    grouped = lines_of(members, together=True, group=(setting,))
    return grouped[:MOST_LINES], setting


def with_style(lines: Sequence[Line], *, colour: str, dash: str, theme: Theme) -> list[Line]:
    """The lines with a colour and a line style each, by the values of settings if asked."""
    if colour == dash == BY_ITSELF and _few_of_each_loss(lines):
        return _by_loss(lines, theme)
    colours = (
        _automatic(lines, theme)
        if colour == BY_ITSELF
        else [_colour(colour, k, value, theme) for k, value in _ranks(lines, colour)]
    )
    if dash == BY_ITSELF:
        turns = [k // len(LINES[theme]) for k in range(len(lines))]
        turns = turns if colour == BY_ITSELF else [0] * len(lines)
    else:
        turns = [k for k, _ in _ranks(lines, dash)]
    return [
        replace(line, colour=hue, dash=comparison.DASHES[turn % len(comparison.DASHES)])
        for line, hue, turn in zip(lines, colours, turns, strict=True)
    ]


def _few_of_each_loss(lines: Sequence[Line]) -> bool:
    """Whether losses can have their own colours, and line styles tell the rest apart."""
    losses = [line.loss for line in lines]
    most = max(losses.count(loss) for loss in losses)
    return None not in losses and len(set(losses)) > 1 and most <= len(comparison.DASHES)


def _by_loss(lines: Sequence[Line], theme: Theme) -> list[Line]:
    seen: dict[str, int] = {}
    dressed_lines = []
    for line in lines:
        loss = line.loss or ""
        turn = seen[loss] = seen.get(loss, -1) + 1
        hue = of_loss(loss, theme)
        dressed_lines.append(replace(line, colour=hue, dash=comparison.DASHES[turn]))
    return dressed_lines


def _automatic(lines: Sequence[Line], theme: Theme) -> list[str]:
    firsts = [line.experiments[0] for line in lines if line.experiments]
    if len(firsts) == len(lines):
        return comparison.colours(firsts, theme)
    return [LINES[theme][k % len(LINES[theme])] for k in range(len(lines))]


def _ranks(lines: Sequence[Line], setting: str) -> list[tuple[int, Any]]:
    """Each line's value of a setting, and its place among all values."""
    values = [line.value_of(setting) for line in lines]
    known = sorted(
        {each for each in values if each is not None}, key=lambda each: (str(type(each)), each)
    )
    order = {value: k for k, value in enumerate(known)}
    return [(order.get(value, len(known)), value) for value in values]


def _colour(setting: str, rank: int, value: Any, theme: Theme) -> str:
    if setting == "loss" and value is not None:
        return of_loss(value, theme)
    return LINES[theme][rank % len(LINES[theme])]


def panels(lines: Sequence[Line], column: str, facet: str) -> dict[str, list[Line]]:
    """Which lines share a chart, by its title.

    One chart for each value of the facet's setting, in the order of the values; and one for each
    loss where the column's values mean something else under another.
    """
    if facet != BY_ITSELF:
        ranks = [rank for rank, _ in _ranks(lines, facet)]
        lines = [line for _, line in sorted(zip(ranks, lines, strict=True), key=itemgetter(0))]
    apart = MEASURES[column].of_a_loss and len({line.loss for line in lines}) > 1
    found: dict[str, list[Line]] = {}
    for line in lines:
        parts = []
        if facet != BY_ITSELF:
            value = line.value_of(facet)
            parts.append(
                f"{SETTINGS[facet]}: {'–' if value is None else names.shown(facet, value)}"
            )
        if apart and facet != "loss":
            parts.append("several losses" if line.loss is None else names.shown("loss", line.loss))
        found.setdefault(", ".join(parts), []).append(line)
    return found


def mixed(lines: Sequence[Line], column: str) -> list[Line]:
    """Lines whose runs have several losses: a mean of the column would mean nothing."""
    if not MEASURES[column].of_a_loss:
        return []
    return [line for line in lines if line.experiments and line.loss is None]
