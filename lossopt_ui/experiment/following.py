"""Per-example losses and predictions along a run's trajectory, cached for all visitors."""

from lossopt_core import Experiment, load_data
from lossopt_core.inspect.along import Along, along
from lossopt_core.inspect.diagnostics import part_of
from lossopt_core.inspect.example import loss_with_margin
from lossopt_core.training.path import WeightPath
from lossopt_ui.figures.caching import cached

MAX_BYTES = 15_000_000
"""Size of the cache, shared by all visitors; digits at 60 points takes 160 kB."""


def follow(experiment: Experiment, path: WeightPath, loss: str, part: str) -> Along:
    """Evaluate the examples of a part at every saved point of a run, under a given loss."""
    return _followed(experiment.replace(loss=loss), path, part)


# The path is part of the key: an imported run can have other weights under the same settings.
@cached(MAX_BYTES, size=lambda seen: seen.losses.nbytes + seen.predictions.nbytes)
def _followed(experiment: Experiment, path: WeightPath, part: str) -> Along:
    features, labels = part_of(load_data(experiment), part)
    return along(path, loss_with_margin(experiment.loss, experiment), features, labels)
