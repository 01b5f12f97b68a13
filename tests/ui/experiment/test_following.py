"""The shared cache of per-example results returns what each visitor would compute."""

from dataclasses import replace

import numpy as np
import pytest

from lossopt_core import Experiment, train
from lossopt_core.inspect import clock
from lossopt_core.inspect.clock import MAX_TICKS, Clock
from lossopt_core.training.path import WeightPath
from lossopt_ui.experiment import following

SMALL = Experiment(dataset="blobs", dataset_options={"examples": 60}, epochs=2)


def test_an_imported_run_with_other_weights_is_cached_separately() -> None:
    [run] = train([SMALL])
    forged = replace(run, path=-run.path, weights=-run.weights)
    theirs = following.follow(SMALL, WeightPath.of(forged), SMALL.loss, "test")
    ours = following.follow(SMALL, WeightPath.of(run), SMALL.loss, "test")
    assert not np.array_equal(theirs.losses, ours.losses)
    assert ours.accuracy[-1] == pytest.approx(run.final["test_accuracy"])
    assert following.follow(SMALL, WeightPath.of(run), SMALL.loss, "test") is ours
    assert following.follow(SMALL, WeightPath.of(run), "hinge", "test") is not ours


def test_fewer_points_are_evaluated_for_many_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = train([SMALL.replace(epochs=100, evaluations=100)])
    [path] = Clock.of(runs).paths
    assert len(path) == MAX_TICKS
    monkeypatch.setattr(clock, "MAX_FOLLOWED", 630)
    [path] = Clock.of(runs).paths
    assert len(path) == 10
    assert path.updates[[0, -1]].tolist() == [0, runs[0].experiment.updates]
