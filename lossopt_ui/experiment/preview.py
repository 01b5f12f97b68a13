"""A preview of the selected data set, shown until something is trained on it."""

import numpy as np
import streamlit as st

from lossopt_core import Data, Experiment, load_data
from lossopt_ui.charts import data as charts
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data
from lossopt_ui.state import names

MAX_NUMBERS = 1_000_000
"""Largest number of examples × features that is previewed; more would be slow."""


def show(experiment: Experiment) -> None:
    """Show the size of the data set and some examples."""
    size = experiment.size
    if size.examples * size.features > MAX_NUMBERS:
        st.caption(
            f"{size.examples:,} examples with {names.counted(size.features, 'feature')}:"
            " too large to preview."
        )
        return
    with missing_data.part("Preview of the data"):
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
    return "Scatter plot of the examples, coloured by class."


def _counts(data: Data) -> str:
    """The sizes of the splits, and of the classes in the training set."""
    trained, tested = len(data.train_labels), len(data.test_labels)
    counts = np.bincount(data.train_labels, minlength=len(data.class_names))
    least, most = counts.min(), counts.max()
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return (
        f"{trained:,} training examples ({len(counts)} classes, {each} examples per class),"
        f" {tested:,} test examples, {names.counted(data.train_features.shape[1], 'feature')}."
    )
