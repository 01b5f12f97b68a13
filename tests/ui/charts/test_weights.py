"""Positions of images, regions, points and paths in charts of weights, computed by hand."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_ui.charts import weights
from lossopt_ui.charts.colours import CLASSES, DIVERGING
from lossopt_ui.charts.weights import Points, Regions, Trajectory

NAN = np.nan


def test_images_are_laid_out_in_rows_with_gaps_for_captions() -> None:
    images = np.arange(1.0, 4.0)[:, None, None] * np.ones((1, 2, 2))
    sheet, captions = weights.mosaic(images, columns=2)
    gap = [NAN] * 5
    assert_array_equal(
        sheet,
        [gap, gap, [1, 1, NAN, 2, 2], [1, 1, NAN, 2, 2],
         gap, gap, [3, 3, NAN, NAN, NAN], [3, 3, NAN, NAN, NAN]],
    )  # fmt: skip
    assert_allclose(captions, [(0.5, 0.9), (3.5, 0.9), (0.5, 4.9)])


def test_signed_images_share_a_scale_around_zero_and_others_have_their_own() -> None:
    images = np.array([[[-1.0, 2.0]], [[0.5, 0.0]]])
    more = {"title": "", "theme": "light", "columns": 2}
    [signed] = weights.image_sheet(images, ["a", "b"], limit=3.0, **more).data
    assert (signed.zmin, signed.zmax) == (-3.0, 3.0)
    assert [each[1] for each in signed.colorscale] == [each[1] for each in DIVERGING["light"]]
    found = weights.image_sheet(images, ["a", "b"], marks=[7, 9], **more)
    [plain] = found.data
    assert (plain.zmin, plain.zmax) == (-1.0, 2.0)
    assert_array_equal(plain.customdata[2], [7, 7, NAN, 9, 9])
    captions = found.layout.annotations
    assert [each.text for each in captions] == ["a", "b"]
    assert_allclose([(each.x, each.y) for each in captions], [(0.5, 0.9), (3.5, 0.9)])


def test_regions_have_the_colour_of_their_class_between_its_halves() -> None:
    grid = Regions(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([[0, 1], [2, 1]]))
    train = Points(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 2]), "train")
    test = Points(np.array([[0.5, 0.5]]), np.array([2]), "test")
    names = {"class_names": ["a", "b", "c"], "feature_names": ["u", "v"]}
    found = weights.decision_regions(grid, [train, test], title="", theme="dark", **names)
    ground, *points = found.data
    assert_array_equal(ground.z, [[0, 1], [2, 1]])
    assert (ground.zmin, ground.zmax) == (-0.5, 2.5)
    # Each class has a third of the scale, from half a class below it to half a class above it.
    assert_allclose([at for at, _ in ground.colorscale], [0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1])
    red, green, blue = (int(CLASSES["dark"][1][at : at + 2], 16) for at in (1, 3, 5))
    assert ground.colorscale[2][1] == f"rgba({red},{green},{blue},0.3)"
    assert [each.name for each in points] == ["a", "b", "c", "a, test", "b, test", "c, test"]
    assert [list(each.x) for each in points] == [[0], [], [1], [], [], [0.5]]
    assert [points[k].marker.color for k in (0, 2, 5)] == [CLASSES["dark"][k] for k in (0, 2, 2)]
    assert (points[2].marker.symbol, points[5].marker.symbol) == ("diamond", "diamond-open")


def test_paths_start_with_a_ring_end_with_a_dot_and_have_a_gap_between() -> None:
    paths = [np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]), np.array([[9.0, 8.0]] * 3)]
    line = Trajectory("run", paths, np.array([0, 10, 30]), "#AA0000")
    figure = weights.trajectories([line], title="", x_title="", y_title="")
    [drawn] = figure.data
    assert_array_equal(drawn.x, [0, 2, 4, NAN, 9, 9, 9, NAN])
    assert_array_equal(drawn.y, [1, 3, 5, NAN, 8, 8, 8, NAN])
    assert_array_equal(drawn.customdata, [0, 10, 30, 0] * 2)
    assert_array_equal(drawn.marker.size, [9, 3, 9, 0] * 2)
    assert list(drawn.marker.symbol) == ["circle-open", "circle", "circle", "circle"] * 2
    assert_array_equal(drawn.marker.line.width, [2, 0, 0, 0] * 2)
    # At 29 updates the point of 10 is the last one reached.
    across, up = weights.add_position(figure, line, [0, 29, 30])
    assert_array_equal(across.values, [[0, 9], [2, 9], [4, 9]])
    assert_array_equal(up.values, [[1, 8], [3, 8], [5, 8]])
    assert_array_equal(figure.data[1].x, [4, 9])


def test_only_mistakes_are_shaded_by_true_and_predicted_class() -> None:
    counts = np.array([[5, 2, 0], [0, 0, 1], [0, 3, 4]])
    figure = weights.confusion(counts, class_names=["a", "b", "c"], theme="light")
    [cells] = figure.data
    assert_array_equal(cells.z, [[0, 2, 0], [0, 0, 1], [0, 3, 0]])
    assert_array_equal(cells.text, [["5", "2", ""], ["", "0", "1"], ["", "3", "4"]])
    assert_array_equal(cells.customdata, counts)
    assert (cells.zmin, cells.zmax) == (0, 3)
    assert (list(cells.x), list(cells.y)) == (["a", "b", "c"], ["a", "b", "c"])
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "Predicted class",
        "True class",
    )
    assert figure.layout.yaxis.autorange == "reversed"


def test_weights_of_features_are_rows_on_a_scale_around_zero() -> None:
    table = np.array([[0.5, -2.0], [1.0, 0.0], [0.0, 3.0]])
    more = {"title": "", "unit": "Feature", "limit": 4.0, "theme": "light"}
    figure = weights.of_features(table, ["a", "b"], ["u", "v", "w"], **more)
    [cells] = figure.data
    assert_array_equal(cells.z, table)
    assert (list(cells.x), list(cells.y)) == (["a", "b"], ["u", "v", "w"])
    assert (cells.zmin, cells.zmax) == (-4.0, 4.0)
    assert figure.layout.yaxis.autorange == "reversed"
