"""Experiments that several tests train."""

from lossopt_core import DATASETS, Experiment

TINY = Experiment(
    dataset="course_demo", test_fraction=0, standardize=False, batch_size=2, epochs=2, evaluations=4
)
MADE = [name for name, entry in DATASETS.items() if not entry.brought]
"""The data sets that nobody has to bring."""
