"""Uploaded data."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.uploaded import UPLOADED, missing
from lossopt_core.fields import Field, Fingerprint, Number


class Own(Dataset):
    """Uploaded data, or arrays of a script."""

    label = "Your data"
    summary = "Your data: an uploaded table or arrays."
    source = "uploaded by the user"
    uploaded = True
    options: ClassVar[Mapping[str, Field]] = {
        "data": Fingerprint("Fingerprint", "Hash that identifies the data."),
        "examples": Number("Examples", 100, 2, 100_000, "Number of examples.", whole=True),
        "features": Number("Features", 2, 1, 1_000, "Number of features.", whole=True),
        "classes": Number("Classes", 2, 2, 100, "Number of classes.", whole=True),
        "test": Number(
            "Own test part", 0, 0, 100_000, "Examples of the file's own test part.", whole=True
        ),
    }
    numpy_code = """\
own = np.load({data} + ".npz")  # download it from the data page
X, y = own["X"], own["y"]
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], options["classes"], options["features"], options["test"])

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        examples = UPLOADED.find(options["data"])
        if examples is None:
            raise missing(options)
        n, d = examples.features.shape
        test = 0 if examples.test is None else int(examples.test.sum())
        if (n, d, len(examples.class_names), test) != tuple(
            options[name] for name in ("examples", "features", "classes", "test")
        ):
            tested = f" ({test:,} of them the test part)" if test else ""
            raise ValueError(
                f"the data with the fingerprint {options['data']} have {n:,} examples"
                f"{tested}, {d:,} features and {len(examples.class_names)} classes, unlike the"
                " experiment"
            )
        return examples
