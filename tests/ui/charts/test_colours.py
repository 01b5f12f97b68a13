"""Colours have enough contrast in both themes."""

import pytest

from lossopt_core import LOSSES
from lossopt_core.objective.losses import Loss
from lossopt_ui.charts import colours
from lossopt_ui.charts.colours import (
    BACKGROUND,
    CLASSES,
    GREY,
    INK,
    LINES,
    contrast,
)


def test_contrast_agrees_with_wcag() -> None:
    assert contrast("#000000", "rgb(255, 255, 255)") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_have_contrast_with_the_background(theme: colours.Theme) -> None:
    lines = [*LINES[theme], *CLASSES[theme], GREY[theme]]
    lines += [shades[theme] for shades in (*colours.loss_shades().values(), *colours.SPARE)]
    for line in lines:
        assert contrast(line, BACKGROUND[theme]) >= 3.0, line


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_more_contrast_than_lines_need(theme: colours.Theme) -> None:
    for text in (INK[theme], GREY[theme]):
        assert contrast(text, BACKGROUND[theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_of_one_chart_have_different_colours(theme: colours.Theme) -> None:
    for family in (LINES[theme], CLASSES[theme]):
        assert len(set(family)) == len(family)


def test_a_loss_has_its_colour_and_unknown_losses_are_ink() -> None:
    assert LOSSES["hinge"].colour == tuple(colours.of_loss("hinge", t) for t in ("light", "dark"))
    assert colours.of_loss("yet another", "dark") == INK["dark"]


def test_losses_without_a_colour_get_the_spare_ones_that_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, *free = colours.SPARE
    monkeypatch.setattr(LOSSES["hinge"], "colour", (first["light"], first["dark"]))
    for k in range(len(free) + 1):
        monkeypatch.setitem(LOSSES, f"mine_{k}", type("Mine", (Loss,), {"label": "Mine"}))
    assert colours.loss_shades()["hinge"] == first
    assert [colours.loss_shades()[f"mine_{k}"] for k in range(len(free))] == free
    assert colours.of_loss(f"mine_{len(free)}", "dark") == INK["dark"]


def test_every_loss_has_a_different_colour() -> None:
    for theme in ("light", "dark"):
        assert len({colours.of_loss(name, theme) for name in LOSSES}) == len(LOSSES)


def test_hues_of_losses_are_used_for_nothing_else() -> None:
    for theme in ("light", "dark"):
        assert not {colours.of_loss(name, theme) for name in LOSSES} & set(LINES[theme])


def test_downloads_replace_dark_theme_colours_by_light_ones() -> None:
    losses = colours.loss_shades().values()
    for shades in (BACKGROUND, INK, GREY, *losses, *colours.BATCH.values()):
        assert colours.ON_WHITE[shades["dark"]] == shades["light"]
    for dark, light in zip(CLASSES["dark"], CLASSES["light"], strict=True):
        assert colours.ON_WHITE[dark] == light
