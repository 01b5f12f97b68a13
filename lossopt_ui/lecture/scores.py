"""From the scores of three images to their hinge losses, term by term."""

import numpy as np
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture.numbers import ANIMALS, SCORES
from lossopt_ui import controls
from lossopt_ui.lecture import frame


def draw() -> None:
    """Scores and margin at the left, terms and losses at the right."""
    fields, results = st.columns([2, 3])
    with fields:
        scores = np.array(controls.setting("images"))
        margin = controls.setting("images_margin")
    losses = LOSSES["hinge"](margin=margin).value(scores.T, np.arange(3))
    with results:
        for animal, loss in zip(ANIMALS, losses, strict=True):
            st.metric(f"Loss of the {animal}", f"{loss:.4g}")
        st.metric("Mean", f"{losses.mean():.5g}")
    right = LOSSES["hinge"]().value(SCORES.T, np.arange(3))
    frame.erratum("frog", f"{right[2]:.4g} and a mean of {right.mean():.5g}")
