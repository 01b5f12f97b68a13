"""`train` gives every configuration a learning rate of its own, unless one is given."""

import re

import pytest

from lossopt_core import Experiment, RunStore
from lossopt_core.analysis.tuned_rate import tuned_rates
from lossopt_core.cli.main import main
from lossopt_core.theory.stability import starting_learning_rate

TUNED = [
    "train", "--dataset", "blobs", "--epochs", "5", "--loss", "squared_hinge", "cross_entropy",
    "--optimizer", "gd", "sgd", "--seeds", "2",
]  # fmt: skip


def test_every_configuration_is_trained_at_its_own_rate_which_the_table_shows(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(TUNED) == 0
    lanes = [
        Experiment(dataset="blobs", epochs=5, loss=loss, optimizer=optimizer)
        for loss in ("squared_hinge", "cross_entropy")
        for optimizer in ("gd", "sgd")
    ]
    wanted = {
        lane.replace(seed=seed, learning_rate=found.rate).id
        for lane, found in zip(lanes, tuned_rates(lanes).values(), strict=True)
        for seed in range(2)
    }
    assert set(store.list()["id"]) == wanted
    captured = capsys.readouterr()
    assert "Tuning 4 learning rates: the best of 13 each" in captured.err
    head, *rows = captured.out.strip().splitlines()
    assert "learning_rate" in head
    assert len([row for row in rows if re.search(r"[0-9a-f]{16}", row)]) == 8
    assert main(TUNED) == 0, "the same rates again"
    assert "8 of 8 runs already saved" in capsys.readouterr().err


def test_one_rate_is_shown_though_it_does_not_differ(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--dataset", "blobs", "--epochs", "2", "--learning-rate", "tuned"]) == 0
    [tuned] = store.list()["id"]
    captured = capsys.readouterr()
    assert "Tuning 1 learning rate: the best of 13" in captured.err
    assert "learning_rate" in captured.out.splitlines()[0]
    assert main(["script", tuned]) == 0
    [rate] = store.list()["learning_rate"]
    assert f"learning_rate={rate!r}" in capsys.readouterr().out, "also where it is the default"


def test_a_given_rate_is_used_as_it_is(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--dataset", "blobs", "--epochs", "2", "--learning-rate", "0.1"]) == 0
    assert list(store.list()["learning_rate"]) == [0.1]
    captured = capsys.readouterr()
    assert "Tuning" not in captured.err
    assert "learning_rate" in captured.out.splitlines()[0]


def test_where_every_rate_diverges_theory_gives_one(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    wild = Experiment(
        dataset="breast_cancer", standardize=False, loss="squared_hinge", optimizer="gd", epochs=10
    )
    line = "--dataset breast_cancer --standardize false --loss squared_hinge --optimizer gd"
    assert main(["train", *line.split(), "--epochs", "10"]) == 0
    assert "1 of 1 diverged at every rate of the grid" in capsys.readouterr().err
    assert list(store.list()["learning_rate"]) == [starting_learning_rate(wild)]
    assert list(store.list()["status"]) == ["finished"]


def test_a_rate_at_the_border_is_called_so(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TUNED[:4], "1", "--optimizer", "gd", "--strength", "0"]) == 0
    said = capsys.readouterr().err
    [rate] = store.list()["learning_rate"]
    assert (rate == 100.0) == ("1 of 1 ended at the border of the grid" in said)


def test_tuned_does_not_go_with_numbers(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TUNED, "--learning-rate", "tuned", "0.1"]) == 2
    assert "learning_rate must be numbers or tuned, got tuned 0.1" in capsys.readouterr().err
    assert store.list().empty
