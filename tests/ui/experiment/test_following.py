"""What is held for all visitors is what each of them would have made."""

from dataclasses import replace

import numpy as np
import pytest

from lossopt_core import Experiment, train
from lossopt_core.inspect import clock
from lossopt_core.inspect.clock import MOST_TICKS, Clock
from lossopt_core.training.path import WeightPath
from lossopt_ui.experiment import following

SMALL = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2)


def test_a_run_of_a_file_with_other_weights_is_not_taken_for_the_one_of_its_settings() -> None:
    [run] = train([SMALL])
    forged = replace(run, path=-run.path, weights=-run.weights)
    theirs = following.follow(SMALL, WeightPath.of(forged), SMALL.loss, "test")
    ours = following.follow(SMALL, WeightPath.of(run), SMALL.loss, "test")
    assert not np.array_equal(theirs.losses, ours.losses)
    assert ours.accuracy[-1] == pytest.approx(run.final["test_accuracy"])
    assert following.follow(SMALL, WeightPath.of(run), SMALL.loss, "test") is ours
    assert following.follow(SMALL, WeightPath.of(run), "hinge", "test") is not ours


def test_of_many_examples_fewer_points_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = train([SMALL.replace(epochs=100, evaluations=100)])
    [path] = Clock.of(runs).paths
    assert len(path) == MOST_TICKS
    monkeypatch.setattr(clock, "MOST_FOLLOWED", 630)
    [path] = Clock.of(runs).paths
    assert len(path) == 10
    assert path.updates[[0, -1]].tolist() == [0, runs[0].experiment.updates]
