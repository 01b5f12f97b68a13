"""A small table with missing values, and what is prepared from a table."""

from lossopt_core import (
    uploads,
)
from lossopt_core.uploads import (
    columns_of,
    prepare,
    read,
    suggest,
)
from lossopt_core.uploads.preparing import Preparation

FLOWERS = """width,height,colour,species
1.5,2,red,rose
1.25,3,white,lily
2,?,red,rose
0.5,1,white,lily
,4,red,rose
3,5,blue,lily
2.5,2,red,rose
"""


def examples_of(text: str, **changes: object) -> uploads.Prepared:
    columns = columns_of(read(text.encode(), "flowers.csv"))
    how = suggest(columns)
    return prepare(
        columns, Preparation(**({"label": how.label, "features": how.features} | changes))
    )
