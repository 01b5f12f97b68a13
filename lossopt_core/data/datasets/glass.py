"""Glass."""

from lossopt_core.data.datasets.base import Size
from lossopt_core.data.datasets.making import ShippedTable


class Glass(ShippedTable):
    """Chemical measurements of types of glass."""

    label = "Glass"
    summary = "214 samples of six types of glass, nine measurements each; some types are rare."
    source = "German (1987), UCI Machine Learning Repository, CC BY 4.0; data/README.md"
    file = "glass.csv"
    classes = "glass"
    rows = Size(214, 6, 9)
