"""Lanes: the configurations that an experiment page compares, as a part of its address.

A lane is written as the settings in which it differs from those that all lanes share:
`loss=hinge;loss=cross_entropy,learning_rate=0.3,name=My%20lane` are two lanes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import quote, unquote

from lossopt_core import FIELDS
from lossopt_core.fields import brief, parse_field
from lossopt_core.objective.losses import LOSS_SETTINGS
from lossopt_core.objective.regularizers import PENALTY_SETTINGS
from lossopt_core.optim.optimizers import RULE_SETTINGS

MAX_LANES = 6
MAX_NAME = 60
LANE_SETTINGS = (
    "loss",
    *LOSS_SETTINGS,
    "regularizer",
    *PENALTY_SETTINGS,
    "optimizer",
    *RULE_SETTINGS,
    "batch_size",
    "learning_rate",
    "schedule",
    "replacement",
    "averaging",
)
"""Settings that lanes may differ in; all others are those of the whole comparison."""
_NAME, _HIDDEN = "name", "hidden"


@dataclass(frozen=True)
class Lane:
    """One configuration.

    settings   where it differs from the settings that all lanes share: pairs of name and value
    name       given by the visitor; empty for what differs
    hidden     whether it is left out of the charts and of the verdict
    """

    settings: tuple[tuple[str, Any], ...] = ()
    name: str = ""
    hidden: bool = False

    @classmethod
    def of(cls, **settings: Any) -> Self:
        """A lane with these settings of its own."""
        return cls(tuple((name, settings[name]) for name in LANE_SETTINGS if name in settings))

    @property
    def own(self) -> Mapping[str, Any]:
        """Its own settings by name."""
        return dict(self.settings)

    def but(self, **settings: Any) -> "Lane":
        """The lane with other settings; None makes a setting that of all lanes."""
        own = {**self.own, **settings}
        changed = Lane.of(**{name: value for name, value in own.items() if value is not None})
        return replace(self, settings=changed.settings)


@dataclass(frozen=True)
class Lanes:
    """The lanes of a page, none for those that the page begins with."""

    label: str
    help: str
    default: tuple[Lane, ...] = ()

    def check(self, name: str, value: Any) -> tuple[Lane, ...]:
        """The lanes, from their text or as they are; ValueError names lane and setting."""
        if isinstance(value, str):
            value = tuple(_parse(name, text, k) for k, text in enumerate(value.split(";"), 1))
        if not isinstance(value, tuple) or not all(isinstance(each, Lane) for each in value):
            raise ValueError(f"{name} must be lanes, got {brief(value)}")
        if len(value) > MAX_LANES:
            raise ValueError(f"{name} must be at most {MAX_LANES} lanes, got {len(value)}")
        return value


def text_of(lanes: tuple[Lane, ...]) -> str:
    """Lanes as text for an address; `Lanes.check` reads it back."""
    return ";".join(_text(each) for each in lanes)


def _text(lane: Lane) -> str:
    parts = {name: plain_text(value) for name, value in lane.settings}
    parts |= {_NAME: lane.name} if lane.name else {}
    parts |= {_HIDDEN: "true"} if lane.hidden else {}
    return ",".join(f"{name}={quote(text, safe='')}" for name, text in parts.items())


def plain_text(value: Any) -> str:
    """A value as text for an address: a switch, a number or a name."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and float(short := f"{value:.12g}") == value:
        return short
    return str(value)


def _parse(name: str, text: str, number: int) -> Lane:
    settings: dict[str, Any] = {}
    called, hidden = "", False
    for part in filter(None, text.split(",")):
        key, _, quoted = part.partition("=")
        value = unquote(quoted)
        if key == _NAME:
            called = value.strip()[:MAX_NAME]
        elif key == _HIDDEN:
            hidden = value == "true"
        elif key in LANE_SETTINGS:
            settings[key] = parse_field(FIELDS[key], f"{name}, lane {number}: {key}", value)
        else:
            allowed = ", ".join((*LANE_SETTINGS, _NAME, _HIDDEN))
            raise ValueError(
                f"{name}, lane {number}: a setting must be one of {allowed}, got {brief(key)}"
            )
    return Lane(Lane.of(**settings).settings, called, hidden)
