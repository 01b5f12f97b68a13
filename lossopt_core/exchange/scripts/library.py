"""Scripts that retrain runs with lossopt_core."""

from collections.abc import Sequence
from typing import Any

from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import FIELDS, Experiment
from lossopt_core.fields import Choice
from lossopt_core.plugins.registry import Registry

WIDTH = 100
"""Maximum line length, where lines can be broken."""

SCRIPT = '''\
"""Train {what} with lossopt_core and print the final metrics."""

{needs}from lossopt_core import Experiment, train

{experiments}

for run in train(experiments):
    print(f"{{run.id}}  {{run.status}}  objective {{run.final['objective']}}")
    for part in ("train", "test"):
        print(f"    {{part}} accuracy {{run.final[f'{{part}}_accuracy']:.2%}}")
'''


def with_lossopt(experiments: Sequence[Experiment]) -> str:
    """A script that trains the experiments and prints their final metrics.

    It contains the learning rate, and settings that differ from the defaults or between the
    experiments.
    ValueError without experiments.
    """
    if not experiments:
        raise ValueError("a script needs at least one run")
    tables = [_settings(each) for each in experiments]
    names = list(dict.fromkeys(name for table in tables for name in table))
    written = [
        n
        for n in names
        if n == "learning_rate" or any(table.get(n, _default(n)) != _default(n) for table in tables)
    ]
    shared = [name for name in written if all(_agree(name, tables[0], table) for table in tables)]
    if len(experiments) == 1:
        what, shared = f"the run {experiments[0].id}", []
    else:
        what = f"{len(experiments):,} runs"

    common = [f'"{name}": {_literal(tables[0][name])}' for name in shared]
    lines = _enclosed("common = {", common, "}") if common else []
    lines.append("experiments = [")
    for table in tables:
        own = [f"{n}={_literal(table[n])}" for n in written if n not in shared and n in table]
        call = _enclosed("    Experiment(", ["**common"] * bool(common) + own, "),")
        lines += call
    lines.append("]")
    return SCRIPT.format(what=what, needs=_needs(experiments), experiments="\n".join(lines))


def _needs(experiments: Sequence[Experiment]) -> str:
    """A comment with the required plug-ins, or ""."""
    plugins = {
        declaration.registry.plugin_of(getattr(each, name))
        for each in experiments
        for name, declaration in FIELDS.items()
        if isinstance(declaration, Choice) and isinstance(declaration.registry, Registry)
    }
    named = ", ".join(sorted(each for each in plugins if each is not None))
    return f"# Requires the plug-ins {named}\n" if named else ""


def _settings(experiment: Experiment) -> dict[str, Any]:
    """The settings that apply, with only the non-default options of the data set."""
    declared = DATASETS[experiment.dataset].options
    options = {
        name: value
        for name, value in experiment.dataset_options.items()
        if value != declared[name].default
    }
    return experiment.settings | {"dataset_options": options}


def _default(name: str) -> Any:
    return FIELDS[name].default if name in FIELDS else {}


def _agree(name: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return name in one and name in other and bool(one[name] == other[name])


def _literal(value: Any) -> str:
    """A validated value as Python source: a registry name, a number, or options of these."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}": {each!r}' for name, each in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _enclosed(start: str, parts: Sequence[str], end: str) -> list[str]:
    """Join parts between brackets on one line, or one per line if they do not fit."""
    line = start + ", ".join(parts) + end
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(start) - len(start.lstrip()))
    return [start, *(f"{indent}    {part}," for part in parts), f"{indent}{end}"]
