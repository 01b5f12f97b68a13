"""Bars of shares of settings, in percent, with their lines of chance."""

from numpy.testing import assert_allclose

from lossopt_core.analysis.importance import Importance, Share
from lossopt_ui.charts.colours import LINES, translucent
from lossopt_ui.charts.importance import bars, height_of

FOUND = Importance(
    (
        Share("learning_rate", 0.6, 0.25, 0.001, ()),
        Share("loss", 0.1, 0.3, 0.4, ()),
    ),
    n=12,
    interactions=0.3,
    together=(),
)


def test_bars_are_percentages_pale_within_chance_and_interactions_last() -> None:
    shares, chance, words = bars(FOUND, title="", theme="light").data
    hue = LINES["light"][0]
    assert_allclose(shares.x, [60.0, 10.0, 30.0])
    assert shares.marker.color[:2] == (hue, translucent(hue, 0.35))
    assert_allclose(chance.x, [25.0, 30.0])
    assert list(chance.y) == list(shares.y[:2])
    assert shares.y[2] == "Interactions"
    # A number stands beyond its bar and its line, whichever is longer.
    assert_allclose(words.x, [61.0, 31.0, 31.0])
    assert list(words.text) == ["60 %", "10 %", "30 %"]


def test_without_interactions_there_is_one_row_less() -> None:
    alone = Importance(FOUND.shares, 12, None, ())
    assert_allclose(bars(alone, title="", theme="dark").data[0].x, [60.0, 10.0])
    assert height_of(FOUND) - height_of(alone) == 34
