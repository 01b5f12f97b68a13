"""Settings in addresses.

Settings and view options appear under their own name (`loss=hinge`, `x=epoch`), data set options
with the data set's name as prefix (`blobs.spread=2`).  Defaults are left out, except those of
`SUGGESTED`.  Addresses are untrusted: an invalid value is replaced by the default and reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossopt_core import FIELDS, Experiment
from lossopt_core.experiment.vocabulary import did_you_mean
from lossopt_core.fields import Choice, Number, Switch, brief, parse_field
from lossopt_ui.state import lanes
from lossopt_ui.state.kinds import (
    Chips,
    Interval,
    Matrix,
    Names,
    RunIds,
    Several,
)
from lossopt_ui.state.lanes import Lane
from lossopt_ui.state.pages import DECLARED

SUGGESTED = frozenset({"learning_rate", "log_y", "sweep_rate", "updates"})
"""Settings without a fixed default: in the address whenever somebody has set them."""


LONGEST_SHOWN = 30


@dataclass(frozen=True)
class Problem:
    """An invalid value in an address."""

    name: str
    message: str
    default: Any

    def __str__(self) -> str:
        if self.name not in DECLARED:
            return self.message
        instead = "the suggested value" if self.name in SUGGESTED else write(self.default)
        if not instead.strip(",;"):
            return f"{self.message}; it is ignored."
        if len(instead) > LONGEST_SHOWN:
            instead = "the default"
        return f"{self.message}; using {instead} instead."


def parse(name: str, text: str) -> Any:
    """Parse and check the text of an option; ValueError if it is invalid."""
    declaration = DECLARED[name]
    if isinstance(declaration, Switch | Number | Choice):
        return parse_field(declaration, name, text)
    if isinstance(declaration, Several):
        parts = [part for part in text.split(",") if part]
        return declaration.check(name, [int(p) if p.isdecimal() else p for p in parts])
    if isinstance(declaration, Matrix):
        return declaration.check(name, [row.split(",") for row in text.split(";")])
    if isinstance(declaration, Interval):
        return declaration.check(name, [part or None for part in text.split(",")])
    if isinstance(declaration, RunIds | Names | Chips):
        return declaration.check(name, text.split(","))
    return declaration.check(name, text)


def label(entry: Any) -> str:
    """The label of a registry entry."""
    return entry if isinstance(entry, str) else entry.label


def read(query: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Checked values from an address, and the problems found.

    Unknown names are among the problems.
    """
    values: dict[str, Any] = {}
    problems = [_unknown(name) for name in query.keys() - DECLARED.keys()]
    for name in DECLARED.keys() & query.keys():
        try:
            values[name] = parse(name, query[name])
        except ValueError as error:
            problems.append(Problem(name, str(error), DECLARED[name].default))
    return values, sorted(problems, key=lambda problem: problem.name)


def _unknown(name: str) -> Problem:
    """The problem that there is no option of this name, with the nearest right one."""
    near = did_you_mean(name, DECLARED)
    return Problem(name, f"there is no option {brief(name)}{near or '; it is ignored.'}", None)


def query_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as text for an address, without defaults and options of other data sets."""
    dataset = values.get("dataset", FIELDS["dataset"].default)
    return {
        name: write(values[name])
        for name, declaration in DECLARED.items()
        if name in values
        and (values[name] != declaration.default or name in SUGGESTED)
        and ("." not in name or name.startswith(f"{dataset}."))
    }


def values_of(experiment: Experiment) -> dict[str, Any]:
    """The values of an experiment's settings, by their names in an address."""
    options = experiment.dataset_options.items()
    return {name: getattr(experiment, name) for name in FIELDS} | {
        f"{experiment.dataset}.{option}": value for option, value in options
    }


def write(value: Any) -> str:
    """A value as text for an address; `parse` reads it back."""
    if value is None:
        return ""
    if isinstance(value, tuple) and value and isinstance(value[0], Lane):
        return lanes.text_of(value)
    if isinstance(value, tuple):
        return (";" if value and isinstance(value[0], tuple) else ",").join(map(write, value))
    return lanes.plain_text(value)
