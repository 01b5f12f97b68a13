"""The axes of a sweep: settings and the values that they take.

An axis has a text form, so that it can be typed and be part of an address:

    hinge, cross_entropy        these values, by their names or labels
    0.1, 20 %                   these numbers
    log 1e-3 1 7                7 log-spaced values from 1e-3 to 1
    linear 0 1 5                5 linearly spaced values from 0 to 1
    1e-3 to 1                   5 values, log-spaced if that is usual for the setting
    random log 1e-3 1 20        20 random values, log-uniform
    random linear 0 1 20        20 random values, uniform
    random choice sgd, adam 20  20 random choices from these values
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.grid import write
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.experiment.typed import checked, label_of, listed
from lossopt_core.experiment.vocabulary import did_you_mean, names_of_columns
from lossopt_core.fields import Choice, Field, Number, brief
from lossopt_core.objective.linear import Array

MAX_VALUES = 1_000
DIGITS = 4
"""Significant digits of values in a range."""
COUNT = 5
"""Values of a range whose number is not given."""
RANGES = ("log", "linear")
NOT_SWEPT = ("seed", "split_seed")
_FROM_TO = re.compile(
    r"(?:(?P<kind>log|linear)\s+)?(?P<low>\S+?)\s*(?:\bto\b|\.\.\.?|…)\s*(?P<high>[^\s,]+)"
    r"(?:\s*,?\s*(?:in\s+)?(?P<count>\d+)(?:\s+(?:values|steps|points))?)?"
)


@dataclass(frozen=True)
class Axis:
    """A setting and its values; `drawn` if they are random.

    `text` is the text form, if it is not a list of values.
    """

    name: str
    values: tuple[Any, ...]
    drawn: bool = False
    text: str = ""


@dataclass(frozen=True)
class Range:
    """A range of numbers: `kind` is "log" or "linear", `drawn` if its values are random."""

    kind: str
    low: float
    high: float
    count: int
    drawn: bool = False

    @property
    def text(self) -> str:
        """The text form of an axis."""
        words = (self.kind, write(self.low), write(self.high), str(self.count))
        return " ".join(("random", *words) if self.drawn else words)


def axis(name: str, text: str, draw_seed: int = 0) -> Axis:
    """Parse the text form of an axis; ValueError names the setting and what is allowed.

    The name and the values may be labels. Random values depend only on the draw seed and the name
    of the setting.
    """
    name = named(name)
    declaration, label = declared_settings()[name], label_of_setting(name)
    words = text.replace(",", " ").split()
    if not words:
        raise ValueError(f"{label} needs values, such as {_example(declaration)}")
    if isinstance(declaration, Number) and (found := range_of(label, declaration, text)):
        values = _spread(name, label, declaration, found, draw_seed)
        return Axis(name, values, found.drawn, text=found.text)
    if " ".join(words[:2]).casefold() == "random choice":
        *chosen, last = re.split(r"[\s,]+(?=\S+$)", " ".join(text.strip(" ,").split(None, 2)[2:]))
        shares = _draws(name, _count(label, last), draw_seed)
        choices = _values(label, declaration, " ".join(chosen))
        picked = tuple(choices[int(share * len(choices))] for share in shares)
        return Axis(name, picked, drawn=True, text=" ".join(words))
    if words[0].casefold() == "random":
        raise ValueError(
            f"{label}: random needs {'log, linear or ' * isinstance(declaration, Number)}choice,"
            f" such as random choice {_example(declaration)} 5"
        )
    return Axis(name, _values(label, declaration, text))


def named(text: str) -> str:
    """The name of the setting that is called so; ValueError if none that can be swept is."""
    known = names_of_columns([each for each in declared_settings() if each not in NOT_SWEPT])
    found = known.get(" ".join(text.split()).casefold())
    if found is None:
        raise ValueError(f"{brief(text)} cannot be swept{did_you_mean(text, known)}")
    return found


def label_of_setting(name: str) -> str:
    """A setting's label; for a data set option, with the data set, as names may coincide."""
    dataset, _, _ = name.rpartition(".")
    label = declared_settings()[name].label
    return f"{DATASETS[dataset].label}: {label.lower()}" if dataset else label


