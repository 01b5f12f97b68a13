"""Examples followed along the ways of runs, held for all who look at the same."""

from lossopt_core import Experiment, load_data
from lossopt_core.inspect.along import Along, along
from lossopt_core.inspect.diagnostics import part_of
from lossopt_core.inspect.example import with_its_margin
from lossopt_core.training.path import WeightPath
from lossopt_ui.figures.caching import cached

MOST_BYTES = 15_000_000
"""Held for all visitors together; the examples of digits along 60 points take 160 kB."""


def follow(experiment: Experiment, path: WeightPath, loss: str, part: str) -> Along:
    """The examples of a part along the way of a run, as a loss sees them."""
    return _followed(experiment.replace(loss=loss), path, part)


# The points, too: an id tells the settings, and the weights of a file may be any.
@cached(MOST_BYTES, size=lambda seen: seen.losses.nbytes + seen.answers.nbytes)
def _followed(experiment: Experiment, path: WeightPath, part: str) -> Along:
    features, labels = part_of(load_data(experiment), part)
    return along(path, with_its_margin(experiment.loss, experiment), features, labels)
