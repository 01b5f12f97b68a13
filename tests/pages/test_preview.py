"""The preview of the data before training."""

import numpy as np
import pytest

from lossopt_core import Experiment, RunStore, load_data
from lossopt_core.data.datasets import Examples
from lossopt_core.uploads import UploadStore
from lossopt_ui.state import url
from tests.helpers import figures, open_one, words
from tests.helpers import train as press_train


@pytest.mark.parametrize("page", ["train", "hinge-vs-cross-entropy", "gd-vs-sgd"])
def test_images_are_shown_class_by_class_until_there_are_results(
    store: RunStore, page: str
) -> None:
    app = open_one(page, {"epochs": "1"})
    chart = figures(app)["preview-digits"]
    assert [each["text"] for each in chart["layout"]["annotations"]][:10] == list("0123456789")
    data = load_data(Experiment())
    three = np.flatnonzero(data.train_labels == 3)[0]
    picture = data.original(data.train_features[three]).reshape(8, 8)
    [sheet] = chart["data"]
    shown = np.array(sheet["z"], dtype=float)[2:10, 27:35]
    np.testing.assert_allclose(shown, picture, atol=1e-4)
    assert "1,347 training examples (10 classes, 131 to 137 examples per class), 450 test" in words(
        app
    )
    assert "preview-digits" not in figures(press_train(app))


def test_two_features_are_drawn_at_their_coordinates(store: RunStore) -> None:
    chart = figures(open_one("train", {"dataset": "blobs"}))["preview-blobs"]
    data = load_data(Experiment(dataset="blobs"))
    trained = [line for line in chart["data"] if not line["name"].endswith(", test")]
    tested = [line for line in chart["data"] if line["name"].endswith(", test")]
    assert sum(len(line["x"]) for line in trained) == len(data.train_labels)
    assert sum(len(line["x"]) for line in tested) == len(data.test_labels)
    first = data.original(data.train_features[data.train_labels == 0])
    np.testing.assert_allclose(trained[0]["x"], first[:, 0], rtol=1e-6)
    np.testing.assert_allclose(trained[0]["y"], first[:, 1], rtol=1e-6)


def test_many_features_are_drawn_along_principal_directions(store: RunStore) -> None:
    chart = figures(open_one("train", {"dataset": "iris"}))["preview-iris"]
    data = load_data(Experiment(dataset="iris"))
    features = np.concatenate([data.train_features, data.test_features])
    spread = np.sort(np.linalg.eigvalsh(np.cov(features.T)))[::-1]
    said = f"{100 * spread[:2].sum() / spread.sum():.0f} % of the variance"
    assert said in chart["layout"]["title"]["text"]
    across = np.concatenate([line["x"] for line in chart["data"]])
    assert np.var(across, ddof=1) == pytest.approx(spread[0], rel=1e-6)


def test_one_feature_is_drawn_on_a_line_per_class(store: RunStore) -> None:
    labels = np.arange(60) % 3 // 2
    one = Examples(np.arange(60.0)[:, None] % 7, labels, ("a", "b"), ("x",))
    options = UploadStore(store).save("one", one).options
    experiment = Experiment(dataset="own", dataset_options=options)
    app = open_one("train", url.query_of(url.values_of(experiment)))
    assert not app.exception
    chart = figures(app)["preview-own"]
    assert chart["layout"]["xaxis"]["title"]["text"] == "x"
    assert list(chart["layout"]["yaxis"]["ticktext"]) == ["a", "b"]
    first, second, *_ = chart["data"]
    assert set(first["y"]) == {0}
    assert set(second["y"]) == {1}
    assert set(first["x"]) <= set(range(7))
    press_train(app)
    assert not app.exception


def test_large_data_are_summarized_in_numbers(store: RunStore) -> None:
    app = open_one("train", {"dataset": "mnist_like", "mnist_like.examples": "60000"})
    assert not figures(app)
    assert "too large to preview" in words(app)


def test_label_noise_is_visible(store: RunStore) -> None:
    clean, noisy = (
        figures(open_one("train", {"dataset": "moons", "label_noise": noise}))["preview-moons"]
        for noise in ("0", "0.3")
    )
    assert list(clean["data"][0]["x"]) != list(noisy["data"][0]["x"])
