"""Synthetic data of MNIST's size."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import coordinates, letters
from lossopt_core.fields import Field, Number


class MnistLike(Dataset):
    """Ten classes in up to as many dimensions as MNIST, for benchmarks  (Guyon, 2003).

    A tenth of the features is informative, another tenth redundant, and the rest is noise.
    """

    label = "MNIST-sized"
    summary = "Ten synthetic classes, up to 60,000 examples with 784 features, for benchmarks."
    source = "scikit-learn, make_classification"
    generated = True
    options: ClassVar[Mapping[str, Field]] = {
        "examples": Number("Examples", 2_000, 200, 60_000, "Over all classes.", whole=True),
        "features": Number(
            "Features", 100, 10, 784, "A tenth is informative, a tenth redundant.", whole=True
        ),
    }
    numpy_code = """\
informative = max(4, {features} // 10)
about = {{"n_informative": informative, "n_redundant": informative, "n_clusters_per_class": 1}}
about |= {{"n_classes": 10, "class_sep": 2, "random_state": {split_seed}}}
X, y = datasets.make_classification({examples}, {features}, **about)
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], 10, options["features"])

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import make_classification
        from sklearn.utils import shuffle

        # Shuffled here as scikit-learn would, which holds three copies of the features meanwhile.
        random = np.random.RandomState(seed)
        informative = max(4, options["features"] // 10)
        features, labels = make_classification(
            n_samples=options["examples"],
            n_features=options["features"],
            n_informative=informative,
            n_redundant=informative,
            n_classes=10,
            n_clusters_per_class=1,
            class_sep=2.0,
            shuffle=False,
            random_state=random,
        )
        features, labels = shuffle(features, labels, random_state=random)
        features[:] = features[:, random.permutation(options["features"])]
        return Examples(
            features=features,
            labels=labels.astype(np.int64),
            class_names=letters(10),
            feature_names=coordinates(options["features"]),
        )
