"""Fair tuning: equal budgets, a test part that tuning never sees, the best rate for each."""

import numpy as np
import pytest

from lossopt_core import (
    Experiment,
    RunStore,
    load_data,
    train,
)
from lossopt_core.analysis.fair_tuning import PROTOCOLS, Comparison

BASE = Experiment(
    dataset="blobs", dataset_options={"examples": 120, "spread": 2.5}, epochs=2, evaluations=4
)
RATES = (1e-5, 1e-3, 0.1, 1e3)


@pytest.fixture
def comparison() -> Comparison:
    return Comparison("optimizers", BASE, ("gd", "sgd"), RATES, tuning_seeds=2, fresh_seeds=3)


def test_the_validation_set_is_disjoint_from_training_and_test_sets() -> None:
    plain, validating = load_data(BASE), load_data(BASE.replace(validation=True))
    assert BASE.replace(validation=True).train_examples == len(validating.train_labels)
    assert len(validating.test_labels) == len(plain.test_labels)

    def rows(data, part):  # in the data set's own units, as each part has its own scale
        features = data.original(getattr(data, f"{part}_features"))
        return {tuple(np.round(row, 9)) for row in features}

    test, validation = rows(plain, "test"), rows(validating, "test")
    assert not test & validation
    assert not test & rows(validating, "train")
    assert not validation & rows(validating, "train")
    assert validation | rows(validating, "train") == rows(plain, "train")
    assert np.allclose(validating.train_features.mean(axis=0), 0)


def test_validation_needs_a_test_set_and_changes_the_id() -> None:
    assert BASE.id != BASE.replace(validation=True).id
    with pytest.raises(ValueError, match="validation needs a test_fraction above 0"):
        BASE.replace(validation=True, test_fraction=0.0)


def test_tuning_and_testing_use_different_seeds_and_equal_epochs(comparison: Comparison) -> None:
    tuning = comparison.tuning()
    assert len(tuning) == 2 * 4 * 2
    assert all(each.validation for each in tuning)
    assert len({each.epochs for each in tuning}) == 1
    tuned = {"gd": _tuned(0.1), "sgd": _tuned(0.001)}
    final = comparison.final(tuned)
    assert not {each.seed for each in tuning} & {each.seed for each in final}
    assert not any(each.validation for each in final)
    assert {(each.optimizer, each.learning_rate) for each in final} == {("gd", 0.1), ("sgd", 0.001)}


def _tuned(rate):
    from lossopt_core.analysis.fair_tuning import Tuned

    return Tuned(rate, 0.9, on_border=False)


def test_the_tuned_rate_is_the_best_stable_one(comparison: Comparison, address: str) -> None:
    store = RunStore(address)
    runs = train(comparison.tuning())
    store.save(runs)
    tuned = comparison.tuned(store.list())
    for candidate in comparison.candidates:
        means = {
            rate: np.mean(
                [
                    run.final["test_accuracy"]
                    for run in runs
                    if run.experiment.optimizer == candidate
                    and run.experiment.learning_rate == rate
                ]
            )
            for rate in RATES
            if all(
                run.status == "finished"
                for run in runs
                if run.experiment.optimizer == candidate and run.experiment.learning_rate == rate
            )
        }
        assert means[tuned[candidate].rate] == max(means.values())
        assert tuned[candidate].accuracy == pytest.approx(max(means.values()))


def test_a_candidate_without_a_stable_rate_has_none(comparison: Comparison, address: str) -> None:
    store = RunStore(address)
    wild = Comparison("losses", BASE, ("squared_hinge", "hinge"), (2e3, 4e3, 8e3), tuning_seeds=1)
    store.save(train(wild.tuning()))
    assert "squared_hinge" not in wild.tuned(store.list())


def test_the_grid_is_widened_at_both_ends(comparison: Comparison) -> None:
    wider = Comparison("optimizers", BASE, ("gd", "sgd"), (0.01, 0.1, 1.0)).wider()
    assert wider.rates == (1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0)


@pytest.mark.parametrize(
    ("candidates", "words"),
    [(("gd",), "at least 2 candidates"), (("gd", "hinge"), "candidates must be one of gd")],
)
def test_invalid_comparisons_are_rejected(candidates: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Comparison("optimizers", BASE, candidates)


def test_protocols_know_all_entries() -> None:
    assert set(PROTOCOLS) == {"optimizers", "losses"}
    assert "adam" in PROTOCOLS["optimizers"].candidates
    assert "hinge" in PROTOCOLS["losses"].candidates
