"""One colour per entity on every page, in both themes.

Colours that can meet in one chart differ by at least 10 (CIEDE2000) for normal vision and for the
three kinds of colour blindness, and all have a contrast of at least 3 : 1 with the background.
They were found by a search that keeps the hue of an entity in both themes; the first hues are
those of Okabe and Ito (2008).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from plotly.colors import hex_to_rgb, unlabel_rgb

from lossopt_core import LOSSES, OPTIMIZERS

Theme = Literal["light", "dark"]
Shades = Mapping[Theme, str]

BACKGROUND: dict[Theme, str] = {"light": "#FFFFFF", "dark": "#0E1117"}
"""Of the page, as in `.streamlit/config.toml`."""
INK: dict[Theme, str] = {"light": "#1A1A1A", "dark": "#F0F0F0"}
GREY: dict[Theme, str] = {"light": "#767676", "dark": "#8C8C8C"}

SPARE: tuple[Shades, ...] = (
    {"light": "#B77B63", "dark": "#B48769"},
    {"light": "#3300E1", "dark": "#5950E6"},
    {"light": "#142903", "dark": "#C7D656"},
)
"""For losses that declare no colour, in the order of the registry; those after these get ink."""
BATCH: dict[int, Shades] = {
    1: {"light": "#988A37", "dark": "#EDE35A"},
    8: {"light": "#6F14BA", "dark": "#A75FD9"},
    32: {"light": "#285D45", "dark": "#5AE19D"},
    128: {"light": "#132952", "dark": "#92B3F5"},
    512: {"light": "#702D17", "dark": "#D03F2B"},
}
"""SGD by batch size; 32 is the default, and has the colour of SGD."""
VIOLET: Shades = {"light": "#BA17FD", "dark": "#756291"}
LINES: dict[Theme, tuple[str, ...]] = {
    theme: (
        *(BATCH[size][theme] for size in (32, 128, 8, 512, 1)),
        VIOLET[theme],
        GREY[theme],
        INK[theme],
    )
    for theme in ("light", "dark")
}
"""For runs that differ in something without its own colour; disjoint from the losses' hues."""

CLASSES: dict[Theme, tuple[str, ...]] = {
    "light": (
        "#AA6E9C",
        "#85592F",
        "#34815A",
        "#941651",
        "#8D9653",
        "#1B98CC",
        "#486BD1",
        "#59270F",
        "#2B558E",
        "#1A1A1A",
    ),
    "dark": (
        "#F1A1C4",
        "#E46F03",
        "#6EBA7A",
        "#B82B6B",
        "#AFE42D",
        "#78CCFC",
        "#799AF2",
        "#A76844",
        "#5F73DC",
        "#F0F0F0",
    ),
}
SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "triangle-down",
    "x",
    "pentagon",
    "star",
    "hexagon",
)
DIVERGING: dict[Theme, list[list[object]]] = {
    "light": [[0.0, "#B35806"], [0.25, "#F1A340"], [0.5, "#F7F7F7"], [0.75, "#998EC3"],
              [1.0, "#542788"]],
    "dark": [[0.0, "#F1A340"], [0.25, "#B35806"], [0.5, "#15181F"], [0.75, "#7A68B8"],
             [1.0, "#C4B8EE"]],
}  # fmt: skip
"""Negative, zero, positive; zero is the background."""
SEQUENTIAL: dict[Theme, list[list[object]]] = {
    "light": [[0.0, "#FFFFFF"], [1.0, "#0B2E59"]],
    "dark": [[0.0, "#0E1117"], [1.0, "#CFE3FF"]],
}
OF_NUMBERS: dict[Theme, tuple[str, str]] = {
    "light": ("#2F8FD8", "#06142B"),
    "dark": ("#2F6FC4", "#E6F1FF"),
}
"""Lines that stand for numbers: the colours of the smallest and of the largest."""


def loss_shades() -> dict[str, Shades]:
    """The colour of every loss: its own, or the next spare one that no loss has declared."""
    return _shades({name: loss.colour for name, loss in LOSSES.items()}, SPARE)


def optimizer_shades() -> dict[str, Shades]:
    """The colour of every optimizer, in the same way; the spare ones are those of no optimizer."""
    return _shades({name: kind.colour for name, kind in OPTIMIZERS.items()}, SPARE)


def _shades(
    declared: Mapping[str, tuple[str, str] | None], spare: Sequence[Shades]
) -> dict[str, Shades]:
    taken = set(declared.values())
    free = iter([each for each in spare if (each["light"], each["dark"]) not in taken])
    shades: dict[str, Shades] = {}
    given = set()
    for name, colour in declared.items():
        # A subclass has its parent's colour unless it declares its own.
        if colour is None or colour in given:
            shades[name] = next(free, INK)
        else:
            shades[name] = {"light": colour[0], "dark": colour[1]}
            given.add(colour)
    return shades


def _pairs() -> Iterator[tuple[str, str]]:
    """Pairs of a dark theme colour and the light theme colour with the same meaning."""
    entities = (*loss_shades().values(), *optimizer_shades().values(), *BATCH.values())
    for shades in (BACKGROUND, INK, GREY, *entities):
        yield shades["dark"], shades["light"]
    yield from zip(CLASSES["dark"], CLASSES["light"], strict=True)
    for scale in (DIVERGING, SEQUENTIAL):
        for (_, dark), (_, light) in zip(scale["dark"], scale["light"], strict=True):
            yield str(dark), str(light)


ON_WHITE: dict[str, str] = dict(_pairs())
"""Dark theme colours and their replacements in downloaded images, which are on white."""


def of_loss(name: str, theme: Theme) -> str:
    """The colour of a loss; ink for any other name."""
    return loss_shades().get(name, INK)[theme]


def of_optimizer(name: str, theme: Theme) -> str:
    """The colour of an optimizer; ink for any other name."""
    return optimizer_shades().get(name, INK)[theme]


def of_values(setting: str, values: Sequence[Any], theme: Theme) -> list[str]:
    """One colour for each value of a setting, in ascending order.

    Entities have their own colours, other numbers a sequential scale, and all else the next of
    `LINES`.
    """
    entities: dict[str, Mapping[Any, Shades]] = {
        "loss": loss_shades(),
        "optimizer": optimizer_shades(),
        "batch_size": BATCH,
    }
    shades = entities.get(setting, {})
    if all(value in shades for value in values):
        return [shades[value][theme] for value in values]
    if len(values) > 1 and all(type(value) in (int, float) for value in values):
        ranks = [k / (len(values) - 1) for k in range(len(values))]
        return [mixed(*OF_NUMBERS[theme], rank) for rank in ranks]
    return [LINES[theme][k % len(LINES[theme])] for k in range(len(values))]


def mixed(one: str, other: str, share: float) -> str:
    """The mixture of two '#RRGGBB', channel by channel, with this share of the second."""
    channels = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round((1 - share) * a + share * b):02X}" for a, b in channels)


def of_batch(size: int, theme: Theme) -> str:
    """The colour of SGD with this batch size: that of the nearest size that has one."""
    return BATCH[min(BATCH, key=lambda known: abs(known - size))][theme]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, '#RRGGBB' or 'rgb(r, g, b)', from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    named = hex_to_rgb(colour) if colour.startswith("#") else unlabel_rgb(colour)
    channels = [channel / 255 for channel in named]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


def translucent(colour: str, opacity: float) -> str:
    """'#RRGGBB' as an rgba() colour."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
