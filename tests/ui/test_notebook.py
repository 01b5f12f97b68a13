"""The figures of the Compare page outside of it."""

import numpy as np
import pytest

from lossopt_core import Experiment, Run, train
from lossopt_ui.notebook import plot, plot_differences

SMALL = Experiment(
    dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=2, evaluations=4
)


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return train(
        [SMALL.replace(loss=loss, seed=k) for loss in ("hinge", "cross_entropy") for k in range(7)]
    )


def test_seeds_are_one_curve_and_losses_have_their_own_charts(runs: list[Run]) -> None:
    figures = plot(runs)
    assert set(figures) == {"Hinge", "Cross-entropy"}
    [both] = plot(runs, y="test_accuracy", x="update").values()
    means = {line.name.split(":")[0]: line for line in both.data if "(n=7)" in (line.name or "")}
    ends = [100 * run.final["test_accuracy"] for run in runs if run.experiment.loss == "hinge"]
    assert means["Hinge"].y[-1] == pytest.approx(np.mean(ends))
    [apart] = plot(runs[:3], seeds_together=False, y="test_accuracy").values()
    assert len(apart.data) == 3
    [smooth] = plot(runs[:2], smoothing=0.9).values()
    assert len(smooth.data) > len(plot(runs[:2])[""].data)


def test_differences_are_those_of_the_pairs(runs: list[Run]) -> None:
    figure = plot_differences(runs, baseline=runs[0])
    [dot] = [each for each in figure.data if each.name == "Cross-entropy"]
    ends = np.array([100 * run.final["test_accuracy"] for run in runs]).reshape(2, 7)
    assert dot.x[0] == pytest.approx((ends[1] - ends[0]).mean())
    assert dot.error_x.array[0] > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda runs: plot(runs, y="loss"), "y must be"),
        (lambda runs: plot(runs, smoothing=1.0), "smoothing must be from 0 to below 1"),
        (lambda runs: plot([]), "1 to 24 curves can be drawn, got 0"),
        (lambda runs: plot(runs, x="seconds"), "none of the runs has values of objective"),
        (lambda runs: plot_differences(runs, SMALL.replace(epochs=9)), "belongs to the baseline"),
        (lambda runs: plot_differences(runs, runs[0], measure="objective"), "can be compared"),
    ],
)
def test_what_cannot_be_drawn_is_said(runs: list[Run], call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call(runs)
