"""Uploaded data."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.uploaded import BROUGHT, missing
from lossopt_core.fields import Field, Fingerprint, Number


class Own(Dataset):
    """Data that somebody uploaded, or arrays of a script."""

    label = "Own data"
    summary = "What you brought: a table or arrays of your own."
    source = "brought by whoever made the run"
    brought = True
    options: ClassVar[Mapping[str, Field]] = {
        "data": Fingerprint("Fingerprint", "Which data these are."),
        "examples": Number("Examples", 100, 2, 100_000, "As the data have.", whole=True),
        "features": Number("Features", 2, 1, 1_000, "As the data have.", whole=True),
        "classes": Number("Classes", 2, 2, 100, "As the data have.", whole=True),
    }
    numpy_code = """\
own = np.load({data} + ".npz")  # from the page Own data, there under Download
X, y = own["X"], own["y"]
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(options["examples"], options["classes"], options["features"])

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        examples = BROUGHT.find(options["data"])
        if examples is None:
            raise missing(options)
        n, d = examples.features.shape
        if (n, d, len(examples.class_names)) != tuple(
            options[name] for name in ("examples", "features", "classes")
        ):
            raise ValueError(
                f"the data with the fingerprint {options['data']} have {n:,} examples, {d:,}"
                f" features and {len(examples.class_names)} classes, not what the experiment says"
            )
        return examples
