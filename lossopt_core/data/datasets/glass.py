"""Glass."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import shipped_table


class Glass(Dataset):
    """Chemical measurements of types of glass."""

    label = "Glass"
    summary = "214 samples of six types of glass, nine measurements each; some types are rare."
    source = "German (1987), UCI Machine Learning Repository, CC BY 4.0; data/README.md"
    numpy_code = """\
rows = np.loadtxt("data/glass.csv", str, delimiter=",", skiprows=1, quotechar='"')
X, y = rows[:, 1:].astype(float), np.unique(rows[:, 0], return_inverse=True)[1]
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(214, 6, 9)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        return shipped_table("glass.csv", "glass")
