"""Random blobs."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import coordinates, letters
from lossopt_core.fields import Field, Number


class Blobs(Dataset):
    """Isotropic Gaussian blobs around random centres, of equal size for each class."""

    label = "Blobs"
    summary = "Gaussian blobs; with more spread they are no longer linearly separable."
    source = "scikit-learn, make_blobs"
    generated = True
    options: ClassVar[Mapping[str, Field]] = {
        "examples": Number("Examples", 500, 50, 20_000, "Over all classes.", whole=True),
        "classes": Number("Classes", 3, 2, 10, "Number of blobs.", whole=True),
        "features": Number("Features", 2, 2, 50, "Two can be plotted.", whole=True),
        "spread": Number("Spread", 1.5, 0.1, 10.0, "Standard deviation of a blob."),
    }
    numpy_code = """\
about = {{"centers": {classes}, "cluster_std": {spread}, "center_box": (-5, 5)}}
X, y = datasets.make_blobs({examples}, {features}, **about, random_state={split_seed})
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], options["classes"], options["features"])

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        from sklearn.datasets import make_blobs

        features, labels = make_blobs(
            n_samples=options["examples"],
            n_features=options["features"],
            centers=options["classes"],
            cluster_std=options["spread"],
            center_box=(-5.0, 5.0),
            random_state=seed,
        )
        return Examples(
            features=features,
            labels=labels.astype(np.int64),
            class_names=letters(options["classes"]),
            feature_names=coordinates(options["features"]),
        )
