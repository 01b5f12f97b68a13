"""Charts of a classifier and its data: order of classes, ends of quantiles, worst examples."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import Data, Experiment, Run, load_data, train
from lossopt_core.data.datasets import Examples
from lossopt_core.inspect.along import Along
from lossopt_core.inspect.microscope import Comparison
from lossopt_ui.charts import classifier, data, inside, moving, own_data

PLANE = Experiment(dataset="blobs", epochs=1, evaluations=2)
DIGITS = Experiment(epochs=1, evaluations=2)


def of(experiment: Experiment, **changes: object) -> tuple[Run, Data]:
    """A run with other weights, and its data."""
    [run] = train([experiment])
    return replace(run, **changes), load_data(experiment)  # type: ignore[arg-type]


def test_templates_are_the_rows_of_the_weights_in_the_order_of_the_classes() -> None:
    images = np.arange(10.0)[:, None] * np.ones(64) - 7.0
    run, digits = of(DIGITS, weights=images)
    figure = classifier.portrait(run, digits, "light")
    sheet = figure.data[0].z
    assert_array_equal(sheet[2, [0, 9, 18, 27, 36]], [-7, -6, -5, -4, -3])
    assert_array_equal(sheet[12, [0, 9, 18, 27, 36]], [-2, -1, 0, 1, 2])
    assert [each.text for each in figure.layout.annotations] == [*"0123456789"]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-7.0, 7.0)
    wider = replace(run, weights=2 * images)
    assert classifier.portrait(run, digits, "light", [wider]).data[0].zmax == 14.0
    lost = replace(wider, status="diverged")
    assert classifier.portrait(run, digits, "light", [lost]).data[0].zmax == 7.0


def test_a_region_has_the_class_with_the_highest_score() -> None:
    weights = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    run, blobs = of(PLANE, weights=weights, bias=np.zeros(3))
    ground = classifier.portrait(run, blobs, "light").data[0]
    centre = float(blobs.original(np.zeros((1, 2)))[0, 0])
    assert set(ground.z[:, np.asarray(ground.x) > centre].ravel()) == {1}
    assert set(ground.z[:, np.asarray(ground.x) < centre].ravel()) == {2}
    everything = blobs.original(np.concatenate([blobs.train_features, blobs.test_features]))
    low, high = everything.min(axis=0), everything.max(axis=0)
    for axis, k in ((ground.x, 0), (ground.y, 1)):
        ends = (low[k] - 0.08 * (high[k] - low[k]), high[k] + 0.08 * (high[k] - low[k]))
        assert_allclose([axis[0], axis[-1]], ends)


def test_the_most_important_features_are_those_of_the_largest_weights_in_their_order() -> None:
    theta = np.zeros((2, 40))
    theta[0, ::2], theta[1, 39] = 1.0, -5.0
    theta[1, 1::4] = 0.5
    found = classifier.most_important_features(theta)
    # 20 of weight 1, the one of -5, and the first 9 of weight 0.5.
    assert_array_equal(found, sorted([*range(0, 40, 2), 39, *range(1, 37, 4)]))


def test_the_worst_images_come_first_with_truth_answer_and_loss() -> None:
    weights = np.zeros((10, 64))
    run, digits = of(DIGITS, weights=weights, bias=np.array([9.0, *[0.0] * 9]))
    figure = classifier.worst_images(run, digits, "light")
    first = int(np.flatnonzero(digits.test_labels != 0)[0])
    # The loss of every other digit is log(e^9 + 9).
    assert figure.layout.annotations[0].text == f"{digits.test_labels[first]}→0  9"
    assert len(figure.layout.annotations) == 10
    shown = digits.original(digits.test_features[[first]]).reshape(8, 8)
    assert_allclose(figure.data[0].z[2:10, :8], shown, atol=1e-4)


def test_quantiles_begin_with_the_largest_loss_and_end_with_the_smallest() -> None:
    losses = np.arange(401, dtype=np.float32)[None]
    [found] = moving.quantiles(losses)
    assert len(found) == 201
    assert (found[0], found[1], found[100], found[-1]) == (400, 398, 200, 0)
    [few] = moving.quantiles(np.array([[1.0, 3.0, 2.0]], np.float32))
    assert (few[0], few[100], few[-1]) == (3, 2, 1)
    assert list(np.unique(few)) == [1, 2, 3]


def test_sorted_losses_are_drawn_over_the_share_of_examples() -> None:
    losses = np.array([[9.0] * 401, np.arange(401)], np.float32)
    followed = Along(losses, np.zeros((2, 401), np.uint8), np.zeros((2, 2, 2), int), np.zeros(2))
    # The largest but for the very first, of all points in time.
    assert moving.top_of(followed) == 398.0
    chart = moving.losses(followed, colour="#AA0000", part="test", title="", top=100.0)
    [line] = chart.data
    assert (line.x[0], line.x[100], line.x[-1]) == (0, 50, 100)
    assert (line.y[0], line.y[100], line.y[-1]) == (400, 200, 0)
    assert chart.layout.yaxis.range == (0, 105)
    assert line.fillcolor == "rgba(170,0,0,0.25)"


def test_the_share_of_examples_with_zero_gradient_is_in_percent() -> None:
    x, y = np.array([0.0, 1.0]), np.array([0.0, 0.25])
    [line] = moving.zero_gradient([x], [y], ["a"], ["#AA0000"]).data
    assert_array_equal(line.y, [0, 25])


def test_the_first_images_of_each_class_are_in_columns() -> None:
    digits = load_data(DIGITS)
    figure = data.examples(digits, "light")
    assert [each.text for each in figure.layout.annotations[:10]] == [*"0123456789"]
    for label in (0, 7):
        of_class = np.flatnonzero(digits.train_labels == label)
        for row in (0, 3):
            image = digits.original(digits.train_features[of_class[[row]]]).reshape(8, 8)
            top, left = 10 * row + 2, 9 * label
            assert_allclose(figure.data[0].z[top : top + 8, left : left + 8], image, atol=1e-4)


def test_points_of_one_feature_have_a_line_for_each_class() -> None:
    one = replace(
        load_data(PLANE),
        train_features=np.array([[0.0], [1.0]]),
        test_features=np.array([[2.0]]),
        train_labels=np.array([1, 0]),
        test_labels=np.array([2]),
        feature_names=("length",),
        center=np.zeros(1),
        scale=np.ones(1),
    )
    figure = data.points(one, "light")
    assert list(figure.layout.yaxis.tickvals) == [0, 1, 2]
    drawn = [(list(each.x), list(each.y)) for each in figure.data]
    assert drawn == [([1], [0]), ([0], [1]), ([], []), ([], []), ([], []), ([2], [2])]


def test_uploaded_images_stand_side_by_side_in_the_order_of_the_classes() -> None:
    features = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    examples = Examples(features, np.array([1, 0, 1]), ("a", "b"), ("u", "v"), image_shape=(1, 2))
    [strip] = own_data.some_images(examples).data
    assert_array_equal(strip.z, [[3, 4, np.nan, 1, 2, np.nan]])


def test_relative_errors_are_powers_of_ten_and_kinks_are_crossed() -> None:
    analytic, numeric = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[0.999, 2.0], [3.0, 0.5]])
    jump = np.array([[0.0, 0.0], [0.0, 0.6]])
    check = Comparison(analytic, numeric, jump, np.zeros((2, 2)))
    cells, kinks = inside.gradient_check(check, ["a", "b"], ["u", "v"], "light").data
    assert_allclose(cells.z, [[-3, -12], [0, np.log10(0.5)]], atol=1e-6)
    assert (cells.zmin, cells.zmax) == (-12, 0)
    assert cells.customdata.tolist() == [["doubtful", "good"], ["wrong", "kink"]]
    assert (list(kinks.x), list(kinks.y)) == (["v"], ["b"])


def test_the_losses_of_one_example_are_over_epochs_with_its_own_thick() -> None:
    losses = {"hinge": np.array([9.0, 1.0]), "cross_entropy": np.array([2.0, 0.5])}
    lines = inside.losses_of_one(np.array([0.0, 2.0]), losses, "hinge", "light").data
    assert [list(each.y) for each in lines] == [[9.0, 1.0], [2.0, 0.5]]
    assert [each.line.width for each in lines] == pytest.approx([3.0, 1.2])
