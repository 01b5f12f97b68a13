"""Penguins."""

from lossopt_core.data.datasets.base import Size
from lossopt_core.data.datasets.making import ShippedTable


class Penguins(ShippedTable):
    """Measurements of penguins at Palmer Station."""

    label = "Penguins"
    summary = "342 penguins of three species, four measurements each."
    source = "Gorman, Williams and Fraser (2014), Palmer Station, CC0; data/README.md"
    file = "penguins.csv"
    classes = "species"
    rows = Size(342, 3, 4)
