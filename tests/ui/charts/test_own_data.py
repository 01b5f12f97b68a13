"""Charts of uploaded data."""

import pandas as pd
from numpy.testing import assert_array_equal

from lossopt_ui.charts.colours import GREY
from lossopt_ui.charts.own_data import balance


def test_classes_are_bars_from_the_top_in_their_order_with_texts_as_they_are() -> None:
    figure = balance(pd.Series({"<b>cat": 3, "dog": 12}), theme="light")
    [bars] = figure.data
    assert_array_equal(bars.x, [3, 12])
    assert list(bars.y) == ["&lt;b&gt;cat", "dog"]
    assert bars.marker.color == GREY["light"]
    assert (figure.layout.yaxis.autorange, figure.layout.xaxis.rangemode) == ("reversed", "tozero")
