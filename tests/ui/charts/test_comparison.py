"""Colours of runs side by side, what makes them incomparable, and their trajectories."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from lossopt_core import Experiment, load_data, train
from lossopt_ui.charts import comparison
from lossopt_ui.charts.colours import INK, LINES, of_loss, of_optimizer

BLOBS = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2)


def test_runs_are_coloured_by_what_alone_tells_them_apart() -> None:
    hinge, entropy = Experiment(loss="hinge"), Experiment(loss="cross_entropy")
    losses = [of_loss("hinge", "light"), of_loss("cross_entropy", "light")]
    assert comparison.colours([hinge, entropy], "light") == losses
    sgd, gd = Experiment(optimizer="sgd"), Experiment(optimizer="gd")
    optimizers = [of_optimizer("sgd", "dark"), of_optimizer("gd", "dark")]
    assert comparison.colours([sgd, gd], "dark") == optimizers
    small, large = Experiment(batch_size=8), Experiment(batch_size=128)
    assert len({*comparison.colours([small, large], "light")}) == 2
    seeds = [Experiment(seed=k) for k in range(3)]
    assert comparison.colours(seeds, "light") == list(LINES["light"][:3])


def test_full_batches_are_ink() -> None:
    assert comparison.work_colours([Experiment(optimizer="gd")], "light") == [INK["light"]]


def test_values_of_a_loss_are_incomparable_where_its_objective_differs() -> None:
    one, other = Experiment(strength=0.1), Experiment(strength=1.0, standardize=False)
    panel = [[[one], [other]]]
    found = comparison.incomparable_settings(panel, "objective")
    assert set(found.split(", ")) == {"penalty", "scaling"}
    assert comparison.incomparable_settings(panel, "test_accuracy") == ""
    assert comparison.incomparable_settings(panel, "distance") == ""
    same = [[[one], [one.replace(learning_rate=0.7)]]]
    assert comparison.incomparable_settings(same, "objective") == ""


def test_splits_that_all_curves_average_over_make_them_no_less_comparable() -> None:
    splits = [Experiment(split_seed=k) for k in range(3)]
    faster = [each.replace(learning_rate=0.7) for each in splits]
    assert comparison.incomparable_settings([[splits, faster]], "objective") == ""
    assert comparison.incomparable_settings([[splits, faster[:2]]], "objective") == "split"
    assert comparison.incomparable_settings([[splits[:1], faster[1:2]]], "objective") == "split"
    noisy = [each.replace(label_noise=0.1) for each in splits]
    assert comparison.incomparable_settings([[splits], [noisy]], "objective") == ""
    assert comparison.incomparable_settings([[splits, noisy]], "objective") == "label noise"


def test_with_two_features_each_class_has_its_path_of_weights() -> None:
    [run] = train([BLOBS])
    names = load_data(BLOBS).feature_names
    figure, changes = comparison.weight_trajectories([run], ["run"], ["#123456"], names)
    [line] = figure.data
    classes, points = run.path.shape[1], len(run.path_updates)
    assert len(line.x) == classes * (points + 1)  # a gap behind each
    for label in range(classes):
        drawn = slice(label * (points + 1), label * (points + 1) + points)
        assert_allclose(line.x[drawn], run.path[:, label, 0])
        assert_allclose(line.y[drawn], run.path[:, label, 1])
        assert np.isnan(line.x[drawn.stop])
    assert line.line.color == "#123456"
    assert not changes


def test_with_more_features_the_plane_is_that_of_most_movement() -> None:
    wide = BLOBS.replace(dataset_options={"examples": 60, "features": 5})
    [run] = train([wide])
    figure, changes = comparison.weight_trajectories(
        [run], ["run"], ["#123456"], load_data(wide).feature_names, [[0, run.path_updates[-1]]]
    )
    line = figure.data[0]
    moved = (run.path - run.path[-1]).reshape(len(run.path), -1)
    # A projection onto a plane is never longer than what is projected.
    drawn = np.column_stack([line.x, line.y])[: len(run.path)]
    shadow = np.linalg.norm(drawn - drawn[-1], axis=1)
    assert (shadow <= np.linalg.norm(moved, axis=1) * (1 + 1e-9)).all()
    assert "of the movement" in figure.layout.xaxis.title.text
    assert_array_equal(line.customdata[: len(run.path)], run.path_updates)
    assert changes
