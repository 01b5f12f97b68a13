"""Small pictures: what is in them, and where they end."""

import numpy as np
import pandas as pd
import pytest

from lossopt_core import Experiment, load_data
from lossopt_ui.charts import thumbnails
from lossopt_ui.charts.colours import CLASSES


def test_curves_end_where_all_but_a_twentieth_of_the_values_do() -> None:
    history = pd.DataFrame({"epoch": np.arange(101.0), "objective": np.arange(101.0)})
    figure = thumbnails.curves({"#AA0000": history}, "objective")
    [line] = figure.data
    assert (line.x[-1], line.y[-1], line.line.color) == (100, 100, "#AA0000")
    # From 5 to 95, and a tenth of that on either side.
    assert figure.layout.yaxis.range == pytest.approx((-4.0, 104.0))
    assert not thumbnails.curves({}, "objective").data


def test_points_are_the_training_examples_in_the_colours_of_their_classes() -> None:
    data = load_data(Experiment(dataset="spiral"))
    drawn = thumbnails.points(data, "dark").data
    assert [each.marker.color for each in drawn] == list(CLASSES["dark"][:3])
    first = data.original(data.train_features[data.train_labels == 1][:1])[0]
    assert (drawn[1].x[0], drawn[1].y[0]) == pytest.approx(tuple(first))
    assert sum(len(each.x) for each in drawn) == len(data.train_labels)
