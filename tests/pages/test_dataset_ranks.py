"""Ranks over data sets on the Significance tab of the Compare page."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lossopt_core import Experiment, Run, RunStore, train
from tests.helpers import figures, open_page, trace, words

QUERY = {"runs": "all", "part": "differences"}
SETS = ("iris", "wine", "moons", "circles", "blobs", "penguins")
LOSSES = ("hinge", "cross_entropy", "squared_hinge")


@pytest.fixture(scope="module")
def trained() -> list[Run]:
    """Three losses on six data sets, two seeds each; the accuracies are made up."""
    runs = train(
        [
            Experiment(dataset=data, loss=loss, seed=seed, epochs=1, evaluations=2)
            for data in SETS
            for loss in LOSSES
            for seed in range(2)
        ]
    )
    rng = np.random.default_rng(0)
    better = {"hinge": 0.5, "cross_entropy": 0.8, "squared_hinge": 0.5}
    return [
        replace(
            run,
            history=run.history.assign(
                test_accuracy=round(better[run.experiment.loss] + 0.1 * rng.uniform(), 2)
            ),
        )
        for run in runs
    ]


def means(runs: list[Run]) -> np.ndarray:
    ends = [run.final["test_accuracy"] for run in runs]
    return np.array(ends).reshape(len(SETS), len(LOSSES), 2).mean(axis=2)


def test_mean_ranks_are_those_of_the_means_over_seeds(trained: list[Run], store: RunStore) -> None:
    store.save(trained)
    app = open_page("compare", QUERY)
    assert not app.exception
    ranks = stats.rankdata(-means(trained).round(9), axis=1)
    drawn = figures(app)["dataset-ranks"]
    for loss, column in zip(("Hinge", "Cross-entropy", "Squared hinge"), ranks.T, strict=True):
        assert sorted(trace(drawn, loss)["x"]) == pytest.approx(sorted(column))
        assert trace(drawn, f"{loss}: mean")["x"] == pytest.approx([column.mean()])
    said = words(app)
    assert "Best mean rank over 6 data sets: Cross-entropy, 1.00 of 3." in said
    assert "The configurations differ (Friedman test, p = " in said
    assert "takes at least 10 data sets to say" in said
    table = app.dataframe[-1].value
    assert list(table["Mean rank"]) == [f"{each:.2f}" for each in sorted(ranks.mean(axis=0))]
    assert table.loc["Cross-entropy", "Iris"] == "1"


def test_few_data_sets_get_ranks_without_a_verdict(trained: list[Run], store: RunStore) -> None:
    store.save([run for run in trained if run.experiment.dataset in SETS[:3]])
    said = words(open_page("compare", QUERY))
    assert "too few data sets to tell a difference from chance; it takes at least 6." in said


def test_what_is_left_out_of_the_ranks_is_said(trained: list[Run], store: RunStore) -> None:
    some = [run for run in trained if run.experiment.dataset in SETS[:3]]
    gone = [run for run in some if run.experiment.dataset == "moons"][:2]
    dead = [replace(some[0], status="diverged")]
    alone = train([some[0].experiment.replace(strength=0.5)])
    store.save([*dead, *(run for run in some[1:] if run not in gone), *alone])
    app = open_page("compare", QUERY)
    said = words(app)
    assert "Left out: Moons, 1 configuration with one data set." in said
    assert "A configuration with a diverged run is ranked last on that data set." in said
    assert app.dataframe[-1].value.loc["Hinge", "Iris"] == "3"


def test_tuned_rates_need_a_grouping(trained: list[Run], store: RunStore) -> None:
    rates = dict(zip(SETS, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True))
    tuned = [
        replace(run, experiment=run.experiment.replace(learning_rate=rates[run.experiment.dataset]))
        for run in trained
    ]
    store.save(tuned)
    app = open_page("compare", QUERY)
    assert "No ranks: fewer than two configurations ran on several data sets." in words(app)
    app = open_page("compare", QUERY | {"group": "loss,dataset"})
    assert "Best mean rank over 6 data sets: Cross-entropy, 1.00 of 3." in words(app)


def test_objectives_of_different_losses_are_not_ranked(trained: list[Run], store: RunStore) -> None:
    store.save(trained)
    app = open_page("compare", QUERY | {"measure": "objective"})
    assert "No ranks: values of different losses are not comparable" in words(app)
    assert not app.exception


def test_runs_on_one_data_set_have_no_ranks(kept: list[Run]) -> None:
    assert "Ranks over data sets" not in words(open_page("compare", QUERY))
