"""The data that one has chosen, as long as nothing is trained on them."""

import numpy as np
import streamlit as st

from lossopt_core import Data, Experiment, load_data
from lossopt_ui.charts import data as charts
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data

MOST_NUMBERS = 1_000_000
"""Examples times features that are made and drawn for a look; more would keep one waiting."""


def show(experiment: Experiment) -> None:
    """How many examples there are, and what they look like; nothing where they are missing."""
    size = experiment.size
    if size.examples * size.features > MOST_NUMBERS:
        st.caption(
            f"{size.examples:,} examples of {size.features:,} features: too many for a look."
        )
        return
    with missing_data.part("A look at the data"):
        data = load_data(experiment)
        figure.show(
            recipe(charts.examples, data, figure.theme()),
            key=f"preview-{experiment.dataset}",
            alt=_in_words(data),
            height=330 if data.image_shape is not None else 420,
        )
        st.caption(_counts(data))


def _in_words(data: Data) -> str:
    if data.image_shape is not None:
        return "Some training images of each class."
    return "The examples as points of a plane, by class."


def _counts(data: Data) -> str:
    """The sizes of the parts, and of the classes in the training part."""
    trained, tested = len(data.train_labels), len(data.test_labels)
    counts = np.bincount(data.train_labels, minlength=len(data.class_names))
    least, most = counts.min(), counts.max()
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return (
        f"{trained:,} examples to train on ({each} of each of {len(counts)} classes),"
        f" {tested:,} to test on; {data.train_features.shape[1]:,} features."
    )
