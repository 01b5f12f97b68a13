"""Penguins."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import shipped_table


class Penguins(Dataset):
    """Measurements of penguins at Palmer Station."""

    label = "Penguins"
    summary = "342 penguins of three species, four measurements each."
    source = "Gorman, Williams and Fraser (2014), Palmer Station, CC0; data/README.md"
    numpy_code = """\
rows = np.loadtxt("data/penguins.csv", str, delimiter=",", skiprows=1, quotechar='"')
X, y = rows[:, 1:].astype(float), np.unique(rows[:, 0], return_inverse=True)[1]
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(342, 3, 4)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        return shipped_table("penguins.csv", "species")
