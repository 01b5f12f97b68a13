"""Runs as Python scripts, with lossopt_core or with NumPy only."""

from lossopt_core.exchange.scripts.library import with_lossopt
from lossopt_core.exchange.scripts.numpy_alone import with_numpy

__all__ = ["with_lossopt", "with_numpy"]
