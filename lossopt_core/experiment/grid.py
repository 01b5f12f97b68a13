"""Command-line settings and the parameter grid they define.

Options, ranges and allowed names come from the fields of `Experiment` and from the registries;
new entries appear automatically.
"""

import argparse
import itertools
import math
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.experiment.typed import checked
from lossopt_core.fields import (
    Choice,
    Field,
    Fingerprint,
    Number,
)
from lossopt_core.plugins.registry import Registry

LARGEST_GRID = 10_000
TUNED = "tuned"
"""The text for learning rates of their own, which `train` finds unless numbers are given."""
MORE_WORDS = {
    "learning_rate": f" {TUNED.capitalize()}: each configuration has the rate of a fixed grid that"
    " ends at the lowest training objective, in one run with another seed."
}
DEFAULTS = {"learning_rate": TUNED}
"""Defaults that are not those of an experiment."""
SEEDS = Number("Seeds", 1, 1, LARGEST_GRID, "Shorthand for --seed 0 1 ... N-1.", whole=True)


def add_settings(training: argparse.ArgumentParser) -> None:
    """Add a command-line option for every field of an experiment and for data set options."""
    group = training.add_argument_group("settings, each with one or more values")
    seeds = group.add_mutually_exclusive_group()
    for name, declaration in FIELDS.items():
        (seeds if name == "seed" else group).add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            nargs="+",
            metavar=metavar(declaration),
            help=_help(name, declaration).replace("%", "%%"),
        )
        if name == "dataset":
            group.add_argument(
                "--option",
                nargs="+",
                action="append",
                default=[],
                metavar="NAME=VALUE",
                help="Data set option with one or more values: --option spread=1 2 4. Write"
                " blobs.spread=1 if several data sets have an option of that name.",
            )
    seeds.add_argument("--seeds", metavar="N", help=in_words(SEEDS))


def _help(name: str, declaration: Field) -> str:
    return in_words(declaration, DEFAULTS.get(name)) + MORE_WORDS.get(name, "")


def metavar(declaration: Field) -> str:
    """The placeholder for a value in the help text."""
    if isinstance(declaration, Number):
        return "N" if declaration.whole else "X"
    if isinstance(declaration, Fingerprint):
        return "DIGITS"
    return "NAME" if isinstance(declaration, Choice) else "true|false"


def in_words(declaration: Field, default: str | None = None) -> str:
    """Help text: what a setting is, what is allowed, and its default, if no other is given."""
    default = write(declaration.default) if default is None else default
    if isinstance(declaration, Number):
        low, high = write(declaration.low), write(declaration.high)
        return f"{declaration.help} {low} to {high}, default {default}."
    if isinstance(declaration, Choice):
        return f"{declaration.help} {', '.join(declaration.registry)}; default {default}."
    return f"{declaration.help} Default {default}."


def names() -> str:
    """All registry entries with their summaries."""
    width = max(60, min(100, shutil.get_terminal_size().columns - 2))

    def entry(name: str, words: str, indent: int) -> str:
        start = f"{'':{indent}}{name:<{20 - indent}} "
        filled = textwrap.fill(words, width, initial_indent=start, subsequent_indent=" " * 21)
        return filled or start.rstrip()

    lines = []
    for field, declaration in FIELDS.items():
        if not isinstance(declaration, Choice):
            continue
        lines.append(f"--{field.replace('_', '-')}:")
        for name, each in declaration.registry.items():
            lines.append(entry(name, each.summary, 2))
            for option, about in (each.options if field == "dataset" else {}).items():
                lines.append(entry(f"{option}=", in_words(about), 4))
        lines.append("")
    return "\n".join(lines)


def plugin_problems() -> list[str]:
    """Why entries of installed plug-ins cannot be used, one sentence per entry."""
    registries = [each.registry for each in FIELDS.values() if isinstance(each, Choice)]
    found: list[str] = []
    for registry in registries:
        if isinstance(registry, Registry):
            list(registry)  # loads the plug-ins
            found += registry.problems.values()
    return found


def grid(chosen: Mapping[str, Any]) -> list[Experiment]:
    """All combinations of the given values, without duplicate runs."""
    values = {
        name: [checked(name, declaration, text) for text in chosen[name]]
        for name, declaration in FIELDS.items()
        if chosen.get(name)
    }
    if chosen.get("seeds") is not None:
        values["seed"] = list(range(int(checked("seeds", SEEDS, chosen["seeds"]))))
    datasets = values.pop("dataset", [FIELDS["dataset"].default])
    options = dataset_options(chosen.get("option", []), datasets)
    grids = [
        values | {f"option {name}": each for name, each in options[d].items()} for d in datasets
    ]
    size = sum(math.prod(map(len, each.values())) for each in grids)
    if size > LARGEST_GRID:
        raise ValueError(f"the grid has {size:,} experiments; the maximum is {LARGEST_GRID:,}")

    experiments: dict[str, Experiment] = {}
    for dataset, each in zip(datasets, grids, strict=True):
        for combination in itertools.product(*each.values()):
            settings = dict(zip(each, combination, strict=True))
            given = {
                name.removeprefix("option "): settings.pop(name)
                for name in list(settings)
                if name.startswith("option ")
            }
            experiment = Experiment(dataset=dataset, dataset_options=given, **settings)
            experiments.setdefault(experiment.id, experiment)
    return list(experiments.values())


def dataset_options(
    groups: Sequence[Sequence[str]], datasets: Sequence[str]
) -> dict[str, dict[str, list[Any]]]:
    """The given option values of each data set.

    An option applies to every chosen data set that has it, or to the one named before the dot.
    """
    given: dict[str, list[str]] = {}
    for group in groups:
        values: list[str] | None = None
        for text in group:
            name, equals, value = text.partition("=")
            if equals:
                values = given.setdefault(name, [])
                values.append(value)
            elif values is None:
                raise ValueError(f"option must be NAME=VALUE, got {text!r}")
            else:
                values.append(text)

    options: dict[str, dict[str, list[Any]]] = {dataset: {} for dataset in datasets}
    for name, texts in given.items():
        *owner, option = name.split(".", 1)
        owners = [
            dataset
            for dataset in datasets
            if option in DATASETS[dataset].options and (not owner or owner == [dataset])
        ]
        if not owners:
            known = ", ".join(n for d in datasets for n in DATASETS[d].options) or "none"
            raise ValueError(f"{', '.join(datasets)} has no option {name!r}; options: {known}")
        for dataset in owners:
            declaration = DATASETS[dataset].options[option]
            options[dataset][option] = [
                checked(f"option {name}", declaration, text) for text in texts
            ]
    return options


def write(value: Any) -> str:
    """Format a value as it would be typed on the command line."""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    return str(value)
