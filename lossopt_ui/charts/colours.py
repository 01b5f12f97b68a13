"""One colour per entity on every page, in both themes.

The hues are those of Okabe and Ito (2008), which are distinguishable with all common kinds of
colour vision.  Some are too pale for a thin line on white, and some too dark on black: each theme
has a shade of the hue with a contrast of at least 3 : 1 against the background.
"""

from collections.abc import Iterator
from typing import Literal

from plotly.colors import hex_to_rgb, unlabel_rgb

from lossopt_core import LOSSES

Theme = Literal["light", "dark"]

BACKGROUND: dict[Theme, str] = {"light": "#FFFFFF", "dark": "#0E1117"}
INK: dict[Theme, str] = {"light": "#1A1A1A", "dark": "#F0F0F0"}
GREY: dict[Theme, str] = {"light": "#767676", "dark": "#8C8C8C"}

SPARE: tuple[dict[Theme, str], ...] = (
    {"light": "#A403F7", "dark": "#9D24F0"},
    {"light": "#592004", "dark": "#A45025"},
    {"light": "#34148B", "dark": "#6461D1"},
    {"light": "#501F56", "dark": "#BF1398"},
)
"""For losses that declare no colour, in the order of the registry; those after these get ink."""
PAPER: dict[Theme, str] = {"light": "#FFFFFF", "dark": "#0E1117"}
"""Background of the page, as in `.streamlit/config.toml`: behind labels on curves."""
BATCH: dict[int, dict[Theme, str]] = {
    1: {"light": "#7A7A00", "dark": "#B8B84A"},
    8: {"light": "#00838F", "dark": "#4DB6C4"},
    32: {"light": "#009E73", "dark": "#009E73"},
    128: {"light": "#6A51A3", "dark": "#9E8CD9"},
    512: {"light": "#8A5A44", "dark": "#C49A84"},
}
"""SGD by batch size: green and neighbouring hues."""
LINES: dict[Theme, tuple[str, ...]] = {
    theme: (*(BATCH[size][theme] for size in (32, 128, 8, 512, 1)), GREY[theme], INK[theme])
    for theme in ("light", "dark")
}
"""For runs that differ in something without its own colour; disjoint from the losses' hues."""

CLASSES: dict[Theme, tuple[str, ...]] = {
    "light": (
        "#3B5BA5",
        "#C2571A",
        "#2B8A57",
        "#A6437F",
        "#8A7400",
        "#2A8FA8",
        "#7A4FB5",
        "#8C4A3A",
        "#5B6B7A",
        "#1A1A1A",
    ),
    "dark": (
        "#7D9BE0",
        "#F0925A",
        "#5CC08D",
        "#DE86BC",
        "#D1BC4B",
        "#6CC7DD",
        "#B596E6",
        "#CF9384",
        "#A3B2C0",
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


def loss_shades() -> dict[str, dict[Theme, str]]:
    """The colour of every loss: its own, or the next spare one that no loss has declared."""
    declared = [loss.colour for loss in LOSSES.values()]
    spare = iter([each for each in SPARE if (each["light"], each["dark"]) not in declared])
    ink: dict[Theme, str] = {theme: INK[theme] for theme in ("light", "dark")}
    shades: dict[str, dict[Theme, str]] = {}
    for name, loss in LOSSES.items():
        if loss.colour is None:
            shades[name] = next(spare, ink)
        else:
            shades[name] = {"light": loss.colour[0], "dark": loss.colour[1]}
    return shades


def _pairs() -> Iterator[tuple[str, str]]:
    """Pairs of a dark theme colour and the light theme colour with the same meaning."""
    for shades in (BACKGROUND, INK, GREY, *loss_shades().values(), *BATCH.values()):
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
