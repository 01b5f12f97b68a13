"""A digits classifier after a chosen number of epochs."""

import numpy as np
import streamlit as st

from lossopt_core import (
    LOSSES,
    Experiment,
    load_data,
    train,
)
from lossopt_core.lecture import stacks
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import Loss
from lossopt_ui.state import widgets


def choose() -> tuple[Loss, str, int]:
    """Show the loss and epochs widgets; return the loss, its name and the epochs."""
    with st.container(horizontal=True):
        name = widgets.setting("card_loss", width=220)
        epochs = widgets.setting("card_epochs", width=200)
    return LOSSES[name](), name, epochs


@st.cache_data(max_entries=50, show_spinner=False)
def weights(loss: str, epochs: int) -> Array:
    """(C, D + 1) weights after `epochs` epochs of SGD; zeros for 0 epochs."""
    data = load_data(Experiment())
    if epochs == 0:
        return np.zeros((len(data.class_names), data.train_features.shape[1] + 1))
    [run] = train([Experiment(loss=loss, epochs=epochs, learning_rate=0.01, evaluations=2)])
    found: Array = run.stacked[0]
    return found


def examples() -> tuple[Array, Labels]:
    """Training features with a column of ones, and labels."""
    return stacks.inputs(load_data(Experiment()))
