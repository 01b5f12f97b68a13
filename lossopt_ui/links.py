"""Experiments as addresses, and addresses as experiments.

A setting stands in the address under its own name (`loss=hinge`), an option of a data set
with the data set's name before it (`blobs.spread=2`).  What stands there is untrusted: a
value that the core refuses is replaced by the default, and said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lossopt_core import DATASETS, FIELDS, Experiment
from lossopt_core.experiment import flat_settings
from lossopt_core.fields import Field, Number, Switch


@dataclass(frozen=True)
class Problem:
    """A value in the address that could not be taken."""

    name: str
    value: str
    allowed: str
    default: Any

    def __str__(self) -> str:
        return f"{self.name} in the address {self.allowed}; using {self.default} instead."


def declared() -> dict[str, Field]:
    """Everything that may stand in an address: settings and options of data sets."""
    options = {
        f"{dataset}.{name}": declaration
        for dataset, entry in DATASETS.items()
        for name, declaration in entry.options.items()
    }
    return FIELDS | options


def parse(declaration: Field, text: str) -> Any:
    """The value that a text in an address stands for; not yet checked."""
    if isinstance(declaration, Switch):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(declaration, Number):
        try:
            return int(text) if declaration.whole else float(text)
        except ValueError:
            return text
    return text


def read(query: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Checked values of the settings in an address, and what could not be taken."""
    values: dict[str, Any] = {}
    problems = []
    for name, declaration in declared().items():
        if name not in query:
            continue
        try:
            values[name] = declaration.check(name, parse(declaration, query[name]))
        except ValueError as error:
            allowed = str(error).removeprefix(f"{name} ")
            problems.append(Problem(name, query[name], allowed, declaration.default))
    return values, problems


def settings_of(experiment: Experiment) -> dict[str, str]:
    """The experiment's settings as an address has them, defaults left out."""
    every = declared()
    return {
        name: write(value)
        for name, value in flat_settings(experiment).items()
        if value != every[name].default
    }


def write(value: Any) -> str:
    """A value as it stands in an address; `parse` reads it back."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else str(value)


def address(page: str, experiment: Experiment) -> str:
    """A page's address that opens it with this experiment: `/train?loss=hinge`."""
    query = urlencode(settings_of(experiment))
    return f"{page}?{query}" if query else page
