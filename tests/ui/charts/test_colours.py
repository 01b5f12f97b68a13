"""Colours have enough contrast in both themes, and differ to every kind of eye."""

from itertools import combinations

import numpy as np
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
from tests.ui.charts.colour_vision import VISIONS, ciede2000, difference


def test_contrast_agrees_with_wcag() -> None:
    assert contrast("#000000", "rgb(255, 255, 255)") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_have_contrast_with_the_background(theme: colours.Theme) -> None:
    lines = [*LINES[theme], *CLASSES[theme], GREY[theme]]
    entities = (*colours.loss_shades().values(), *colours.optimizer_shades().values())
    lines += [shades[theme] for shades in (*entities, *colours.SPARE)]
    lines += colours.of_values("strength", [1.0, 2.0, 3.0, 4.0, 5.0], theme)
    for line in lines:
        assert contrast(line, BACKGROUND[theme]) >= 3.0, line


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_more_contrast_than_lines_need(theme: colours.Theme) -> None:
    for text in (INK[theme], GREY[theme]):
        assert contrast(text, BACKGROUND[theme]) >= 4.5


def meeting(theme: colours.Theme) -> dict[str, list[str]]:
    """The colours that can be in one chart, by what they stand for."""
    neutral = [GREY[theme], INK[theme]]
    losses = [*colours.loss_shades().values(), *colours.SPARE]
    optimizers = [each[theme] for each in colours.optimizer_shades().values()]
    return {
        "losses": [each[theme] for each in losses] + neutral,
        "optimizers": [*optimizers, GREY[theme]],  # GD is ink
        "batch sizes": [each[theme] for each in colours.BATCH.values()] + neutral,
        "lines": list(LINES[theme]),
        "classes": list(CLASSES[theme]),
        "a few numbers": colours.of_values("strength", [1.0, 2.0, 3.0, 4.0], theme),
    }


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_that_can_meet_differ_to_every_eye(theme: colours.Theme, vision: str) -> None:
    for what, family in meeting(theme).items():
        for one, other in combinations(family, 2):
            assert difference(one, other, vision) >= 10.0, f"{what}: {one} and {other}"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_of_the_published_table(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_entity_has_its_colour_and_other_numbers_are_a_scale(theme: colours.Theme) -> None:
    of = colours.of_values
    assert of("loss", ["hinge"], theme) == [colours.of_loss("hinge", theme)]
    assert of("optimizer", ["gd", "sgd"], theme) == [INK[theme], colours.of_batch(32, theme)]
    assert of("batch_size", [32, 512], theme) == [colours.BATCH[k][theme] for k in (32, 512)]
    low, high = colours.OF_NUMBERS[theme]
    assert of("batch_size", [32, 64, 512], theme) == [low, colours.mixed(low, high, 0.5), high]
    assert of("strength", [0.1], theme) == [LINES[theme][0]]
    assert of("dataset", ["digits", "iris"], theme) == list(LINES[theme][:2])


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
