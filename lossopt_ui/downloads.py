"""Files that leave the page."""

from collections.abc import Sequence

from lossopt_core import Run
from lossopt_core.export import tidy, to_csv


def csv(runs: Sequence[Run]) -> bytes:
    """The runs' histories as one tidy CSV: a row an evaluation of a run."""
    return to_csv(tidy(runs)).encode()
