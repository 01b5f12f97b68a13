"""Sweeps: axes as text, combinations with seeds, borders, and how long it takes."""

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given

from lossopt_core import Experiment
from lossopt_core.analysis.axes import Axis, as_text, axis, parse
from lossopt_core.analysis.borders import borders
from lossopt_core.analysis.groups import group_id
from lossopt_core.analysis.sweep import SPLIT, Sweep
from lossopt_core.training.time_estimate import expected_seconds
from tests.experiments import TINY


def test_an_axis_is_a_list_a_range_or_draws() -> None:
    assert axis("loss", "hinge, cross_entropy").values == ("hinge", "cross_entropy")
    assert axis("batch_size", "8 32 8").values == (8, 32)
    assert axis("learning_rate", "log 1e-3 1 4").values == (0.001, 0.01, 0.1, 1.0)
    assert axis("test_fraction", "linear 0.1 0.5 3").values == (0.1, 0.3, 0.5)
    assert axis("epochs", "linear 1 4 4").values == (1, 2, 3, 4)
    drawn = axis("strength", "random log 1e-4 1 30")
    assert drawn.drawn
    assert len(drawn.values) == 30
    assert min(drawn.values) < 1e-3 < 0.1 < max(drawn.values)
    assert drawn == axis("strength", "random log 1e-4 1 30")
    assert drawn != axis("strength", "random log 1e-4 1 30", draw_seed=1)
    assert set(axis("loss", "random choice hinge, cross_entropy 30").values) == {
        "hinge", "cross_entropy",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("loss", "hinge, hing", "Loss must be one of"),
        ("strength", "log 0 1 3", "must start above 0"),
        ("strength", "log 1 2", "needs lowest, highest and count"),
        ("strength", "linear 2 1 3", "range must be increasing"),
        ("strength", "log 1e-3 1 two", "number of values must be a whole number"),
        ("strength", "", "Strength λ needs values"),
        ("strength", "1e9", "Strength λ must be a number from 0"),
        ("strength", "random 1 2", "random needs log, linear or choice"),
        ("loss", "random log 1 2 3", "random needs choice, such as random choice Hinge"),
        ("loss", "random choice 3", "Loss needs values, such as"),
        ("loss", "random choice hing 3", "Loss must be one of"),
        ("loss", "random choice hinge", "number of values must be a whole number"),
        ("seed", "1 2", "cannot be swept"),
        ("nonsense", "1", "cannot be swept"),
    ],
)
def test_what_is_no_axis_is_refused_with_its_name(name: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        axis(name, text)


@given(st.text(max_size=60))
def test_any_text_gives_axes_or_problems(text: str) -> None:
    found, problems = parse(text)
    assert len(found) + len(problems) == len([part for part in text.split(";") if part.strip()])


def test_axes_are_read_as_they_are_written() -> None:
    axes, problems = parse("loss=hinge,cross_entropy;strength=log 1e-4 1e-2 3")
    assert not problems
    assert parse(as_text(axes)) == (axes, [])
    text = "batch_size=random log 8 64 5;strength=log 0.0001 1 5"
    assert as_text(parse(text)[0]) == text


def test_every_combination_has_every_seed() -> None:
    axes, _ = parse("loss=hinge,cross_entropy;strength=1e-4,1e-3,1e-2")
    sweep = Sweep(TINY, axes)
    experiments, problems = sweep.experiments()
    assert (sweep.size, len(experiments), problems) == (60, 60, {})
    assert sorted(Counter(map(group_id, experiments)).values()) == [10] * 6
    assert {each.split_seed for each in experiments} == {0}
    again, _ = Sweep(TINY, axes, seeds=4, vary=SPLIT).experiments()
    assert {(each.seed, each.split_seed) for each in again} == {(k, k) for k in range(4)}


def test_drawn_axes_go_together() -> None:
    axes, _ = parse("learning_rate=random log 1e-3 1 7;strength=random log 1e-4 1 7")
    experiments, _ = Sweep(TINY, axes, seeds=1).experiments()
    pairs = {(each.learning_rate, each.strength) for each in experiments}
    assert len(pairs) == 7
    uneven = (Axis("epochs", (1, 2), True), Axis("strength", (0.1, 0.2, 0.3), True))
    with pytest.raises(ValueError, match="equal numbers of values"):
        Sweep(TINY, uneven)


def test_settings_that_are_drawn_are_drawn_independently() -> None:
    """Spearman's rank correlation of 500 independent pairs is within 0.2, but once in 100,000."""
    axes, _ = parse("learning_rate=random log 1e-3 1 500;strength=random log 1e-4 1 500")
    first, second = (pd.Series(each.values) for each in axes)
    assert abs(first.corr(second, method="spearman")) < 0.2
    assert scipy.stats.kstest(np.log10(first) / 3 + 1, "uniform").pvalue > 1e-4


def test_draws_that_are_equal_after_rounding_still_count() -> None:
    axes, _ = parse("learning_rate=random log 1e-3 1 20;epochs=random linear 1 3 20")
    assert len(axes[1].values) == 20
    assert len(Sweep(TINY, axes, seeds=1).experiments()[0]) == 20


def test_what_means_the_same_run_is_one_and_what_cannot_be_is_said() -> None:
    axes, _ = parse("regularizer=none,l2;strength=0.1,0.2")
    assert len(Sweep(TINY, axes, seeds=1).experiments()[0]) == 3
    axes, _ = parse("batch_size=8,5000")
    experiments, problems = Sweep(TINY, axes, seeds=2).experiments()
    assert len(experiments) == 2
    [(reason, count)] = problems.items()
    assert "batch_size must be at most" in reason
    assert count == 1


def test_a_sweep_that_is_too_large_is_refused() -> None:
    axes, _ = parse("learning_rate=log 1e-3 1 40;strength=log 1e-4 1 40")
    with pytest.raises(ValueError, match="16,000 runs; the maximum is 10,000"):
        Sweep(TINY, axes)


def test_options_of_a_data_set_can_vary() -> None:
    axes, _ = parse("blobs.spread=1,2")
    base = Experiment(dataset="blobs", dataset_options={"examples": 60})
    experiments, _ = Sweep(base, axes, seeds=1).experiments()
    assert [each.dataset_options["spread"] for each in experiments] == [1.0, 2.0]
    assert {each.dataset_options["examples"] for each in experiments} == {60}


def results(strengths: list[float], accuracies: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"family": list(map(str, strengths)), "strength": strengths, "test_accuracy": accuracies}
    )


