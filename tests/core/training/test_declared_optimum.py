"""Whatever is chosen, training minimises the declared objective and no other.

Every optimizer x penalty x loss of the registries is trained on one small problem, full batch, as
one stack.  The cosine schedule ends at a rate of zero, which kinks and adaptive rules need.
"""

import numpy as np
import pytest

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    ConvergenceWarning,
    Experiment,
    certify,
    convergence_caveats,
    train,
)
from lossopt_core.cli.main import main
from lossopt_core.optim.stopping import STOPPING
from lossopt_core.theory.stability import starting_learning_rate

WITHIN = 1e-4
pytestmark = pytest.mark.filterwarnings("ignore::lossopt_core.ConvergenceWarning")
BASE = Experiment(
    dataset="blobs",
    dataset_options={"examples": 50, "classes": 3, "features": 2, "spread": 4.0},
    test_fraction=0.0, strength=0.05, l1_ratio=0.6, epochs=800, evaluations=5,
    schedule="cosine", batch_size=50,
)  # fmt: skip
PROBLEMS = [(loss, penalty) for loss in LOSSES for penalty in REGULARIZERS]


def by_every_optimizer(loss: str, penalty: str) -> list[Experiment]:
    experiments = [
        BASE.replace(loss=loss, regularizer=penalty, optimizer=optimizer)
        for optimizer in OPTIMIZERS
    ]
    return [each.replace(learning_rate=3 * starting_learning_rate(each)) for each in experiments]


@pytest.fixture(scope="module")
def runs():
    everything = [each for problem in PROBLEMS for each in by_every_optimizer(*problem)]
    trained = train(everything)
    return {
        problem: [r for r in trained if (r.experiment.loss, r.experiment.regularizer) == problem]
        for problem in PROBLEMS
    }


def optimum(loss: str, penalty: str) -> tuple[float, np.ndarray]:
    """The certified minimum and where it is."""
    found = certify(BASE.replace(loss=loss, regularizer=penalty), target_gap=1e-7)
    return found.objective, found.theta


@pytest.mark.parametrize(("loss", "penalty"), PROBLEMS)
def test_every_optimizer_ends_at_the_optimum_of_the_declared_objective(loss, penalty, runs):
    best, _ = optimum(loss, penalty)
    ends = {run.experiment.optimizer: run.final["objective"] for run in runs[loss, penalty]}
    assert ends.keys() == OPTIMIZERS.keys()
    assert all(abs(end - best) < WITHIN for end in ends.values()), (best, ends)


@pytest.mark.parametrize("penalty", ["l1", "elastic_net"])
@pytest.mark.parametrize("loss", [name for name, entry in LOSSES.items() if entry.smooth])
def test_the_zeros_are_those_of_the_optimum(loss, penalty, runs):
    _, theta = optimum(loss, penalty)
    zeros = int((np.abs(theta[:, :-1]) < 1e-7).sum())
    for run in runs[loss, penalty]:
        assert abs(int((run.weights == 0).sum()) - zeros) <= 1, run.experiment.optimizer


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_at_a_constant_rate_l1_has_the_declared_strength_too(precision):
    base = BASE.replace(
        dataset="wine", loss="squared_hinge", regularizer="l1", strength=0.2, batch_size=178,
        epochs=1_000, evaluations=2, schedule="constant", precision=precision,
    )  # fmt: skip
    rates = {"adagrad": 0.1, "rmsprop": 0.001, "adam": 0.003}
    every = [base.replace(optimizer=name) for name in OPTIMIZERS]
    every = [
        each.replace(learning_rate=rates.get(each.optimizer) or starting_learning_rate(each))
        for each in every
    ]
    best = certify(base, target_gap=1e-8)
    for run in train(every):
        assert abs(run.final["objective"] - best.objective) < WITHIN, run.experiment.optimizer
        assert abs(int((run.weights == 0).sum() - (best.weights == 0).sum())) <= 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "hinge"}, "has kinks"),
        ({"loss": "crammer_singer", "optimizer": "momentum"}, "has kinks"),
        ({"loss": "one_vs_all", "schedule": "step"}, "has kinks"),
        ({"regularizer": "none"}, "linearly separable"),
        ({"strength": 0.0}, "linearly separable"),
        ({"optimizer": "rmsprop"}, "may oscillate around the optimum"),
        ({"optimizer": "adam", "schedule": "inverse_time"}, "may oscillate around the optimum"),
        ({"regularizer": "l1", "averaging": True}, "rarely exactly zero"),
    ],
    ids=str,
)
def test_trainings_that_do_not_converge_give_a_reason(changes, said):
    full = {"optimizer": "gd", "schedule": "constant", "epochs": 2, "evaluations": 2}
    experiment = BASE.replace(**full | changes)
    assert any(said in caveat for caveat in convergence_caveats(experiment))
    with pytest.warns(ConvergenceWarning, match=said):
        [run] = train([experiment])
    assert any(said in caveat for caveat in run.caveats)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"regularizer": "l1", "optimizer": "nesterov"},
        {"loss": "hinge", "schedule": "cosine"},
        {"loss": "hinge", "optimizer": "adagrad"},
        {"optimizer": "adam", "schedule": "cosine"},
    ],
    ids=str,
)
def test_trainings_that_converge_give_no_warning(changes, recwarn):
    experiment = BASE.replace(
        **{"optimizer": "gd", "schedule": "constant", "epochs": 1_000} | changes
    )
    assert convergence_caveats(experiment) == ()
    train([experiment.replace(epochs=1_000, evaluations=2)])
    assert not [each for each in recwarn if each.category is ConvergenceWarning]


def test_the_command_line_prints_the_reason_too(tmp_path, capfd):
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    arguments = ["--dataset", "iris", "--loss", "hinge", "--optimizer", "gd", "--epochs", "3"]
    assert main(["train", *arguments, "--store", store]) == 0
    out, err = capfd.readouterr()
    assert (out + err).count("has kinks") == 1


# The rule that ends a training without progress.


def ends(objectives, epochs, planned=20, tolerance=1e-3):
    rule = STOPPING["no_progress"]()
    return rule.ends(np.array(objectives, float), np.array(epochs, float), planned, tolerance, 0.0)


def test_training_ends_when_the_objective_is_exactly_zero():
    assert ends([1.0, 0.0], [0, 0.01])
    assert not ends([1.0, 1e-300], [0, 0.01])


def test_close_evaluations_do_not_count_as_a_window():
    dense = np.linspace(0, 1, 200)
    assert not ends(1 - 1e-9 * dense, dense)
    assert ends([1.0, *np.full(6, 0.9999)], [0, 1, 2, 3, 4, 5, 6])
    assert not ends(np.linspace(1, 0.5, 7), [0, 1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "crammer_singer", "one_vs_all"])
def test_a_separated_training_ends_once_its_loss_is_zero(loss):
    [run] = train(
        [
            BASE.replace(
                dataset_options={"examples": 50, "classes": 2, "spread": 0.3}, loss=loss,
                regularizer="none", optimizer="gd", learning_rate=0.3, schedule="constant",
                epochs=2_000, stopping="no_progress", split_seed=1,
            )
        ]
    )  # fmt: skip
    assert (run.reason, run.final["objective"]) == ("no progress", 0.0)
    assert (run.history["objective"] == 0).sum() == 1


def test_a_slow_start_does_not_end_training():
    slow = Experiment(
        dataset="iris", batch_size=8, learning_rate=1e-4, epochs=40, stopping="no_progress"
    )
    [run] = train([slow])
    assert run.final["update"] >= 0.1 * slow.updates
