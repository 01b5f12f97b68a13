"""Experiments that several tests train."""

from lossopt_core import Experiment

TINY = Experiment(
    dataset="course_demo", test_fraction=0, standardize=False, batch_size=2, epochs=2, evaluations=4
)