def test_a_best_value_on_the_border_is_told_with_a_wider_axis() -> None:
    axes, _ = parse("strength=log 1e-4 1e-2 3")
    rising = results([1e-4, 1e-3, 1e-2], [0.7, 0.8, 0.9])
    [border] = borders(rising, "test_accuracy", axes)
    assert (border.name, border.low, border.value) == ("strength", False, 0.01)
    assert border.wider.values == (1e-4, 1e-3, 1e-2, 0.1, 1.0)
    assert borders(results([1e-4, 1e-3, 1e-2], [0.7, 0.9, 0.8]), "test_accuracy", axes) == []
    [low] = borders(results([1e-4, 1e-3, 1e-2], [0.9, 0.8, 0.7]), "test_accuracy", axes)
    assert low.wider.values[:2] == (1e-6, 1e-5)


def test_beyond_the_range_of_a_setting_there_is_nothing_to_widen() -> None:
    axes, _ = parse("momentum=0,0.3,0.6")
    table = results([0.0, 0.3, 0.6], [0.9, 0.8, 0.7]).rename(columns={"strength": "momentum"})
    assert borders(table, "test_accuracy", axes) == []


def test_the_expected_time_grows_with_the_work() -> None:
    base = Experiment(epochs=10)
    few = expected_seconds([base])
    longer = expected_seconds([base.replace(epochs=200)])
    many = expected_seconds([base.replace(seed=k, epochs=20) for k in range(40)])
    assert 0 < few < longer
    assert few < many
    assert np.isfinite(many)
    assert expected_seconds([]) == 0.0
