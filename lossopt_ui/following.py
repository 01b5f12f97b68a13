"""Examples followed along the ways of runs, held for all who look at the same."""

import streamlit as st

from lossopt_core import Experiment, load_data
from lossopt_core.diagnostics import part_of
from lossopt_core.inspection.along import Along, along
from lossopt_core.inspection.example import with_its_margin
from lossopt_core.path import WeightPath
from lossopt_ui.holding import Held
from lossopt_ui.recipes import digest

MOST_BYTES = 15_000_000
"""Held for all visitors together; the examples of digits along 60 points take 160 kB."""


def follow(experiment: Experiment, path: WeightPath, loss: str, part: str) -> Along:
    """The examples of a part along the way of a run, as a loss sees them."""
    # The points, too: an id tells the settings, and the weights of a file may be any.
    of = digest(experiment.but(loss=loss), path, part)
    return _held().get(of, lambda: _made(experiment, path, loss, part))


def _made(experiment: Experiment, path: WeightPath, loss: str, part: str) -> Along:
    features, labels = part_of(load_data(experiment), part)
    return along(path, with_its_margin(loss, experiment), features, labels)


@st.cache_resource
def _held() -> Held[Along]:
    return Held(MOST_BYTES, lambda seen: seen.losses.nbytes + seen.answers.nbytes)