def range_of(label: str, declaration: Number, text: str) -> Range | None:
    """The range that a text describes; None if it begins like a list.

    ValueError if it is incomplete or outside of what is allowed.
    """
    words = text.replace(",", " ").split()
    drawn = words[0].casefold() == "random"
    kind, *rest = [each.casefold() for each in words[drawn:]] or [""]
    if kind in RANGES and "to" not in rest and ".." not in text and "…" not in text:
        if len(rest) != 3:
            raise ValueError(
                f"{label}: {kind} needs lowest, highest and count, got {len(rest)} values"
            )
        return _range(label, declaration, kind, rest, drawn=drawn)
    if drawn or not (found := _FROM_TO.fullmatch(text.strip().casefold())):
        return None
    usual = "log" if declaration.logarithmic else "linear"
    ends = [found["low"], found["high"], found["count"] or str(COUNT)]
    return _range(label, declaration, found["kind"] or usual, ends, drawn=False)


def _range(
    label: str, declaration: Number, kind: str, ends: Sequence[str], *, drawn: bool
) -> Range:
    low, high = (checked(label, declaration, word) for word in ends[:2])
    if kind == "log" and low <= 0:
        raise ValueError(f"{label}: a log range must start above 0, got {low:g}")
    if high < low:
        raise ValueError(f"{label}: the range must be increasing, got {low:g} to {high:g}")
    return Range(kind, low, high, _count(label, ends[2]), drawn)


def _values(label: str, declaration: Field, text: str) -> tuple[Any, ...]:
    values = listed(label, declaration, text)
    if not values:
        raise ValueError(f"{label} needs values, such as {_example(declaration)}")
    return values


def _draws(name: str, count: int, draw_seed: int) -> Array:
    """Random numbers between 0 and 1, independent between settings."""
    return np.random.default_rng([draw_seed, *name.encode()]).random(count)


def _count(label: str, word: str) -> int:
    most = Number("", COUNT, 1, MAX_VALUES, "", whole=True)
    return int(checked(f"{label}: number of values", most, word))


def _example(declaration: Field) -> str:
    if isinstance(declaration, Choice):
        return ", ".join([label_of(each) for each in declaration.registry.values()][:2])
    if isinstance(declaration, Number):
        return "0.001, 0.01 or log 1e-3 1 7" if declaration.logarithmic else "1, 2, 4"
    return "yes, no"


def _spread(
    name: str, label: str, declaration: Number, wanted: Range, draw_seed: int
) -> tuple[Any, ...]:
    """Values from lowest to highest: random, or evenly spaced."""
    low, high, count = float(wanted.low), float(wanted.high), wanted.count
    shares = _draws(name, count, draw_seed) if wanted.drawn else np.linspace(0.0, 1.0, count)
    log = wanted.kind == "log"
    values = low * (high / low) ** shares if log else low + (high - low) * shares
    rounded = [round(each) if declaration.whole else float(f"{each:.{DIGITS}g}") for each in values]
    inside = tuple(declaration.check(label, min(max(each, low), high)) for each in rounded)
    # Random values are paired with those of other settings, so keep duplicates.
    return inside if wanted.drawn else tuple(dict.fromkeys(inside))


def parse(text: str, draw_seed: int = 0) -> tuple[tuple[Axis, ...], list[str]]:
    """Parse axes written by `as_text`; returns the axes and error messages for invalid ones."""
    found, problems = [], []
    for part in filter(None, map(str.strip, text.split(";"))):
        name, _, values = part.partition("=")
        try:
            found.append(axis(name.strip(), values, draw_seed))
        except ValueError as error:
            problems.append(str(error))
    return tuple(found), problems


def as_text(axes: Sequence[Axis]) -> str:
    """The text form of axes: 'loss=hinge,cross_entropy;strength=log 1e-4 1 5'."""
    return ";".join(
        f"{each.name}={each.text or ','.join(map(write, each.values))}" for each in axes
    )
