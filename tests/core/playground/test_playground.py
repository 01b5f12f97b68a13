"""The playground's points, features, model and picture, against mathematics and training."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    train,
)
from lossopt_core.experiment.description import Experiment
from lossopt_core.objective.linear import with_ones
from lossopt_core.playground import points as points_of
from lossopt_core.playground.classifier import Snapshot
from lossopt_core.playground.feature_maps import (
    FEATURE_MAPS,
    MAP_FIELDS,
    PICKED,
    FeatureMap,
    Plain,
    feature_map,
)
from lossopt_core.playground.frames import frames_of
from lossopt_core.playground.model import (
    MAX_ROWS,
    Model,
    Setup,
    read_weights,
    replay,
    write_weights,
)
from lossopt_core.playground.picture import GRID, picture
from lossopt_core.playground.points import (
    DEMO_SETTINGS,
    DEMO_WEIGHTS,
    MAX_POINTS,
    POINT_SETS,
    SIDE,
    Points,
    read_points,
)

MAP_SETTINGS = {name: field.default for name, field in MAP_FIELDS.items()} | {
    "seed": 0,
    "picked": PICKED.default,
}
WITH_MARGIN = [name for name in LOSSES if name != "cross_entropy"]
COORDINATES = st.floats(-SIDE, SIDE)
SETS_OF_POINTS = st.lists(st.tuples(COORDINATES, COORDINATES, st.integers(0, 4)), min_size=1).map(
    lambda rows: Points(
        np.array([row[:2] for row in rows]), np.array([row[2] for row in rows], dtype=np.int64)
    )
)


def made(
    points: Points, mapped: FeatureMap, chosen: Mapping[str, object], start: str = ""
) -> Model:
    return Model(Setup(points.text, mapped, tuple(sorted(chosen.items())), start))


def course(**chosen: object) -> Model:
    return made(POINT_SETS["course"].points(), Plain(), chosen)


def rows(model: Model) -> list[tuple[int, float]]:
    """The recorded updates with their objectives."""
    frames = frames_of(model.snapshots)
    return list(zip(frames.updates.tolist(), frames.objective.tolist(), strict=True))


# Points


@given(SETS_OF_POINTS)
def test_points_are_parsed_from_their_text(points: Points) -> None:
    again = read_points(points.text)
    assert again.positions.tolist() == points.positions.tolist()
    assert again.labels.tolist() == points.labels.tolist()


@given(st.text(alphabet="0123.-ABF", max_size=30))
def test_any_other_text_is_rejected_or_is_points(text: str) -> None:
    try:
        points = read_points(text)
    except ValueError:
        return
    assert read_points(points.text).text == points.text


@pytest.mark.parametrize("text", ["", "500.400", "500.400F", "1501.0A", "9999.0A", "0.0A" * 301])
def test_invalid_point_texts_are_rejected(text):
    with pytest.raises(ValueError, match="points"):
        read_points(text)


@pytest.mark.parametrize("name", POINT_SETS)
def test_every_set_fits_into_the_square_and_is_the_same_again(name):
    points = POINT_SETS[name].points(150, 0.5, 7)
    assert np.abs(points.positions).max() <= SIDE
    assert len(points.labels) == {"course": 9, "own": 2}.get(name, 150)
    assert points.text == POINT_SETS[name].points(150, 0.5, 7).text
    other = POINT_SETS[name].points(150, 0.5, 8).text
    assert (other == points.text) == POINT_SETS[name].fixed
    assert len(POINT_SETS[name].points(MAX_POINTS, 1.0).labels) <= MAX_POINTS


def test_points_are_moved_added_relabelled_and_deleted():
    points = POINT_SETS["course"].points()
    assert points_of.moved(points, 2, 0.1234, 9.0).positions[2].tolist() == [0.123, SIDE]
    more = points_of.added(points, -0.2, 0.0, 4)
    assert more.classes == 5
    assert points_of.deleted(more, 9).text == points.text
    assert points_of.relabelled(points, 8, 3).class_names == ("A", "B", "C", "D")
    one = read_points("0.0A")
    for refused in (
        lambda: points_of.deleted(one, 0),
        lambda: points_of.deleted(points, 9),
        lambda: points_of.moved(points, -1, 0, 0),
        lambda: points_of.moved(points, 0, float("nan"), 0),
        lambda: points_of.added(points, 0, 0, 5),
    ):
        with pytest.raises(ValueError, match="point"):
            refused()
    assert points.text == POINT_SETS["course"].points().text, "edits make new points"


# Features


@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_every_map_has_a_name_for_each_of_its_features(name):
    mapped = feature_map(name, MAP_SETTINGS)
    positions = np.random.default_rng(0).uniform(-SIDE, SIDE, (4000, 2))
    features = mapped.features(positions)
    assert features.shape == (4000, len(mapped.names))
    assert len(set(mapped.names)) == len(mapped.names)
    assert np.sqrt((features**2).mean(axis=0)).min() > 0.3
    assert np.sqrt((features**2).mean(axis=0)).max() < 1.5


def test_polynomials_are_products_of_powers_of_mean_square_1():
    mapped = feature_map("polynomial", MAP_SETTINGS | {"degree": 8})
    assert len(mapped.names) == 9 * 10 / 2 - 1
    assert mapped.names[:5] == ("x1", "x2", "x1²", "x1 x2", "x2²")
    axis = (np.arange(400) + 0.5) / 400 * 2 * SIDE - SIDE
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    assert_allclose((mapped.features(places) ** 2).mean(axis=0), 1.0, rtol=1e-3)
    product = mapped.features(places)[:, 3] / (places[:, 0] * places[:, 1])
    assert_allclose(product, product[0])


def test_random_fourier_features_approximate_a_gaussian_kernel():
    chosen = MAP_SETTINGS | {"waves": 50, "frequency": 1.5}
    pair = np.array([[0.3, -0.2], [-0.1, 0.4]])
    waves = [feature_map("fourier", chosen | {"seed": s}).features(pair) for s in range(400)]
    kernel = np.mean([one @ other / 50 for one, other in waves])
    expected = np.exp(-(1.5**2) * ((pair[0] - pair[1]) ** 2).sum() / 2)
    assert kernel == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("polynomial", {"degree": 9}),
        ("fourier", {"waves": 0}),
        ("picked", {"picked": ["x3"]}),
        ("picked", {"picked": []}),
    ],
)
def test_a_map_out_of_range_is_rejected(name, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        feature_map(name, MAP_SETTINGS | bad)


# The model


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_steps_by_hand_are_those_of_training(optimizer, regularizer):
    chosen = {
        "loss": "hinge",
        "regularizer": regularizer,
        "optimizer": optimizer,
        "batch_size": 4,
        "learning_rate": 0.05,
        "init_scale": 1.0,
        "seed": 3,
    }
    model = course(**chosen)
    steps = 3 * model.experiment.updates_per_epoch
    for _ in range(steps):
        model.advance(1)
    [run] = train(
        [Experiment(dataset="course_demo", test_fraction=0, standardize=False, epochs=3, **chosen)]
    )
    assert_allclose(model.weights[:, :-1], run.weights, rtol=0, atol=1e-15)
    assert_allclose(model.weights[:, -1], run.bias, rtol=0, atol=1e-15)
    seen = frames_of(model.snapshots)
    at = np.searchsorted(seen.updates, run.history["update"])
    for column in ("objective", "data_loss", "penalty"):
        assert_allclose(getattr(seen, column)[at], run.history[column], rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_that_of_finite_differences(loss):
    model = course(loss=loss, strength=0.1, init_scale=1.0, optimizer="gd")
    W, gradient, h = model.weights, model.gradient(), 1e-6
    numeric = np.empty_like(W)
    for place in np.ndindex(W.shape):
        shift = np.zeros_like(W)
        shift[place] = h
        up, down = (
            frames_of([Snapshot(0, W + sign * shift, model.problem)]).objective[0]
            for sign in (1, -1)
        )
        numeric[place] = (up - down) / (2 * h)
    assert_allclose(gradient, numeric, atol=1e-7)


@given(st.integers(0, 1000), st.integers(1, 120), st.sampled_from(WITH_MARGIN))
def test_the_gradient_comes_from_the_active_examples(seed: int, steps: int, loss: str) -> None:
    points = POINT_SETS["blobs"].points(20, 0.1, seed)
    chosen = {"loss": loss, "optimizer": "gd", "regularizer": "none", "learning_rate": 0.1}
    model = made(points, Plain(), chosen | {"seed": seed, "init_scale": 2.0})
    model.advance(steps)
    support = model.gradient_norms() > 0
    losses = model.loss.value(model.scores(points.positions), points.labels)
    assert (losses[~support] == 0).all()
    by_score = model.loss.gradient(model.scores(points.positions), points.labels)
    X = with_ones(points.positions)
    assert_allclose(model.gradient(), by_score[:, support] @ X[support] / 20, atol=1e-12)


def test_the_demos_weights_give_the_demos_numbers():
    points = POINT_SETS["course"].points()
    model = made(points, Plain(), DEMO_SETTINGS, write_weights(DEMO_WEIGHTS))
    expected = [0.017, 0.432, 0, 0.402, 1.884, 0, 0.251, 0.573, 2.242]
    assert_allclose(model.examples()["loss"], expected, atol=5e-4)
    seen = frames_of(model.snapshots)
    assert seen.data_loss == pytest.approx([0.6446], abs=5e-5)
    assert seen.penalty == pytest.approx([1.9255], abs=5e-5)
    assert seen.objective == pytest.approx([2.5700], abs=5e-5)
    assert seen.losses[0] == pytest.approx(expected, abs=5e-4)
    assert seen.accuracy == pytest.approx([7 / 9])
    gradient = [[0.190, 0.329, 0], [0.255, -0.642, 1 / 9], [0.510, -0.164, -1 / 9]]
    assert_allclose(model.gradient(), gradient, atol=5e-4)


@settings(deadline=None, max_examples=8)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_the_curve_does_not_depend_on_how_updates_are_split(pieces: list[int]) -> None:
    chosen = {"loss": "cross_entropy", "optimizer": "gd", "learning_rate": 0.2}
    total = sum(pieces)
    whole = course(**chosen)
    whole.advance(total)
    broken = course(**chosen)
    for piece in pieces:
        broken.advance(piece)
        assert broken.snapshots[-1].made == broken.made
    assert rows(broken) == rows(whole)
    assert len(whole.snapshots) <= MAX_ROWS
    assert whole.snapshots[-2].made == total - 1, "one can go back by one"


@pytest.mark.parametrize(
    "chosen", [{"optimizer": "momentum"}, {"optimizer": "adam", "batch_size": 4}]
)
def test_going_back_and_on_again_is_as_if_nothing_had_happened(chosen):
    model = course(loss="hinge", learning_rate=0.05, **chosen)
    model.advance(300)
    straight = course(loss="hinge", learning_rate=0.05, **chosen)
    straight.advance(210)
    assert model.go_back(210)
    assert model.made == 210
    assert model.weights.tolist() == straight.weights.tolist()
    model.advance(90)
    straight.advance(90)
    assert model.weights.tolist() == straight.weights.tolist()
    assert [each.made for each in model.snapshots] == [each.made for each in straight.snapshots]


def test_frames_are_returned_at_a_stride_and_at_the_end():
    model = course(loss="hinge", learning_rate=0.05)
    assert [each.made for each in model.advance(12, 5)] == [5, 10, 12]
    assert [each.made for each in model.advance(3, 5)] == [15]


def test_a_change_goes_on_from_the_weights():
    model = course(loss="hinge", optimizer="momentum", learning_rate=0.1, init_scale=1.0)
    model.advance(30)
    before = model.weights
    moved = points_of.moved(model.points, 0, -1.0, -1.0)
    changed = Setup(moved.text, Plain(), model.setup.settings)
    model.change(changed)
    assert model.weights.tolist() == before.tolist()
    assert model.made == 30
    model.advance(10)
    assert model.snapshots[-1].points.text == moved.text
    assert model.snapshots[3].points.text != moved.text, "frames keep the points of their time"
    plan = [
        (0, Setup(POINT_SETS["course"].points().text, Plain(), changed.settings)),
        (30, changed),
    ]
    assert replay(plan, 40).weights.tolist() == model.weights.tolist()
    with pytest.raises(ValueError, match="classes or features"):
        model.change(Setup(moved.text, feature_map("squares", MAP_SETTINGS), changed.settings))


def test_a_replay_uses_all_learning_rates():
    model = course(loss="hinge", optimizer="momentum", learning_rate=0.1)
    first, later = model.setup, model.setup.replace(learning_rate=0.01)
    model.advance(10)
    model.change(later)
    model.advance(15)
    again = replay([(0, first), (10, later)], 25)
    assert again.weights.tolist() == model.weights.tolist()
    assert replay([(0, first), (10, later)], 10).made == 10
    assert again.weights.tolist() != replay([(0, first)], 25).weights.tolist()


def test_test_points_are_predicted_but_not_trained_on():
    whole = POINT_SETS["moons"].points(100, 0.2, 1)
    points, tests = points_of.split(whole, 0.3, 1)
    assert tests is not None
    assert len(points.labels) == 70
    assert sorted(map(tuple, np.vstack([points.positions, tests.positions]).tolist())) == sorted(
        map(tuple, whole.positions.tolist())
    )
    chosen = (("init_scale", 1.0), ("loss", "hinge"))
    with_tests = Model(Setup(points.text, Plain(), chosen, tests=tests.text))
    without = Model(Setup(points.text, Plain(), chosen))
    with_tests.advance(50)
    without.advance(50)
    assert with_tests.weights.tolist() == without.weights.tolist()
    seen = frames_of(with_tests.snapshots[-1:])
    scores = with_tests.scores(tests.positions)
    assert seen.test_loss == pytest.approx(with_tests.loss.value(scores, tests.labels).mean())
    assert seen.test_accuracy == pytest.approx((scores.argmax(axis=0) == tests.labels).mean())
    assert np.isnan(frames_of(without.snapshots).test_loss).all()


@given(st.floats(0.0, 0.5), st.integers(0, 50))
def test_every_class_keeps_training_points(share: float, seed: int) -> None:
    whole = POINT_SETS["blobs"].points(10, 0.2, seed)
    points, _ = points_of.split(whole, share, seed)
    assert set(points.labels) == set(whole.labels)


def test_a_model_that_diverges_stops_and_says_so():
    model = course(loss="squared_hinge", optimizer="gd", learning_rate=100.0, init_scale=1.0)
    model.advance(1000)
    assert model.diverged
    assert model.made < 1000
    picture(model)  # can be drawn
    made = model.made
    model.advance(1)
    assert model.made == made


def test_more_features_give_curved_boundaries():
    points = POINT_SETS["circles"].points()
    accuracy = {}
    for name in ("plain", "squares", "fourier"):
        chosen = {"loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.1}
        model = made(points, feature_map(name, MAP_SETTINGS), chosen)
        model.advance(300)
        table = model.examples()
        accuracy[name] = (table["class"] == table["predicted"]).mean()
    assert accuracy["plain"] < 0.75
    assert accuracy["squares"] > 0.95
    assert accuracy["fourier"] > 0.95


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=5))
def test_weights_are_parsed_from_their_text(rows: list[list[float]]) -> None:
    W = np.array(rows)
    assert_allclose(read_weights(write_weights(W)), W, rtol=1e-5, atol=1e-300)


@pytest.mark.parametrize("text", ["", "a", "1_2__3", "nan_1", "inf", "1e9", "1_" * 300 + "1"])
def test_invalid_weight_texts_are_rejected(text):
    with pytest.raises(ValueError, match="weights must"):
        read_weights(text)


def test_weights_of_another_shape_are_rejected():
    with pytest.raises(ValueError, match="3 rows of 3 numbers"):
        made(POINT_SETS["course"].points(), Plain(), {}, write_weights(np.zeros((2, 3))))


# The picture


@pytest.mark.parametrize("loss", LOSSES)
def test_the_picture_shows_the_predictions_of_the_model(loss):
    model = course(loss=loss, init_scale=1.0, optimizer="gd", learning_rate=0.5)
    model.advance(100)
    seen = picture(model)
    axis = np.linspace(-SIDE, SIDE, GRID)
    at = model.scores(np.array([[axis[7], axis[30]]]))[:, 0]
    assert_allclose(seen.scores[:, 30, 7], at)
    assert seen.chosen[30, 7] == at.argmax()
    assert seen.confidence.min() >= 0
    assert seen.confidence.max() <= 1
