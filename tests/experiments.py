"""Experiments that several tests train."""

from lossopt_core import DATASETS, Experiment

TINY = Experiment(
    dataset="course_demo", test_fraction=0, standardize=False, batch_size=2, epochs=2, evaluations=4
)
# 81 training examples: with batches of 16 the last one of an epoch has a single example.
BLOBS = Experiment(
    dataset="blobs",
    dataset_options={"examples": 108, "classes": 3, "features": 4},
    batch_size=16,
    epochs=2,
    learning_rate=0.05,
    init_scale=0.3,
)
MADE = [name for name, entry in DATASETS.items() if not entry.uploaded]
"""The data sets that nobody has to bring."""
